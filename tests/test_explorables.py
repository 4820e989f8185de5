"""The explorables compute what the package computes, by mouse, keyboard and touch, on the page and as widgets."""

import json
import re

import numpy as np
import pytest
from conftest import SITE

from rnnbook import GRU, LSTM, RNN, CoupledLSTM, PeepholeLSTM, diagnostics, explorables, networks, text
from rnnbook.activations import softmax
from rnnbook.data import ALPHABET
from rnnbook.data.tasks import wording
from rnnbook.explorables import playing, turning
from rnnbook.layers.encoder_decoder import EOS, greedy_decode
from rnnbook.trials import cups

pytestmark = pytest.mark.skipif(not (SITE / "book/explorables.html").exists(), reason="the site is not built")
WIDTHS = [(1280, "light", False), (390, "dark", True)]


def cell_with(kind, weights, **options):
    """A cell of the package with the weights that a page shows."""
    D, H = np.shape(weights["W_x"])[0], np.shape(weights["W_h"])[0]
    cell = kind(D, H, rng=np.random.default_rng(0), dtype=np.float64, **options)
    for name, value in weights.items():
        cell.params[name][...] = value
    return cell


def close(shown, expected):
    np.testing.assert_allclose(np.array(shown, float), expected, rtol=1e-9, atol=1e-12)


def check_trace(state):
    kinds = {"rnn": RNN, "lstm": LSTM, "peephole": PeepholeLSTM, "coupled": CoupledLSTM, "gru": GRU}
    for name, kind in kinds.items():
        cell = cell_with(kind, state["weights"][name])
        one, two = (cell(np.array(state[x])[:, None])[0][:, 0] for x in ("x", "other"))
        apart = np.linalg.norm(one - two, axis=-1)
        close(state["curves"][name], apart / apart[0])


def check_bptt(state):
    w = state["w"]
    cell = cell_with(RNN, {"W_x": [[1.0]], "W_h": [[w]], "b": [0.0]})
    hs, _ = cell(np.array(state["x"], float).reshape(3, 1, 1))
    dhs = np.array([0.0, 0, 1]).reshape(3, 1, 1)
    cell.backward(dhs)
    close(state["h"][1:], hs.ravel())
    close(state["dW"], cell.grads["W_h"].item())
    close(state["dW_x"], cell.grads["W_x"].item())
    close(state["da"][1:], cell._buffers["a"].ravel())


def check_spectrum(state):
    cell = cell_with(RNN, state["weights"])
    cell(np.array(state["x"])[:, None])
    values, expected = np.array(state["values"], float), diagnostics.singular_values(cell)[:, 0]
    assert np.isfinite(values[:, 0]).all()
    largest = expected[:, :1]  # a singular value is known to so many digits of the largest
    assert (np.isfinite(values) | (expected < 1e-12 * largest)).all()
    np.testing.assert_allclose(np.nan_to_num(values) / largest, expected / largest, atol=1e-9)
    shown = np.sort_complex([complex(*pair) for pair in state["eigenvalues"]])
    close(
        np.c_[shown.real, shown.imag], np.c_[(e := np.sort_complex(np.linalg.eigvals(cell.params["W_h"]))).real, e.imag]
    )


def check_cliff(state):
    def loss(w, b):
        cell = cell_with(RNN, {"W_x": [[0.0]], "W_h": [[w]], "b": [b]})
        hs, _ = cell(np.zeros((state["steps"], 1, 1)), (np.array([[0.3]]),))
        difference = hs[-1].item() - 0.6
        dhs = np.zeros_like(hs)
        dhs[-1] = 2 * difference
        cell.backward(dhs)
        return difference**2, np.array([cell.grads["W_h"].item(), cell.grads["b"].item()])

    value, gradient = loss(*state["start"])
    close(state["value"], value)
    close(state["gradient"], gradient)
    for name, limit in (("plain", np.inf), ("clipped", state["clip"])):
        for before, after in list(zip(state["paths"][name], state["paths"][name][1:], strict=False))[:20]:
            _, g = loss(*before)
            close(after, before - state["rate"] * min(1, limit / np.linalg.norm(g)) * g)


def check_cell(state):
    kind = {"lstm": LSTM, "peephole": PeepholeLSTM, "coupled": CoupledLSTM, "gru": GRU}[state["kind"]]
    cell = cell_with(kind, state["weights"])
    before = tuple(np.array([state["before"][s]], float) for s in cell.states)
    _, after = cell(np.array([[[state["x"]]]], float), before)
    for s, value in zip(cell.states, after, strict=True):
        close(state["after"][s], value[0])
    for gate in cell.blocks:
        close(state["saved"][gate], cell.tape[cell.saved.index(gate)][0, 0])


def check_strip(state):
    cell = cell_with(LSTM, state["weights"])
    hs, (_, c) = cell(np.array(state["x"], float)[:, None])
    close(state["series"]["h"], hs.ravel())
    close(state["series"]["c"][-1], c.item())
    for gate in "ifo":
        close(state["series"][gate], cell.tape[cell.saved.index(gate)].ravel())


def check_lag(state):
    for name, kind in (("rnn", RNN), ("lstm", LSTM), ("gru", GRU)):
        cell = cell_with(kind, state["weights"][name])
        cell(np.array(state["x"])[:, None])
        close(state["curves"][name], diagnostics.gradient_norms(cell)[:, 0])


def check_characters(state):
    network = networks.characters(np.float64)
    ids = text.encode(state["text"], ALPHABET)[:, None]
    hs, _ = network.recurrent(network.embedding(ids))
    close(state["h"], hs[-1, 0])
    close(state["traced"], hs[:, 0, state["unit"]])
    close(state["p"], text.probabilities(network(ids)[-1, 0], temperature=state["temperature"]))


def check_forecast(state):
    values, network = np.array(state["values"], float), networks.forecaster(np.float64)
    mean, size = values.mean(), values.std() + 1e-6
    close(state["lstm"], network(((values - mean) / size)[:, None, None])[0, 0] * size + mean)
    smooth = values[0]
    for value in values[1:]:
        smooth = state["alpha"] * value + (1 - state["alpha"]) * smooth
    close([state["smooth"], state["naive"]], [smooth, values[-1]])


def check_dates(state):
    network, text = networks.dates(np.float64), state["text"]
    (source, _), _, _, lengths = wording.dates([(text, "")])
    source = source[: len(text)]
    keys, before = network.encode(source, lengths)
    symbol = np.array([[EOS]])
    for p, weights in zip(state["p"], state["weights"], strict=True):
        y, before = network.decode(symbol, keys, before, lengths)
        close(p, softmax(y[0, 0]))
        close(weights, network.attention.weights[0, :, 0])
        symbol = y.argmax(axis=-1)
    found = greedy_decode(network, source, lengths, max_length=11)[0]
    assert state["written"] == "".join(wording.FIGURES[k] for k in found)


def check_cups(state):
    game, moves = state["game"], np.array(state["moves"], int)
    table = cups.moves(game)
    place = 0
    for move, shown in zip(moves, state["places"], strict=True):
        place = table[move, place]
        assert place == shown
    for name, kept in playing.committed()[game].items():
        network = playing.player(game, name, kept)
        if len(moves):
            close(state["logits"][name], network(np.eye(len(table))[moves][:, None])[:, 0])
            _, carried = network.recurrent(np.eye(len(table))[moves][:, None])
            carried = dict(zip(network.recurrent.states, carried, strict=True))
            for part, shown in state["carried"][name].items():
                close(shown, carried[part][0])


def check_turn(state):
    at = turning.position(turning.TURNS[state["name"]], state["position"])  # the engine, now
    assert state["verdict"] == at["verdict"] and state["rows"] == at["rows"]


CHECKS = {name.removeprefix("check_"): f for name, f in list(globals().items()) if name.startswith("check_")}
#: What a reader does: the control, and the key that changes it.
MOVES = {
    "trace": [("input[type=range]", "ArrowRight"), ("input[type=range]", "Home"), ("input[type=range]", "End")],
    "bptt": [("input[type=range]", "ArrowRight"), ("button >> text=show", "Enter"), ("button >> text=show", "Enter")],
    "spectrum": [("input[type=range] >> nth=0", "End"), ("input[type=range] >> nth=1", "ArrowRight")],
    "cliff": [("input[type=range] >> nth=1", "ArrowRight"), ("input[type=range] >> nth=3", "Home")],
    "cell": [
        ("input[type=range] >> nth=3", "ArrowRight"),
        ("input[type=radio] >> nth=0", "ArrowRight"),
        ("input[type=radio] >> nth=1", "ArrowRight"),
        ("input[type=radio] >> nth=2", "ArrowRight"),
        ("button >> text=next", "Space"),
    ],
    "strip": [
        (".rb-steps button >> nth=0", "Space"),
        ("input[type=radio] >> nth=0", "ArrowRight"),
        ("input[type=radio] >> nth=1", "ArrowRight"),
        ("input[type=radio] >> nth=2", "ArrowRight"),
        ("button >> text=random", "Enter"),
    ],
    "lag": [
        ("input[type=range] >> nth=0", "ArrowRight"),
        ("input[type=range] >> nth=1", "ArrowLeft"),
        ("input[type=range] >> nth=2", "Home"),
    ],
    "characters": [
        ("textarea", "s"),
        ("input[type=range] >> nth=0", "ArrowLeft"),
        ("input[type=range] >> nth=1", "ArrowRight"),
        ("button >> text=write on", "Enter"),
        ("textarea", "x"),
        ("button >> text=empty", "Enter"),
    ],
    "dates": [
        ("input[type=text]", "7"),
        ("input[type=range] >> nth=0", "ArrowLeft"),
        ("button >> text=14 july", "Enter"),
        ("input[type=range] >> nth=0", "Home"),
        ("button >> text=february", "Space"),
    ],
    "forecast": [
        ("button >> text=a trend", "Enter"),
        ("input[type=range] >> nth=0", "ArrowRight"),
        ("input[type=range] >> nth=1", "ArrowLeft"),
        ("input[type=range] >> nth=2", "ArrowLeft"),
        ("button >> text=a walk", "Enter"),
        ("button >> text=two waves", "Space"),
    ],
    "cups": [
        ("input[type=range]", "ArrowRight"),
        ("button >> text=1⇄2", "Enter"),
        ("button >> text=for ever", "Space"),
        ("button >> text=ten moves", "Enter"),
        ("input[type=radio] >> nth=0", "ArrowRight"),
        ("input[type=range]", "End"),
        ("button >> text=new game", "Enter"),
        ("button >> text=none", "Space"),
        ("input[type=range]", "Home"),
    ],
    "turn": [
        ("input[type=range] >> nth=0", "ArrowRight"),
        ("input[type=radio] >> nth=0", "ArrowRight"),
        ("input[type=range] >> nth=1", "End"),
        ("input[type=radio] >> nth=1", "ArrowRight"),
        ("input[type=range] >> nth=2", "Home"),
    ],
}


@pytest.fixture(scope="module", params=WIDTHS, ids=str)
def page(request, browser, address):
    width, theme, touch = request.param
    context = browser.new_context(
        viewport={"width": width, "height": 844}, color_scheme=theme, has_touch=touch, reduced_motion="reduce"
    )
    page = context.new_page()
    page.goto(f"{address}/book/explorables.html")
    yield page
    context.close()


def opened(page, name):
    root = page.locator(f".rb-explorable[data-explorable={name}]")
    root.scroll_into_view_if_needed()
    page.wait_for_function("e => e.state", arg=root.element_handle())
    return root


def state_of(root):
    return root.evaluate("e => e.state")


@pytest.mark.parametrize("name", explorables.NAMES)
def test_its_numbers_are_the_packages_and_follow_every_control(page, name):
    root = opened(page, name)
    CHECKS[name](state_of(root))
    for control, key in MOVES[name]:
        before, said = state_of(root), root.locator(".rb-said").inner_text()
        root.locator(control).press(key)
        after = state_of(root)
        assert json.dumps(after) != json.dumps(before), (control, key)
        CHECKS[name](after)
        if name != "spectrum" and control.startswith("input[type=r"):
            page.wait_for_function(
                "([e, old]) => e.querySelector('.rb-said').textContent !== old", arg=[root.element_handle(), said]
            )


def test_a_step_of_the_strip_changes_by_click_or_tap(page):
    root = opened(page, "strip")
    step = root.locator(".rb-steps button").nth(25)
    before = step.get_attribute("aria-label")
    step.click()
    assert step.get_attribute("aria-label") != before
    step.focus()
    step.press("ArrowRight")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')").startswith("step 27")


def test_the_cup_game_hides_the_ball_until_the_reader_has_said_where_it_is(page):
    root = opened(page, "cups")
    root.locator("input[type=radio]").nth(2).press("ArrowRight")
    root.locator("button", has_text="new game").click()
    root.locator("button", has_text="ten moves").click()
    state = state_of(root)
    assert state["hidden"] and len(state["moves"]) == 10
    answered = root.locator("svg").first.locator("circle + text")
    assert answered.all_text_contents()[-4:] == ["?"] * 4
    root.locator(".rb-button", has_text=re.compile(f"^cup {state['places'][-1] + 1}$")).click()
    state = state_of(root)
    answers = {name: np.argmax(logits[-1]) for name, logits in state["logits"].items()}
    assert answered.all_text_contents()[-4:] == [str(answer + 1) for answer in answers.values()]
    tally = state["tally"]
    assert not state["hidden"] and tally["rounds"] == tally["you"] == 1
    assert {name: tally[name] == 1 for name in answers} == {
        name: answer == state["places"][-1] for name, answer in answers.items()
    }
    root.locator("button", has_text="ten moves").click()
    assert state_of(root)["hidden"]
    root.locator("input[type=radio]").nth(3).press("ArrowLeft")
    assert not state_of(root)["hidden"]


def test_a_series_is_drawn_by_dragging(page):
    root = opened(page, "forecast")
    before = state_of(root)["values"]
    box = root.locator("svg").bounding_box()
    scale = box["width"] / 440

    def at(step, value):  # the frame of the chart: 52 to 364 and 14 to 220
        x, y = 52 + step / 59 * 312, 220 - (value + 3) / 6 * 206
        return box["x"] + x * scale, box["y"] + y * scale

    page.mouse.move(*at(5, 2))
    page.mouse.down()
    page.mouse.move(*at(15, -2))
    page.mouse.up()
    page.mouse.move(*at(30, 0))  # not drawing any more
    state = state_of(root)
    CHECKS["forecast"](state)
    np.testing.assert_allclose(state["values"][5:16], np.linspace(2, -2, 11), atol=0.05)
    assert state["values"][:5] == before[:5] and state["values"][16:] == before[16:]


def test_a_prediction_is_judged(page):
    root = opened(page, "bptt")
    root.locator("button", has_text="start over").click()
    values = state_of(root)
    box = root.locator("input[type=text]")
    box.fill("12")
    box.press("Enter")
    assert state_of(root)["note"].startswith("Not 12") and state_of(root)["shown"] == 0
    box.fill(str(round(values["da"][3], 3)))
    box.press("Enter")
    assert state_of(root)["note"].startswith("Right") and state_of(root)["shown"] == 1


def test_type_in_the_pictures_can_be_read(page):
    sizes = page.evaluate(
        """() => [...document.querySelectorAll(".rb-live svg")].map(svg => {
            const scale = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
            const sizes = [...svg.querySelectorAll("text")].map(t => parseFloat(getComputedStyle(t).fontSize));
            return Math.min(...sizes) * scale;
        })"""
    )
    assert len(sizes) >= 6 and min(sizes) >= 11, sizes


@pytest.fixture(scope="module")
def bare(browser):
    """A page of no site."""
    page = browser.new_page()
    yield page
    page.close()


@pytest.mark.parametrize("name", explorables.NAMES)
def test_the_same_module_works_as_a_widget(bare, name):
    bare.set_content("<div id=here></div>")
    bare.evaluate(
        """async source => {
            const module = await import(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
            module.default.render({ model: null, el: document.getElementById("here") });
        }""",
        explorables.module(name),
    )
    CHECKS[name](bare.evaluate("document.getElementById('here').state"))


def test_show_gives_a_widget_with_that_module():
    pytest.importorskip("anywidget")
    widget = explorables.show("lag")
    assert str(widget._esm) == explorables.module("lag") and "--q-f" in str(widget._css)
    with pytest.raises(ValueError, match="name must be one of 'trace'"):
        explorables.show("nothing")


def test_without_anywidget_the_message_says_how_to_get_it(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "anywidget", None)
    with pytest.raises(ImportError, match="pip install anywidget"):
        explorables.show("lag")


def test_the_first_page_shows_the_same_picture_before_any_script_ran(browser, address):
    still, live = (browser.new_context(java_script_enabled=on).new_page() for on in (False, True))
    for page in (still, live):
        page.goto(f"{address}/index.html")
    live.wait_for_function("document.querySelector('.rb-explorable').state")
    for part in (".rb-stage svg", ".rb-said"):
        before, after = (page.locator(f".rb-explorable {part}").inner_html() for page in (still, live))
        assert before and before == after
    for page in (still, live):
        page.context.close()


def test_each_weighs_less_than_thirty_kilobytes_and_names_no_other_host():
    scripts = sorted(explorables.FOLDER.glob("*.js"))
    assert {f"explorable-{name}.js" for name in explorables.NAMES} <= {s.name for s in scripts}
    for script in scripts:
        text = script.read_text("utf-8")
        assert len(text.encode()) < 30_000
        assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", text)


def test_every_explorable_stands_where_the_book_speaks_of_it():
    pages = (SITE / "index.html", SITE / "book/evidence.html", *(SITE / "notebooks").glob("*.html"))
    everything = "".join(page.read_text("utf-8") for page in pages)
    for name in explorables.NAMES:
        assert f'data-explorable="{name}"' in everything, name
