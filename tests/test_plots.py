"""The shared figures: what they show, and that their labels can be read."""

import re
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest

mpl.use("Agg")
import matplotlib.pyplot as plt

from rnnbook import GRU, LSTM, diagnostics, plots


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def labels_overlap(figure, ax):
    figure.canvas.draw()
    boxes = [t.get_window_extent() for t in ax.texts]
    return any(a.overlaps(b) for k, a in enumerate(boxes) for b in boxes[k + 1 :])


def test_gradient_by_lag_draws_the_median_and_keeps_its_labels_apart(rng):
    norms = {}
    for kind in (LSTM, GRU):
        cell = kind(2, 6, rng=rng)
        cell(rng.normal(size=(30, 5, 2)))
        norms[kind.__name__] = diagnostics.gradient_norms(cell)
    figure, ax = plots.gradient_by_lag(norms)
    for line, (name, values) in zip(ax.get_lines(), norms.items(), strict=True):
        assert line.get_label() == name and line.get_color() == plots.CELL_STYLES[name]["color"]
        np.testing.assert_allclose(line.get_ydata(), np.median(values, axis=1))
    assert ax.get_yscale() == "log" and ax.get_xlabel() and ax.get_ylabel()
    assert [t.get_text() for t in ax.texts] and not labels_overlap(figure, ax)


def test_gradient_by_lag_draws_where_it_is_told(rng):
    figure, axes = plots.new_figure(2)
    same, ax = plots.gradient_by_lag({"LSTM": rng.uniform(size=(5, 3))}, ax=axes[1])
    assert same is figure and ax is axes[1] and len(ax.get_lines()) == 1


def test_labels_of_lines_that_end_together_are_moved_apart():
    figure, ax = plots.new_figure()
    for k in range(5):
        ax.plot([0, 1], [k, 1], label=f"line {k}")
    ax.plot([0, 1], [0, np.nan], label="ends early")
    ax.plot([0, 1], [0, 1], label="_unnamed")
    plots.label_lines(ax, gap=0.1)
    assert len(ax.texts) == 6 and not labels_overlap(figure, ax)


@pytest.mark.parametrize(("kind", "strips"), [(LSTM, "xifogch"), (GRU, "xrznh")])
def test_gates_over_time_shows_one_strip_each(kind, strips, rng):
    cell, x = kind(1, 3, rng=rng), rng.normal(size=(12, 2, 1))
    _, axes = plots.gates_over_time(cell, x, sequence=1, unit=2)
    assert "".join(ax.get_ylabel().strip("$") for ax in axes) == strips
    hs, final = cell(x)
    shown = {ax.get_ylabel().strip("$"): ax.get_lines()[0].get_ydata() for ax in axes}
    np.testing.assert_allclose(shown["h"], hs[:, 1, 2])
    np.testing.assert_allclose(shown["x"], x[:, 1, 0])
    if kind is LSTM:
        assert shown["c"][-1] == final[1][1, 2] and len(shown["c"]) == 12


def contrast(one, two):
    def luminance(colour):
        rgb = np.array(mpl.colors.to_rgb(colour))
        return np.where(rgb <= 0.03928, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722]

    high, low = sorted((luminance(one), luminance(two)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_every_colour_of_the_palette_can_be_read_on_white():
    colours = [*plots.COLOURS.values(), *plots.RAMP, *(style["color"] for style in plots.CELL_STYLES.values())]
    assert min(contrast(colour, "white") for colour in colours) >= 4.5


def test_the_same_figure_gives_the_same_svg(tmp_path):
    plots.use_style()
    for name in ("a.svg", "b.svg"):
        figure, _ = plots.cell_diagram(LSTM(1, 1, rng=np.random.default_rng(0)))
        figure.savefig(tmp_path / name, metadata={"Date": None})
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_a_table_says_the_same_as_text_and_on_a_page():
    rows = [("LSTM", -0.25, 1200), ("a & b", 13.5, "none")]
    table = plots.Table(["cell", "loss", "runs"], rows, "s .2f d")
    assert str(table).splitlines() == ["cell    loss  runs", "LSTM   -0.25  1200", "a & b  13.50  none"]
    cells = re.findall(r"<t[hd](?: scope=\"\w+\")?>([^<]*)</t[hd]>", table._repr_html_())
    assert cells == ["cell", "loss", "runs", "LSTM", "−0.25", "1200", "a &amp; b", "13.50", "none"]


def test_a_number_in_a_table_may_have_its_interval():
    table = plots.Table(["f (x)", "decades"], [("a (b-c)", (-0.04, -1.3, 0.7))], "s z4.1f")
    assert str(table).splitlines() == ["f (x)              decades", "a (b-c)   0.0 (-1.3,  0.7)"]
    assert '<th scope="row">a (b-c)</th><td>0.0 <small>(−1.3, 0.7)</small></td>' in table._repr_html_()


@pytest.mark.parametrize(("rows", "formats"), [([(1,)], "d d"), ([(1, 2)], "d")])
def test_a_table_whose_rows_and_formats_are_not_as_many_as_its_heads_is_refused(rows, formats):
    with pytest.raises(ValueError, match="2"):
        plots.Table(["a", "b"], rows, formats)


def test_figures_are_set_in_the_letters_of_the_text():
    plots.use_style()
    _figure, ax = plots.new_figure()
    face = mpl.font_manager.findfont(ax.title.get_fontproperties())
    assert Path(face) == Path(plots.__file__).with_name("serif.ttf")
    assert {ord(letter) for letter in "0123456789−±×·RNNlstm"} <= set(mpl.ft2font.FT2Font(face).get_charmap())
