"""What grading leaves behind: feedback for each student, a sheet of grades, a picture of the class."""

import csv
import html
import re
import textwrap
from collections import Counter

from course.table import decimal, read

STYLE = """
:root { color-scheme: light dark; --line: light-dark(#d8dbe2, #3a4150); --soft: light-dark(#f5f6f9, #1c222d);
  --good: light-dark(#13653f, #6fd3a2); --bad: light-dark(#a1321f, #f0937f); }
body { font: 17px/1.55 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem 4rem;
  background: light-dark(#fff, #14181f); color: light-dark(#1b2027, #e4e7ee); }
h1 { font-size: 1.6rem; margin-bottom: .2rem } h2 { font-size: 1.15rem; margin-top: 2.2rem }
section { border: 1px solid var(--line); border-left: .35rem solid var(--bad); border-radius: .4rem;
  padding: .1rem 1rem; margin: .8rem 0 } section.full { border-left-color: var(--good) }
section h3 { font-size: 1rem; display: flex; justify-content: space-between; gap: 1rem; margin: .6rem 0 }
section.open { border-left-color: var(--line) } td code { white-space: nowrap }
code { font: .9em ui-monospace, monospace; background: var(--soft); padding: .1em .3em; border-radius: .2em;
  overflow-wrap: anywhere }
table { border-collapse: collapse; width: 100% } td, th { text-align: left; padding: .35rem .6rem;
  border-bottom: 1px solid var(--line) } .number { text-align: right; font-variant-numeric: tabular-nums }
blockquote { white-space: pre-wrap; border-left: .2rem solid var(--line); margin: .6rem 0; padding-left: 1rem;
  overflow-wrap: anywhere } @media (max-width: 40rem) { table { display: block; overflow-x: auto } }
img { max-width: 100%; background: #fff; border-radius: .4rem }
"""
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:"

#: Of the sheet of grades: the columns about time, and where a result has them.
LATENESS = {"handed in": "handed_in", "days late": "late", "% lost": "lost"}


def write(results, problem_set, out, strays=()):
    """Write ``feedback/<student>/<problem set>.html``, ``grades.csv``, ``written.csv`` and ``summary.html``."""
    marks = written_marks(out / "written.csv", results)
    for result in results:
        for question in result["written"]:
            question["points"] = marks.get((result["student"], question["id"]))
        folder = out / "feedback" / result["student"]
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{problem_set}.html").write_text(feedback(result, problem_set), "utf-8")
    write_grades(results, out / "grades.csv")
    write_written(results, out / "written.csv")
    summary(results, problem_set, out, strays)


def total(result):
    """Points so far: the problems, and written questions that have been marked, less what coming late costs."""
    points = sum(p["points"] for p in result["problems"]) + sum(q["points"] or 0 for q in result["written"])
    return round(points * (1 - result.get("lost", 0) / 100), 2)


def most(result):
    """The points that can be had."""
    return sum(p["max"] for p in [*result["problems"], *result["written"]])


def number(points):
    """Points without a needless decimal."""
    return f"{points:g}"


def marked(text):
    """A message as HTML: what stands between backticks is code, and equations of the book are links."""
    text = re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text))
    return re.sub(r"\[(equation \([\d.]+\))\]\((https?://[^\s()]+)\)", r'<a href="\2">\1</a>', text)


def page(title, body):
    """A page that stands alone and can run nothing."""
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><meta http-equiv="Content-Security-Policy" '
        f'content="{POLICY}"><style>{STYLE}</style></head><body><main>{body}</main></body></html>'
    )


def feedback(result, problem_set):
    """One student's page."""
    title = f"Problem set {problem_set[2:]}: {result['student']}"
    parts = [f"<h1>{html.escape(title)}</h1>"]
    so_far = " so far" if any(q["points"] is None for q in result["written"]) else ""
    parts.append(f"<p><b>{number(total(result))}</b> of {number(most(result))} points{so_far}</p>")
    if result["file"]:
        parts.append(f"<p>Graded: <code>{html.escape(result['file'])}</code></p>")
    if result.get("lost"):
        days = f"{result['late']} day{'s' * (result['late'] > 1)}"
        parts.append(f"<p>Handed in {days} late: {number(result['lost'])} % of the points are taken off.</p>")
    parts += [f"<p>{marked(note)}</p>" for note in result["notes"]]
    parts.append("<h2>Problems</h2>")
    for problem in result["problems"]:
        full = problem["points"] == problem["max"]
        says = problem["says"] or ("Right." if full else "Not graded.")
        if problem["says"] and problem["points"]:
            says += " The points are for what is right."
        parts.append(
            f'<section class="{"full" if full else "lost"}"><h3><code>{problem["id"]}</code>'
            f"<span>{number(problem['points'])} of {number(problem['max'])}</span></h3>"
            f"<p>{marked(says)}</p></section>"
        )
    parts.append("<h2>Written questions</h2>" if result["written"] else "")
    for question in result["written"]:
        waiting = question["points"] is None
        points = "to be marked" if waiting else f"{number(question['points'])} of {number(question['max'])}"
        kind = "open" if waiting else "full" if question["points"] == question["max"] else "lost"
        parts.append(
            f'<section class="{kind}"><h3><code>{question["id"]}</code><span>{points}</span></h3>'
            f"<blockquote>{html.escape(question['answer']) or 'No answer.'}</blockquote></section>"
        )
    if result["errors"]:
        parts.append("<h2>Cells that stopped</h2>")
        parts += [f"<p>Cell {cell}: {html.escape(text)}</p>" for cell, text in result["errors"]]
    return page(title, "".join(parts))


def plain(text):
    """A cell of a sheet that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def write_grades(results, path):
    """One line for each student."""
    with path.open("w", newline="", encoding="utf-8-sig") as file:
        sheet = csv.writer(file)
        columns = results[0]["problems"] + results[0]["written"] if results else []
        sheet.writerow(["student", "points", "of", *LATENESS, *[c["id"] for c in columns], "note", "file"])
        for result in results:
            cells = [number(p["points"]) for p in result["problems"]]
            cells += ["" if q["points"] is None else q["points"] for q in result["written"]]
            notes = plain(" ".join(result["notes"]))
            about = [plain(result["student"]), number(total(result)), number(most(result))]
            times = [result.get(key, "") for key in LATENESS.values()]
            about += [number(one) if isinstance(one, float) else one for one in times]
            sheet.writerow([*about, *cells, notes, plain(result["file"])])


def written_marks(path, results):
    """The points that a teacher has put into ``written.csv``, for each student and question.

    Raises
    ------
    ValueError
        They cannot be read: the text names the file, the line and the reason.
    """
    if not path.exists():
        return {}
    most = {(r["student"], q["id"]): q["max"] for r in results for q in r["written"]}
    marks: dict = {}
    for refused, cells in read(path, ("student", "question", "points")):
        key, points = (cells["student"].lstrip("'"), cells["question"]), cells["points"]
        if not points:
            continue
        if key not in most:
            raise refused(f"nothing was handed in by {key[0]!r} for {key[1]!r}")
        if key in marks:
            raise refused(f"{key[0]} has points for {key[1]} twice")
        marks[key] = decimal(points, refused)
        if marks[key] > most[key]:
            raise refused(f"{points} points are more than the {number(most[key])} of this question")
    return marks


def write_written(results, path):
    """The answers to be marked, with the marks that were there."""
    part = path.with_suffix(".part")
    with part.open("w", newline="", encoding="utf-8-sig") as file:
        sheet = csv.writer(file)
        sheet.writerow(["student", "question", "points", "of", "answer"])
        for result in results:
            for q in result["written"]:
                points = "" if q["points"] is None else number(q["points"])
                sheet.writerow([plain(result["student"]), q["id"], points, q["max"], plain(q["answer"])])
    part.replace(path)


def summary(results, problem_set, out, strays):
    """The class on one page: a picture, the most frequent mistakes, everybody's points."""
    told = Counter((p["id"], p["says"]) for r in results for p in r["problems"] if p["says"])
    mistakes = told.most_common(12)
    picture(results, mistakes[:6], out / "summary.png")
    rows = "".join(
        f'<tr><td class="number">{count}</td><td><code>{key}</code></td><td>{marked(text)}</td></tr>'
        for (key, text), count in mistakes
    )
    people = "".join(
        f'<tr><td><a href="feedback/{r["student"]}/{problem_set}.html">{html.escape(r["student"])}</a></td>'
        f'<td class="number">{number(total(r))}</td><td>{marked(" ".join(r["notes"]))}</td></tr>'
        for r in results
    )
    title = f"Problem set {problem_set[2:]}: the class"
    body = (
        f"<h1>{title}</h1><p>{len(results)} submissions. For the teacher only: it links to everybody's feedback.</p>"
        f'<img src="summary.png" alt="A histogram of the points; for each problem the share of the class that solved '
        f'it; the most frequent mistakes, as in the table.">'
        f"<h2>Most frequent mistakes</h2><table><tr><th>students</th><th>problem</th><th>what they were told</th></tr>"
        f"{rows}</table><h2>Students</h2><table><tr><th>student</th><th>points</th><th>note</th></tr>{people}</table>"
    )
    if strays:
        files = "".join(f"<li><code>{html.escape(path)}</code></li>" for path in strays)
        body += f"<h2>Files that are nobody's submission</h2><p>They were not graded.</p><ul>{files}</ul>"
    (out / "summary.html").write_text(page(title, body), "utf-8")


def picture(results, mistakes, path):
    """Histogram of the automatic points, the share that solved each problem, the most frequent mistakes."""
    import matplotlib.pyplot as plt  # here, since who only grades needs none of it

    from rnnbook.plots.style import CELL_STYLES
    from rnnbook.plots.style import STYLE as LOOK

    colour = CELL_STYLES["LSTM"]["color"]
    with plt.rc_context(LOOK | {"figure.facecolor": "white", "savefig.facecolor": "white"}):
        heights = [3.2, 0.9 + 0.6 * len(mistakes)]
        figure = plt.figure(figsize=(10, sum(heights)), layout="constrained")
        top, bottom = figure.subfigures(2, height_ratios=heights)  # type: ignore[misc]
        left, right = top.subplots(1, 2, width_ratios=[1, 1.2])
        below = bottom.subplots()
        points = [sum(p["points"] for p in r["problems"]) for r in results]
        limit = sum(p["max"] for p in results[0]["problems"]) if results else 1
        left.hist(points, bins=min(20, int(limit) + 1), range=(0, limit), rwidth=0.9, color=colour)
        left.set(xlabel=f"points of {number(limit)}, without the written part", ylabel="students")
        names = [p["id"] for p in results[0]["problems"]] if results else []
        shares = [100 * sum(r["problems"][k]["points"] > 0 for r in results) / len(results) for k in range(len(names))]
        right.barh(names[::-1], shares[::-1], color=colour)
        right.set(xlabel="solved by, % of the class", xlim=(0, 100))
        labels = [textwrap.shorten(f"{key}: {text}", 150) for (key, text), _ in mistakes]
        wrapped = ["\n".join(textwrap.wrap(label.replace("`", ""), 75)) for label in labels]
        below.barh(range(len(mistakes))[::-1], [count for _, count in mistakes], color=colour)
        below.set_yticks(range(len(mistakes))[::-1], wrapped)
        below.set(xlabel="students with this mistake")
        for axis in (left.yaxis, below.xaxis):
            axis.get_major_locator().set_params(integer=True)
        figure.savefig(path, dpi=160)
        plt.close(figure)
