"""What a fresh reader was told wrongly, or not told: each with the right sentence."""

import pytest
import torch

from course_utils.checks import registry
from course_utils.checks.chapter1 import exact_tables, tables
from course_utils.checks.chapter1.additive import attend
from course_utils.checks.judge import judge
from course_utils.checks.rng import Rng
from course_utils.checks.student import NotebookStudent
from tests.checks.test_engine import make_item

PREDICT = [
    item
    for chapter in registry.chapters()
    for item in registry.items(chapter).values()
    if item.kind == "predict"
]


def said(number, answer):
    item = registry.find(f"1.q{number}")
    return judge(item, NotebookStudent({item.asks: answer}))


def entries(number, **changes):
    item = registry.find(f"1.q{number}")
    return said(number, item.alternatives[0] | changes)


@pytest.mark.parametrize("item", PREDICT, ids=lambda item: item.id)
def test_a_misreading_is_one_wrong_value_of_one_entry(item):
    """So its sentence fits, whatever the other entries hold; no two collide."""
    right, seen = item.alternatives[0], set()
    for mutant in item.mutants:
        changed = [key for key in right if mutant.answer[key] != right[key]]
        assert len(changed) == 1, mutant.name
        seen.add((changed[0], mutant.answer[changed[0]]))
    assert len(seen) == len(item.mutants)


def test_each_wrong_prediction_has_its_own_sentence():
    text = str(entries(3, **{"top-1": 2, "AUC": 1.0, "bilinear, threshold 0": 12}))
    assert "the best key is chance too" in text
    assert "always in order" in text
    assert "ties counted as right" in text
    assert "As above" not in text
    assert "Again" not in text


def test_no_sentence_counts_what_is_right():
    text = str(entries(13, A=True, B=False, D=True, E=False))
    assert "Three of" not in text
    assert "Half of" not in text
    assert entries(13, A=True, B=False, D=True, E=False).mistakes == [
        "large_inputs_are_uniform", "pairs_never_cancel",
        "the_bias_does_not_help", "tiny_inputs_are_sharp",
    ]  # fmt: skip


def test_shapes_and_row_sums_are_not_nothing():
    mask = torch.ones(1, 2, 4, dtype=torch.bool)

    def test_attention(attention, mask=mask):
        draw = Rng("mine").normal
        _, weights = attention(
            draw(1, 2, 3), draw(1, 4, 5), draw(1, 4, 2), draw(6, 3), draw(6, 5),
            draw(6), draw(6), mask,
        )  # fmt: skip
        assert weights.shape == (1, 2, 4)
        assert torch.allclose(weights.sum(-1), torch.ones(1, 2).double())

    feedback = said(9, test_attention)
    assert [result.earned for result in feedback.results] == [1, 0, 0, 0]
    assert feedback.mistakes == ["uses_no_mask", "looks_at_row_sums_only"]
    assert "No assertion of yours fails on" in str(feedback)


def test_exact_equality_is_not_a_test_that_always_fails():
    item = registry.find("1.q9")
    (own,) = [m for m in item.mutants if m.name == "rejects_all_correct_ones"]
    text = str(said(9, own.answer))
    assert "use a tolerance" in text
    assert "rejects everything" not in text


def test_a_test_that_misses_one_bug_is_not_called_empty():
    """With one hidden unit and v = 1 it does not matter where tanh stands."""

    def test_attention(attention):
        draw = Rng("mine").normal
        query, key, value = draw(1, 2, 3), draw(1, 4, 5), draw(1, 4, 2)
        w_query, w_key, v = draw(1, 3), draw(1, 5), torch.ones(1).double()
        mask = torch.tensor([[[True, False, True, True], [False, True, True, False]]])
        given = query, key, value, w_query, w_key, v, draw(1), mask
        weights, expected = attention(*given)[1], attend(*given)[1]
        assert torch.allclose(weights, expected)

    feedback = said(9, test_attention)
    assert [result.earned for result in feedback.results] == [1, 1, 1, 0]
    assert "No assertion of yours fails on" in str(feedback)
    assert feedback.mistakes == []


def test_a_test_that_breaks_down_is_no_judgement():
    def test_attention(attention):
        attention(1)

    assert said(9, test_attention).mistakes == []


def test_the_bias_of_another_exercise_is_not_explained():
    def zero(dim):
        eye = torch.eye(dim)
        return {"w_query": eye, "w_key": -eye, "v": eye[0], "bias": 0 * eye[0]}

    text = str(said(8, zero))
    assert "(q, q) and (−q, −q) are both matches" in text
    assert "relevant" not in text


def test_every_key_scores_alike_on_a_plateau():
    item = registry.find("1.q8")
    (plateau,) = [m for m in item.mutants if m.name == "plateau"]
    assert "tanh is flat here" in str(said(8, plateau.answer))


def test_thresholds_for_one_query_and_for_all_are_told_apart():
    def flat(dim, first, second):
        ones = torch.ones(1, dim)
        return {"w_query": ones, "w_key": ones, "v": ones[0, :1], "bias": ones[0, :1]}

    text = str(said(7, flat))
    assert text.count("for one query, the lowest") == 2
    assert text.count("over all queries, the lowest") == 1


def test_the_right_size_with_the_wrong_sign_gives_no_formula_away():
    item = registry.find("1.q15")
    text = str(said(15, lambda *given: -item.alternatives[1](*given)))
    assert "sign" in text
    assert "∇" not in text


def test_float32_will_do_where_the_statement_says_so():
    item = registry.find("1.q15")
    assert said(15, lambda *given: item.alternatives[1](*given).float()).full
    wrong = said(15, lambda *given: 1.01 * item.alternatives[1](*given).float())
    assert wrong.points == 0
    assert "expected torch.float64" in str(
        said(15, lambda *given: item.alternatives[1](*given).half())
    )


def test_each_part_of_a_bill_is_named_by_itself():
    def bill(n_query, n_key, d_query, d_key, width):
        pairs = n_query * n_key
        return {
            "parameters": width * (d_query + d_key),
            "multiplications": width * (n_query * d_query + n_key * d_key),
            "saved_bytes": pairs * width,
        }

    assert said(14, bill).mistakes == [
        "forgets_v_and_bias", "forgets_the_product_with_v", "counts_numbers_not_bytes",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("mean", "mistake"),
    [
        (lambda hidden: hidden.mean(), "mean_of_everything"),
        (lambda hidden: -hidden.mean(0), "one_bias_a_key"),
        (lambda hidden: hidden.mean(1), "one_bias_a_query"),
        (lambda hidden: hidden.mean(-1), "averages_over_units"),
    ],
)
def test_a_mean_over_the_wrong_axes_is_named(mean, mistake):
    assert said(11, mean).mistakes == [mistake]


def test_an_error_that_a_mutant_shares_names_nothing():
    def fails(x):
        raise ValueError

    item = make_item()
    item.wrong("breaks_down", "It raises.", fails)
    assert judge(item, NotebookStudent({"f": fails})).mistakes == []


def test_a_rule_is_judged_without_rounding():
    features = torch.tensor([[0.1], [0.3]], dtype=torch.float64)
    labels = torch.tensor([-1.0, 1.0])
    assert tables.sides(features, labels, [3.0], 0.3)[0] == -1
    assert tables.sides(features, labels, [3.0], 3 * 0.1)[0] == 1  # a tie in floats
    assert tables.sides(features, labels, [1.0], features[0, 0].item())[0] == 0


@pytest.mark.parametrize("name", ["random_search", "trained_by_gradient"])
def test_search_and_training_do_not_reach_the_ceiling(name):
    item = registry.find("1.q10")
    (mutant,) = [m for m in item.mutants if m.name == name]
    for seed in range(6):
        features, labels = exact_tables.thin(Rng(str(seed)), 2)
        assert mutant.answer(features, labels)[0] < tables.ceiling(features, labels)
    assert said(10, mutant.answer).points < 3


def test_the_person_s_exercise_claims_no_reading():
    for text in ("", "Five sentences."):
        shown = str(said(4, text))
        assert "cannot see your text" in shown
        assert shown.count("☐ …") == 3
