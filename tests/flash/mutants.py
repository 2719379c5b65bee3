"""Wrong kernels: each is the right one with a single line changed."""

import importlib.util
import sys
from pathlib import Path
from typing import NamedTuple

import course_utils.flash

SOURCES = ("pieces", "kernels", "backward_keys", "backward_queries", "launch")


class Mutant(NamedTuple):
    """In which file, what to replace (its first occurrence), and by what."""

    name: str
    file: str
    old: str
    new: str


MUTANTS = [
    Mutant(
        "causal, one place too few",
        "pieces",
        "keys <= rows + shift",
        "keys < rows + shift",
    ),
    Mutant(
        "causal, one place too many",
        "pieces",
        "keys <= rows + shift",
        "keys <= rows + shift + 1",
    ),
    Mutant(
        "window, one place too few",
        "pieces",
        "keys >= rows + shift - window",
        "keys > rows + shift - window",
    ),
    Mutant(
        "window ignores the alignment",
        "pieces",
        "keys >= rows + shift - window",
        "keys >= rows - window",
    ),
    Mutant("unmasked tail", "pieces", "seen = keys < n_key", "seen = keys >= 0"),
    Mutant(
        "ragged tail dropped",
        "pieces",
        "stop, full_stop = n_key, n_key",
        "stop, full_stop = n_key // BLOCK * BLOCK, n_key",
    ),
    Mutant(
        "span ignores the alignment", "pieces", "rows_stop + shift))", "rows_stop))"
    ),
    Mutant(
        "cut tile taken for full",
        "pieces",
        "all_see = tl.maximum(0, rows_first + shift + 1)",
        "all_see = tl.maximum(0, rows_stop + shift)",
    ),
    Mutant(
        "window's first tile lost",
        "pieces",
        "tl.maximum(0, rows_first + shift - window) // BLOCK * BLOCK",
        "tl.cdiv(tl.maximum(0, rows_first + shift - window), BLOCK) * BLOCK",
    ),
    Mutant(
        "padding gets a gradient",
        "pieces",
        "full_stop = tl.where(keys_stop <= n_key, n_query, 0)",
        "full_stop = n_query",
    ),
    Mutant(
        "diagonal of the backward off",
        "pieces",
        "tl.maximum(0, inside - 1 - shift)",
        "tl.maximum(0, keys_first - shift)",
    ),
    Mutant(
        "output not rescaled", "kernels", "acc = rescale[:, None] * acc", "acc = acc"
    ),
    Mutant(
        "sum not rescaled", "kernels", "total = rescale * total +", "total = total +"
    ),
    Mutant(
        "maximum of the last tile",
        "kernels",
        "m_new = tl.maximum(m, tl.max(s, 1) * scale_log2)",
        "m_new = tl.max(s, 1) * scale_log2",
    ),
    Mutant(
        "maximum of the first tile",
        "kernels",
        "m_new = tl.maximum(m, tl.max(s, 1) * scale_log2)",
        "m_new = tl.where(m == float('-inf'), tl.max(s, 1) * scale_log2, m)",
    ),
    Mutant(
        "maximum starts at 0",
        "kernels",
        'tl.full([BLOCK_QUERY], float("-inf")',
        "tl.full([BLOCK_QUERY], 0.0",
    ),
    Mutant(
        "scale forgotten", "kernels", "scale_log2 = scale * LOG2E", "scale_log2 = LOG2E"
    ),
    Mutant(
        "natural for binary exponent",
        "kernels",
        "scale_log2 = scale * LOG2E",
        "scale_log2 = scale",
    ),
    Mutant(
        "log-sum-exp in base 2",
        "kernels",
        "(m + tl.log2(total)) * LN2",
        "m + tl.log2(total)",
    ),
    Mutant(
        "log-sum-exp without the sum",
        "kernels",
        "(m + tl.log2(total)) * LN2",
        "m * LN2",
    ),
    Mutant(
        "empty rows give NaN",
        "kernels",
        'm_safe = tl.where(m_new == float("-inf"), 0.0, m_new)',
        "m_safe = m_new",
    ),
    Mutant(
        "empty rows divided by 0",
        "kernels",
        "total = tl.where(empty, 1.0, total)",
        "total = total",
    ),
    Mutant(
        "another group's keys",
        "kernels",
        "kv_head = head // group",
        "kv_head = head % group",
    ),
    Mutant(
        "stride of the dims forgotten",
        "kernels",
        "dims[None, :] * stride_kd",
        "dims[None, :]",
    ),
    Mutant(
        "values by the keys' stride",
        "kernels",
        "value + offset * stride_vn",
        "value + offset * stride_kn",
    ),
    Mutant(
        "store outside",
        "kernels",
        "inside = (rows < n_query)[:, None] &",
        "inside = (rows >= 0)[:, None] &",
    ),
    Mutant("dk not scaled", "backward_keys", "dk = dk * scale", "dk = dk"),
    Mutant(
        "dk scaled twice",
        "backward_keys",
        "dk = dk * scale",
        "dk = dk * scale * scale",
    ),
    Mutant("dq not scaled", "backward_queries", "dq = dq * scale", "dq = dq"),
    Mutant(
        "softmax's own term forgotten",
        "backward_keys",
        "ds = p * (dp - row_delta[None, :])",
        "ds = p * dp",
    ),
    Mutant(
        "empty rows in the backward",
        "pieces",
        'tl.where(row_lse == float("-inf"), float("inf"), row_lse)',
        "row_lse + 0.0",
    ),
    Mutant(
        "first head of the group only",
        "backward_keys",
        "for member in range(group)",
        "for member in range(1)",
    ),
    Mutant(
        "heads of the group interleaved",
        "backward_keys",
        "head = kv_head * group + member",
        "head = member * kv_heads + kv_head",
    ),
    Mutant(
        "rows of another sequence",
        "backward_keys",
        "row = (batch * kv_heads * group + head) * n_query",
        "row = head * n_query",
    ),
    Mutant(
        "log-sum-exp's gradient reversed",
        "launch",
        "delta -= grad_lse",
        "delta += grad_lse",
    ),
]


def load(mutant: Mutant | None, folder: Path):
    """The `launch` module of a copy of the kernels, with the mutant's line changed."""
    package = f"wrong_{folder.name}".replace("-", "_")
    home = Path(course_utils.flash.__file__).parent
    for name in SOURCES:
        text = (home / f"{name}.py").read_text(encoding="utf-8")
        for other in SOURCES:
            text = text.replace(f"course_utils.flash.{other} ", f"{package}_{other} ")
        text = text.replace(
            "from course_utils.flash import backward_keys, backward_queries, kernels",
            "\n".join(f"import {package}_{name} as {name}" for name in SOURCES[1:4]),
        )
        if mutant is not None and mutant.file == name:
            if mutant.old not in text:
                raise ValueError(f"{mutant.name}: {mutant.old!r} is not in {name}.py")
            text = text.replace(mutant.old, mutant.new, 1)
        path = folder / f"{package}_{name}.py"
        path.write_text(text, encoding="utf-8")
        spec = importlib.util.spec_from_file_location(path.stem, path)
        sys.modules[path.stem] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[path.stem])
    return sys.modules[f"{package}_launch"]
