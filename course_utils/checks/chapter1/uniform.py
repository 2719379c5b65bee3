"""1.q13 · Which set-ups lose their focus: commit first, then measure."""

import torch

from course_utils.attention import entropy, softmax
from course_utils.checks.item import Item
from course_utils.checks.predict import measured, misreading

N_KEY, WIDTH = 20, 64

ITEM = Item(
    id="1.q13",
    title="Which attention is uniform?",
    kind="predict",
    asks="uniform",
    difficulty=2,
    minutes=10,
    lesson="1.4_taming_tanh",
    hints=(
        "Softmax compares the keys of one query. What must the scores be like for all "
        "weights to be equal?",
        "Equal, not zero. Ask of each set-up: does what tanh lets through still depend "
        "on the key? Then whether v adds it up to something.",
        "A: signs change from key to key, v is generic\n"
        "B, B2: +z and −z in pairs; v equal, v generic\n"
        "C: ±6 is the same for every key, and tanh is flat there\n"
        "D: C with the offset taken away by the bias\n"
        "E: tanh is a line near 0; how large do the scores get?",
    ),
)


def set_ups(rng) -> dict[str, tuple[torch.Tensor, torch.Tensor]]:
    """Name → (pre-activations (keys, width), v), as the statement describes them."""
    generic, same = rng.normal(WIDTH), torch.ones(WIDTH).double()
    half = 6 * rng.normal(N_KEY, WIDTH // 2)
    paired = torch.cat([half, -half], dim=1)
    offset, small = 6 * rng.signs(WIDTH), 0.5 * rng.normal(N_KEY, WIDTH)
    return {
        "A": (6 * rng.signs(N_KEY, WIDTH), generic),
        "B": (paired, same),
        "B2": (paired, generic),
        "C": (small + offset, generic),
        "D": (small, generic),
        "E": (0.01 * rng.normal(N_KEY, WIDTH), generic),
    }


def is_uniform(hidden: torch.Tensor, v: torch.Tensor) -> bool:
    """Whether the entropy of the weights is above 99 % of ln(keys)."""
    weights = softmax(hidden.tanh() @ v)
    return float(entropy(weights)) > 0.99 * float(torch.tensor(len(hidden)).log())


TITLES = {
    "A": "large inputs that change sign from key to key",
    "B": "exact pairs ±z, all v equal",
    "B2": "exact pairs ±z, any v",
    "C": "a large offset that all keys share",
    "D": "as C, with the bias that removes the offset",
    "E": "inputs near 0",
}
for name, title in TITLES.items():

    @measured(ITEM, name, 0.5, f"{name}: {title}")
    def measure(rng, name=name):
        votes = [is_uniform(*set_ups(rng)[name]) for _ in range(5)]
        return sum(votes) > 2


def _answers(names: str) -> dict[str, bool]:
    """The set-ups named are said to be uniform, the others not."""
    return {name: name in names.split() for name in TITLES}


ITEM.alternative(_answers("B C E"))
ITEM.alternative(dict(reversed(_answers("C E B").items())))

for entry, name, says in (
    ("A", "large_inputs_are_uniform", "Large inputs that differ from key to key "
     "make large differences between scores."),
    ("B", "pairs_never_cancel", "Add up what a pair contributes: tanh(z) + tanh(−z)."),
    ("B2", "pairs_cancel_for_any_v", "tanh(z) and tanh(−z) cancel only when both are "
     "weighted alike."),
    ("C", "only_zero_scores", "Scores need not be near 0 for this, only equal for all "
     "keys: softmax does not see what they share."),
    ("D", "the_bias_does_not_help", "Around 0 tanh is not flat: what remains differs "
     "from key to key."),
    ("E", "tiny_inputs_are_sharp", "Near 0 the scores are almost 0 for every key."),
):  # fmt: skip
    value = not ITEM.alternatives[0][entry]
    misreading(ITEM, entry, value, name, says)
