"""The one table that a teacher edits, ``course/table.csv``: points, weights, deadlines, and what coming late costs.

``make course`` writes into the source notebooks what stands there; all else follows the notebooks. A line without a
problem is about its set; an empty cell, and a set that is not there, leave what the notebook says.
"""

import csv
import io
import json
import math
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from course import model

TABLE = Path(__file__).with_name("table.csv")
PAGE = Path(__file__).parents[1] / "book/problem-sets.md"
COLUMNS = ("set", "problem", "points", "weights", "deadline", "percent a day late")
OUTPUTS = re.compile(r'((?<!import )examine\([^"]*"\w+",\s*"\w+",[^"]*")([^"]*)"')
HEADING = re.compile(r"\*\*Points\.\*\* \d+(?:\.5)?\.(?: \*\*Due\.\*\* [^\n]*)?")


class Due(NamedTuple):
    """When a set is due, and the percentage of the points that each day begun after that costs."""

    deadline: datetime
    percent: float

    def lateness(self, time):
        """The days late and the percentage lost; nothing where the platform gives no time, for a file's proves none."""
        if time is None:
            return {"late": "not known", "lost": 0}
        days = max(0, math.ceil((time - self.deadline) / timedelta(days=1)))
        return {"late": days, "lost": min(100, days * self.percent)}

    def words(self):
        """As the notebook's heading says it."""
        rule = f"; each day begun after that costs {self.percent:g} % of the points" if self.percent else ""
        return f" **Due.** {self.deadline:%Y-%m-%d %H:%M}{rule}."


def read(path, columns):
    """The rows of a table that a teacher has edited, each with what makes an error of a reason.

    Spreadsheets write commas, semicolons or tabulators between the cells, by the language of the computer, in UTF-8,
    UTF-16, or the encoding of Windows.

    Raises
    ------
    ValueError
        It is no such table: the text names the file, the line and the reason.
    """
    data = path.read_bytes()
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")
    first = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=first.count))
    rows, line = [], 1
    for row in reader:
        if any(map(str.strip, row)):
            rows.append((line, row))
        line = reader.line_num + 1
    header = [name.strip().lower() for name in rows[0][1]] if rows else []
    if missing := [name for name in columns if name not in header]:
        raise ValueError(f"{path}, line 1: the header has no column {' and no column '.join(missing)}.")
    for line, row in rows[1:]:

        def refused(why, line=line):
            return ValueError(f"{path}, line {line}: {why}.")

        if len(row) != len(header):
            raise refused(f"it has {len(row)} cells, and the header {len(header)}")
        yield refused, dict(zip(header, map(str.strip, row), strict=True))


def decimal(text, refused, what="number of points such as 3 or 2.5"):
    """A number that a teacher has written, with a point or a comma."""
    if not re.fullmatch(r"\d+([.,]\d+)?", text):
        raise refused(f"{text!r} is not a {what}")
    return float(text.replace(",", "."))


def moment(text, refused):
    """A day, or a day and a time, as ISO and as the spreadsheets of many countries write them."""
    for form in ("%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S", "%d.%m.%Y %H:%M", "%d.%m.%Y %H:%M:%S"):
        try:
            return datetime.strptime(text, form)
        except ValueError:
            continue
    raise refused(f"{text!r} is not a time such as 2027-03-01 23:59")


def entries():
    """What the table says: for each set when it is due (or None), and for each problem (points, weights).

    Raises
    ------
    ValueError
        It does not fit the sets: the text names the file, the line and the reason.
    """
    dues: dict = {}
    problems: dict = {}
    for refused, cells in read(TABLE, COLUMNS) if TABLE.exists() else ():
        name, problem, points, weights, deadline, percent = (cells[column] for column in COLUMNS)
        if not (model.SOURCE / name / f"{name}.ipynb").exists() or not name:
            raise refused(f"there is no set {name!r}")
        problems.setdefault(name, {})
        if not problem:
            if name in dues:
                raise refused(f"{name} has two lines of its own")
            if points or weights:
                raise refused("points and weights belong to a problem, and none is named")
            if percent and not deadline:
                raise refused("without a deadline nobody is late")
            share = decimal(percent, refused, "percentage such as 10") if percent else 0.0
            if share > 100:
                raise refused(f"{percent} % is more than all points")
            dues[name] = Due(moment(deadline, refused), share) if deadline else None
            continue
        if problem in problems[name]:
            raise refused(f"{problem} stands there twice")
        if deadline or percent:
            raise refused("a deadline belongs to a set: it stands in the line that names no problem")
        graded = {c["metadata"]["nbgrader"]["grade_id"]: c for c in model.notebook(name)["cells"] if is_graded(c)}
        if problem not in graded:
            raise refused(f"{name} has no graded cell {problem!r}; it has {', '.join(graded)}")
        worth = decimal(points, refused) if points else None
        if worth is not None and (worth % 0.5 or not 0 < worth <= 1000):
            raise refused(f"{points} is not a number of whole or half points above 0")
        if weights:
            now = OUTPUTS.search(model.text(graded[problem]))
            due = [one.partition("*")[0] for one in now[2].split()] if now else []
            if len(due) < 2:
                raise refused(f"{problem} returns one result, which has no weights")
            said = [re.fullmatch(r"(\w+)(\*(?=[\d.]*[1-9])\d+(\.\d+)?)?", one) for one in weights.split()]
            if [one and one[1] for one in said] != due:
                raise refused(
                    f"the weights of {problem} are written as {' '.join(due)}, where *2 behind a name counts twice"
                )
        problems[name][problem] = worth, " ".join(weights.split())
    return dues, problems


def is_graded(cell):
    """Whether a cell has points."""
    return cell["metadata"].get("nbgrader", {}).get("grade", False)


def due(problem_set):
    """When a set is due, or None."""
    return entries()[0].get(problem_set)


def followed(problem_set, dues, problems):
    """The text of a set's notebook that says what the table says."""
    data = json.loads(json.dumps(model.notebook(problem_set)))
    graded = [cell for cell in data["cells"] if is_graded(cell)]
    for cell in graded:
        about = cell["metadata"]["nbgrader"]
        worth, weights = problems[problem_set].get(about["grade_id"], (None, ""))
        if worth is not None:
            about["points"] = int(worth) if worth == int(worth) else worth
        if weights:
            text = OUTPUTS.sub(rf'\g<1>{weights}"', model.text(cell))
            cell["source"] = text.splitlines(keepends=True)
    total = sum(cell["metadata"]["nbgrader"]["points"] for cell in graded)
    when = dues[problem_set].words() if dues.get(problem_set) else ""
    heading = HEADING.sub(f"**Points.** {total:g}.{when}", model.text(data["cells"][0]))
    data["cells"][0]["source"] = heading.splitlines(keepends=True)
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n", total


def apply():
    """Write into the source notebooks, and on the page of the problem sets, what the table says."""
    dues, problems = entries()
    page = PAGE.read_text("utf-8")
    for name in problems:
        text, total = followed(name, dues, problems)
        path = model.SOURCE / name / f"{name}.ipynb"
        if text != path.read_text("utf-8"):
            path.write_text(text, "utf-8")
        page = re.sub(rf"(?m)^(\| .*/{name}\.zip.* \| )[\d.]+ \|$", rf"\g<1>{total:g} |", page)
    if page != PAGE.read_text("utf-8"):
        PAGE.write_text(page, "utf-8")
    model.notebook.cache_clear()


def require_agreement(problem_set):
    """Refuse to grade by a notebook that says something else than the table.

    Raises
    ------
    ValueError
    """
    dues, problems = entries()
    if problem_set in problems and json.loads(followed(problem_set, dues, problems)[0]) != model.notebook(problem_set):
        raise ValueError(f"{TABLE} was changed after {problem_set} was made: run make course, then this command again.")
