"""1.q14 · What an additive scorer costs."""

import torch

from course_utils.attention import AdditiveScore, additive_score
from course_utils.checks import expect
from course_utils.checks.item import Item

KEYS = ("parameters", "multiplications", "saved_bytes")

ITEM = Item(
    id="1.q14",
    title="The bill",
    kind="implement",
    asks="additive_cost",
    difficulty=2,
    minutes=12,
    lesson="1.5_the_gradient_wormhole",
    hints=(
        "Which work is done once for each token, and which for each pair?",
        "Projections are made once for each query and once for each key. tanh and the "
        "product with v happen for each pair and each hidden unit.",
        "parameters: two matrices, v, bias\n"
        "multiplications: query projections + key projections + pairs · width\n"
        "saved_bytes: pairs · width numbers of 4 bytes",
    ),
)


def _sizes(rng):
    """Sizes that all differ: (n_query, n_key, d_query, d_key, width)."""
    found = [rng.integer(2, 5), 6 + rng.integer(0, 3), *(9, 11, 13)]
    return [found[place] for place in rng.order(5)]


def _cost(student, sizes):
    got = student.additive_cost(*sizes)
    values = expect.keys(got, KEYS, "additive_cost(…)")
    return dict(zip(KEYS, values, strict=True))


@ITEM.check(1, "parameters, against a real module", "parameters")
def counts_parameters(student, rng):
    for _ in range(2):
        sizes = _sizes(rng)
        module = AdditiveScore(*sizes[2:])
        right = sum(parameter.numel() for parameter in module.parameters())
        expect.number(_cost(student, sizes)["parameters"], right, "parameters")


@ITEM.check(1, "multiplications, against a counter", "multiplications")
def counts_multiplications(student, rng):
    for _ in range(2):
        sizes = _sizes(rng)
        got = _cost(student, sizes)["multiplications"]
        expect.number(got, _multiplications(*sizes), "multiplications")


@ITEM.check(1, "bytes of tanh's result that the backward pass needs", "saved_bytes")
def counts_saved_bytes(student, rng):
    for _ in range(2):
        sizes = _sizes(rng)
        got = _cost(student, sizes)["saved_bytes"]
        expect.number(got, _saved_bytes(*sizes), "saved_bytes")


class _Counter(torch.overrides.TorchFunctionMode):
    """Counts the multiplications of matrix products: entries out times length."""

    total = 0

    def __torch_function__(self, function, types, args=(), kwargs=None):
        out = function(*args, **(kwargs or {}))
        if function in (torch.matmul, torch.Tensor.matmul, torch.Tensor.__matmul__):
            self.total += out.numel() * args[0].shape[-1]
        return out


def _tensors(n_query, n_key, d_query, d_key, width):
    shapes = (n_query, d_query), (n_key, d_key), (width, d_query), (width, d_key)
    return [torch.ones(shape) for shape in (*shapes, (width,), (width,))]


def _multiplications(*sizes):
    with _Counter() as counter:
        additive_score(*_tensors(*sizes))
    return counter.total


def _saved_bytes(*sizes):
    saved = []

    def activation(hidden):
        with torch.autograd.graph.saved_tensors_hooks(_keep(saved), lambda kept: kept):
            return torch.tanh(hidden)

    tensors = [tensor.requires_grad_() for tensor in _tensors(*sizes)]
    additive_score(*tensors, activation=activation)
    return sum(tensor.numel() * tensor.element_size() for tensor in saved)


def _keep(saved):
    def pack(tensor):
        saved.append(tensor)
        return tensor

    return pack


def _bill(parameters, multiplications, saved_bytes):
    return dict(zip(KEYS, (parameters, multiplications, saved_bytes), strict=True))


def _right(n_query, n_key, d_query, d_key, width):
    pairs = n_query * n_key
    return _bill(
        width * (d_query + d_key + 2),
        width * (n_query * d_query + n_key * d_key + pairs),
        4 * pairs * width,
    )


@ITEM.alternative
def from_formulas(n_query, n_key, d_query, d_key, width):
    bill = _right(n_query, n_key, d_query, d_key, width)
    return {name: float(bill[name]) for name in reversed(KEYS)}


@ITEM.alternative
def from_real_tensors(n_query, n_key, d_query, d_key, width):
    parts = _tensors(n_query, n_key, d_query, d_key, width)[2:]
    hidden = torch.zeros(n_query, n_key, width)
    tokens = n_query * parts[0].numel() + n_key * parts[1].numel()
    return {
        "parameters": sum(part.numel() for part in parts),
        "multiplications": tokens + hidden.numel(),
        "saved_bytes": hidden.nbytes,
    }


@ITEM.mutant("v and the bias are parameters too: 2 · width more.")
def forgets_v_and_bias(n_query, n_key, d_query, d_key, width):
    bill = _right(n_query, n_key, d_query, d_key, width)
    return bill | {"parameters": width * (d_query + d_key)}


@ITEM.mutant("The scorer has a bias: width parameters more.")
def forgets_the_bias(n_query, n_key, d_query, d_key, width):
    bill = _right(n_query, n_key, d_query, d_key, width)
    return bill | {"parameters": width * (d_query + d_key + 1)}


@ITEM.mutant("A query is projected once, not once for every key.")
def projects_every_pair(n_query, n_key, d_query, d_key, width):
    bill = _right(n_query, n_key, d_query, d_key, width)
    return bill | {"multiplications": n_query * n_key * width * (d_query + d_key + 1)}


@ITEM.mutant("The product with v costs width multiplications a pair.")
def forgets_the_product_with_v(n_query, n_key, d_query, d_key, width):
    bill = _right(n_query, n_key, d_query, d_key, width)
    return bill | {"multiplications": width * (n_query * d_query + n_key * d_key)}


@ITEM.mutant("tanh keeps a number for each hidden unit, not one for each pair.")
def keeps_only_the_scores(n_query, n_key, d_query, d_key, width):
    bill = _right(n_query, n_key, d_query, d_key, width)
    return bill | {"saved_bytes": 4 * n_query * n_key}


@ITEM.mutant("Numbers were counted; a float32 takes 4 bytes.")
def counts_numbers_not_bytes(n_query, n_key, d_query, d_key, width):
    bill = _right(n_query, n_key, d_query, d_key, width)
    return bill | {"saved_bytes": n_query * n_key * width}


@ITEM.mutant("Queries and keys differ in number: n_query · n_key pairs.")
def takes_the_square_of_keys(n_query, n_key, d_query, d_key, width):
    return _right(n_key, n_key, d_query, d_key, width)


@ITEM.mutant("Queries and keys have their own dimensions: d_query is not d_key.")
def takes_one_dimension_for_both(n_query, n_key, d_query, d_key, width):
    return _right(n_query, n_key, d_query, d_query, width)
