"""The generators of lesson 1.6: each test has a case that must fail it."""

import pytest
import torch

from course_utils.data import number_words, penguins, repertoire


def test_the_pieces_cover_every_german_number_word():
    used = set()
    for number in range(0, number_words.NUMBERS, 7):
        pieces = number_words.german(number)  # raises where a rest is left
        used.update(pieces)
        assert len(pieces) < number_words.MOST_PIECES
        assert len(number_words.english(number)) <= number_words.MOST_WORDS
    assert used == set(number_words.PIECES[3:])


@pytest.mark.parametrize("word", ["zweiundzwonzig", "siebenxund", "Sieben"])
def test_a_word_that_the_pieces_do_not_cover_is_refused(word):
    with pytest.raises(ValueError, match="leaves a rest"):
        number_words.parse(word)


@pytest.mark.parametrize(
    ("number", "english", "german"),
    [
        (0, "zero", "null"),
        (16, "sixteen", "sechzehn"),
        (47, "forty seven", "sieben und vierzig"),
        (101, "one hundred one", "ein hundert eins"),
        (
            9819,
            "nine thousand eight hundred nineteen",
            "neun tausend acht hundert neun zehn",
        ),
    ],
)
def test_numbers_as_words_and_pieces(number, english, german):
    assert " ".join(number_words.english(number)) == english
    assert " ".join(number_words.german(number)) == german


def test_encoding_can_be_read_back():
    words, pieces = number_words.encode([47, 9999])
    assert [number_words.WORDS[i] for i in words[0]] == ["forty", "seven", *4 * ["·"]]
    spelt = [number_words.PIECES[i] for i in pieces[0]]
    assert spelt == ["sieben", "und", "vierzig", "<end>", *4 * ["·"]]
    assert (pieces[1] > 0).all()
    assert torch.equal(number_words.until_end(pieces), pieces)
    prattled = pieces.masked_fill(pieces == 0, 9)  # it goes on behind the end
    assert torch.equal(number_words.until_end(prattled), pieces)
    assert not torch.equal(prattled, pieces)


def test_splits_are_disjoint_and_reproduced_by_their_seed():
    train, test = number_words.split(1000, 1000, seed=3)
    assert not set(train.tolist()) & set(test.tolist())
    assert torch.equal(train, number_words.split(1000, 1000, seed=3)[0])
    assert not torch.equal(train, number_words.split(1000, 1000, seed=4)[0])


@pytest.mark.parametrize("sizes", [(9_000, 1_001), (0, 5), (5, -1)])
def test_splits_that_do_not_fit_are_refused(sizes):
    with pytest.raises(ValueError, match="expected at least 1 each"):
        number_words.split(*sizes)


@pytest.mark.parametrize("number", [-1, 10_000])
def test_numbers_out_of_range_are_refused(number):
    with pytest.raises(ValueError, match=r"expected 0…9999"):
        number_words.encode([number])


def test_all_measured_penguins_are_there():
    measured, species = penguins.load()
    assert measured.shape == (342, 4)
    assert measured.isfinite().all()
    assert species.bincount().tolist() == [151, 68, 123]
    low, high = measured.amin(0), measured.amax(0)
    assert (low > torch.tensor([30.0, 12, 170, 2500])).all()
    assert (high < torch.tensor([62.0, 23, 235, 6500])).all()


def test_standardised_measures_have_mean_0_and_spread_1():
    measured, _ = penguins.load()
    scaled = penguins.standardise(measured)
    assert scaled.mean(0).abs().max() < 1e-5
    assert (scaled.std(0) - 1).abs().max() < 1e-5
    grams = measured * torch.tensor([1, 1, 1, 1e-3])
    assert torch.allclose(penguins.standardise(grams), scaled, atol=1e-4)
    half = penguins.standardise(measured, measured[:100])  # others set the scale
    assert half.mean(0).abs().max() > 0.1
    with pytest.raises(ValueError, match="to vary"):
        penguins.standardise(torch.ones(3, 2))
    with pytest.raises(ValueError, match="two or more"):
        penguins.standardise(measured[:1])


def test_the_background_solves_the_matrix():
    rows = repertoire.odds() @ repertoire.background()
    assert (rows / rows.mean() - 1).abs().max() < 1e-12
    assert (repertoire.background() > 0).all()
    assert repertoire.background().sum().item() == pytest.approx(1)
    even = repertoire.odds() @ torch.full((20,), 0.05, dtype=torch.float64)
    assert (even / even.mean() - 1).abs().max() > 0.1  # equal frequencies do not


def test_exchanges_follow_the_matrix():
    exchanges = repertoire.exchanges()
    assert torch.allclose(exchanges.sum(1), torch.ones(20).double())
    assert (exchanges.diagonal() == 0).all()
    d, e, w = (repertoire.AMINO_ACIDS.index(letter) for letter in "DEW")
    assert exchanges[d, e] > 10 * exchanges[d, w]


def test_only_the_witness_of_the_ill_carries_the_motif():
    motif = repertoire.draw_motif(seed=5)
    people = repertoire.draw(400, motif, seed=6)
    windows = people.receptors.unfold(2, repertoire.MOTIF, 1)
    same = (windows == motif).sum(-1).amax(-1)  # letters of the motif, by receptor
    ill = people.ill.nonzero()[:, 0]
    assert (same[ill, people.witness[ill]] == repertoire.MOTIF - 1).float().mean() > 0.9
    assert (same >= repertoire.MOTIF - 1).sum() < 1.2 * len(ill)  # hardly anyone else
    assert (people.witness[~people.ill] == -1).all()
    # the place of the witness tells nothing: each in about ten of 200
    assert people.witness[ill].bincount(minlength=repertoire.RECEPTORS).max() < 20


def test_repertoires_are_reproduced_by_their_seed():
    motif = repertoire.draw_motif(seed=0)
    first, again, other = (repertoire.draw(4, motif, seed=seed) for seed in (1, 1, 2))
    assert all(map(torch.equal, first, again))
    assert not torch.equal(first.receptors, other.receptors)
    assert repertoire.letters(motif) != repertoire.letters(
        repertoire.draw_motif(seed=1)
    )


@pytest.mark.parametrize(("people", "length"), [(1, 5), (4, 4)])
def test_repertoires_that_make_no_sense_are_refused(people, length):
    with pytest.raises(ValueError, match="expected 2 or more"):
        repertoire.draw(people, torch.arange(length), seed=0)
