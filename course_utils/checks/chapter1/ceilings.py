"""1.q3 · What scorers can reach on the XOR rule: commit first, then measure."""

import torch

from course_utils.checks.chapter1 import tables
from course_utils.checks.item import Item
from course_utils.checks.predict import measured, misreading

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
        "threshold 0: of k and −k at most one scores above 0: 2 right keys a query\n"
        "AUC: each pair (k, −k) is symmetric around 0, so half of the comparisons\n"
        "top-1: write the four scores q₁k₁ − q₂k₂ for one query and look",
    ),
)


QUERY, KEY = tables.pairs()
PRODUCTS = tables.products(QUERY, KEY)
XOR, AND = tables.exactly_one(QUERY, KEY), tables.both(QUERY, KEY)


@measured(
    ITEM,
    "bilinear, threshold 0",
    0.5,
    "exactly one agrees: qᵀWk above 0, else below",
)
def bilinear_without_threshold(rng):
    return tables.ceiling(PRODUCTS, XOR, threshold=False)


@measured(ITEM, "bilinear", 0.5, "exactly one agrees: qᵀWk above t, else below")
def bilinear(rng):
    return tables.ceiling(PRODUCTS, XOR)


@measured(
    ITEM,
    "linear additive",
    0.5,
    "exactly one agrees: a·q + c·k above t, else below",
)
def linear_additive(rng):
    return tables.ceiling(torch.cat([QUERY, KEY], dim=1), XOR)


@measured(ITEM, "bilinear, both agree", 0.5, "both agree: qᵀWk above t, else below")
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

FREE, BOTH = "bilinear", "bilinear, both agree"
ZERO, SUM = "bilinear, threshold 0", "linear additive"
for entry, value, name, says in (
    (ZERO, 12, "ties_counted_as_right", "That many only if a score of exactly 0 counts "
     "as below the threshold. It is on no side, so it is wrong."),
    (ZERO, 16, "no_limit_at_zero", "Compare the scores of k and −k at threshold 0."),
    (FREE, 8, "threshold_changes_nothing", "A threshold moves the line away from the "
     "origin. Count the keys of one query again."),
    (FREE, 16, "no_ceiling", "For one ±1 feature −qk solves XOR. Here each query "
     "sees its four keys at the corners of a square: draw the line."),
    (SUM, 8, "sums_are_at_chance", "A threshold and free weights do better than chance "
     "here: try a few."),
    (SUM, 12, "sums_do_as_well_as_products", "Without products the line has the same "
     "slope for every query. Count again."),
    (SUM, 16, "sums_can_do_it_all", "a·q moves the line, but never turns it: the slope "
     "is the same for every query."),
    (BOTH, 8, "chance_for_every_rule", "Is there a score that counts the features that "
     "agree? Write it down."),
    (BOTH, 12, "one_ceiling_for_every_rule", "Is there a score that counts the features"
     " that agree? Write it down."),
    ("AUC", 0.75, "accuracy_is_order", "AUC is no share of right pairs: every relevant "
     "key is compared with every other. Compare k and −k."),
    ("AUC", 1.0, "always_in_order", "That would take every relevant key above every "
     "other. Compare the scores of k and −k."),
    ("AUC", 0.0, "never_in_order", "That would take every relevant key below every "
     "other. Compare the scores of k and −k."),
    ("top-1", 2, "the_best_key_is_chance_too", "The first place is not drawn by lot: "
     "write down the four scores of a query."),
    ("top-1", 0, "the_best_key_never_is", "Write down the four scores of a query and "
     "look at the highest."),
):  # fmt: skip
    misreading(ITEM, entry, value, name, says)
