"""2.q1 · What softmax sees: commit to weights, then measure."""

import torch

from course_utils.attention import softmax
from course_utils.checks.item import Item
from course_utils.checks.predict import measured, misreading

ITEM = Item(
    id="2.q1",
    title="What softmax sees",
    kind="predict",
    asks="first_weight",
    difficulty=1,
    minutes=6,
    lesson="2.2_the_tyranny_of_softmax",
    hints=(
        "Which number decides the ratio of two weights?",
        "Write down the difference of the two scores for each set, divided by the "
        "temperature. Sets with the same difference have the same weights.",
        "difference = (first − second) / temperature\n"
        "ratio of the weights = e to that difference\n"
        "first weight = ratio / (ratio + 1)\n"
        "equal scores share equally",
    ),
)

SETS = {
    "A": ((0.5, 0.0), 1.0),
    "B": ((700.5, 700.0), 1.0),
    "C": ((350.0, 0.0), 1.0),
    "D": ((-1000.0, -1001.0), 1.0),
    "E": ((1.0, 0.0), 0.5),
    "F": ((90.0, 90.0, 90.0, 90.0), 1.0),
}
TITLES = {
    "A": "(0.5, 0)",
    "B": "A plus 700",
    "C": "A times 700",
    "D": "(−1000, −1001)",
    "E": "(1, 0) at temperature ½",
    "F": "four times 90",
}
for name, (scores, temperature) in SETS.items():

    @measured(ITEM, name, 0.5, f"{name}: {TITLES[name]}")
    def measure(rng, scores=scores, temperature=temperature):
        row = torch.tensor(scores, dtype=torch.float64)
        return round(softmax(row, temperature=temperature)[0].item(), 2)


ITEM.alternative(dict(zip(SETS, (0.62, 0.62, 1, 0.73, 0.88, 0.25), strict=True)))
ITEM.alternative({**ITEM.alternatives[0], "C": 1.0})

for entry, value, name, says in (
    ("A", 0.5, "near_scores_are_equal", "Equal weights need equal scores, and these "
     "are not equal."),
    ("A", 1, "any_lead_takes_all", "A weight near 1 needs a lead of several points."),
    ("B", 1, "large_scores_saturate", "The scores are large. But how much do they "
     "differ?"),
    ("B", 0.5, "a_lead_is_relative", "0.5 is little beside 700, but softmax does not "
     "divide by 700."),
    ("C", 0.62, "factor_taken_for_an_offset", "To multiply scores is not the same as "
     "to add to them."),
    ("C", 0.5, "a_factor_evens_out", "After the factor the scores lie further apart, "
     "not closer together."),
    ("D", 0, "low_scores_get_nothing", "Somebody must get the weight: the other score "
     "is lower still."),
    ("D", 0.5, "low_scores_are_alike", "Low is not equal: how much do they differ?"),
    ("D", 1, "low_scores_are_far_apart", "The sizes are large. But how much do they "
     "differ?"),
    ("E", 0.73, "ignores_the_temperature", "That is the weight at temperature 1."),
    ("E", 0.62, "multiplies_by_the_temperature", "Scores are divided by the "
     "temperature, not multiplied."),
    ("F", 1, "everybody_wins", "Four weights of 1 do not sum to 1."),
    ("F", 0, "nobody_wins", "Four weights of 0 do not sum to 1."),
):  # fmt: skip
    misreading(ITEM, entry, value, name, says)
