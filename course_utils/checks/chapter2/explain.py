"""2.q4 · What a famous sentence gets right and wrong: read by a person."""

from course_utils.checks.item import Item

ITEM = Item(
    id="2.q4",
    title="A sentence on trial",
    kind="explain",
    asks="",
    difficulty=2,
    minutes=12,
    lesson="2.2_the_tyranny_of_softmax",
    hints=(
        "The sentence makes three claims. Test each by itself.",
        "For the first, compare adding to all scores with multiplying them. For the "
        "second, ask which gradient: of the scores, or of the values. For the third, "
        "ask what the loss reads.",
        "claim: large scores saturate; a pair of score sets that shows otherwise\n"
        "claim: learning stops for losers; what about the winner's score and value?\n"
        "claim: always; is there a loss that keeps a gradient?\n"
        "then write the sentence anew",
    ),
    rubric=(
        (1, "say what saturates softmax, with a pair of score sets that shows it"),
        (1, "tell the winner's score from its value, with the formula of the gradient"),
        (1, "name a loss for which learning does not stop, and why"),
        (1, "give a sentence that is true"),
    ),
)
