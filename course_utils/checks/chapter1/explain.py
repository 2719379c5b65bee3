"""1.q4 · Chance and perfection at the same time: read by a person."""

from course_utils.checks.item import Item

ITEM = Item(
    id="1.q4",
    title="At chance, and always right",
    kind="explain",
    asks="",
    difficulty=2,
    minutes=10,
    lesson="1.2_when_similarity_fails",
    hints=(
        "What does each of the two numbers look at: all keys, or one?",
        "List the four scores of one query for W = diag(1, −1), mark the relevant "
        "keys, and compute both numbers from the list.",
        "scores of one query: two equal numbers in the middle, one above, one below\n"
        "AUC: count the comparisons relevant against irrelevant that are won\n"
        "top-1: look at the first place only\n"
        "then remove the key at the first place, and look again",
    ),
    rubric=(
        (1, "say what AUC compares, and what top-1 looks at"),
        (1, "show both on the four scores of one query"),
        (1, "name a situation in which the difference harms a model"),
    ),
)
