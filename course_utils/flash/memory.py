"""Extra memory of a computation: the most that was alive at once."""

from collections.abc import Callable

from torch import Tensor
from torch.multiprocessing.reductions import StorageWeakRef
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


def peak_memory(compute: Callable[[], object]) -> int:
    """Most bytes of tensors alive at once that `compute()` made.

    Tensors made before do not count. Buffers inside one fused operator (such as
    PyTorch's own flash attention) are not seen.
    """
    with _Watch() as watch:
        compute()
    return watch.peak


class _Watch(TorchDispatchMode):
    """Sees each operator's results, and asks before each which still live."""

    def __init__(self) -> None:
        super().__init__()
        self.alive: dict[int, tuple[StorageWeakRef, int]] = {}
        self.peak = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        given = {x.untyped_storage()._cdata for x in _tensors((args, kwargs))}
        results = func(*args, **kwargs)
        self.alive = {k: v for k, v in self.alive.items() if not v[0].expired()}
        for result in _tensors(results):
            storage = result.untyped_storage()
            if storage._cdata not in given:
                self.alive[storage._cdata] = StorageWeakRef(storage), storage.nbytes()
        self.peak = max(self.peak, sum(size for _, size in self.alive.values()))
        return results


def _tensors(tree: object) -> list[Tensor]:
    return [x for x in tree_leaves(tree) if isinstance(x, Tensor)]
