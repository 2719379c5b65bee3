"""1.q6 · Additive attention, batched and masked."""

import torch

from course_utils.checks import expect
from course_utils.checks.chapter1.additive import attend, hidden, inputs
from course_utils.checks.item import Item

ITEM = Item(
    id="1.q6",
    title="Additive attention in full",
    kind="implement",
    asks="additive_attention",
    difficulty=2,
    minutes=20,
    lesson="1.3_a_learned_judge",
    hints=(
        "Write the shape of every intermediate result beside its line. Where do the "
        "axes n_query and n_key meet?",
        "Project queries and keys, insert an axis into each so that they add to "
        "(batch, n_query, n_key, width). A row without keys makes softmax divide 0 by "
        "0: treat it by itself.",
        "hidden = tanh(query part[:, :, None] + key part[:, None] + bias)\n"
        "scores = hidden times v; −infinity where the mask is False\n"
        "weights = softmax over keys; 0 in rows whose mask is all False\n"
        "output = weights times value\n"
        "return output and weights",
    ),
)


def _compare(student, given):
    got = student.additive_attention(**given)
    output, weights = expect.parts(got, ("output", "weights"), "additive_attention(…)")
    right_output, right_weights = attend(**given)
    expect.tensor(weights, right_weights, "weights")
    expect.tensor(output, right_output, "output")


@ITEM.check(1, "every key allowed")
def attends_to_all_keys(student, rng):
    _compare(student, inputs(rng, 2))
    _compare(student, inputs(rng, 1, n_query=6, n_key=4))


@ITEM.check(1, "some keys masked, another mask in each sequence")
def leaves_masked_keys_out(student, rng):
    for batch, n_query, n_key in ((2, 3, 5), (3, 5, 4)):
        given = inputs(rng, batch, n_query=n_query, n_key=n_key)
        _compare(student, given | {"mask": rng.mask(batch, n_query, n_key)})


@ITEM.check(1, "a query that may attend to nothing gets 0, not NaN")
def empties_empty_rows(student, rng):
    given = inputs(rng, 2, n_query=4)
    mask = rng.mask(2, 4, 5)
    mask[1, 2] = mask[0, 0] = False
    _compare(student, given | {"mask": mask})


@ITEM.check(1, "scores in the hundreds and thousands")
def stands_large_scores(student, rng):
    given = inputs(rng, 2, spread=900.0)
    _compare(student, given)
    _compare(student, given | {"mask": rng.mask(2, 3, 5), "v": given["v"] / 3})


@ITEM.alternative
def by_einsum(query, key, value, w_query, w_key, v, bias, mask):
    pre = torch.einsum("bqd,md->bqm", query, w_query)[:, :, None] + (
        torch.einsum("bkd,md->bkm", key, w_key)[:, None] + bias
    )
    scores = torch.einsum("bqkm,m->bqk", pre.tanh(), v).where(mask, -torch.inf)
    weights = scores.softmax(-1).nan_to_num(0.0)
    return torch.einsum("bqk,bkd->bqd", weights, value), weights


@ITEM.alternative
def one_query_at_a_time(query, key, value, w_query, w_key, v, bias, mask):
    weights = torch.zeros(mask.shape, dtype=query.dtype)
    for b, q in mask.any(-1).nonzero().tolist():
        allowed = mask[b, q]
        joined = w_query @ query[b, q] + key[b, allowed] @ w_key.T + bias
        scores = joined.tanh() @ v
        weights[b, q, allowed] = (scores - scores.logsumexp(0)).exp()
    return [torch.bmm(weights, value), weights]


def _finish(scores, value, mask, axis=-1):
    weights = scores.masked_fill(~mask, -torch.inf).softmax(axis).nan_to_num(0.0)
    return weights @ value, weights


def _scores(query, key, w_query, w_key, v, bias):
    return hidden(query, key, w_query, w_key, bias).tanh() @ v


@ITEM.mutant(
    "Each query shares 1 among its keys; here each key shares 1 among queries."
)
def softmax_over_queries(query, key, value, w_query, w_key, v, bias, mask):
    return _finish(_scores(query, key, w_query, w_key, v, bias), value, mask, axis=-2)


@ITEM.mutant("Masked keys took their share first; the rest sums to less than 1.")
def mask_after_softmax(query, key, value, w_query, w_key, v, bias, mask):
    weights = _scores(query, key, w_query, w_key, v, bias).softmax(-1) * mask
    return weights @ value, weights


@ITEM.mutant("tanh acts on the hidden units, before v joins them to a score.")
def tanh_after_v(query, key, value, w_query, w_key, v, bias, mask):
    scores = (hidden(query, key, w_query, w_key, bias) @ v).tanh()
    return _finish(scores, value, mask)


@ITEM.mutant("The bias b was not added inside tanh.")
def no_bias(query, key, value, w_query, w_key, v, bias, mask):
    return _finish(_scores(query, key, w_query, w_key, v, 0 * bias), value, mask)


@ITEM.mutant("The bias belongs to the sum: add it once, not to queries and to keys.")
def bias_twice(query, key, value, w_query, w_key, v, bias, mask):
    return _finish(_scores(query, key, w_query, w_key, v, 2 * bias), value, mask)


@ITEM.mutant("True means “may attend”: here the allowed keys were removed.")
def inverted_mask(query, key, value, w_query, w_key, v, bias, mask):
    return _finish(_scores(query, key, w_query, w_key, v, bias), value, ~mask)


@ITEM.mutant("A row that is −inf throughout gives 0/0. Its weights and output are 0.")
def forgets_empty_rows(query, key, value, w_query, w_key, v, bias, mask):
    scores = _scores(query, key, w_query, w_key, v, bias)
    weights = scores.masked_fill(~mask, -torch.inf).softmax(-1)
    return weights @ value, weights


@ITEM.mutant("A finite fill such as −10⁹ leaves equal weights in a row without keys.")
def finite_fill(query, key, value, w_query, w_key, v, bias, mask):
    scores = _scores(query, key, w_query, w_key, v, bias)
    weights = scores.masked_fill(~mask, -1e9).softmax(-1)
    return weights @ value, weights


@ITEM.mutant("exp overflows above 709: subtract the largest score first.")
def naive_exponential(query, key, value, w_query, w_key, v, bias, mask):
    exponentials = _scores(query, key, w_query, w_key, v, bias).exp() * mask
    total = exponentials.sum(-1, keepdim=True)
    weights = exponentials / total.where(total > 0, 1.0)
    return weights @ value, weights


@ITEM.mutant("exp overflows above 709, and what overflowed was set to 0 here.")
def overflow_set_to_0(query, key, value, w_query, w_key, v, bias, mask):
    scores = _scores(query, key, w_query, w_key, v, bias)
    exponentials = scores.masked_fill(~mask, -torch.inf).exp()
    weights = (exponentials / exponentials.sum(-1, keepdim=True)).nan_to_num(0.0)
    return weights @ value, weights


@ITEM.mutant("exp overflows above 709, and what overflowed was set to 0 here.")
def overflow_times_mask_set_to_0(query, key, value, w_query, w_key, v, bias, mask):
    exponentials = _scores(query, key, w_query, w_key, v, bias).exp() * mask
    weights = (exponentials / exponentials.sum(-1, keepdim=True)).nan_to_num(0.0)
    return weights @ value, weights


@ITEM.mutant("The output comes first, then the weights.")
def results_swapped(query, key, value, w_query, w_key, v, bias, mask):
    output, weights = attend(query, key, value, w_query, w_key, v, bias, mask)
    return weights, output


@ITEM.mutant("The additive score has no 1/√d: tanh bounds it already.")
def scaled_like_a_dot_product(query, key, value, w_query, w_key, v, bias, mask):
    scores = _scores(query, key, w_query, w_key, v, bias) / len(v) ** 0.5
    return _finish(scores, value, mask)


@ITEM.mutant("The mask was not used.")
def ignores_mask(query, key, value, w_query, w_key, v, bias, mask):
    every = torch.ones_like(mask)
    return _finish(_scores(query, key, w_query, w_key, v, bias), value, every)
