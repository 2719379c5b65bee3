"""Chapter 2: a diagnosis is true of the very answer that gets it, or there is none."""

import torch

from course_utils.checks import registry
from course_utils.checks.judge import judge
from course_utils.checks.student import NotebookStudent


def said(number, answer):
    item = registry.find(f"2.q{number}")
    return judge(item, NotebookStudent({item.asks: answer}))


def test_a_number_taken_from_masked_entries_is_not_an_unused_mask():
    def masked_softmax(scores, mask, dim):
        return (scores - 1e9 * ~mask).softmax(dim)

    assert said(5, masked_softmax).mistakes == ["subtracts_a_billion"]


def test_what_pytorch_offers_is_enough_where_it_is_right():
    def masked_softmax(scores, mask, dim):
        return scores.masked_fill(~mask, -torch.inf).softmax(dim).nan_to_num(0.0)

    def cosine_with_gradient(query, key, eps):
        query = query.clone().requires_grad_()
        cosine = torch.cosine_similarity(query, key, dim=0, eps=eps)
        return {
            "cosine": cosine.detach(),
            "gradient": torch.autograd.grad(cosine, query)[0],
        }

    assert said(5, masked_softmax).full
    assert said(11, cosine_with_gradient).full


def test_half_mended_is_not_as_given():
    def cosine_with_gradient(query, key, eps):
        query = query.clone().requires_grad_()
        length = query.square().sum().sqrt().clamp(min=eps)
        cosine = query @ key / (length * key.norm().clamp(min=eps))
        return {
            "cosine": cosine.detach(),
            "gradient": torch.autograd.grad(cosine, query)[0],
        }

    feedback = said(11, cosine_with_gradient)
    assert feedback.attempted
    assert feedback.points == 1
    assert "as_given" not in feedback.mistakes


def test_one_bug_mended_is_an_attempt():
    def cosine_with_gradient(query, key, eps):
        query = query.clone().requires_grad_()
        cosine = query @ key / (query.norm() + eps)
        return {
            "cosine": cosine.detach(),
            "gradient": torch.autograd.grad(cosine, query)[0],
        }

    feedback = said(11, cosine_with_gradient)
    assert feedback.attempted
    assert set(feedback.mistakes) == {"key_unmended_norm"}


def test_a_test_with_one_row_hears_that_its_inputs_hide_the_bug():
    def test_softmax(softmax):
        scores = torch.tensor([1000.0, 1001.0, 3.0])
        weights = softmax(scores, torch.tensor([True, True, False]), 0)
        assert torch.allclose(weights, torch.tensor([0.2689, 0.7311, 0]), atol=1e-3)

    assert said(7, test_softmax).mistakes == [
        "inputs_hide_it", "uses_the_last_axis_only", "has_no_empty_row",
    ]  # fmt: skip


def test_float32_and_scalars_as_tensors_are_accepted():
    def layer_norm_with_gradient(x, grad, eps):
        found = right(x, grad, eps)
        return {name: value.float() for name, value in found.items()}

    right = registry.find("2.q14").alternatives[0]
    assert said(14, layer_norm_with_gradient).full
    limit = registry.find("2.q2").alternatives[0]
    assert said(2, lambda *given: torch.tensor(limit(*given))).full
