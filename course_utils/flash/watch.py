"""Watching a kernel in Triton's interpreter: every address checked, every byte counted.

The interpreter reads and writes wherever a kernel points: a load outside a tensor
gives garbage, a store kills the process. Here both raise, and name what was touched.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from torch import Tensor
from triton.runtime import interpreter

from course_utils.flash.traffic import Traffic


@contextmanager
def watched() -> Iterator[Traffic]:
    """Check the kernels that run inside, and count their bytes by argument's name.

    Each active lane of a load or store must touch an element of a tensor that was
    handed to the kernel (not a gap between its rows), and no element may be stored
    twice by one kernel. Otherwise the kernel ends with an InterpreterError that
    holds an IndexError. Only for the interpreter, in one thread.
    """
    watch = _Watch()
    builder, executor = interpreter.InterpreterBuilder, interpreter.GridExecutor
    load, store = builder.create_masked_load, builder.create_masked_store
    prepare = executor._init_args_hst

    def checked_load(self, pointers, mask, *rest, **how):
        watch.touch(pointers, mask, watch.traffic.loaded)
        return load(self, pointers, mask, *rest, **how)

    def checked_store(self, pointers, value, mask, *rest, **how):
        watch.touch(pointers, mask, watch.traffic.stored, once=True)
        return store(self, pointers, value, mask, *rest, **how)

    def prepare_and_learn(self, args, kwargs):
        args, kwargs = prepare(self, args, kwargs)
        watch.learn(dict(zip(self.arg_names, args, strict=False)) | kwargs)
        return args, kwargs

    builder.create_masked_load = checked_load
    builder.create_masked_store = checked_store
    executor._init_args_hst = prepare_and_learn
    try:
        yield watch.traffic
    finally:
        builder.create_masked_load, builder.create_masked_store = load, store
        executor._init_args_hst = prepare


class _Watch:
    def __init__(self) -> None:
        self.traffic = Traffic()
        self.learn({})

    def learn(self, arguments: dict[str, object]) -> None:
        """Note the address of each element of each tensor of one kernel's call."""
        tensors = {
            name: getattr(x, "base", x) if not isinstance(x, Tensor) else x
            for name, x in arguments.items()
        }
        tensors = {n: x for n, x in tensors.items() if isinstance(x, Tensor)}
        self.names = list(tensors)
        found = [_addresses(x) for x in tensors.values()]
        owners = [np.full(len(x), i) for i, x in enumerate(found)]
        addresses = np.concatenate([*found, np.zeros(0, np.uint64)])
        self.addresses, first = np.unique(addresses, return_index=True)
        self.owners = np.concatenate([*owners, np.zeros(0, int)])[first]
        self.stored = np.zeros(len(self.addresses), bool)

    def touch(self, pointers, mask, counter, once: bool = False) -> None:
        """Check the active lanes and add their bytes to the counter."""
        lanes = np.broadcast_to(pointers.data, mask.data.shape)[mask.data]
        place = np.searchsorted(self.addresses, lanes)
        known = place < len(self.addresses)
        known[known] = self.addresses[place[known]] == lanes[known]
        if not known.all():
            owners = sorted({self.names[i] for i in self.owners[place[known]]})
            raise IndexError(
                f"{(~known).sum()} of {known.size} lanes lie outside every tensor "
                f"(the others: {', '.join(owners) or 'none'})"
            )
        if once:
            if self.stored[place].any() or len(np.unique(place)) < len(place):
                name = self.names[self.owners[place[0]]]
                raise IndexError(f"an element of {name} is stored twice")
            self.stored[place] = True
        size = pointers.get_element_ty().primitive_bitwidth // 8
        for owner, count in enumerate(np.bincount(self.owners[place])):
            if count:
                counter[self.names[owner]] += int(count) * size


def _addresses(x: Tensor) -> np.ndarray:
    """Of each element; equal ones of an expanded tensor more than once."""
    at = np.array([x.data_ptr()], dtype=np.uint64)
    for size, stride in zip(x.shape, x.stride(), strict=True):
        steps = np.arange(size, dtype=np.uint64) * np.uint64(stride * x.element_size())
        at = (at[:, None] + steps).ravel()
    return at
