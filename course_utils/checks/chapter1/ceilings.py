"""1.q3 · What scorers can reach on the XOR rule: commit first, then measure."""

import torch

from course_utils.checks.chapter1 import tables
from course_utils.checks.item import Item
from course_utils.checks.predict import measured

ITEM = Item(
    id="1.q3",
    title="How far similarity gets",
    kind="predict",
    asks="ceilings",
    difficulty=2,
    minutes=10,
    lesson="1.2_when_similarity_fails",
    hints=(
        "Fix one query. Its two relevant keys are each other's negative. Where can a "
        "straight line put them?",
        "For a fixed query a bilinear score is linear in the key, so the scores of k "
        "and −k have opposite signs. One line gets at most 3 of 4 keys right. AUC "
        "compares every relevant key with every irrelevant one; top-1 looks at one.",
        "free threshold: 3 right keys a query, times 4 queries\n"
        "threshold 0: of k and −k exactly one scores above 0: 2 right keys a query\n"
        "AUC: each pair (k, −k) is symmetric around 0, so half of the comparisons\n"
        "top-1: write the four scores q₁k₁ − q₂k₂ for one query and look",
    ),
)


QUERY, KEY = tables.pairs()
PRODUCTS = tables.products(QUERY, KEY)
XOR, AND = tables.exactly_one(QUERY, KEY), tables.both(QUERY, KEY)


@measured(ITEM, "bilinear, threshold 0", 0.5, "exactly one agrees, qᵀWk > 0")
def bilinear_without_threshold(rng):
    return tables.ceiling(PRODUCTS, XOR, threshold=False)


@measured(ITEM, "bilinear", 0.5, "exactly one agrees, qᵀWk > t, any t")
def bilinear(rng):
    return tables.ceiling(PRODUCTS, XOR)


@measured(ITEM, "linear additive", 0.5, "exactly one agrees, a·q + c·k > t")
def linear_additive(rng):
    return tables.ceiling(torch.cat([QUERY, KEY], dim=1), XOR)


@measured(ITEM, "bilinear, both agree", 0.5, "both agree, qᵀWk > t")
def bilinear_on_and(rng):
    return tables.ceiling(PRODUCTS, AND)


@measured(ITEM, "AUC", 0.5, "mean AUC of qᵀWk over the four queries")
def mean_auc(rng):
    found = [tables.mean_order(rng.normal(2, 2)) for _ in range(50)]
    return sum(found) / len(found)


@measured(ITEM, "top-1", 0.5, "queries whose best key is right, W = diag(1, −1)")
def top_1(rng):
    return tables.best_key_is_right(torch.diag(torch.tensor([1.0, -1.0])).double())


def _answers(*values):
    return dict(zip((check.name for check in ITEM.checks), values, strict=True))


ITEM.alternative(_answers(8, 12, 11, 16, 0.5, 4))
ITEM.alternative(_answers(8.0, 12.0, 11.0, 16.0, 1 / 2, 4.0))

ITEM.wrong(
    "chance_everywhere",
    "A threshold lifts the ceiling above half: 3 of a query's 4 keys can be right.",
    _answers(8, 8, 8, 8, 0.5, 2),
)
ITEM.wrong(
    "threshold_changes_nothing",
    "At threshold 0 one of k and −k is always wrong; a free threshold may give up "
    "only one key of four.",
    _answers(8, 8, 11, 16, 0.5, 4),
)
ITEM.wrong(
    "the_one_bit_rule",
    "For one ±1 feature −qk solves XOR. With two features the rule is a product of "
    "four signs.",
    _answers(16, 16, 12, 16, 1.0, 4),
)
ITEM.wrong(
    "accuracy_is_order",
    "AUC is no share of right pairs: every relevant key is compared with every "
    "other, and k and −k cancel.",
    _answers(8, 12, 11, 16, 0.75, 4),
)
ITEM.wrong(
    "the_best_key_is_chance_too",
    "An AUC of ½ says nothing about the top: of the two relevant keys one may "
    "stand highest and the other lowest.",
    _answers(8, 12, 11, 16, 0.5, 2),
)
ITEM.wrong(
    "bilinear_fails_at_every_rule",
    "“Both agree” is decided by the sum of two agreements, and that is bilinear.",
    _answers(8, 12, 11, 12, 0.5, 4),
)
ITEM.wrong(
    "sums_do_as_well_as_products",
    "Without a non-linearity the additive score loses one pair more.",
    _answers(8, 12, 12, 16, 0.5, 4),
)
