"""1.q5 · Additive weights with three bugs to find."""

import itertools

import torch

from course_utils.checks import expect
from course_utils.checks.chapter1.additive import hidden, inputs, weights
from course_utils.checks.item import Item

ITEM = Item(
    id="1.q5",
    title="Three bugs in one scorer",
    kind="repair",
    asks="masked_weights",
    difficulty=2,
    minutes=12,
    lesson="1.3_a_learned_judge",
    hints=(
        "Sum the weights of each query. Then look where in the formula tanh stands.",
        "Compare three lines with the formula: what tanh acts on, which axis the "
        "softmax runs over, and when the mask comes in.",
        "scores = tanh(query part + key part + bias), then times v\n"
        "scores where the mask is False become −infinity\n"
        "softmax over the keys, the last axis",
    ),
)


def _arguments(rng, **sizes):
    given = inputs(rng, **sizes)
    del given["value"]
    return given


def _compare(student, given):
    got = student.masked_weights(**given)
    expect.tensor(got, weights(**given), "masked_weights(…)")


@ITEM.check(1, "every key allowed")
def weighs_all_keys(student, rng):
    _compare(student, _arguments(rng, spread=2.0))
    _compare(student, _arguments(rng, n_query=1, n_key=4))


@ITEM.check(1, "some keys masked")
def leaves_masked_keys_out(student, rng):
    for n_query, n_key in ((3, 5), (6, 4)):
        given = _arguments(rng, n_query=n_query, n_key=n_key)
        _compare(student, given | {"mask": rng.mask(n_query, n_key)})


@ITEM.check(1, "a masked key changes, the weights do not")
def ignores_what_masked_keys_hold(student, rng):
    given = _arguments(rng, n_query=2, n_key=6)
    mask = rng.mask(2, 6)
    mask[:, 3] = False
    mask[:, 0] = True
    given |= {"mask": mask}
    _compare(student, given)
    key = given["key"].clone()
    key[3] = 100.0
    _compare(student, given | {"key": key})


@ITEM.alternative
def with_a_finite_fill(query, key, w_query, w_key, v, bias, mask):
    scores = hidden(query, key, w_query, w_key, bias).tanh() @ v
    shifted = scores - scores.max()
    exponentials = shifted.exp() * mask
    return exponentials / exponentials.sum(-1, keepdim=True)


@ITEM.alternative
def row_by_row(query, key, w_query, w_key, v, bias, mask):
    rows = []
    for one, allowed in zip(query, mask, strict=True):
        row = torch.zeros(len(key), dtype=query.dtype)
        scores = torch.tanh(w_query @ one + key[allowed] @ w_key.T + bias) @ v
        row[allowed] = scores.softmax(0)
        rows.append(row)
    return torch.stack(rows)


def _faulty(late_tanh, wrong_axis, late_mask):
    def masked_weights(query, key, w_query, w_key, v, bias, mask):
        pre = hidden(query, key, w_query, w_key, bias)
        scores = (pre @ v).tanh() if late_tanh else pre.tanh() @ v
        axis = -2 if wrong_axis else -1
        if late_mask:
            return scores.softmax(axis) * mask
        return scores.masked_fill(~mask, -torch.inf).softmax(axis)

    return masked_weights


SENTENCES = {
    "tanh_after_v": "tanh acts on the hidden units, before v joins them to a score.",
    "softmax_over_queries": "Each query shares 1 among its keys: take the last axis.",
    "mask_after_softmax": "Masked keys took their share before they were removed, so "
    "the rest sums to less than 1.",
}
FURTHER = {
    "ignores_mask": "The mask was not used.",
    "inverted_mask": "True means “may attend”: here the allowed keys were removed.",
    "mask_times_scores": "A score of 0 still gets a share: a masked key needs −∞.",
    "no_bias": "The bias b was not added inside tanh.",
}


def _further(name):
    def masked_weights(query, key, w_query, w_key, v, bias, mask):
        scores = hidden(
            query, key, w_query, w_key, 0 * bias if name == "no_bias" else bias
        ).tanh()
        scores = scores @ v
        if name == "mask_times_scores":
            return (scores * mask).softmax(-1)
        removed = {"inverted_mask": mask, "ignores_mask": mask & False}
        return scores.masked_fill(removed.get(name, ~mask), -torch.inf).softmax(-1)

    return masked_weights


for further, sentence in FURTHER.items():
    ITEM.wrong(further, sentence, _further(further))

for bugs in itertools.product((True, False), repeat=3):
    left = [name for name, there in zip(SENTENCES, bugs, strict=True) if there]
    if len(left) == 3:
        ITEM.wrong("as_given", "No bug is mended yet.", _faulty(*bugs))
    elif left:
        says = " ".join(SENTENCES[name] for name in left)
        ITEM.wrong("_and_".join(left), says, _faulty(*bugs))
