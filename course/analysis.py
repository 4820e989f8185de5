"""What the results of a class say about the problems and the feedback: ``make analysis``.

Reads the result files of all problem sets that were graded, and what was kept of earlier submissions. Writes
``course/graded/analysis.html`` with two pictures beside it.
"""

import argparse
import html
import itertools
import json
import sys
from collections import Counter, defaultdict
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import MaxNLocator
from scipy import stats

from course.report import marked, page
from rnnbook.plots.style import CELL_STYLES
from rnnbook.plots.style import STYLE as LOOK

HERE = Path(__file__).parent
COLOUR = CELL_STYLES["LSTM"]["color"]
ROWS = 15


def load(folder):
    """The results of a folder such as ``course/graded``: of each problem set the last ones, and the earlier ones.

    Returns
    -------
    last : dict
        By problem set, a list of results.
    chains : list of list of dict
        For each student and problem set with more than one submission, its results from the first to the last.
    """
    last, chains = {}, []
    for results in sorted(folder.glob("ps*/results")):
        found = {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(results.glob("*.json"))}
        last[results.parent.name] = list(found.values())
        for student, result in found.items():
            earlier = sorted((results.parent / "earlier" / student).glob("*.json"), key=lambda path: int(path.stem))
            if earlier:
                chains.append([*(json.loads(path.read_text("utf-8")) for path in earlier), result])
    return last, chains


def items(results):
    """For each problem its difficulty and discrimination.

    The difficulty is the share of its points that the class got, as in classical test theory: 1 is easy. The
    discrimination is the correlation of a problem's points with the points of all the others; NaN where one of
    them does not vary.

    Returns
    -------
    list of tuple
        The problem, its difficulty, its discrimination.
    """
    if not results:
        return []
    names = [p["id"] for p in results[0]["problems"]]
    points = np.array([[p["points"] for p in r["problems"]] for r in results], float)
    most = np.array([p["max"] for p in results[0]["problems"]], float)
    rows = []
    for k, name in enumerate(names):
        rest = np.delete(points, k, axis=1).sum(axis=1)
        varies = points[:, k].std() > 0 and rest.std() > 0
        discrimination = np.corrcoef(points[:, k], rest)[0, 1] if varies else np.nan
        rows.append((name, points[:, k].mean() / most[k], discrimination))
    return rows


def together(last):
    """Mistakes that go together: pairs of what students were told, within a set and over the sets.

    Fisher's exact test, one-sided, on the students who handed in both sets; p-values corrected by Holm for all pairs.

    Returns
    -------
    list of tuple
        Both mistakes, the students who made both, the number expected without any connection, the corrected p-value;
        the surest first.
    """
    told: dict = defaultdict(set)
    handed_in = {name: {r["student"] for r in results} for name, results in last.items()}
    for name, results in last.items():
        for result in results:
            for p in result["problems"]:
                if p["says"]:
                    told[name, p["id"], p["says"]].add(result["student"])
    pairs = []
    for one, other in itertools.combinations(sorted(told), 2):
        if one[:2] == other[:2]:
            continue  # of one problem a student is told one thing
        both_sets = handed_in[one[0]] & handed_in[other[0]]
        a, b = told[one] & both_sets, told[other] & both_sets
        both = len(a & b)
        table = [[both, len(a) - both], [len(b) - both, len(both_sets) - len(a | b)]]
        p = stats.fisher_exact(table, alternative="greater").pvalue
        pairs.append((p, one, other, both, len(a) * len(b) / max(1, len(both_sets))))
    pairs.sort(key=lambda pair: pair[0])
    largest, rows = 0.0, []
    for rank, (p, one, other, both, expected) in enumerate(pairs):
        largest = max(largest, min(1.0, p * (len(pairs) - rank)))
        rows.append((one, other, both, expected, largest))
    return rows


def followed(chains):
    """What came after each sentence of feedback: the next submission right, the same again, or something else.

    Returns
    -------
    dict
        For each (problem, sentence) the counts "right", "same" and "other".
    """
    after: dict = defaultdict(Counter)
    for chain in chains:
        for before, then in itertools.pairwise(chain):
            later = {p["id"]: p for p in then["problems"]}
            for p in before["problems"]:
                if p["says"] and p["id"] in later:
                    says = later[p["id"]]["says"]
                    what = "right" if not says else "same" if says == p["says"] else "other"
                    after[p["id"], p["says"]][what] += 1
    return dict(after)


def pictures(last, after, out):
    """Draw the problems and what followed the feedback."""
    with plt.rc_context(LOOK | {"figure.facecolor": "white", "savefig.facecolor": "white"}):
        rows = [(f"{name[2:]} · {item[0]}", *item[1:]) for name, results in last.items() for item in items(results)]
        places = range(len(rows))[::-1]
        figure, (left_axis, right_axis) = plt.subplots(
            1, 2, figsize=(10, 1.2 + 0.3 * len(rows)), sharey=True, layout="constrained"
        )
        left_axis.barh(places, [100 * difficulty for _, difficulty, _ in rows], color=COLOUR)
        left_axis.set(xlabel="points got, %", xlim=(0, 100))
        left_axis.set_yticks(places, [label for label, _, _ in rows])
        right_axis.axvline(0, color="grey", lw=0.8)
        right_axis.plot([discrimination for _, _, discrimination in rows], places, "o", color=COLOUR)
        right_axis.set(xlabel="correlation with the other problems", xlim=(-1, 1))
        figure.savefig(out / "analysis-problems.png", dpi=160)
        plt.close(figure)
        shown = sorted(after.items(), key=lambda item: -sum(item[1].values()))[:ROWS]
        figure, axis = plt.subplots(figsize=(10, 1.2 + 0.45 * max(1, len(shown))), layout="constrained")
        left = np.zeros(len(shown))
        for what, alpha in (("right", 1.0), ("other", 0.5), ("same", 0.2)):
            counts = np.array([counter[what] for _, counter in shown])
            axis.barh(range(len(shown))[::-1], counts, left=left, color=COLOUR, alpha=alpha, label=f"then {what}")
            left = left + counts
        axis.set_yticks(range(len(shown))[::-1], [f"{k}. {key[0]}" for k, (key, _) in enumerate(shown, 1)])
        axis.set(xlabel="resubmissions")
        axis.xaxis.set_major_locator(MaxNLocator(integer=True))
        if shown:
            axis.legend(frameon=False)
        figure.savefig(out / "analysis-feedback.png", dpi=160)
        plt.close(figure)
    return shown


def write(folder):
    """Write the page.

    Raises
    ------
    ValueError
        Nothing has been graded there.
    """
    last, chains = load(folder)
    if not last:
        raise ValueError(f"{folder} has no results; run make grade first.")
    after = followed(chains)
    shown = pictures(last, after, folder)
    rows = "".join(
        f'<tr><td>{name[2:]}</td><td><code>{problem}</code></td><td class="number">{100 * difficulty:.0f} %</td>'
        f'<td class="number">{"–" if np.isnan(discrimination) else f"{discrimination:.2f}"}</td></tr>'
        for name, results in last.items()
        for problem, difficulty, discrimination in items(results)
    )
    pairs = "".join(
        f'<tr><td class="number">{both}</td><td class="number">{expected:.1f}</td>'
        f"<td>{f'{p:.3f}' if p >= 0.001 else 'below 0.001'}</td>"
        f"<td>{one[0][2:]}, <code>{one[1]}</code>: {marked(one[2])}</td>"
        f"<td>{other[0][2:]}, <code>{other[1]}</code>: {marked(other[2])}</td></tr>"
        for one, other, both, expected, p in together(last)[:ROWS]
        if p < 0.05
    )
    sentences = "".join(
        f"<tr><td>{k}. <code>{problem}</code></td><td>{marked(says)}</td>"
        + "".join(f'<td class="number">{n}</td>' for n in (sum(counts.values()), counts["right"], counts["same"]))
        + "</tr>"
        for k, ((problem, says), counts) in enumerate(shown, 1)
    )
    sizes = ", ".join(f"{len(results)} for set {name[2:]}" for name, results in last.items())
    body = (
        f"<h1>What the results say</h1><p>{html.escape(sizes)}; {len(chains)} with more than one submission. For the "
        "teacher only.</p><h2>Problems</h2><p>How many of its points the class got, and how a problem's points go with "
        "those of all others of its set: near zero, or below, the problem measures something else, or its words "
        "mislead.</p><img src='analysis-problems.png' alt='For each problem the points that the class got and the "
        "correlation with the other problems, as in the table.'><table><tr><th>set</th><th>problem</th>"
        f"<th>points got</th><th>correlation</th></tr>{rows}</table><h2>Mistakes that go together</h2><p>More students "
        "made both than chance would have it (Fisher's exact test, corrected for all pairs by Holm; below 0.05).</p>"
        + (
            f"<table><tr><th>both</th><th>by chance</th><th>p</th><th>one</th><th>other</th></tr>{pairs}</table>"
            if pairs
            else "<p>None.</p>"
        )
        + "<h2>What followed the feedback</h2><p>Of those who were told a sentence and handed in again: how many had "
        "the problem right then, and how many were told the same.</p><img src='analysis-feedback.png' alt='What "
        "followed each sentence, as in the table.'><table><tr><th>problem</th><th>sentence</th><th>handed in again</th>"
        f"<th>right</th><th>same</th></tr>{sentences}</table>"
    )
    (folder / "analysis.html").write_text(page("What the results say", body), "utf-8")


def main(arguments=None):
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="make analysis", description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="?", default=HERE / "graded")
    folder = parser.parse_args(arguments).folder
    try:
        write(folder)
    except ValueError as error:
        sys.exit(str(error))
    print(f"Open {folder}/analysis.html.")


if __name__ == "__main__":
    main()
