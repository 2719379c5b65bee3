"""Number words: English words in, German pieces out.

Both come from num2words, which ships its tables. German writes a number as one
word, with the unit before the ten: forty-seven is sieben-und-vierzig.
"""

import re
from collections.abc import Iterable, Sequence
from functools import cache

import torch
from jaxtyping import Int
from num2words import num2words
from torch import Tensor

NUMBERS = 10_000  # 0…9999
PAD, START, END = "·", "<start>", "<end>"
_ENGLISH = """
    zero one two three four five six seven eight nine ten eleven twelve thirteen
    fourteen fifteen sixteen seventeen eighteen nineteen twenty thirty forty fifty
    sixty seventy eighty ninety hundred thousand"""
_UNITS = "ein eins zwei drei vier fünf sechs sieben acht neun"
_TENS = "zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig"
_OTHERS = "null und hundert tausend zehn elf zwölf sechzehn siebzehn"
WORDS = (PAD, *_ENGLISH.split())
UNIT_PIECES, TEN_PIECES = _UNITS.split(), _TENS.split()
PIECES = (PAD, START, END, *_OTHERS.split(), *UNIT_PIECES, *TEN_PIECES)
MOST_WORDS, MOST_PIECES = 6, 8  # of any number, END included

# the longest piece first, so that "eins" is not read as "ein"
_PIECE = re.compile("|".join(sorted(PIECES[3:], key=len, reverse=True)))


@cache
def english(number: int) -> tuple[str, ...]:
    """The English words of 0…9999, without "and": 47 → forty, seven.

    Raises ValueError outside 0…9999.
    """
    _check(number)
    return tuple(
        word for word in re.findall("[a-z]+", num2words(number)) if word != "and"
    )


@cache
def german(number: int) -> tuple[str, ...]:
    """The pieces of the German word of 0…9999: 47 → sieben, und, vierzig.

    Raises ValueError outside 0…9999.
    """
    _check(number)
    return parse(num2words(number, lang="de"))


def parse(word: str) -> tuple[str, ...]:
    """Cut a German number word into pieces, the longest first.

    Raises ValueError where the pieces do not cover the word.
    """
    pieces = tuple(_PIECE.findall(word))
    if "".join(pieces) != word:
        raise ValueError(
            f"{word!r} leaves a rest after the pieces {pieces}; expected a German "
            "number word in lower case"
        )
    return pieces


def encode(
    numbers: Iterable[int],
) -> tuple[Int[Tensor, "number 6"], Int[Tensor, "number 8"]]:
    """Places in WORDS and in PIECES, each German row closed by END, padded by 0.

    Raises ValueError outside 0…9999.
    """
    numbers = [int(number) for number in numbers]
    words = _table([english(number) for number in numbers], WORDS, MOST_WORDS)
    spelt = [(*german(number), END) for number in numbers]
    return words, _table(spelt, PIECES, MOST_PIECES)


def until_end(pieces: Int[Tensor, "number piece"]) -> Int[Tensor, "number piece"]:
    """The same rows with everything behind the first END padded."""
    ends = pieces == PIECES.index(END)
    behind = ends.cumsum(-1) - ends.long() > 0
    return pieces.masked_fill(behind, 0)


def split(train: int, test: int, *, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Two disjoint random sets of numbers below 10 000.

    Raises ValueError where they do not fit into 0…9999.
    """
    if train < 1 or test < 1 or train + test > NUMBERS:
        raise ValueError(
            f"train is {train} and test is {test}; expected at least 1 each, and "
            f"{NUMBERS} together at most"
        )
    generator = torch.Generator().manual_seed(seed)
    order = torch.randperm(NUMBERS, generator=generator)
    return order[:train], order[train : train + test]


def _table(rows: Sequence[Sequence[str]], known: Sequence[str], width: int) -> Tensor:
    place = {name: index for index, name in enumerate(known)}
    table = torch.zeros(len(rows), width, dtype=torch.long)
    for row, names in enumerate(rows):
        table[row, : len(names)] = torch.tensor([place[name] for name in names])
    return table


def _check(number: int) -> None:
    if not 0 <= number < NUMBERS:
        raise ValueError(f"number is {number}; expected 0…{NUMBERS - 1}")
