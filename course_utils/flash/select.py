"""Which forward kernel runs on this device: decoding, Hopper's, or the ordinary one."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from course_utils.flash import decode, hopper_launch, launch
from course_utils.flash.configs import architecture


def forward(
    query: Float[Tensor, "batch heads query dim"],
    key: Float[Tensor, "batch kv_heads key dim"],
    value: Float[Tensor, "batch kv_heads key dim"],
    key_lengths: Int[Tensor, " batch"] | None,
    is_causal: bool,
    shift: int,
    window: int | None,
    scale: float,
) -> tuple[Float[Tensor, "batch heads query dim"], Float[Tensor, "batch heads query"]]:
    """Output and log-sum-exp by the kernel that suits shape and device best."""
    device = query.device
    mask = (key_lengths, is_causal, shift, window, scale)
    if device.type == "cpu":  # the interpreter has nothing to gain
        return launch.forward(query, key, value, *mask)
    if query.shape[2] == 1 and query.dtype != torch.float32:
        programs = key.shape[0] * key.shape[1]
        processors = torch.cuda.get_device_properties(device).multi_processor_count
        parts = decode.parts_for(key.shape[2], programs, processors)
        if parts > 1:
            return decode.forward(query, key, value, *mask, parts=parts)
    plain = key_lengths is None and window is None
    if (
        architecture(device) == "sm_90"
        and hopper_launch.suits(query, key, value, plain)
        and hopper_launch.trusted(device, query.dtype, query.shape[-1], is_causal)
    ):
        return hopper_launch.forward(query, key, value, is_causal, shift, scale)
    return launch.forward(query, key, value, *mask)
