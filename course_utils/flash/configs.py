"""Tile sizes for each pass and architecture: a table, so that nothing is tuned at run.

Each entry compiles without spilling registers, or stands in the compile gate's
list with its count. None was chosen by timing: no GPU was at hand.
"""

from typing import Literal, NamedTuple

import torch

Pass = Literal["forward", "delta", "key_gradient", "query_gradient"]


class Tile(NamedTuple):
    """Queries and keys a program holds at once, its warps, its pipeline's depth."""

    block_query: int
    block_key: int
    num_warps: int = 4
    num_stages: int = 2


# (pass, bytes of a number): {head_dim up to: tile}
Table = dict[tuple[Pass, int], dict[int, Tile]]

AMPERE: Table = {
    ("forward", 2): {
        64: Tile(128, 64, 4, 3),
        128: Tile(128, 64, 8, 3),
        256: Tile(64, 32, 8, 2),
    },
    ("forward", 4): {
        64: Tile(32, 32, 4, 2),
        128: Tile(32, 32, 8, 1),
        256: Tile(32, 16, 8, 1),
    },
    ("delta", 2): {256: Tile(64, 64)},
    ("delta", 4): {256: Tile(32, 32)},
    ("key_gradient", 2): {
        64: Tile(32, 128, 8, 3),
        128: Tile(32, 64, 8, 2),
        256: Tile(32, 32, 8, 1),
    },
    ("key_gradient", 4): {
        64: Tile(32, 32, 4, 1),
        128: Tile(16, 32, 8, 1),
        256: Tile(16, 16, 8, 1),
    },
    ("query_gradient", 2): {
        64: Tile(128, 64, 8, 3),
        128: Tile(64, 64, 8, 2),
        256: Tile(32, 32, 4, 1),
    },
    ("query_gradient", 4): {
        64: Tile(32, 16, 4, 1),
        128: Tile(16, 16, 4, 1),
        256: Tile(16, 16, 4, 1),
    },
}
# the same instructions, but its compiler needs more registers for 128 rows
DESK_AMPERE: Table = {
    **AMPERE,
    ("forward", 2): {**AMPERE["forward", 2], 64: Tile(128, 64, 8, 3)},
}
# more shared memory, and matrix instructions of 64 rows a group of four warps
HOPPER: Table = {
    **AMPERE,
    ("forward", 2): {
        64: Tile(128, 64, 4, 3),
        128: Tile(128, 64, 8, 3),
        256: Tile(128, 64, 8, 2),
    },
    ("query_gradient", 2): {
        64: Tile(128, 64, 8, 3),
        128: Tile(128, 64, 8, 2),
        256: Tile(32, 32, 4, 1),
    },
}
# the interpreter's cost is per operation, not per number; small tiles test borders
INTERPRETER: Table = {
    (name, size): {256: Tile(16, 16)}
    for name in ("forward", "delta", "key_gradient", "query_gradient")
    for size in (2, 4)
}
TABLES: dict[str, Table] = {
    "interpreter": INTERPRETER,
    "sm_80": AMPERE,
    "sm_86": DESK_AMPERE,
    "sm_90": HOPPER,
    "sm_120": DESK_AMPERE,  # Blackwell for desks: a new name, but as little memory
}


def architecture(device: torch.device) -> str:
    """The name of a device's table: "interpreter" on a CPU, else sm_80, …"""
    if device.type == "cpu":
        return "interpreter"
    major, minor = torch.cuda.get_device_capability(device)
    return f"sm_{10 * major + minor}"


def tile_for(name: Pass, head_dim: int, dtype: torch.dtype, architecture: str) -> Tile:
    """The tile of a pass; an architecture without a table uses the next older one.

    Raises ValueError where no tile of that head_dim fits the hardware.
    """
    known = [sm for sm in TABLES if sm != "interpreter"]
    if architecture not in TABLES:
        older = [sm for sm in known if int(sm[3:]) <= int(architecture[3:])]
        if not older:
            raise ValueError(f"architecture is {architecture}; expected sm_80 or newer")
        architecture = max(older, key=lambda sm: int(sm[3:]))
    sizes = TABLES[architecture][name, dtype.itemsize]
    for largest, tile in sorted(sizes.items()):
        if head_dim <= largest:
            return tile
    raise ValueError(
        f"head_dim is {head_dim}; expected {max(sizes)} at most for the {name} pass "
        f"in {dtype} on {architecture}"
    )
