"""The cases of the kernels' tests, and what each of them must satisfy."""

import warnings
from contextlib import contextmanager

import torch

from course_utils.flash import configs
from course_utils.flash.arguments import checked
from course_utils.flash.watch import watched
from tests.flash.reference import Case, reference_gradients, relative_error

HALF = torch.float16
# cases that no wrong kernel of mutants.py survives together
KILLERS = [
    Case("strided, odd, grouped, causal", batch=2, heads=4, kv_heads=2, n_query=20,
         n_key=37, dim=10, is_causal=True, layout="mixed"),
    Case("lengths and a window", batch=3, heads=1, kv_heads=1, lengths=(0, 19, 45),
         n_query=40, n_key=45, is_causal=True, align="bottom-right", window=9,
         layout="mixed", tiles=(32, 16)),
    Case("bottom-right with empty rows", heads=1, kv_heads=1, n_query=45, n_key=21,
         dim=24, is_causal=True, align="bottom-right", layout="mixed"),
    Case("far below zero, with a scale", heads=1, kv_heads=1, n_query=20, n_key=40,
         scale=0.6, shift=-400.0, layout="mixed"),
    Case("hard", heads=1, kv_heads=1, n_query=20, n_key=70, gain=400.0),
    Case("window alone, grouped", heads=2, kv_heads=1, window=5, n_query=40, n_key=30,
         layout="mixed"),
]  # fmt: skip
CASES = [
    *KILLERS,
    Case("one tile", n_query=16, n_key=16),
    Case("plain"),
    Case("one query, many keys", n_query=1, n_key=70),
    Case("many queries, one key", n_query=33, n_key=1),
    Case("one of each", n_query=1, n_key=1, is_causal=True),
    Case("ragged", n_query=37, n_key=53, dim=10),
    Case("wide tiles of keys", n_query=37, n_key=75, tiles=(16, 64)),
    Case("wide tiles of queries", n_query=70, n_key=37, tiles=(64, 16)),
    Case("causal", n_query=45, n_key=45, is_causal=True),
    Case("causal, on the tile", n_query=64, n_key=64, is_causal=True, tiles=(32, 16)),
    Case("causal, more queries", n_query=50, n_key=20, is_causal=True),
    Case("causal, more keys", n_query=20, n_key=50, is_causal=True),
    Case("bottom-right", n_query=20, n_key=50, is_causal=True, align="bottom-right"),
    Case("bottom-right, equal", n_query=37, n_key=37, is_causal=True,
         align="bottom-right"),
    Case("bottom-right without causal", align="bottom-right", n_query=20),
    Case("empty rows", n_query=50, n_key=20, is_causal=True, align="bottom-right"),
    Case("window", n_query=60, n_key=60, is_causal=True, window=7),
    Case("window, bottom-right", n_query=30, n_key=60, is_causal=True, window=20,
         align="bottom-right"),
    Case("window 0", n_query=33, n_key=33, is_causal=True, window=0),
    Case("window of a tile", n_query=66, n_key=66, is_causal=True, window=16),
    Case("window beyond all", n_query=40, n_key=40, is_causal=True, window=10**12),
    Case("window alone", n_query=60, n_key=30, window=5),
    Case("window that leaves rows empty", n_query=60, n_key=20, window=3),
    Case("lengths", batch=3, lengths=(0, 17, 56)),
    Case("lengths on the tile", batch=2, lengths=(16, 32), n_key=48),
    Case("lengths, causal", batch=2, lengths=(9, 40), n_query=40, n_key=40,
         is_causal=True),
    Case("lengths, bottom-right, window", batch=2, lengths=(30, 51), n_query=20,
         n_key=51, is_causal=True, align="bottom-right", window=25),
    Case("all lengths 0", batch=2, lengths=(0, 0), n_key=20),
    Case("grouped", heads=6, kv_heads=2, is_causal=True),
    Case("grouped, batches", batch=2, heads=4, kv_heads=2, n_query=20, n_key=33),
    Case("multi-query", heads=4, kv_heads=1),
    Case("scale 1", scale=1.0, dim=8),
    Case("tiny scale", scale=1e-6),
    Case("far below zero", shift=-1000.0),
    Case("long", heads=1, kv_heads=1, n_query=160, n_key=160, is_causal=True,
         tiles=(64, 64)),
    *(Case(f"head_dim {d}", dim=d, n_query=20, n_key=36) for d in (1, 5, 32, 59, 80)),
    Case("head_dim 128", heads=1, kv_heads=1, dim=128, n_query=33, is_causal=True),
    Case("head_dim 200", heads=1, kv_heads=1, dim=200, n_query=20, n_key=20),
    Case("head_dim 256", heads=1, kv_heads=1, dim=256, n_query=20, n_key=20),
    *(Case(name, layout=name, n_query=20) for name in
      ("heads-last", "dim-first", "gaps", "mixed")),
    Case("fp16", dtype=HALF),
    Case("fp16 causal grouped", dtype=HALF, heads=4, kv_heads=2, is_causal=True,
         n_query=37, n_key=53, dim=20, layout="mixed"),
    Case("fp16 lengths", dtype=HALF, batch=2, lengths=(7, 44), n_key=44),
    Case("fp16 window", dtype=HALF, n_query=60, n_key=60, is_causal=True, window=11),
    Case("fp16 empty rows", dtype=HALF, n_query=50, n_key=20, is_causal=True,
         align="bottom-right"),
]  # fmt: skip


@contextmanager
def tiles(block_query: int, block_key: int):
    """Let every pass in the interpreter use these tiles."""
    saved = dict(configs.INTERPRETER)
    for name in saved:
        configs.INTERPRETER[name] = {256: configs.Tile(block_query, block_key)}
    try:
        yield
    finally:
        configs.INTERPRETER.update(saved)


def run_kernels(launch, case: Case, inputs):
    """o, lse, dq, dk, dv of the kernels, watched; memory is poisoned before."""
    query, key, value, grad_output, grad_lse = inputs
    visible, scale = checked(query, key, value, **case.options)
    options = (
        visible.key_lengths, visible.is_causal, visible.shift, visible.window, scale
    )  # fmt: skip
    torch.use_deterministic_algorithms(True)  # fills fresh memory with NaN
    try:
        with tiles(*case.tiles), watched(), warnings.catch_warnings():
            # lanes that are never stored may overflow
            warnings.simplefilter("ignore", RuntimeWarning)
            output, lse = launch.forward(query, key, value, *options)
            grads = launch.backward(
                grad_output, grad_lse, query, key, value, output, lse, *options
            )
    finally:
        torch.use_deterministic_algorithms(False)
    return output, lse, *grads


def failures(launch, case: Case, seed: int = 0) -> list[str]:
    """What is wrong with the kernels' answer, in words; nothing if all is well."""
    inputs = case.inputs(seed)
    before = [x.clone() for x in inputs]
    got = run_kernels(launch, case, inputs)
    true = reference_gradients(case, inputs)
    plain = reference_gradients(case, inputs, dtype=case.dtype)
    found = []
    for x, y in zip(inputs, before, strict=True):
        if not torch.equal(x, y):
            found.append("an input was changed")
    for name, ours, exact, simple in zip(
        ("o", "lse", "dq", "dk", "dv"), got, true, plain, strict=True
    ):
        error, allowed = relative_error(ours, exact), 5e-6
        if case.dtype == HALF:
            allowed = max(2 * relative_error(simple, exact), 1e-3)
        elif case.gain != 1 or case.shift:  # a score's own rounding is all there is
            largest = true[1].abs().nan_to_num(posinf=0.0).max().item()
            allowed = max(4 * 2**-24 * largest, allowed)
        if not error < allowed:
            found.append(f"{name} is off by {error:.1e}, allowed {allowed:.1e}")
    return found
