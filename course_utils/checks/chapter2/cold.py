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
        "Divide the scores by τ first. Then only differences count: which keys lie "
        "within about 1 of the top?",
        "for each set: (top − score) / τ, for every key\n"
        "far above 1: that key gets nothing\n"
        "far below 1: that key gets as much as the top\n"
        "count the keys that share; a one-hot choice does not share",
    ),
)

TIED, CLOSE = (2.0, 2.0, 2.0, 0.0), (2.0, 1.99, 0.0, 0.0)
COLD = 1e-3
SETS = {
    "A": ((3.0, 2.0, 1.0, 0.0), 1e5, "(3, 2, 1, 0), τ = 100,000"),
    "B": (TIED, COLD, "(2, 2, 2, 0), τ = 0.001"),
    "C": (tuple(s - 500 for s in TIED), COLD, "B less 500"),
    "D": (CLOSE, COLD, "(2, 1.99, 0, 0), τ = 0.001"),
    "E": (CLOSE, 0.1, "(2, 1.99, 0, 0), τ = 0.1"),
}
for name, (scores, temperature, title) in SETS.items():

    @measured(ITEM, name, 0.5, f"{name}: {title}")
    def measure(rng, scores=scores, temperature=temperature):
        row = torch.tensor(scores, dtype=torch.float64)
        weights = softmax(row, temperature=temperature)
        return round(effective_keys(weights).item())


@measured(ITEM, "F", 0.5, "F: (2, 2, 2, 0), a hard argmax")
def hard_argmax(rng):
    row = torch.tensor(TIED, dtype=torch.float64)
    chosen = torch.nn.functional.one_hot(row.argmax(), len(row)).double()
    return round(effective_keys(chosen).item())


ITEM.alternative({"A": 4, "B": 3, "C": 3, "D": 1, "E": 2, "F": 1})
ITEM.alternative(dict(zip("FEDCBA", (1.0, 2.0, 1.0, 3.0, 3.0, 4.0), strict=True)))

for entry, value, name, says in (
    ("A", 1, "hot_chooses", "Divide the scores by 100,000. What is left of the "
     "differences?"),
    ("A", 3, "hot_drops_the_last", "How far behind is the last key after the "
     "division?"),
    ("B", 1, "cold_is_argmax", "Several keys at the top have the same score: nothing "
     "prefers one of them."),
    ("B", 4, "cold_tie_spreads", "One key lies below the top. How far, after the "
     "division?"),
    ("C", 1, "an_offset_breaks_ties", "Take the same number from equal scores: are "
     "they still equal?"),
    ("C", 4, "low_scores_are_even", "Low scores are not equal scores."),
    ("D", 2, "close_is_tied", "How far behind is the second key after the division?"),
    ("D", 4, "cold_spreads", "Divide the scores by 0.001 and look at the differences."),
    ("E", 1, "a_tenth_is_cold_enough", "How far behind is the second key after the "
     "division?"),
    ("E", 4, "a_tenth_is_hot", "How far behind are the last two after the division?"),
    ("F", 3, "argmax_shares", "One-hot means that one place holds the 1."),
    ("F", 4, "argmax_spreads", "One-hot means that one place holds the 1."),
):  # fmt: skip
    misreading(ITEM, entry, value, name, says)
