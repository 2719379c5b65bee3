"""Somebody counts aloud: the words of consecutive numbers, each closed by a comma."""

from functools import cache

import torch
from jaxtyping import Int
from torch import Tensor

from course_utils.data.number_words import NUMBERS, WORDS, english

COMMA = ","
VOCABULARY = (COMMA, *WORDS[1:])  # the comma takes the place of the padding


@cache
def stream(last: int = 999) -> Int[Tensor, " word"]:
    """The words of 1, 2, …, last as places in VOCABULARY.

    Do not write into the tensor: it is shared. Raises ValueError outside 1…9999.
    """
    if not 1 <= last < NUMBERS:
        raise ValueError(f"last is {last}; expected 1…{NUMBERS - 1}")
    place = {word: index for index, word in enumerate(VOCABULARY)}
    return torch.tensor(
        [
            place[word]
            for number in range(1, last + 1)
            for word in (*english(number), COMMA)
        ]
    )


def windows(
    words: Int[Tensor, " word"], how_many: int, length: int
) -> Int[Tensor, "window length"]:
    """Stretches of the stream, from places drawn with torch's global seed.

    Raises ValueError where the stream is shorter than a window.
    """
    if not 1 <= length <= len(words):
        raise ValueError(f"length is {length}; expected 1…{len(words)}")
    start = torch.randint(len(words) - length + 1, (how_many, 1))
    return words[start + torch.arange(length)]


def spell(words: Int[Tensor, " word"]) -> str:
    """Places in VOCABULARY as text."""
    return " ".join(VOCABULARY[place] for place in words.tolist()).replace(" ,", ",")
