"""What the tasks made by code say is true: numbers, dates, stories and pictures, each read again in another way."""

import datetime
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnbook import data, networks
from rnnbook.data.tasks import pictures, wording
from rnnbook.data.tasks.stories import PEOPLE, PLACES, STORY_WORDS, story
from rnnbook.layers.encoder_decoder import EOS, greedy_decode


def value(words):
    """A number from its words: what is said before a scale counts as many times."""
    total = group = 0
    for word in words:
        if word in wording.ONES:
            group += wording.ONES.index(word)
        elif word in wording.TENS:
            group += 10 * wording.TENS.index(word)
        elif word == "hundred":
            group *= 100
        elif word != "and":
            total += group * 1000 ** wording.SCALES.index(word)
            group = 0
    return total + group


@given(st.integers(0, 10**9 - 1) | st.integers(0, 10**4))
def test_a_number_in_words_is_that_number(n):
    words = wording.in_words(n)
    assert value(words) == n
    assert set(words) <= set(wording.WORDS)


def test_numbers_as_they_are_said():
    for n, said in {
        0: "zero",
        13: "thirteen",
        100: "one hundred",
        101: "one hundred and one",
        1_000: "one thousand",
        1_001: "one thousand and one",
        21_100: "twenty one thousand one hundred",
        1_000_000: "one million",
        5_000_012: "five million and twelve",
    }.items():
        assert " ".join(wording.in_words(n)) == said
    for wrong in (-1, 10**9):
        with pytest.raises(ValueError, match="n must lie between 0 and 999999999"):
            wording.in_words(wrong)


@pytest.mark.parametrize("digits", [1, 2, 6])
def test_a_number_has_the_digits_that_were_asked_for(digits, rng):
    assert {len(str(wording.number(rng, digits))) for _ in range(200)} == {digits}


@given(st.dates(datetime.date(1900, 1, 1), datetime.date(2099, 12, 31)))
def test_every_way_to_write_a_date_is_that_date(day):
    for text in wording.ways(day):
        assert set(text) <= set(wording.LETTERS) and len(text) <= wording.LONGEST
        parts = re.findall(r"\d+|[a-z]{3,}", text)
        numbers = [int(p) for p in parts if p.isdigit()]
        names = [p for p in parts if not p.isdigit()]
        months = [k + 1 for k, month in enumerate(wording.MONTHS) for name in names if month[:3] == name[:3]]
        assert numbers == [day.day, *([] if months else [day.month]), day.year]
        assert months in ([], [day.month])
        days = [d for d in wording.DAYS for name in names if name in (d, d[:3])]
        assert days in ([], [day.strftime("%A").lower()])
    assert wording.ways(day)[2].split()[2][-2:] in ("st", "nd", "rd", "th")


def test_dates_come_as_a_batch_and_what_cannot_be_written_is_refused(rng):
    pairs = [wording.date(rng) for _ in range(20)]
    (source, so_far), target, mask, lengths = wording.dates(pairs)
    for b, (text, normal) in enumerate(pairs):
        assert "".join(wording.LETTERS[k] for k in source[: lengths[b], b]) == text
        assert "".join(wording.FIGURES[k] for k in target[:10, b]) == normal and target[10, b] == EOS
        assert datetime.date.fromisoformat(normal)
    assert (so_far[1:] == target[:-1]).all() and (so_far[0] == EOS).all() and mask is None
    with pytest.raises(ValueError, match="character must be one of"):
        wording.dates([("3. März 1987", "")])
    with pytest.raises(ValueError, match="1 to 40 characters, got 41 to 41"):
        wording.dates([("1" * 41, "")])


def test_the_network_for_dates_reads_dates():
    rng = np.random.default_rng(123)
    pairs = [wording.date(rng) for _ in range(300)]
    batch = wording.dates(pairs)
    found = greedy_decode(networks.dates(), batch.x[0], batch.lengths, max_length=11)
    right = ["".join(wording.FIGURES[k] for k in ids) == normal for ids, (_, normal) in zip(found, pairs, strict=True)]
    assert np.mean(right) > 0.98


def answer(told, sentences):
    """The answer to a story's question by going through sentences, or None if they do not give it."""
    where, holder = {who: [] for who in PEOPLE}, {}
    for who, what, which in sentences:
        if what == "went":
            where[who].append(which)
        else:
            holder[which] = who
    asked = told.question[2]
    who = asked if asked in PEOPLE else holder.get(asked)
    been = where.get(who, [])
    if len(told.question) == 3:
        return been[-1] if been else None
    return been[-2] if len(been) > 1 else None


@pytest.mark.parametrize("facts", [1, 2, 3])
def test_the_answer_to_a_story_follows_from_its_facts_and_not_from_fewer(facts, rng):
    for _ in range(300):
        told = story(rng, facts)
        assert len(told.facts) == facts and told.answer in PLACES
        assert {word for s in told.sentences for word in s} | set(told.question) <= set(STORY_WORDS)
        assert answer(told, told.sentences) == told.answer
        needed = [told.sentences[k] for k in sorted(told.facts)]
        assert answer(told, needed) == told.answer
        for left_out in needed:
            assert answer(told, [s for s in needed if s != left_out]) != told.answer
        assert told.distance == len(told.sentences) - min(told.facts)
        if facts == 3:
            assert told.question[4] != told.answer
    with pytest.raises(ValueError, match="facts must be one of 1, 2, 3, got 4"):
        story(rng, 4)


def test_a_caption_says_what_is_in_the_picture(rng):
    side, grid = pictures.SIDE, pictures.GRID
    for _ in range(200):
        picture, caption = pictures.scene(rng)
        assert picture.min() >= 0 and picture.max() <= 1
        found = []
        for row in range(grid):
            for column in range(grid):
                place = picture[side * row : side * (row + 1), side * column : side * (column + 1)]
                ink = place.min(axis=-1) < 0.6
                if ink.any():
                    colour = place[ink].mean(axis=0)
                    near = min(
                        pictures.COLOURS,
                        key=lambda name, colour=colour: np.linalg.norm(colour - pictures.COLOURS[name]),
                    )
                    shape = min(pictures.SHAPES, key=lambda name, ink=ink: (pictures.SHAPES[name] != ink).sum())
                    found.append((row, column, ["a", near, shape]))
        (row, _, one), (below, _, other) = found
        assert caption == [*one, "above" if row < below else "beside", *other]
        assert set(caption) <= set(pictures.CAPTION_WORDS)


def test_patches_are_the_places_of_a_picture(rng):
    picture = rng.random((24, 24, 3))
    rows = pictures.patches(picture)
    assert rows.shape == (16, 110)
    np.testing.assert_allclose(rows[6, :-2].reshape(6, 6, 3), 1 - picture[6:12, 12:18])
    assert [tuple(p) for p in rows[[0, 3, 12], -2:]] == [(-1, -1), (-1, 1), (1, -1)]


def test_a_row_of_digits_has_the_digits_it_says(rng):
    x, target, _, _ = data.digits("test", np.float64)
    images = {image.tobytes(): wording.ONES[label] for image, label in zip(x[..., 0].T, target[-1], strict=True)}
    counts = set()
    for _ in range(100):
        picture, caption = pictures.row_of_digits(rng, "test", 3)
        found, left = [], 0
        while left + 8 <= picture.shape[1]:
            name = images.get(np.ascontiguousarray(picture[:, left : left + 8]).ravel().tobytes())
            if name:
                found.append(name)
            left += 8 if name else 1
        assert found == caption
        counts.add(len(caption))
    assert counts == {1, 2, 3}
