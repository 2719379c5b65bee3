"""Time and memory of a call, and what the machine itself can do."""

import math
import statistics
import time
from collections.abc import Callable

import numpy as np
import torch
from torch.profiler import ProfilerActivity, profile

median = statistics.median


def times(run: Callable[[], object], device: str, budget: float = 0.3) -> list[float]:
    """Seconds of several calls: after one unmeasured, as many as the budget allows."""
    once = _seconds(run, device)
    calls = max(3, min(20, int(budget / max(once, 1e-6))))
    return [_seconds(run, device) for _ in range(calls)]


def _seconds(run: Callable[[], object], device: str) -> float:
    if device == "cpu":
        start = time.perf_counter()
        run()
        return time.perf_counter() - start
    torch.empty(2**28, dtype=torch.int8, device=device).zero_()  # empties the L2 cache
    start, stop = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    start.record()
    run()
    stop.record()
    torch.cuda.synchronize()
    return start.elapsed_time(stop) / 1e3


def peak_mib(run: Callable[[], object], device: str) -> float:
    """Most memory the call held beyond what was held before, results included."""
    if device == "cuda":
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        run()
        torch.cuda.synchronize()
        return (torch.cuda.max_memory_allocated() - before) / 2**20
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as seen:
        run()
    events = [
        e for e in seen.profiler.kineto_results.events() if e.name() == "[memory]"
    ]
    live = peak = 0
    for event in sorted(events, key=lambda e: e.start_ns()):
        live += event.nbytes()
        peak = max(peak, live)
    return peak / 2**20


def ceilings(device: str) -> dict[str, float]:
    """The best of a large matrix product (TFLOP/s) and of a copy (GB/s, both ways)."""
    dtype, side = (torch.float32, 1024) if device == "cpu" else (torch.bfloat16, 8192)
    a = torch.randn(side, side, device=device, dtype=dtype)
    product = min(times(lambda: a @ a, device))
    source = torch.empty(2**28, dtype=torch.int8, device=device)
    target = torch.empty_like(source)
    copy = min(times(lambda: target.copy_(source), device))
    return {
        "matrix_tflops": 2 * side**3 / product / 1e12,
        "copy_gb_per_s": 2 * source.numel() / copy / 1e9,
    }


def exponents(rows: list[dict]) -> list[dict]:
    """Time and memory as powers of the length, fitted to each method's upper half."""
    groups: dict[tuple, list[dict]] = {}
    for row in rows:
        if "seconds" in row:
            group = (row["method"], row["direction"], row["dim"], row["causal"])
            groups.setdefault(group, []).append(row)
    fitted = []
    for (method, direction, dim, causal), each in groups.items():
        each = sorted(each, key=lambda row: row["length"])[
            -max(2, len(each) // 2 + 1) :
        ]
        if len(each) < 2:
            continue
        fit = {"method": method, "direction": direction, "dim": dim, "causal": causal}
        lengths = [math.log(row["length"]) for row in each]
        for what in ("seconds", "peak_mib"):
            slope = np.polyfit(lengths, [math.log(row[what]) for row in each], 1)[0]
            fit[what] = round(float(slope), 2)
        fitted.append(fit)
    return fitted
