"""1.q8 · A scorer that no impostor fools."""

import torch

from course_utils.checks import expect
from course_utils.checks.chapter1 import parameters
from course_utils.checks.chapter1.additive import hidden
from course_utils.checks.item import Item

FLAT = 8.0  # beyond it tanh differs from ±1 by less than 3e-7

ITEM = Item(
    id="1.q8",
    title="A scorer that no length impresses",
    kind="implement",
    asks="window_scorer",
    difficulty=3,
    minutes=20,
    lesson="1.3_a_learned_judge",
    hints=(
        "A tanh that only rises prefers the largest key. What shape over k − q would "
        "have its top at 0?",
        "tanh(x + 1) − tanh(x − 1) is a window: highest at x = 0, flat and low far "
        "away on both sides. Put one over every coordinate of k − q.",
        "two units for each coordinate i, so width = 2 · dim\n"
        "both read β (k_i − q_i): +β in w_key, −β in w_query\n"
        "bias +1 in one unit, −1 in the other\n"
        "v is +1 for the first, −1 for the second",
    ),
)


def _compare(student, query, impostors, what):
    """The key that equals the query must stand above every impostor."""
    dim = len(query)
    got = student.window_scorer(dim)
    read = parameters.read(got, dim, f"window_scorer({dim})")
    match = parameters.score(query[None], query[None], read).item()
    best = parameters.score(query[None], impostors, read).squeeze(0)
    worst = int(best.argmax())
    expect.require(
        match > float(best[worst]) + 1e-6,
        f"dim {dim}: the key that equals the query scores {match:.4g}, but {what} of "
        f"length {float(impostors[worst].norm()):.4g} scores {float(best[worst]):.4g}.",
        "plateau" if _on_a_plateau(query, impostors[worst], read) else None,
    )


def _on_a_plateau(query, key, read):
    """Whether tanh is flat at both keys in every unit that counts, and alike."""
    weights = {name: read[name] for name in ("w_query", "w_key", "bias")}
    pair = torch.stack([query, key])
    units = hidden(query[None], pair, **weights)[0][:, read["v"] != 0]
    reads = bool(read["w_key"].any()) and bool(read["w_query"].any())
    flat = units.numel() > 0 and float(units.abs().min()) > FLAT
    return reads and flat and torch.equal(*units.sign())


def _query(rng, dim):
    """Coordinates of both signs, none close to 0."""
    query = rng.signs(dim) * rng.uniform(0.3, 2, dim)
    query[0] = -query[1].sign() * query[0].abs()
    return query


@ITEM.check(1, "ordinary keys, queries of mixed signs")
def prefers_the_match(student, rng):
    for dim in (2, 3, 5):
        for _ in range(4):
            query = _query(rng, dim)
            keys = rng.normal(40, dim)
            far = keys[(keys - query).norm(dim=1) > 0.5]
            _compare(student, query, far, "a key")


@ITEM.check(1, "impostors up to a length of 10,000")
def resists_long_keys(student, rng):
    for dim in (2, 4):
        for length in (10.0, 100.0, 1e4):
            keys = rng.normal(60, dim)
            keys = length * keys / keys.norm(dim=1, keepdim=True)
            query = _query(rng, dim)
            level = torch.zeros(1, dim).double()
            level[0, :2] = torch.tensor([length, -length])  # its sum is the query's
            _compare(student, query, torch.cat([keys, query + level]), "an impostor")


@ITEM.check(1, "impostors along the query, and with single signs turned")
def resists_keys_along_the_query(student, rng):
    for dim in (2, 5):
        query = _query(rng, dim)
        turned = query * (1 - 2 * torch.eye(dim, dtype=query.dtype))
        longer = query * torch.tensor([[-1.0], [0.0], [1.7], [30.0], [1e4]]).double()
        _compare(student, query, torch.cat([turned, longer]), "a key")


def _window(dim, steepness=2.0, edge=1.0, sign=1.0):
    eye = steepness * torch.eye(dim)
    ones = torch.ones(dim)
    return {
        "w_query": torch.cat([-eye, -eye]),
        "w_key": torch.cat([eye, eye]),
        "v": sign * torch.cat([ones, -ones]),
        "bias": edge * torch.cat([ones, -ones]),
    }


@ITEM.alternative
def narrow(dim):
    return _window(dim, steepness=4.0, edge=0.7)


@ITEM.alternative
def interleaved(dim):
    """The same windows with the key's sign turned, unit by unit, in float64."""
    got = {name: [] for name in parameters.NAMES}
    for place in range(dim):
        row = 3.0 * torch.eye(dim, dtype=torch.float64)[place]
        for edge in (1.5, -1.5):
            got["w_query"].append(row)
            got["w_key"].append(-row)
            got["v"].append(torch.tensor(0.5 if edge > 0 else -0.5).double())
            got["bias"].append(torch.tensor(edge).double())
    return {name: torch.stack(values) for name, values in got.items()}


@ITEM.mutant("W = 1 and v = 1 rise with every coordinate: the largest key wins.")
def all_ones(dim):
    eye = torch.eye(dim)
    return {"w_query": eye, "w_key": eye, "v": torch.ones(dim), "bias": torch.ones(dim)}


@ITEM.mutant(
    "(q, q) and (−q, −q) are both matches, but without a bias s(−q, −k) = −s(q, k): "
    "they get opposite scores."
)
def no_bias(dim):
    return _window(dim, edge=0.0)


@ITEM.mutant(
    "tanh is flat here: inside so steep a window every key scores like the match. "
    "Its top must be a point."
)
def plateau(dim):
    return _window(dim, steepness=40.0, edge=40.0)


@ITEM.mutant("The window lies over k + q: its top is at k = −q.")
def finds_the_opposite(dim):
    got = _window(dim)
    return got | {"w_query": -got["w_query"]}


@ITEM.mutant("The window lies around 0, wherever the query is: W_q is not used.")
def ignores_the_query(dim):
    got = _window(dim)
    return got | {"w_query": torch.zeros(2 * dim, dim)}


@ITEM.mutant("One tanh a coordinate has an edge, not a window: large keys pass it.")
def one_edge_only(dim):
    eye = 2 * torch.eye(dim)
    ones = torch.ones(dim)
    return {"w_query": -eye, "w_key": eye, "v": ones, "bias": ones}


@ITEM.mutant("The windows are upside down: the match scores lowest.")
def upside_down(dim):
    return _window(dim, sign=-1.0)


@ITEM.mutant("One window over the sum of all coordinates: many keys have that sum.")
def window_over_the_sum(dim):
    row = 2 * torch.ones(1, dim)
    return {
        "w_query": torch.cat([-row, -row]),
        "w_key": torch.cat([row, row]),
        "v": torch.tensor([1.0, -1.0]),
        "bias": torch.tensor([1.0, -1.0]),
    }


@ITEM.mutant("Only the first coordinate has a window; the others decide nothing.")
def window_over_one_coordinate(dim):
    got = _window(dim)
    kept = torch.zeros(2 * dim)
    kept[[0, dim]] = 1.0
    return got | {"v": got["v"] * kept}
