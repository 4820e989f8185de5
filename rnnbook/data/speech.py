"""Speech made by code: words to phones, phones to the tracks of a voice, tracks to sound, sound to what a network sees.

A voice is described by seven numbers every ten milliseconds, `TRACKS`: pitch, three formants (resonances of
the mouth), how loud the vocal cords are, how loud the breath is and how high it hisses. `tracks` makes them of
phones, `render` makes sound of them, `log_mel` makes features of sound.
"""

import base64
import html
import io
import wave
from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from rnnbook import check
from rnnbook.arrays import Array
from rnnbook.cells.base import sequence_mask
from rnnbook.learning.training import Batch

RATE, STEP = 16000, 0.01  # samples a second; seconds between two frames
BANDS, WINDOW, HOP = 20, 0.032, 0.02  # of the features; seconds
LEVELS = (None, 10, 0, -5)  # decibels by which noise is weaker than speech
LONGEST = 180  # frames of the longest string: five slow words, with room
#: of the features of each band, over what there is to learn from; they are scaled with it
MEAN = np.array([3.4, 3.9, 4.1, 3.9, 3.4, 3.1, 2.9, 2.8, 2.7, 2.7, 2.8, 2.9, 2.9, 2.8, 2.9, 2.7, 2.7, 2.6, 2.7, 2.7])
SPREAD = np.array([3.1, 3.3, 3.5, 3.5, 3.6, 3.5, 3.4, 3.3, 3.2, 3.2, 3.2, 3.2, 3.3, 3.6, 3.7, 4.0, 4.3, 4.6, 4.7, 4.8])
TRACKS = ("pitch", "F1", "F2", "F3", "voice", "breath", "hiss")
HIGHER = (3500.0, 4500.0, 5500.0)  # formants that hardly move
BANDWIDTHS = (60.0, 90.0, 150.0, 250.0, 300.0, 400.0)

#: F1, F2, F3 and hiss in Hz, voice and breath from 0 to 1, milliseconds. The formants of iy, ih, eh, aa, ah, ao, uh and
#: uw are the means of men in Peterson & Barney (1952); those of the other vowels are ours.
PHONES = {
    "iy": (270, 2290, 3010, 0, 1.0, 0.0, 140),
    "ih": (390, 1990, 2550, 0, 1.0, 0.0, 90),
    "eh": (530, 1840, 2480, 0, 1.0, 0.0, 110),
    "aa": (730, 1090, 2440, 0, 1.0, 0.0, 100),
    "ah": (640, 1190, 2390, 0, 1.0, 0.0, 120),
    "ax": (500, 1400, 2400, 0, 0.8, 0.0, 60),
    "ao": (570, 840, 2410, 0, 1.0, 0.0, 130),
    "ow": (500, 900, 2400, 0, 1.0, 0.0, 90),
    "uh": (440, 1020, 2240, 0, 1.0, 0.0, 70),
    "ux": (310, 1600, 2300, 0, 1.0, 0.0, 60),  # between t and uw
    "uw": (300, 870, 2240, 0, 1.0, 0.0, 150),
    "ey": (480, 1900, 2500, 0, 1.0, 0.0, 90),
    "w": (290, 610, 2150, 0, 0.6, 0.0, 70),
    "r": (310, 1060, 1380, 0, 0.7, 0.0, 70),
    "m": (250, 1000, 2200, 0, 0.3, 0.0, 80),
    "n": (250, 1300, 2200, 0, 0.3, 0.0, 110),
    "z": (250, 1700, 2500, 6000, 0.3, 0.25, 80),
    "v": (250, 1000, 2300, 5000, 0.3, 0.06, 60),
    "s": (300, 1700, 2500, 6000, 0.0, 0.5, 110),
    "f": (300, 1000, 2300, 5000, 0.0, 0.12, 100),
    "th": (300, 1400, 2500, 5500, 0.0, 0.1, 90),
    "-": (300, 1700, 2500, 4000, 0.0, 0.0, 60),  # the mouth is closed
    "t": (300, 1700, 2600, 5000, 0.0, 0.6, 40),
    "d": (300, 1700, 2600, 4000, 0.1, 0.3, 20),
    "p": (300, 900, 2200, 1200, 0.0, 0.3, 20),
    "k": (300, 2000, 2500, 2300, 0.0, 0.4, 30),
    "hh": (300, 1700, 2500, 2500, 0.0, 0.15, 50),
}
DIGITS = {
    "zero": "z ih r ow uh",
    "one": "w ah n",
    "two": "- t hh ux uw",
    "three": "th r iy",
    "four": "f ao r",
    "five": "f aa ih v",
    "six": "s ih - k s",
    "seven": "s eh v ax n",
    "eight": "ey ih - t",
    "nine": "n aa ih n",
}


#: Words, letter by letter, with the phones of each letter; what ? stands for, people do not agree about.
SONG = {
    "tomato": (("t", "- t"), ("o", "ax"), ("m", "m"), ("a", "?"), ("t", "- t"), ("o", "ow uh")),
    "potato": (("p", "- p"), ("o", "ax"), ("t", "- t"), ("a", "?"), ("t", "- t"), ("o", "ow uh")),
    "data": (("d", "- d"), ("a", "?"), ("t", "- t"), ("a", "ax")),
    "vase": (("v", "v"), ("a", "?"), ("s", "s"), ("e", "-")),
}
ACCENTS = ("ey ih", "aa aa")  # of ?
LETTERS = "".join(sorted({letter for word in SONG.values() for letter, _ in word}))


class Voice(NamedTuple):
    """Who speaks: pitch in Hz, length of mouth and throat (1: the mean man), how long all lasts (1: as listed)."""

    pitch: float = 120.0
    tract: float = 1.0
    pace: float = 1.0


MAN = Voice()
#: A string of digits: the digits, its features at each of `LEVELS`, and its seconds.
Spoken: TypeAlias = tuple[list[int], list[Array], float]


def tracks(phones: str, voice: Voice = MAN, lengths: ArrayLike | None = None) -> Array:
    """The seven tracks of a voice that says phones.

    Parameters
    ----------
    phones : str
        Names in `PHONES`, separated by spaces.
    voice : Voice
    lengths : ndarray, shape (number of phones,), optional
        How much longer than in the table each phone is; 1 by default.

    Returns
    -------
    ndarray, shape (T, 7)
        The tracks of `TRACKS`, one row every ten milliseconds.

    Raises
    ------
    ValueError
        For a phone that is not in the table, no phone at all, or phones that last less than a frame.
    """
    names = check.instance("phones", phones, str).split()
    check.positive_real("voice.tract", check.instance("voice", voice, Voice).tract)
    if not names:
        raise ValueError("phones must name at least one phone, got none")
    if lengths is not None:
        lengths = check.finite("lengths", check.numbers("lengths", lengths))
        if lengths.shape not in ((), (len(names),)) or not (lengths > 0).all():
            raise ValueError(f"lengths must be {len(names)} positive numbers, one a phone, got {lengths}")
    for name in names:
        check.choice("phones", name, tuple(PHONES))
    rows = np.array([PHONES[name] for name in names], float)
    lasting = rows[:, 6] / 1000 * voice.pace * (1 if lengths is None else lengths)
    ends = np.round(np.cumsum(lasting) / STEP).astype(int)
    if ends[-1] < 1:
        raise ValueError(f"phones must last at least one frame of {STEP} s together, got {lasting.sum():.3g} s")
    targets = np.repeat(rows, np.diff(ends, prepend=0), axis=0)
    formants = _smooth(targets[:, :3], 7) / voice.tract  # the mouth takes its time
    breath = _smooth(targets[:, 3:6], 3)
    pitch = voice.pitch * np.linspace(1.1, 0.85, len(targets))  # it sinks, as in a statement
    return np.column_stack([pitch, formants, breath[:, 1:], breath[:, 0]])


def _smooth(a, width):
    """A mean over `width` frames of each column, with weights like a bell."""
    weights = np.hanning(width + 2)[1:-1]
    padded = np.pad(a, ((width // 2, width // 2), (0, 0)), "edge")
    return np.stack([np.convolve(column, weights / weights.sum(), "valid") for column in padded.T], axis=1)


def render(tracks: Array, rng: np.random.Generator) -> Array:
    """The sound of a voice: harmonics of its pitch, and noise, both shaped by the tracks.

    Parameters
    ----------
    tracks : ndarray, shape (T, 7)
        As from `tracks`.
    rng : numpy.random.Generator
        For the noise.

    Returns
    -------
    ndarray, shape (160 T,)
        16,000 samples a second, mostly between -1 and 1.

    Raises
    ------
    ValueError, TypeError
        When the tracks have another shape, no frame or no positive pitch, or `rng` is no generator.

    Notes
    -----
    The k-th harmonic of the pitch, at the frequency f, is as strong as a chain of resonances lets it through, each with
    ``1 / (1 - (f / F)² + i f b / F²)`` for a formant F of the bandwidth b (the cascade of Klatt 1980), and sinks with f
    as the sound of vocal cords does.

    Examples
    --------
    >>> sound = render(tracks("s eh v ax n"), np.random.default_rng(0))
    >>> round(len(sound) / RATE, 2)
    0.45
    """
    check.generator("rng", rng)
    tracks = _real("tracks", tracks, (None, len(TRACKS)), "(T, 7)")
    if len(tracks) == 0 or not (tracks[:, :4] > 0).all():
        raise ValueError("tracks must hold at least one frame, pitch and formants positive")
    T, n = len(tracks), round(STEP * RATE)
    pitch, *formants, voice, breath, hiss = tracks.T
    f = np.arange(1, int(0.5 * RATE / pitch.min()) + 1)[:, None] * pitch  # (K, T)
    gain = voice * np.where(f < 0.48 * RATE, 1 / np.hypot(1, f / 300), 0) + 0j
    for centre, width in zip((*formants, *HIGHER), BANDWIDTHS, strict=True):
        gain /= 1 - (f / centre) ** 2 + 1j * f * width / centre**2
    at = (np.arange(T * n) + 0.5) / n - 0.5  # in frames
    turn = np.exp(2j * np.pi * np.cumsum(np.interp(at, np.arange(T), pitch)) / RATE)
    low = np.clip(np.floor(at).astype(int), 0, T - 2)
    share = np.clip(at - low, 0, 1)
    sound, harmonic = np.zeros(T * n), np.ones(T * n, complex)
    for strength in gain:
        harmonic *= turn
        sound += ((strength[low] * (1 - share) + strength[low + 1] * share) * harmonic).real

    white = np.fft.rfft(rng.normal(size=(T, 2 * n)))
    grid = np.fft.rfftfreq(2 * n, 1 / RATE)
    hissing = np.fft.irfft(white * np.exp(-0.5 * ((grid - hiss[:, None]) / 1500) ** 2))
    hissing *= breath[:, None] * np.hanning(2 * n + 1)[:-1]
    noise = np.zeros((T + 1, n))  # neighbouring frames overlap by half
    noise[:-1] += hissing[:, :n]
    noise[1:] += hissing[:, n:]
    return 0.1 * sound + 0.3 * noise.ravel()[n // 2 : n // 2 + T * n]


def log_mel(sound: Array, bands: int = BANDS, window: float = WINDOW, step: float = HOP) -> Array:
    """Logarithms of the energy in bands that are spaced as we hear, frame by frame.

    Parameters
    ----------
    sound : ndarray, shape (N,)
        16,000 samples a second.
    bands : int
        Triangles of equal width on the mel scale, ``1127 ln(1 + f / 700)``, from 60 to 7600 Hz.
    window, step : float
        Length of a frame, and time between two, in seconds.

    Returns
    -------
    ndarray, shape (frames, bands)
        In nats; what is below ``1e-3`` counts as that.

    Raises
    ------
    ValueError
        When the sound is shorter than a frame, or a sample is not finite.

    Examples
    --------
    >>> log_mel(np.zeros(16000)).shape
    (49, 20)
    """
    window, step = check.positive_real("window", window), check.positive_real("step", step)
    size, hop = round(window * RATE), round(step * RATE)
    check.positive("bands", bands)
    if size < 1 or hop < 1:
        raise ValueError(f"window and step must be at least {1 / RATE} s, got {window} and {step}")
    sound = _real("sound", sound, (None,), "(N,)")
    if len(sound) < size:
        raise ValueError(f"sound must be at least {size} samples long, got {len(sound)}")
    frames = np.lib.stride_tricks.sliding_window_view(sound, size)[::hop]
    energy = np.abs(np.fft.rfft(frames * np.hanning(size + 1)[:-1])) ** 2
    return np.log(np.maximum(energy @ mel_bands(bands, size), 1e-3)).astype(sound.dtype, copy=False)


def mel_bands(bands: int, size: int) -> Array:
    """The weights of frequencies in bands.

    Parameters
    ----------
    bands : int
        How many, at least 1.
    size : int
        Samples of a window, at least 1.

    Returns
    -------
    ndarray, shape (size // 2 + 1, bands)

    Raises
    ------
    ValueError, TypeError
        When a number is no positive integer.
    """
    bands, size = check.positive("bands", bands), check.positive("size", size)
    lowest, highest = _mel(np.array([60, 7600]))
    edges = np.linspace(float(lowest), float(highest), bands + 2)
    f = _mel(np.fft.rfftfreq(size, 1 / RATE))[:, None]
    rising, falling = (f - edges[:-2]) / np.diff(edges)[:-1], (edges[2:] - f) / np.diff(edges)[1:]
    return np.maximum(0, np.minimum(rising, falling))


def _real(name, value, expected, axes):
    return check.finite(name, check.shaped(name, check.floating(name, value, "f"), expected, axes))


def _mel(f):
    return 1127 * np.log1p(f / 700)


def add_noise(sound: Array, decibels: float | None, rng: np.random.Generator) -> Array:
    """Sound with white noise, that many decibels weaker than the sound, at most 300; None for no noise.

    Parameters
    ----------
    sound : ndarray, shape (N,)
    decibels : float or None
    rng : numpy.random.Generator

    Returns
    -------
    ndarray, shape (N,)
        Of the dtype of `sound`.

    Raises
    ------
    ValueError, TypeError
        When there is no sample, a number is not finite or out of range, or `rng` is no generator.
    """
    if decibels is None:
        return sound
    if abs(check.real("decibels", decibels)) > 300:
        raise ValueError(f"decibels must lie between -300 and 300, got {decibels}")
    check.generator("rng", rng)
    sound = _real("sound", sound, (None,), "(N,)")
    if len(sound) == 0:
        raise ValueError("sound must hold at least one sample, got none")
    noise = rng.normal(size=len(sound)) * np.sqrt(np.mean(sound**2) * 10 ** (-decibels / 10))
    return (sound + noise).astype(sound.dtype, copy=False)


def random_voices(rng: np.random.Generator) -> Voice:
    """A voice drawn by chance: pitches from 90 to 260 Hz, the higher the shorter the mouth.

    Parameters
    ----------
    rng : numpy.random.Generator

    Returns
    -------
    Voice

    Raises
    ------
    TypeError
        When `rng` is no generator.
    """
    check.generator("rng", rng)
    height = rng.uniform()
    tract = 1.08 - 0.25 * height + rng.uniform(-0.04, 0.04)
    return Voice(90 * (260 / 90) ** height, tract, np.exp(rng.uniform(-0.25, 0.25)))


def spoken_digits(rng: np.random.Generator, max_length: int = 5) -> tuple[list[int], Array]:
    """A string of digits, and the sound of a stranger who says it.

    Parameters
    ----------
    rng : numpy.random.Generator
        Draws two to `max_length` digits, a voice, pauses, and how long each phone lasts.
    max_length : int

    Returns
    -------
    digits : list of int
    sound : ndarray, shape (N,)

    Raises
    ------
    ValueError, TypeError
        When `max_length` is no integer of 2 or more, or `rng` no generator.
    """
    check.generator("rng", rng)
    if check.positive("max_length", max_length) < 2:
        raise ValueError(f"max_length must be at least 2, got {max_length}")
    digits = rng.integers(0, 10, rng.integers(2, max_length + 1)).tolist()
    words = list(DIGITS.values())
    phones = ["-"]
    for digit in digits:
        phones += [*words[digit].split(), *["-"] * (rng.uniform() < 0.5)]
    lengths = np.exp(rng.uniform(-0.25, 0.25, len(phones) + 1))
    return digits, render(tracks(" ".join([*phones, "-"]), random_voices(rng), lengths), rng)


def strings(rng: np.random.Generator, count: int) -> list[Spoken]:
    """Strings of digits: for each the digits, its features at the levels of noise of `LEVELS`, and its seconds.

    Parameters
    ----------
    rng : numpy.random.Generator
    count : int
        At least 1.

    Returns
    -------
    list of tuple

    Raises
    ------
    ValueError, TypeError
        When `count` is no positive integer, or `rng` no generator.
    """
    check.generator("rng", rng)
    found = []
    for _ in range(check.positive("count", count)):
        digits, sound = spoken_digits(rng)
        features = [log_mel(add_noise(sound, level, rng)).astype(np.float32) for level in LEVELS]
        found.append((digits, features, len(sound) / RATE))
    return found


@cache
def corpus(part: str) -> list[Spoken]:
    """Strings to learn from (1000) or to choose by (60), always the same: "train" or "validation"."""
    sizes = {"train": 1000, "validation": 60}
    check.choice("part", part, tuple(sizes))
    return strings(np.random.default_rng([*part.encode()]), sizes[part])


def batch(strings: Sequence[Spoken], levels: Array) -> Batch:
    """Strings as a `Batch` for `rnnbook.learning.ctc.ctc`, each at one level of noise.

    Parameters
    ----------
    strings : list
        As from `strings`.
    levels : ndarray of int, shape (B,)
        Places in `LEVELS`.

    Returns
    -------
    Batch
        ``x`` has shape (180, B, 20), ``target`` (5, B), a digit's label being one more than the digit; ``mask``
        (180, B) is True where a frame is there, and ``lengths`` (B,) counts these frames.

    Raises
    ------
    ValueError, TypeError
        When there is not one level for each string, a level is none of `LEVELS`, or a string is none.
    """
    levels, strings = check.vector("levels", check.integers("levels", levels, len(LEVELS))), list(strings)
    if len(strings) != len(levels):
        raise ValueError(f"levels must be {len(strings)}, one for each of strings, got {len(levels)}")
    for k, spoken in enumerate(strings):
        if not isinstance(spoken, (tuple, list)) or len(spoken) != 3:
            raise TypeError(f"strings[{k}] must be as from `strings`, got {spoken!r:.30}")
    x = np.zeros((LONGEST, len(strings), BANDS), np.float32)
    labels, lengths = np.zeros((5, len(strings)), int), np.zeros(len(strings), int)
    for b, ((digits, features, _), level) in enumerate(zip(strings, levels, strict=True)):
        lengths[b] = len(features[level])
        x[: lengths[b], b] = (features[level] - MEAN) / SPREAD
        labels[: len(digits), b] = np.array(digits) + 1
    return Batch(x, labels, sequence_mask(lengths, LONGEST)[..., 0], lengths)


def spelled(rng: np.random.Generator, word: str, accent: int) -> tuple[Array, Array]:
    """A word of the song as somebody says it, frame by frame: what is read, and the tracks.

    Parameters
    ----------
    rng : numpy.random.Generator
        Draws how long each phone lasts.
    word : str
        Of `SONG`.
    accent : {0, 1}
        Which of `ACCENTS`.

    Returns
    -------
    x : ndarray, shape (T, 2 L + 1)
        The letter of each frame and the next letter, one of L numbers being 1, and how much of the letter is over.
    tracks : ndarray, shape (T, 7)

    Raises
    ------
    ValueError, TypeError
        When the word is not in `SONG`, the accent not in `ACCENTS`, or `rng` no generator.
    """
    check.generator("rng", rng)
    check.choice("word", word, tuple(SONG))
    check.choice("accent", accent, tuple(range(len(ACCENTS))))
    sounds = [said.replace("?", ACCENTS[accent]).split() for _, said in SONG[word]]
    phones = [phone for said in sounds for phone in said]
    lengths = np.exp(rng.uniform(-0.15, 0.15, len(phones)))
    made = tracks(" ".join(phones), MAN, lengths)
    # the frames of each letter, counted as `tracks` counts those of phones
    ends = np.round(np.cumsum([PHONES[p][6] / 1000 * n for p, n in zip(phones, lengths, strict=True)]) / STEP)
    frames = np.diff(ends[np.cumsum([len(said) for said in sounds]) - 1], prepend=0).astype(int)
    letters = [LETTERS.index(letter) for letter, _ in SONG[word]]
    now, after = (
        np.repeat(np.eye(len(LETTERS) + 1)[which, :-1], frames, axis=0) for which in (letters, [*letters[1:], -1])
    )
    over = np.concatenate([np.linspace(0, 1, n) for n in frames])
    return np.column_stack([now, after, over]), made


def player(sound: ArrayLike, words: str) -> Any:
    """A sound as a player with a caption, for notebooks and pages; nothing sounds until it is asked to.

    Parameters
    ----------
    sound : ndarray, shape (N,)
        16,000 samples a second; the loudest becomes loud.
    words : str
        What is to be heard, for those who read it and for those who cannot hear.

    Returns
    -------
    IPython.display.HTML

    Raises
    ------
    ValueError
        When the sound is silence or has no finite numbers.
    """
    from IPython.display import HTML

    sound = check.finite("sound", check.vector("sound", np.asarray(sound, float)))
    loudest = np.abs(sound).max(initial=0)
    if not loudest > 0:
        raise ValueError("sound must not be silence")
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setparams((1, 2, RATE, len(sound), "NONE", ""))
        out.writeframes((sound / loudest * 28000).astype("<i2").tobytes())
    data, words = base64.b64encode(file.getvalue()).decode(), html.escape(words)
    return HTML(
        f'<figure class="rb-sound"><figcaption>{words}</figcaption><audio controls preload="none" aria-label="{words}" '
        f'src="data:audio/wav;base64,{data}"></audio></figure>'
    )


def word_error_rate(heard: Sequence[Sequence[Any]], said: Sequence[Sequence[Any]]) -> float:
    """Words to be put in, taken out or replaced before what was heard is what was said, by the words that were said.

    Parameters
    ----------
    heard, said : list of sequences
        One a string of words.

    Returns
    -------
    float
        Above 1 where too much was heard.

    Raises
    ------
    ValueError
        When the strings are not as many, or nothing was said.

    Examples
    --------
    >>> word_error_rate([[1, 2, 2], []], [[1, 2, 3, 4], [5]])
    0.6
    """
    for name, strings in (("heard", heard), ("said", said)):
        check.instance(name, strings, Sequence, np.ndarray)
        for k, string in enumerate(strings):
            check.instance(f"{name}[{k}]", string, Sequence, np.ndarray)
    if len(heard) != len(said):
        raise ValueError(f"heard must hold as many strings as said, {len(said)}, got {len(heard)}")
    if not sum(map(len, said)):
        raise ValueError("said must hold at least one word, got none")
    edits = 0
    for ours, theirs in zip(heard, said, strict=True):
        row = list(range(len(ours) + 1))  # edits from each prefix of ours to the words of theirs so far
        for n, word in enumerate(theirs, 1):
            above, row = row, [n]
            for k, other in enumerate(ours, 1):
                row.append(min(above[k] + 1, row[-1] + 1, above[k - 1] + (word != other)))
        edits += row[-1]
    return edits / sum(map(len, said))
