"""2.q8 · Hot and cold: commit to the number of keys in use."""

import torch

from course_utils.attention import effective_keys, softmax
from course_utils.checks.item import Item
from course_utils.checks.predict import measured, misreading

ITEM = Item(
    id="2.q8",
    title="Hot and cold",
    kind="predict",
    asks="keys_in_use",
    difficulty=1,
    minutes=6,
    lesson="2.3_the_art_of_scaling",
    hints=(
        "What does a huge temperature do to the differences of scores, and what a "
        "tiny one?",
        "Divide the scores by τ first. Then only differences count: which keys share "
        "the top exactly?",
        "τ tiny: keys below the top get nothing, keys at the top share equally\n"
        "τ huge: all differences become 0\n"
        "effective keys of equal shares: how many share\n"
        "a one-hot choice uses a single key",
    ),
)

TIED, CLEAR = (2.0, 2.0, 1.0, 0.0), (3.0, 2.0, 1.0, 0.0)
COLD, HOT = 1e-3, 1e5
SETS = {
    "A": (CLEAR, COLD, "(3, 2, 1, 0), τ = 0.001"),
    "B": (CLEAR, HOT, "(3, 2, 1, 0), τ = 100,000"),
    "C": (TIED, COLD, "(2, 2, 1, 0), τ = 0.001"),
    "D": (tuple(s - 500 for s in TIED), COLD, "C less 500"),
    "E": ((7.0, 7.0, 7.0, 7.0), COLD, "(7, 7, 7, 7), τ = 0.001"),
}
for name, (scores, temperature, title) in SETS.items():

    @measured(ITEM, name, 0.5, f"{name}: {title}")
    def measure(rng, scores=scores, temperature=temperature):
        row = torch.tensor(scores, dtype=torch.float64)
        weights = softmax(row, temperature=temperature)
        return round(effective_keys(weights).item(), 2)


@measured(ITEM, "F", 0.5, "F: (2, 2, 1, 0), a hard argmax")
def hard_argmax(rng):
    row = torch.tensor(TIED, dtype=torch.float64)
    chosen = torch.nn.functional.one_hot(row.argmax(), len(row)).double()
    return round(effective_keys(chosen).item(), 2)


ITEM.alternative({"A": 1, "B": 4, "C": 2, "D": 2, "E": 4, "F": 1})
ITEM.alternative(dict(zip("FEDCBA", (1.0, 4.0, 2.0, 2.0, 4.0, 1.0), strict=True)))

for entry, value, name, says in (
    ("A", 4, "cold_spreads", "Divide the scores by 0.001 and look at the differences."),
    ("A", 2, "cold_keeps_two", "How far behind is the second key after the division?"),
    ("B", 1, "hot_chooses", "Divide the scores by 100,000. What is left of the "
     "differences?"),
    ("B", 3, "hot_drops_the_last", "How far behind is the last key after the "
     "division?"),
    ("C", 1, "cold_is_argmax", "Both keys at the top have the same score: nothing "
     "prefers one of them."),
    ("C", 4, "cold_tie_spreads", "Two keys lie below the top. How far, after the "
     "division?"),
    ("C", 3, "cold_tie_keeps_three", "The third key lies 1 below the top. How far, "
     "after the division?"),
    ("D", 1, "an_offset_breaks_ties", "Take the same number from both: are they still "
     "equal?"),
    ("D", 4, "low_scores_are_even", "Low scores are not equal scores."),
    ("E", 1, "all_tied_and_one_wins", "Nothing prefers one of the four."),
    ("F", 2, "argmax_shares", "One-hot means that one place holds the 1."),
    ("F", 4, "argmax_spreads", "One-hot means that one place holds the 1."),
):  # fmt: skip
    misreading(ITEM, entry, value, name, says)
