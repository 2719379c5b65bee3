"""How fast and how large attention is: `python benchmarks/flash.py --machine NAME`.

On a GPU: bfloat16, our kernel beside PyTorch's, forward and backward, in TFLOP/s. On
a CPU: float32, tiled beside PyTorch's and the naive way, seconds and peak memory.
Every method is checked before it is timed; rounds are interleaved, so that a slow
minute of the machine meets all methods; medians are written, with the machine's name,
to benchmarks/results/flash-NAME.json, and drawn to a figure beside it.
"""

import argparse
import json
import platform
import re
from pathlib import Path

import measure
import torch
from flash_methods import METHODS, Shape, unavailable

RESULTS = Path(__file__).parent / "results"
ROUNDS = 3


def shapes(device: str, quick: bool) -> list[Shape]:
    """16k tokens and 2048 numbers each on a GPU; two heads of 64 on a CPU."""
    if device == "cpu":
        lengths = (256, 512) if quick else (256, 512, 1024, 2048, 4096)
        return [Shape(1, 2, n, 64, causal) for causal in (False, True) for n in lengths]
    lengths = (1024, 4096) if quick else (1024, 2048, 4096, 8192, 16384)
    return [
        Shape(16384 // n, 2048 // dim, n, dim, causal)
        for dim in (64, 128)
        for causal in (False, True)
        for n in lengths
    ]


def measured(shape: Shape, device: str) -> list[dict]:
    """One row for each method and direction of one shape."""
    dtype = torch.float32 if device == "cpu" else torch.bfloat16
    dims = (shape.batch, shape.heads, shape.length, shape.dim)
    inputs = [torch.randn(dims, device=device, dtype=dtype) for _ in range(4)]
    *leaves, grad = inputs
    for x in leaves:
        x.requires_grad_()
    torch._dynamo.reset()  # a compiled flex keeps few shapes, then silently unfuses
    runs, rows = {}, []
    for method in METHODS[device]:
        reason = unavailable(method, shape, device)
        if reason:
            rows.append({"method": method.name, "unavailable": reason})
            continue
        attend = method.make(shape)
        runs[method.name, "forward"] = lambda f=attend: _forward(f, leaves)
        output = attend(*leaves)
        runs[method.name, "backward"] = lambda o=output: torch.autograd.grad(
            o, leaves, grad, retain_graph=True
        )
    times = {name: [] for name in runs}
    for _ in range(ROUNDS):
        for name, run in runs.items():
            times[name] += measure.times(run, device)
    for (method, direction), seconds in times.items():
        run = runs[method, direction]
        rows.append(
            {
                "method": method,
                "direction": direction,
                "seconds": measure.median(seconds),
                "fastest": min(seconds),
                "slowest": max(seconds),
                "runs": len(seconds),
                "peak_mib": round(measure.peak_mib(run, device), 2),
            }
        )
    return [shape._asdict() | row for row in rows]


def _forward(attend, leaves) -> torch.Tensor:
    with torch.no_grad():
        return attend(*leaves)


def checked(device: str) -> list[dict]:
    """Each method's error against float64, beside the naive way's; raises if large.

    Twice the naive error is allowed, as FlashAttention-2's tests have it.
    """
    shape = Shape(1, 2, 512, 64, True)
    dtype = torch.float32 if device == "cpu" else torch.bfloat16
    dims = (1, 2, 512, 64)
    made = [torch.randn(dims, device=device, dtype=dtype) for _ in range(3)]
    naive = next(m for m in METHODS[device] if m.name == "naive").make(shape)
    true = naive(*(x.double() for x in made))
    allowed = 2 * (naive(*made) - true).abs().max().item() + 1e-6
    rows = []
    for method in METHODS[device]:
        if unavailable(method, shape, device):
            continue
        error = (method.make(shape)(*made) - true).abs().max().item()
        rows.append({"method": method.name, "error": error, "allowed": allowed})
        if not error <= allowed:
            raise RuntimeError(
                f"{method.name} is off by {error:.1e}; expected {allowed:.1e} at most"
            )
    return rows


def main() -> None:
    """Check, measure, write, draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--machine", required=True, help="what to call this machine")
    parser.add_argument("--note", default="", help="what else to know of this run")
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument("--quick", action="store_true", help="two lengths only")
    options = parser.parse_args()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.manual_seed(0)
    torch.set_num_threads(1)
    report = {
        "machine": options.machine,
        "note": options.note,
        "device": device,
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "python": platform.python_version(),
        "rounds": ROUNDS,
        "checked": checked(device),
        "ceilings": measure.ceilings(device),
        "rows": [],
    }
    for shape in shapes(device, options.quick):
        report["rows"] += measured(shape, device)
        print(f"measured {shape}", flush=True)
    report["exponents"] = measure.exponents(report["rows"])
    name = re.sub("[^a-z0-9]+", "-", options.machine.lower()).strip("-")
    options.out.mkdir(parents=True, exist_ok=True)
    file = options.out / f"flash-{name}.json"
    file.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    import flash_figure  # matplotlib is needed only here

    flash_figure.draw(report, file.with_suffix(".png"))
    print(f"wrote {file} and its figure")


if __name__ == "__main__":
    main()
