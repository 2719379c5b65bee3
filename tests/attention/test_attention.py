"""attention() and its parts against PyTorch, float64 and finite differences."""

import math

import jaxtyping
import pytest
import torch
from torch.nn import functional

from course_utils.attention import (
    AdditiveScore,
    BilinearScore,
    CosineScore,
    MultiHeadAttention,
    additive_score,
    attention,
    bilinear_score,
    causal_mask,
    cosine_score,
    dot_score,
    effective_keys,
    entropy,
    jensen_shannon,
    naive_softmax,
    padding_mask,
    scaled_dot_score,
    softmax,
    total_variation,
    window_mask,
)

SHAPES = [(2, 3, 5, 7, 8), (1, 1, 1, 9, 4), (3, 2, 11, 2, 6)]
TOLERANCE = {
    torch.float64: 1e-12,
    torch.float32: 2e-6,
    torch.float16: 3e-3,
    torch.bfloat16: 2e-2,
}


def sample(batch, heads, n_query, n_key, dim, dtype=torch.float64):
    random = torch.Generator().manual_seed(n_query * 100 + n_key)
    draw = [
        torch.randn(batch, heads, length, dim, generator=random, dtype=torch.float64)
        for length in (n_query, n_key, n_key)
    ]
    return [x.to(dtype) for x in draw]


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("is_causal", [False, True])
def test_attention_equals_pytorchs(shape, dtype, is_causal):
    query, key, value = sample(*shape, dtype)
    ours = attention(query, key, value, is_causal=is_causal)
    exact = functional.scaled_dot_product_attention(
        query.double(), key.double(), value.double(), is_causal=is_causal
    )
    assert ours.dtype == dtype
    assert (ours.double() - exact).abs().max() < TOLERANCE[dtype]


def test_the_comparison_sees_a_missing_scale():
    query, key, value = sample(*SHAPES[0])
    wrong = attention(query, key, value, score=dot_score)
    exact = functional.scaled_dot_product_attention(query, key, value)
    assert (wrong - exact).abs().max() > 0.1


@pytest.mark.parametrize("dtype", TOLERANCE)
def test_masked_attention_equals_pytorchs_and_empty_rows_are_zero(dtype):
    query, key, value = sample(*SHAPES[0], dtype)
    mask = torch.rand(2, 1, 5, 7, generator=torch.Generator().manual_seed(1)) > 0.4
    mask[0, 0, 2] = False
    output, weights = attention(query, key, value, mask=mask, return_weights=True)
    exact = functional.scaled_dot_product_attention(
        query.double(), key.double(), value.double(), attn_mask=mask
    )
    assert (weights[~mask.expand_as(weights)] == 0).all()
    assert (output[0, :, 2] == 0).all()
    kept = mask.any(-1).expand(2, 3, 5)
    assert (output.double() - exact)[kept].abs().max() < TOLERANCE[dtype]


def test_gradients_by_finite_differences_also_through_an_empty_row():
    query, key, value = (x.requires_grad_() for x in sample(1, 2, 3, 4, 3))
    mask = torch.tensor([[1, 0, 1, 1], [0, 0, 0, 0], [1, 1, 1, 1]], dtype=torch.bool)

    def masked(query, key, value):
        return attention(query, key, value, mask=mask, temperature=0.7)

    assert torch.autograd.gradcheck(masked, (query, key, value))
    masked(query, key, value)[:, :, 1].sum().backward()
    for x in (query, key, value):
        assert (x.grad == 0).all()


def test_what_is_masked_reaches_neither_weights_nor_gradients():
    scores = torch.tensor([0.5, math.nan, math.inf, 1.0], requires_grad=True)
    weights = softmax(scores, mask=torch.tensor([True, False, False, True]))
    weights[0].backward()
    assert weights[1:3].tolist() == [0.0, 0.0]
    assert scores.grad.isfinite().all()


@pytest.mark.parametrize("temperature", [0.1, 1.0, 7.0])
def test_softmax_equals_pytorchs(temperature):
    scores = torch.randn(4, 5, 6, dtype=torch.float64)
    for dim in (0, 1, -1):
        ours = softmax(scores, temperature=temperature, dim=dim)
        exact = torch.softmax(scores / temperature, dim)
        assert (ours - exact).abs().max() < 1e-14


def test_softmax_where_the_naive_one_breaks():
    for scores in ([1000.0, 999.0], [-1000.0, -1001.0]):
        scores = torch.tensor(scores)
        assert naive_softmax(scores).isnan().any()
        assert torch.allclose(
            softmax(scores), torch.tensor([0.7311, 0.2689]), atol=1e-4
        )


def test_softmax_adds_more_terms_than_float16_can_hold():
    scores = torch.zeros(70_000, dtype=torch.float16)
    weights = softmax(scores)
    assert weights.dtype == torch.float16
    assert naive_softmax(scores).sum() == 0
    assert weights.double().sum().item() == pytest.approx(1, rel=0.05)


def test_softmax_takes_minus_infinity_as_masked():
    weights = softmax(torch.tensor([[0.0, -torch.inf], [-torch.inf, -torch.inf]]))
    assert weights.tolist() == [[1.0, 0.0], [0.0, 0.0]]


def test_scores_pair_by_pair():
    query, key = torch.randn(2, 3, 4).double(), torch.randn(2, 5, 4).double()
    weight = torch.randn(4, 4).double()
    w_query, w_key = torch.randn(2, 6, 4).double()
    v, bias = torch.randn(2, 6).double()
    for b in range(2):
        for i, q in enumerate(query[b]):
            for j, k in enumerate(key[b]):
                at = (b, i, j)
                assert torch.isclose(dot_score(query, key)[at], q @ k)
                assert torch.isclose(scaled_dot_score(query, key)[at], q @ k / 2)
                assert torch.isclose(scaled_dot_score(query, key, 0.3)[at], 0.3 * q @ k)
                bilinear = bilinear_score(query, key, weight)[at]
                assert torch.isclose(bilinear, q @ weight @ k)
                hidden = w_query @ q + w_key @ k
                additive = additive_score(query, key, w_query, w_key, v, bias)[at]
                assert torch.isclose(additive, v @ (hidden + bias).tanh())
                bare = additive_score(query, key, w_query, w_key, v)[at]
                assert torch.isclose(bare, v @ hidden.tanh())
                angle = functional.cosine_similarity(q, k, dim=0)
                assert torch.isclose(cosine_score(query, key, 3.0)[at], 3 * angle)


def test_scores_with_different_dimensions_of_query_and_key():
    query, key = torch.randn(3, 4), torch.randn(5, 2)
    assert bilinear_score(query, key, torch.randn(4, 2)).shape == (3, 5)
    additive = additive_score(
        query, key, torch.randn(7, 4), torch.randn(7, 2), torch.randn(7)
    )
    assert additive.shape == (3, 5)


@pytest.mark.parametrize("size", [1e-30, 1e-6, 1.0, 1e15])
def test_cosine_score_stays_finite_with_its_gradient(size):
    query = torch.tensor([[3.0, 4.0]]) * size
    query.requires_grad_()
    cosine_score(query, torch.tensor([[4.0, 3.0]])).sum().backward()
    assert query.grad.isfinite().all()
    assert query.grad.norm() <= 1e6 * (1 + 1e-3)


def test_cosine_score_at_zero():
    query = torch.zeros(1, 3, dtype=torch.float64, requires_grad=True)
    score = cosine_score(query, torch.ones(1, 3).double(), eps=1e-3)
    score.sum().backward()
    assert score.item() == 0
    assert query.grad.norm().item() == pytest.approx(1e3, rel=1e-5)


def test_score_modules_hold_parameters_and_call_the_functions():
    query, key = torch.randn(3, 4), torch.randn(5, 2)
    judge = AdditiveScore(4, 2, 7)
    assert sum(p.numel() for p in judge.parameters()) == 7 * (4 + 2 + 2)
    expected = additive_score(
        query, key, judge.w_query, judge.w_key, judge.v, judge.bias
    )
    assert torch.equal(judge(query, key), expected)
    assert sum(p.numel() for p in AdditiveScore(4, 2, 7, bias=False).parameters()) == 49
    assert BilinearScore(4, 2)(query, key).shape == (3, 5)
    assert CosineScore(5.0)(query, query).diagonal().tolist() == pytest.approx(
        [5.0] * 3
    )


@pytest.mark.parametrize(("n_query", "n_key"), [(4, 4), (3, 5), (5, 3)])
def test_masks_place_by_place(n_query, n_key):
    for align, shift in (("top-left", 0), ("bottom-right", n_key - n_query)):
        causal = causal_mask(n_query, n_key, align=align)
        window = window_mask(n_query, n_key, 1, align=align)
        for i in range(n_query):
            for j in range(n_key):
                assert causal[i, j] == (j <= i + shift)
                assert window[i, j] == (i + shift - 1 <= j <= i + shift)


def test_padding_mask():
    mask = padding_mask(torch.tensor([2, 0, 3]), 3)
    assert mask.shape == (3, 1, 3)
    assert mask[:, 0].int().tolist() == [[1, 1, 0], [0, 0, 0], [1, 1, 1]]


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("is_causal", [False, True])
def test_multihead_equals_pytorchs(bias, is_causal):
    ours = MultiHeadAttention(12, 3, bias=bias).double()
    theirs = torch.nn.MultiheadAttention(12, 3, bias=bias, batch_first=True).double()
    with torch.no_grad():
        parts = (ours.to_query, ours.to_key, ours.to_value)
        theirs.in_proj_weight.copy_(torch.cat([part.weight for part in parts]))
        theirs.out_proj.weight.copy_(ours.to_output.weight)
        if bias:
            theirs.in_proj_bias.copy_(torch.cat([part.bias for part in parts]))
            theirs.out_proj.bias.copy_(ours.to_output.bias)
    query, memory = torch.randn(2, 5, 12).double(), torch.randn(2, 7, 12).double()
    blocked = ~causal_mask(5, 7) if is_causal else None
    output, weights = ours(query, memory, is_causal=is_causal, return_weights=True)
    expected, expected_weights = theirs(
        query, memory, memory, attn_mask=blocked, average_attn_weights=False
    )
    assert torch.allclose(output, expected)
    assert torch.allclose(weights, expected_weights)
    assert not torch.allclose(ours(memory)[:, :5], expected)


def test_diagnostics_at_their_extremes():
    one, even = torch.eye(4)[:1].double(), torch.full((1, 4), 0.25).double()
    assert entropy(one).item() == 0
    assert entropy(even).item() == pytest.approx(math.log(4))
    assert effective_keys(even).item() == pytest.approx(4)
    assert total_variation(one, even).item() == pytest.approx(0.75)
    assert jensen_shannon(torch.eye(4)[:2]).item() == pytest.approx(math.log(2))
    assert jensen_shannon(torch.cat([even, even])).item() == pytest.approx(0, abs=1e-15)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: attention(torch.ones(2, 4), torch.ones(3, 5), torch.ones(3, 1)),
            ValueError,
            "key has dim 5 but query has 4",
        ),
        (
            lambda: attention(torch.ones(2, 4), torch.ones(3, 4), torch.ones(2, 1)),
            ValueError,
            "value has length 2 but key has 3",
        ),
        (
            lambda: attention(*torch.ones(3, 2, 4), score=dot_score, scale=0.5),
            ValueError,
            "scale goes with scaled_dot_score",
        ),
        (
            lambda: scaled_dot_score(*torch.ones(2, 2, 4), math.nan),
            ValueError,
            "scale is nan; expected a finite number",
        ),
        (lambda: softmax(torch.ones(3), temperature=0), ValueError, "temperature is 0"),
        (lambda: softmax(torch.ones(3), temperature=-1), ValueError, "more than 0"),
        (
            lambda: softmax(torch.ones(3), temperature=math.nan),
            ValueError,
            "temperature is nan",
        ),
        (lambda: softmax(torch.ones(2, 0)), ValueError, "at least one key"),
        (
            lambda: softmax(torch.tensor([1.0, math.nan])),
            ValueError,
            r"nan at \(1,\)",
        ),
        (lambda: softmax(torch.tensor([math.inf])), ValueError, "inf at"),
        (
            lambda: softmax(torch.ones(2, 3), mask=torch.ones(4, dtype=torch.bool)),
            ValueError,
            r"mask has shape \(4,\)",
        ),
        (
            lambda: softmax(torch.ones(2), mask=torch.ones(2)),
            TypeError,
            "mask has dtype torch.float32",
        ),
        (
            lambda: bilinear_score(
                torch.ones(1, 2), torch.ones(1, 3), torch.ones(3, 2)
            ),
            ValueError,
            r"expected \(2, 3\)",
        ),
        (
            lambda: additive_score(
                torch.ones(1, 2),
                torch.ones(1, 3),
                torch.ones(4, 2),
                torch.ones(5, 3),
                torch.ones(4),
            ),
            ValueError,
            r"w_key has shape \(5, 3\); expected \(4, 3\)",
        ),
        (
            lambda: cosine_score(*torch.ones(2, 1, 2), eps=0.0),
            ValueError,
            "eps is 0.0",
        ),
        (lambda: CosineScore(gamma=-1.0), ValueError, "gamma is -1.0"),
        (lambda: AdditiveScore(2, 0, 3), ValueError, "at least 1"),
        (lambda: MultiHeadAttention(10, 3), ValueError, "num_heads is 3"),
        (lambda: MultiHeadAttention(10, 0), ValueError, "num_heads is 0"),
        (lambda: causal_mask(0, 3), ValueError, "n_query is 0"),
        (lambda: causal_mask(2, 3, align="left"), ValueError, "align is 'left'"),
        (lambda: window_mask(2, 3, -1), ValueError, "window is -1"),
        (lambda: padding_mask(torch.tensor([4]), 3), ValueError, "within 0…3"),
    ],
)
def test_bad_input_is_named(call, error, message, monkeypatch):
    # a learner meets our messages, not those of the shape checks of the tests
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)
    with pytest.raises(error, match=message):
        call()
