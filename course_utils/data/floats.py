"""How floating-point numbers round."""

import torch
from torch import Tensor


def ulp(numbers: Tensor) -> Tensor:
    """Distance from each number to the next float away from 0, in its own dtype.

    One unit in the last place. 0 has the smallest float there is, inf has inf.
    """
    size = numbers.abs()
    following = size.nextafter(torch.full_like(size, torch.inf))
    return torch.where(size.isinf(), size, following - size)


def tf32(numbers: Tensor) -> Tensor:
    """Rounded to the nearest number with 10 mantissa bits, kept in the same dtype.

    This is how a tensor core set to TF32 sees a float32 input; it emulates the
    rounding, not the hardware. Raises TypeError for anything but float32.
    """
    if numbers.dtype != torch.float32:
        raise TypeError(f"numbers have dtype {numbers.dtype}; expected torch.float32")
    mantissa, exponent = torch.frexp(numbers)  # mantissa within ½…1: 11 bits with it
    return torch.ldexp((mantissa * 2**11).round() / 2**11, exponent)
