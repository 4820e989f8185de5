"""Speech made by code: its sound against formulas and a recogniser of real speech, its features against Kaldi's."""

import base64
import io
import itertools
import re
import tempfile
import wave
from functools import lru_cache
from pathlib import Path

import kaldi_native_fbank
import numpy as np
import pocketsphinx
import pytest
import torch
from same import same_training
from scipy import signal

from rnnbook import (
    LSTM,
    Adam,
    Batch,
    Dense,
    MixtureDensity,
    Model,
    central_difference,
    fit,
    gaussian_nll,
    networks,
    speech,
)
from rnnbook.learning.ctc import greedy_decode
from rnnbook.trials import spoken_digits, vowels


def test_phones_become_tracks_that_begin_and_end_with_their_targets():
    made = speech.tracks("aa iy", speech.Voice(100.0, 1.0, 2.0))
    assert made.shape == (48, 7)  # 100 and 140 ms, twice as slow
    assert made[0, 1:4] == pytest.approx([730, 1090, 2440]) and made[-1, 1:4] == pytest.approx([270, 2290, 3010])
    assert (np.diff(made[:, 2]) > -1e-9).all() and made[:, 0].min() > 80
    short = speech.tracks("aa iy", speech.Voice(100.0, 0.5, 2.0))
    np.testing.assert_allclose(short[:, 1:4], 2 * made[:, 1:4])
    with pytest.raises(ValueError, match=r"phones must be one of 'iy', .*, got 'xx'"):
        speech.tracks("aa xx")


def test_a_vowel_sounds_as_its_formula_says():
    """The strengths of its harmonics are those of a chain of resonances, as SciPy computes it."""
    still = np.repeat([[125.0, 730, 1090, 2440, 1, 0, 0]], 100, axis=0)
    sound = speech.render(still, np.random.default_rng(0))
    assert len(sound) == 16000
    spectrum = np.abs(np.fft.rfft(sound)) / 8000  # a second: bins of one hertz
    harmonics = np.arange(1, 32) * 125
    gain = 0.1 / np.hypot(1, harmonics / 300)
    for centre, width in zip((730, 1090, 2440, *speech.HIGHER), speech.BANDWIDTHS, strict=True):
        w, b = 2 * np.pi * centre, 2 * np.pi * width
        _, h = signal.freqs([w**2], [1, b, w**2], worN=2 * np.pi * harmonics)
        gain = gain * np.abs(h)
    np.testing.assert_allclose(spectrum[harmonics], gain, rtol=1e-6)
    between = np.delete(spectrum[:4000], harmonics)
    assert between.max() < 1e-6


def test_breath_hisses_where_it_should():
    still = np.repeat([[120.0, 500, 1500, 2500, 0, 1, 5000]], 200, axis=0)
    sound = speech.render(still, np.random.default_rng(0))
    f, power = signal.welch(sound, speech.RATE, nperseg=512)
    assert abs((f * power).sum() / power.sum() - 5000) < 300
    quiet = speech.render(still * [1, 1, 1, 1, 1, 0, 1], np.random.default_rng(0))
    assert np.abs(quiet).max() == 0


def test_features_are_those_of_kaldi():
    options = kaldi_native_fbank.FbankOptions()
    frames, mel = options.frame_opts, options.mel_opts
    frames.samp_freq, frames.dither, frames.preemph_coeff, frames.remove_dc_offset = 16000, 0, 0, False
    frames.window_type, frames.frame_length_ms, frames.frame_shift_ms, frames.snip_edges = "hann", 32, 20, True
    mel.num_bins, mel.low_freq, mel.high_freq = 20, 60, 7600
    sound = speech.add_noise(
        speech.render(speech.tracks("s eh v ax n"), np.random.default_rng(0)), 20, np.random.default_rng(1)
    )
    kaldi = kaldi_native_fbank.OnlineFbank(options)
    kaldi.accept_waveform(16000, sound.tolist())
    theirs = np.array([kaldi.get_frame(k) for k in range(kaldi.num_frames_ready)])
    ours = speech.log_mel(sound)
    assert ours.shape == theirs.shape
    # theirs has a window that ends one sample earlier, and single precision
    assert np.abs(ours - theirs).max() < 0.05 and np.abs(ours - theirs).mean() < 0.01
    with pytest.raises(ValueError, match="sound must be at least 512 samples long, got 100"):
        speech.log_mel(np.zeros(100))


def test_who_was_taught_by_people_understands_the_digits():
    """PocketSphinx, with an acoustic model of real speakers and a grammar of ten words."""
    with tempfile.TemporaryDirectory() as folder:
        grammar = Path(folder) / "digits.gram"
        grammar.write_text(f"#JSGF V1.0; grammar d; public <d> = ( {' | '.join(speech.DIGITS)} ) ;")
        decoder = pocketsphinx.Decoder(samprate=16000, jsgf=str(grammar), loglevel="FATAL")
    voices = [speech.Voice(*v) for v in ((100, 1.05, 1.0), (120, 1.0, 1.2), (160, 0.95, 1.0), (220, 0.86, 1.2))]
    right = 0
    for (word, phones), voice in itertools.product(speech.DIGITS.items(), voices):
        sound = speech.render(speech.tracks(phones, voice), np.random.default_rng(0))
        sound = np.pad(sound, 4800) + 0.0005 * np.random.default_rng(1).normal(size=len(sound) + 9600)
        decoder.start_utt()
        decoder.process_raw((sound / np.abs(sound).max() * 20000).astype("<i2").tobytes(), full_utt=True)
        decoder.end_utt()
        right += decoder.hyp() is not None and decoder.hyp().hypstr == word
    assert right >= 36, "of forty"


def test_noise_is_as_loud_as_it_is_said_to_be():
    sound, rng = np.sin(np.arange(100_000) / 7), np.random.default_rng(0)
    for level in (20, 0, -5):
        noise = speech.add_noise(sound, level, rng) - sound
        assert 10 * np.log10(np.mean(sound**2) / np.mean(noise**2)) == pytest.approx(level, abs=0.1)
    assert speech.add_noise(sound, None, rng) is sound


def test_word_errors_are_counted_as_by_trying_everything():
    @lru_cache
    def edits(a, b):
        if not a or not b:
            return len(a) + len(b)
        return min(edits(a[1:], b) + 1, edits(a, b[1:]) + 1, edits(a[1:], b[1:]) + (a[0] != b[0]))

    rng = np.random.default_rng(0)
    for _ in range(50):
        heard = [tuple(rng.integers(0, 3, rng.integers(0, 6)).tolist()) for _ in range(3)]
        said = [tuple(rng.integers(0, 3, rng.integers(1, 6)).tolist()) for _ in range(3)]
        due = sum(map(edits, heard, said)) / sum(map(len, said))
        assert speech.word_error_rate(heard, said) == pytest.approx(due)


def test_strings_become_a_batch():
    found = speech.strings(np.random.default_rng(0), 5)
    batch = speech.batch(found, [0, 1, 2, 3, 0])
    assert batch.x.shape == (speech.LONGEST, 5, 20) and batch.target.shape == (5, 5)
    for b, (digits, features, seconds) in enumerate(found):
        n = batch.lengths[b]
        assert (
            batch.target[: len(digits), b].tolist() == [d + 1 for d in digits]
            and not batch.target[len(digits) :, b].any()
        )
        assert not batch.x[n:, b].any() and len(features) == len(speech.LEVELS)
        assert n == 1 + int((seconds - 0.032 + 1e-9) / 0.02)
    assert batch.mask.sum(axis=0).tolist() == batch.lengths.tolist()
    with pytest.raises(ValueError, match="part must be one of 'train', 'validation', got 'test'"):
        speech.corpus("test")


def test_letters_are_as_long_as_their_sounds():
    for word, accent in itertools.product(speech.SONG, (0, 1)):
        x, tracks = speech.spelled(np.random.default_rng(3), word, accent)
        assert len(x) == len(tracks) and (x[:, :9].sum(axis=1) == 1).all()
        assert (np.diff(np.flatnonzero(np.diff(x[:, :9], axis=0).any(axis=1))) > 1).all()
        assert x[-1, 9:18].sum() == 0 and x[:, -1].min() == 0 and x[:, -1].max() == 1
    one, other = (speech.spelled(np.random.default_rng(3), "vase", accent)[1][12, 2] for accent in (0, 1))
    assert one > 1700 and other < 1300


def test_a_player_holds_the_sound_and_its_words():
    sound = np.sin(np.arange(1600) / 5)
    page = speech.player(sound, 'He says "one" & <two>').data
    assert "He says &quot;one&quot; &amp; &lt;two&gt;" in page and 'preload="none"' in page and "autoplay" not in page
    (data,) = re.findall(r"data:audio/wav;base64,([^\"]+)", page)
    with wave.open(io.BytesIO(base64.b64decode(data))) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate(), file.getnframes()) == (1, 2, 16000, 1600)
        samples = np.frombuffer(file.readframes(1600), "<i2")
    np.testing.assert_allclose(samples / 28000, sound / np.abs(sound).max(), atol=1e-4)
    with pytest.raises(ValueError, match="sound must not be silence"):
        speech.player(np.zeros(10), "nothing")


# the listener -------------------------------------------------------------------------------------------------------


def test_the_listener_hears_and_can_listen_while_one_speaks():
    network, found = networks.listener(), speech.strings(np.random.default_rng(7), 30)
    batch = speech.batch(found, np.zeros(30, int))
    said = [digits for digits, _, _ in found]
    assert speech.word_error_rate(spoken_digits.hears(network, batch), said) < 0.03
    noisy = speech.batch(found, np.full(30, 3))
    assert speech.word_error_rate(spoken_digits.hears(network, noisy), said) < 0.2
    n, state, streamed = batch.lengths[0], None, []
    for frame in batch.x[:n, :1]:
        hs, state = network.recurrent(frame[None], state)
        streamed.append(network.readout(hs)[0])
    whole = network(batch.x[:n, :1])
    np.testing.assert_allclose(streamed, whole, atol=1e-4)
    assert greedy_decode(np.array(streamed)) == greedy_decode(whole)


def test_how_far_a_network_looks_back_is_measured_rightly():
    """A network whose gradients are known: its input counts now, and half as much one frame later."""

    class Echo:
        input_size, output_size, hidden_size = 20, 20, 20

        def __call__(self, x, *_):
            self.x = x
            return x + 0.5 * np.concatenate([0 * x[:1], x[:-1]]), ()

        def backward(self, dhs, *_):
            return dhs + 0.5 * np.concatenate([dhs[1:], 0 * dhs[:1]]), ()

    readout = Dense(20, 11, rng=np.random.default_rng(0), dtype=np.float64)
    found = speech.strings(np.random.default_rng(0), 4)
    batch = speech.batch(found, np.zeros(4, int))
    batch = Batch(batch.x.astype(float), batch.target, batch.mask, batch.lengths)
    back, by_lag = spoken_digits.reach(Model(Echo(), readout), batch)
    np.testing.assert_allclose(by_lag[:3], [2 / 3, 1 / 3, 0], atol=1e-12)
    assert back == 20  # nine tenths are reached at a lag of one frame


def test_vowels_are_scaled_by_what_is_known_and_bags_do_not_know_order():
    x, lengths, speaker = vowels.utterances()
    assert x.shape == (29, 640, 12) and np.bincount(speaker).min() >= 54
    known = np.arange(100)
    scaled = vowels.scaled(x, lengths, known)
    frames = np.concatenate([scaled[:n, k] for k, n in zip(known, lengths[known], strict=True)])
    np.testing.assert_allclose(frames.mean(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(frames.std(axis=0), 1)
    assert not scaled[lengths[5] :, 5].any()
    turned = x.copy()
    for k, n in enumerate(lengths):
        turned[:n, k] = x[:n, k][::-1]
    np.testing.assert_allclose(vowels.bag(turned, lengths), vowels.bag(x, lengths), atol=1e-9)
    parts = vowels.split(13)
    assert sorted(np.concatenate(parts).tolist()) == list(range(640)) and [len(p) for p in parts] == [512, 64, 64]


# mixtures -----------------------------------------------------------------------------------------------------------


def test_a_mixture_is_as_likely_as_pytorch_says_and_its_gradient_right(rng):
    T, B, M, K = 3, 4, 3, 2
    y, target = rng.normal(size=(T, B, M * (1 + 2 * K))), rng.normal(size=(T, B, K))
    mask = rng.integers(0, 2, (T, B)) + (np.arange(T)[:, None] == 0)
    loss = MixtureDensity(M)
    value, dy = loss(y, target, mask)
    logits, mu, log_sigma = (torch.tensor(np.ascontiguousarray(a), requires_grad=True) for a in loss.parts(y, K))
    components = torch.distributions.Independent(torch.distributions.Normal(mu, log_sigma.exp()), 1)
    mixture = torch.distributions.MixtureSameFamily(torch.distributions.Categorical(logits=logits), components)
    theirs = -(mixture.log_prob(torch.tensor(target)) * torch.tensor(mask / mask.sum())).sum()
    theirs.backward()
    assert value == pytest.approx(theirs.item(), rel=1e-12)
    due = np.concatenate([a.grad.numpy().reshape(T, B, -1) for a in (logits, mu, log_sigma)], axis=-1)
    np.testing.assert_allclose(dy, due, atol=1e-14)
    np.testing.assert_allclose(dy, central_difference(lambda y: loss(y, target, mask)[0], y), atol=1e-8)


def test_one_component_is_a_normal_distribution(rng):
    y, target = rng.normal(size=(3, 2, 5)), rng.normal(size=(3, 2, 2))
    value, dy = MixtureDensity(1)(y, target)
    due, slope = gaussian_nll(y[..., 1:], target)
    assert value == pytest.approx(2 * due)  # a sum over the numbers, where the other is a mean
    np.testing.assert_allclose(dy[..., 1:], 2 * slope, atol=1e-14)
    assert not dy[..., 0].any()


def test_samples_come_from_the_mixture():
    y = np.tile([np.log(3), 0.0, -50.0, 50.0, np.log(0.5), np.log(2)], (40_000, 1))
    drawn = MixtureDensity(2).sample(y, 1, np.random.default_rng(0))[:, 0]
    left = drawn < 0
    assert left.mean() == pytest.approx(0.75, abs=0.02)
    assert drawn[left].std() == pytest.approx(0.5, abs=0.02) and drawn[~left].std() == pytest.approx(2, abs=0.05)
    calm = MixtureDensity(2).sample(y, 1, np.random.default_rng(0), bias=1.0)[:, 0]
    assert (calm < 0).mean() == pytest.approx(0.75, abs=0.01)
    assert calm[calm < 0].std() == pytest.approx(0.5 / np.e, abs=0.005)


def test_what_a_mixture_refuses():
    with pytest.raises(ValueError, match="components must be"):
        MixtureDensity(0)
    with pytest.raises(ValueError, match=r"y must have shape"):
        MixtureDensity(2)(np.zeros((2, 2, 5)), np.zeros((2, 2, 1)))
    with pytest.raises(ValueError, match="mask must leave at least one step"):
        MixtureDensity(2)(np.zeros((2, 2, 6)), np.zeros((2, 2, 1)), np.zeros((2, 2)))


def test_a_mixture_trains_compiled_as_it_does_in_numpy():
    losses = []
    for compiled in (False, True):
        rng = np.random.default_rng(0)
        model = Model(LSTM(2, 4, rng=rng, dtype=np.float64), Dense(4, 10, rng=rng, dtype=np.float64))
        batch = Batch(rng.normal(size=(5, 3, 2)), rng.normal(size=(5, 3, 2)))
        history = fit(model, MixtureDensity(2), Adam(1e-2), lambda b=batch: b, steps=20, compiled=compiled)
        losses.append(history.loss)
    same_training(*losses)
    assert losses[0][-1] < losses[0][0]
