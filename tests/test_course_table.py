"""The table in which a teacher sets points, weights, deadlines and what coming late costs."""

import csv
import json
import shutil
from datetime import datetime

import pytest
from test_course import REFUSED

from course import collect, examiner, export, grade, model, release, report, table

HEADER = ",".join(table.COLUMNS) + "\n"
ROWS = "ps1,,,,2027-03-01 23:59,10\nps1,rnn_step,4.5,,,\nps1,rnn_forward_padded,8,hs*3 last,,\n"


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A copy of the sources, with a table of its own; nothing of the caches stays behind."""
    shutil.copytree(model.SOURCE, tmp_path / "source")
    shutil.copy(table.PAGE, tmp_path / "page.md")
    monkeypatch.setattr(model, "SOURCE", tmp_path / "source")
    monkeypatch.setattr(table, "PAGE", tmp_path / "page.md")
    monkeypatch.setattr(table, "TABLE", tmp_path / "table.csv")
    caches = model.notebook, model.solution, grade.roles, grade.grader_version
    yield tmp_path
    for cache in caches:
        cache.cache_clear()


def write(folder, rows):
    (folder / "table.csv").write_text(HEADER + rows, "utf-8")
    for cache in (model.notebook, grade.roles, grade.grader_version):
        cache.cache_clear()


def test_the_table_that_comes_with_the_course_has_every_problem_and_agrees_with_the_notebooks():
    dues, problems = table.entries()
    assert list(dues) == sorted(path.name for path in model.SOURCE.glob("ps*"))
    for name, rows in problems.items():
        tests, written = grade.roles(name)
        assert rows.keys() == {key for key, *_ in tests + written}
        table.require_agreement(name)


def test_notebook_page_exports_and_release_follow_the_table(course, tmp_path, monkeypatch):
    write(course, ROWS)
    with pytest.raises(ValueError, match=r"table\.csv was changed after ps1 was made: run make course"):
        table.require_agreement("ps1")
    for other in course.glob("source/ps[2-9]"):
        shutil.rmtree(other)
    shutil.copytree(release.HERE, tmp_path / "course", ignore=shutil.ignore_patterns("graded", "exported", "release"))
    monkeypatch.setattr(release, "HERE", tmp_path / "course")
    shutil.rmtree(tmp_path / "course/source")
    (tmp_path / "course/source").symlink_to(course / "source")
    release.release(tmp_path / "course/release")
    table.require_agreement("ps1")
    before = (course / "source/ps1/ps1.ipynb").read_bytes()
    table.apply()
    assert (course / "source/ps1/ps1.ipynb").read_bytes() == before, "to say it twice changes nothing"
    grade.roles.cache_clear()
    worth = {key: points for key, points, _ in grade.roles("ps1")[0]}
    assert worth["rnn_step"] == 4.5 and worth["rnn_forward_padded"] == 8 and worth["rnn_forward"] == 5
    assert grade.hidden("ps1", "rnn_forward_padded")[1] == "hs last"
    assert '"hs*3 last"' in next(text for key, _, text in grade.roles("ps1")[0] if key == "rnn_forward_padded")
    said = "**Points.** 32.5. **Due.** 2027-03-01 23:59; each day begun after that costs 10 % of the points."
    released = json.loads((tmp_path / "course/release/ps1/ps1.ipynb").read_text("utf-8"))
    assert said in "".join(released["cells"][0]["source"])
    assert "| 32.5 |" in (course / "page.md").read_text("utf-8") and "| 34 |" in table.PAGE.read_text("utf-8")
    monkeypatch.setattr(export, "HERE", tmp_path / "course")
    export.export(tmp_path / "exported")
    assert "'points': 4.5" in (tmp_path / "exported/ps1/tests/rnn_step.py").read_text("utf-8")
    write(course, "ps1,,,,,\n")
    table.apply()
    assert "Due" not in model.text(model.notebook("ps1")["cells"][0]), "a deadline that is taken back is gone"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("ps1,rnn", "ps77,rnn", "line 3: there is no set 'ps77'"),
        ("rnn_step", "rnn_stop", "line 3: ps1 has no graded cell 'rnn_stop'; it has warmup_fading"),
        ("4.5", "-4", "line 3: '-4' is not a number of points"),
        ("4.5", "nan", "line 3: 'nan' is not a number of points"),
        ("4.5", "4.2", "line 3: 4.2 is not a number of whole or half points above 0"),
        ("4.5", "0", "line 3: 0 is not a number of whole or half points above 0"),
        ("4.5,", "4.5,J*2", "line 3: rnn_step returns one result, which has no weights"),
        ("hs*3", "h*3", "line 4: the weights of rnn_forward_padded are written as hs last"),
        ("hs*3 last", "hs*3", "line 4: the weights of rnn_forward_padded are written as hs last"),
        ("hs*3", "hs*0", "line 4: the weights of rnn_forward_padded are written as hs last"),
        ("rnn_forward_padded", "rnn_step", "line 4: rnn_step stands there twice"),
        ("2027-03-01", "3/1/2027", "line 2: '3/1/2027 23:59' is not a time such as"),
        ("2027-03-01", "2027-02-30", "line 2: '2027-02-30 23:59' is not a time such as"),
        ("23:59,10", "23:59,110", "line 2: 110 % is more than all points"),
        ("23:59,10", "23:59,ten", "line 2: 'ten' is not a percentage"),
        ("2027-03-01 23:59", "", "line 2: without a deadline nobody is late"),
        ("ps1,,,,", "ps1,,30,,", "line 2: points and weights belong to a problem"),
        ("4.5,,,", "4.5,,,10", "line 3: a deadline belongs to a set"),
        ("ps1,rnn_step,4.5", "ps1,,", "line 3: ps1 has two lines of its own"),
        ("ps1,rnn_step,4.5,,,", "ps1,rnn_step", "line 3: it has 2 cells, and the header 6"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_line(old, new, words, course):
    assert old in ROWS
    write(course, ROWS.replace(old, new, 1))
    with pytest.raises(ValueError, match=r"table\.csv, line") as refused:
        table.apply()
    assert words in str(refused.value)
    write(course, "")
    assert table.followed("ps1", {}, {"ps1": {}})[0] == (course / "source/ps1/ps1.ipynb").read_text("utf-8")


def test_the_table_is_read_as_spreadsheets_write_it(course):
    text = (HEADER + ROWS).replace(",", ";").replace("4.5", "4,5").replace("2027-03-01", "01.03.2027")
    (course / "table.csv").write_bytes(text.encode("utf-16"))
    dues, problems = table.entries()
    assert dues["ps1"] == (datetime(2027, 3, 1, 23, 59), 10) and problems["ps1"]["rnn_step"] == (4.5, "")


@pytest.mark.parametrize(
    ("time", "late", "lost"),
    [
        ("2027-03-01 23:59", 0, 0),
        ("2027-02-01 08:00", 0, 0),
        ("2027-03-02 00:00", 1, 10),
        ("2027-03-02 23:59", 1, 10),
        ("2027-03-03 00:00", 2, 20),
        ("2027-12-01 00:00", 275, 100),
    ],
)
def test_each_day_begun_costs_its_share_and_never_more_than_all(time, late, lost):
    due = table.Due(datetime(2027, 3, 1, 23, 59), 10)
    assert due.lateness(datetime.fromisoformat(time)) == {"late": late, "lost": lost}


@pytest.mark.skipif(bool(REFUSED), reason=REFUSED)
def test_lateness_stands_in_the_sheet_and_a_file_s_own_time_costs_nothing(course, tmp_path):
    write(course, "ps1,,,,2027-03-01 23:59,10\n")
    table.apply()
    wrong = next(m for m in examiner.mistakes("ps1") if m.problem == "rnn_step")
    for folder, replaced in {
        "ps1_ada_attempt_2027-03-01-12-00-00": None,
        "ps1_bob_attempt_2027-03-03-12-00-00": {wrong.replaces: wrong.source},
        "carl": None,
    }.items():
        (tmp_path / "in" / folder).mkdir(parents=True)
        (tmp_path / "in" / folder / "ps1.ipynb").write_bytes(model.submission("ps1", replaced))
    grade.main(["1", str(tmp_path / "in"), "--out", str(tmp_path / "out")])
    with (tmp_path / "out/grades.csv").open(newline="", encoding="utf-8-sig") as file:
        sheet = {row["student"]: row for row in csv.DictReader(file)}
    columns = ("points", "handed in", "days late", "% lost")
    assert [sheet["ada"][key] for key in columns] == ["23", "2027-03-01 12:00", "0", "0"]
    assert [sheet["bob"][key] for key in columns] == ["15.2", "2027-03-03 12:00", "2", "20"], "0.8 of 23 - 4"
    assert [sheet["carl"][key] for key in ("points", "days late", "% lost")] == ["23", "not known", "0"]
    page = (tmp_path / "out/feedback/bob/ps1.html").read_text("utf-8")
    assert "Handed in 2 days late: 20 % of the points are taken off." in page and "15.2</b>" in page
    late = report.total({"problems": [{"points": 3}], "written": [{"points": None}, {"points": 2}], "lost": 10})
    assert late == 4.5
    assert collect.Submission("nobody").time is None
