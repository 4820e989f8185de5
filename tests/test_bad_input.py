"""What is wrong is said: the argument, what was expected, what came. And nothing is changed."""

import numpy as np
import pytest
from kinds import KINDS, random_cell

from rnnbook import (
    GRU,
    LSTM,
    RNN,
    SGD,
    Adam,
    Batch,
    Bidirectional,
    Cell,
    Dense,
    Embedding,
    EncoderDecoder,
    Model,
    PeepholeLSTM,
    RMSProp,
    Stack,
    Update,
    compiled,
    fit,
    fit_many,
    init,
    interop,
    mean_squared_error,
    networks,
    speech,
)
from rnnbook.data.tasks import wording

T, B, D, H = 4, 3, 2, 5
GOOD = np.zeros((T, B, D))


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"x": np.zeros((T, D))}, ValueError, r"x must have shape \(T, B, D\) = \(any, any, 2\), got \(4, 2\)"),
        ({"x": np.zeros((T, B, D + 1))}, ValueError, r"x must have shape .* got \(4, 3, 3\)"),
        ({"x": np.zeros((0, B, D))}, ValueError, "at least one time step, got T = 0"),
        ({"x": np.zeros((T, B, D), int)}, TypeError, "x must hold floating-point numbers, got dtype int64"),
        ({"x": "text"}, TypeError, "x must hold floating-point numbers"),
        ({"state": np.zeros((B, H))}, ValueError, r"state must be a tuple \(h, c\), got ndarray"),
        ({"state": (np.zeros((B, H)),)}, ValueError, r"state must be a tuple \(h, c\), got 1 arrays"),
        ({"state": (np.zeros((B, H)),) * 3}, ValueError, r"state must be a tuple \(h, c\), got 3 arrays"),
        (
            {"state": (np.zeros((B, H)), np.zeros((B, H + 1)))},
            ValueError,
            r"state\[1\] \(c\) must have shape \(B, H\) = \(3, 5\), got \(3, 6\)",
        ),
        ({"lengths": [4, 4]}, ValueError, r"lengths must have shape \(B,\) = \(3,\), got \(2,\)"),
        ({"lengths": [4, 4, 4, 4]}, ValueError, r"lengths must have shape \(B,\) = \(3,\), got \(4,\)"),
        ({"lengths": [4, 0, 1]}, ValueError, "lengths must lie between 1 and T = 4, got 0 to 4"),
        ({"lengths": [4, 5, 1]}, ValueError, "lengths must lie between 1 and T = 4, got 1 to 5"),
        ({"lengths": [4.0, 1.0, 1.0]}, TypeError, "lengths must be integers, got dtype float64"),
    ],
)
def test_a_bad_call_is_refused_and_changes_nothing(arguments, error, message, rng):
    cell = LSTM(D, H, rng=rng, dtype=np.float64)
    x, dhs = rng.normal(size=(T, B, D)), rng.normal(size=(T, B, H))
    cell(x)
    cell.backward(dhs)
    expected = {name: g.copy() for name, g in cell.grads.items()}
    with pytest.raises(error, match=message):
        cell(**({"x": GOOD} | arguments))
    cell.backward(dhs)  # still that of the good call
    assert all((cell.grads[name] == g).all() for name, g in expected.items())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((np.zeros((T, B, H + 1)),), r"dhs must have shape \(T, B, H\) = \(4, 3, 5\), got \(4, 3, 6\)"),
        ((np.zeros((T, B, H)), (np.zeros((B, H)),)), r"dstate must be a tuple \(h, c\), got 1 arrays"),
    ],
)
def test_a_bad_backward_is_refused_and_changes_nothing(arguments, message, rng):
    cell = LSTM(D, H, rng=rng, dtype=np.float64)
    cell(rng.normal(size=(T, B, D)))
    cell.backward(np.ones((T, B, H)))
    grads = cell.grads
    with pytest.raises(ValueError, match=message):
        cell.backward(*arguments)
    assert cell.grads is grads


def test_backward_before_forward_says_so(rng):
    with pytest.raises(RuntimeError, match="forward call first"):
        LSTM(D, H, rng=rng).backward(np.zeros((T, B, H)))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("sizes", "error", "message"),
    [
        ((0, 1), ValueError, "input_size must be at least 1, got 0"),
        ((1, -2), ValueError, "hidden_size must be at least 1, got -2"),
        ((1.5, 1), TypeError, "input_size must be an integer, got 1.5"),
        ((1, True), TypeError, "hidden_size must be an integer, got True"),
    ],
)
def test_bad_sizes_are_refused(kind, sizes, error, message, rng):
    with pytest.raises(error, match=message):
        KINDS[kind](*sizes, rng=rng)


def test_bad_options_are_refused(rng):
    with pytest.raises(ValueError, match="activation must be one of 'tanh', 'relu', 'leaky_relu', got 'softmax'"):
        RNN(1, 1, activation="softmax", rng=rng)
    with pytest.raises(ValueError, match="reset must be one of 'after', 'before', got 'never'"):
        GRU(1, 1, reset="never", rng=rng)
    for peepholes in ("ig", "ii", "x", 3):
        with pytest.raises(ValueError, match="peepholes must be distinct letters of 'ifo'"):
            PeepholeLSTM(1, 1, peepholes=peepholes, rng=rng)
    with pytest.raises(TypeError, match="positional"):
        LSTM(1, 1, rng)
    with pytest.raises(TypeError, match=r"rng must be a numpy.random.Generator, got int"):
        LSTM(1, 1, rng=0)
    with pytest.raises(ValueError, match="dtype must be one of 'float32', 'float64', got 'int32'"):
        LSTM(1, 1, rng=rng, dtype=np.int32)


def test_a_cell_without_its_mathematics_says_what_is_missing(rng):
    class Empty(Cell):
        blocks = ("a",)

    with pytest.raises(NotImplementedError, match=r"Empty must define step\(xw, state\)"):
        Empty(1, 1, rng=rng)(np.zeros((1, 1, 1)))
    with pytest.raises(NotImplementedError, match=r"Empty must define step_back\(saved, dstate\)"):
        Empty(1, 1, rng=rng).step_back((), ())


def test_block_names_what_it_knows(rng):
    cell = LSTM(D, H, rng=rng)
    assert cell.block("W_x", "f").base is cell.params["W_x"]
    with pytest.raises(ValueError, match="block must be one of 'i', 'f', 'o', 'g', got 'z'"):
        cell.block("b", "z")
    with pytest.raises(ValueError, match="name must be one of 'W_x', 'W_h', 'b', got 'p_i'"):
        cell.block("p_i", "i")


def test_layers_refuse_what_does_not_fit(rng):
    with pytest.raises(ValueError, match="at least one cell"):
        Stack([])
    with pytest.raises(ValueError, match=r"cells\[1\] must take the 3 outputs of cells\[0\], its input_size is 4"):
        Stack([LSTM(2, 3, rng=rng), LSTM(4, 3, rng=rng)])
    with pytest.raises(ValueError, match=r"dropout must lie in \[0, 1\), got 1"):
        Stack([LSTM(2, 3, rng=rng)], dropout=1)
    with pytest.raises(ValueError, match="state must hold one state for each of the 1 cells, got 2"):
        Stack([LSTM(2, 3, rng=rng)])(np.zeros((1, 1, 2)), (None, None))
    with pytest.raises(ValueError, match="backward_cell must have input_size 2 like forward_cell, got 3"):
        Bidirectional(LSTM(2, 3, rng=rng), LSTM(3, 3, rng=rng))
    with pytest.raises(ValueError, match=r"x must have shape \(\.\.\., D\) = \(\.\.\., 2\), got \(3, 4\)"):
        Dense(2, 1, rng=rng)(np.zeros((3, 4)))
    with pytest.raises(TypeError, match="ids must be integers, got dtype float64"):
        Embedding(3, 2, rng=rng)(np.zeros((2, 2)))
    for ids in ([[-1]], [[3]]):
        with pytest.raises(ValueError, match="ids must lie between 0 and 2"):
            Embedding(3, 2, rng=rng)(np.array(ids))


@pytest.mark.parametrize("kind", KINDS)
def test_single_steps_units_and_sequences_work(kind, rng):
    cell = random_cell(kind, 1, 1, rng)
    hs, state = cell(np.ones((1, 1, 1)), lengths=[1])
    dx, dstate = cell.backward(np.ones((1, 1, 1)))
    assert hs.shape == dx.shape == (1, 1, 1) and len(state) == len(dstate) == len(cell.states)


def test_dropout_that_nothing_would_draw_is_refused(rng):
    made = {"rng": rng}
    drops = Stack([LSTM(D, H, **made), LSTM(H, H, **made)], dropout=0.5)
    for use in (
        lambda: Stack([drops, LSTM(H, H, **made)]),
        lambda: Bidirectional(drops, LSTM(D, H, **made)),
        lambda: EncoderDecoder(drops, LSTM(D, H, **made), Dense(H, 3, **made), Embedding(3, D, **made)),
    ):
        with pytest.raises(ValueError, match="must have no dropout: it is drawn for a Stack alone"):
            use()
    assert Model(drops, Dense(H, 1, **made)).dropout_masks(GOOD, rng)[0]


def test_a_dense_layer_stands_in_a_stack_only(rng):
    made = {"rng": rng}
    dense = Dense(D, H, **made)
    with pytest.raises(TypeError, match="recurrent must read sequences of numbers, got Dense"):
        Model(dense, Dense(H, 1, **made))
    with pytest.raises(TypeError, match="forward_cell must read sequences of numbers, got Dense"):
        Bidirectional(dense, LSTM(D, H, **made))


@pytest.mark.parametrize("make", [SGD, RMSProp, Adam])
def test_an_update_that_is_refused_changes_nothing(make):
    locked = np.ones(1)
    locked.flags.writeable = False
    for params, grads, error, message in (
        ({"w": locked}, {"w": np.ones(1)}, TypeError, "must be an array that can be written to"),
        ({"w": [1.0]}, {"w": np.ones(1)}, TypeError, "must be an array that can be written to"),
        ({"w": np.ones(1)}, {"w": np.ones(2)}, ValueError, "must have the shapes of params"),
    ):
        optimiser = make(0.1)
        with pytest.raises(error, match=message):
            optimiser.update(params, grads)
        assert optimiser.state == {"t": 0} and params["w"][0] == 1
    params, listed = {"w": np.ones(1)}, {"w": np.ones(1)}
    make(0.1).update(params, {"w": np.array([2.0])})
    make(0.1).update(listed, {"w": [2.0]})  # a list will do for a gradient
    assert params["w"] == listed["w"] != 1
    if make is not SGD:
        with pytest.raises(ValueError, match="must have finite squares in float64, its largest is nan"):
            make(0.1).update(params, {"w": np.array([np.nan])})


def test_what_fails_gives_the_rate_and_the_generator_back(rng):
    made = {"rng": rng}
    batch = Batch(np.zeros((T, B, D), np.float32), np.zeros((T, B, 1), np.float32))
    optimiser, others = Adam(0.1), Model(LSTM(D, H + 1, **made), Dense(H + 1, 1, **made))
    fit(Model(LSTM(D, H, **made), Dense(H, 1, **made)), mean_squared_error, optimiser, lambda: batch, steps=1)
    slow = Update(schedule=lambda done: 0.01)
    with pytest.raises(ValueError, match=r"state\['m'\], from the updates before, must have the shapes"):
        fit(others, mean_squared_error, optimiser, lambda: batch, steps=1, update=slow)
    assert optimiser.learning_rate == 0.1
    one, other = np.random.default_rng(3), np.random.default_rng(3)
    with pytest.raises(ValueError, match="cell must have a gate that keeps its memory"):
        init.chrono(RNN(D, H, **made), 9, one)
    assert one.random() == other.random()


def test_one_model_or_one_stream_is_not_trained_twice_at_once(rng):
    pytest.importorskip("jax")
    made = {"rng": rng}
    models = [Model(LSTM(D, H, **made), Dense(H, 1, **made)) for _ in range(2)]
    draws = [lambda k=k: Batch(GOOD + k, np.zeros((T, B, 1))) for k in range(2)]
    for what, many in (("models", ([models[0]] * 2, draws)), ("batches", (models, [draws[0]] * 2))):
        with pytest.raises(ValueError, match=f"{what} must be different objects"):
            fit_many(many[0], mean_squared_error, [SGD(0.1), SGD(0.2)], many[1], steps=1)


def test_what_cannot_be_compiled_or_dropped_is_refused(rng):
    pytest.importorskip("jax")
    made = {"rng": rng}
    pair = EncoderDecoder(LSTM(D, H, **made), LSTM(D, H, **made), Dense(H, 3, **made), Embedding(3, D, **made))
    with pytest.raises(TypeError, match="layer must be a Cell, Stack, Bidirectional or Model, got EncoderDecoder"):
        compiled(pair)
    model = Model(LSTM(D, H, **made), Dense(H, 3, **made), Embedding(3, D, **made), dropout=0.5)
    with pytest.raises(TypeError, match="rng must be None, since it is for a Stack, got one for a Model"):
        compiled(model)(np.zeros((T, B), int), rng=rng)
    with pytest.raises(ValueError, match=r"ids must have shape \(T, B\) = \(any, any\), got \(4,\)"):
        compiled(model)(np.zeros(T, int))


def test_a_compiled_cell_gives_gradients_of_the_input_in_the_cells_dtype(rng):
    pytest.importorskip("jax")
    cell = LSTM(D, H, rng=rng, dtype=np.float64)
    x = rng.normal(size=(T, B, D)).astype(np.float32)
    for layer in (cell, compiled(cell)):
        hs, _ = layer(x)
        assert layer.backward(np.ones_like(hs))[0].dtype == hs.dtype == np.float64


@pytest.mark.parametrize(
    ("use", "error", "message"),
    [
        (lambda r: Dense(2, 3, rng=r, dtype=None), TypeError, "dtype must be float32 or float64, got None"),
        (lambda r: trained(LSTM(2, 1, rng=r)), TypeError, r"model must be a Model, as in .* got LSTM"),
        (lambda r: trained(Stack([LSTM(2, 1, rng=r)])), TypeError, r"model must be a Model, as in .* got Stack"),
        (lambda r: trained(Model(LSTM(2, 1, rng=r), Dense(1, 1, rng=r)), compiled="no"), TypeError, "compiled must be"),
        (
            lambda r: wording.dates([("2 march 1987", "1987-03-021")]),
            ValueError,
            "a normal form of 10 characters at most",
        ),
        (lambda r: wording.dates(["ab"]), ValueError, "pairs must hold what is written and a normal form"),
        (lambda r: interop.reorder(np.arange(4), "aabb", "abab"), ValueError, "name the same gates, each once"),
        (lambda r: interop.reorder(np.arange(4), "", ""), ValueError, "name the same gates, each once"),
        (lambda r: networks.quantized("x"), ValueError, "name must be one of 'characters'"),
        (lambda r: networks.untrained("x", r), ValueError, "name must be one of 'characters'"),
        (lambda r: speech.tracks(3), TypeError, "phones must be a str, got int"),
        (lambda r: speech.tracks("s", None), TypeError, "voice must be a Voice, got NoneType"),
        (lambda r: speech.tracks("s", speech.Voice(tract=0)), ValueError, "voice.tract must be positive, got 0"),
        (lambda r: speech.batch(speech.corpus("validation")[:1], [9]), ValueError, "levels must lie between 0 and"),
        (lambda r: speech.batch(speech.corpus("validation")[:1], [-1]), ValueError, "levels must lie between 0 and"),
        (
            lambda r: speech.word_error_rate([1, 2], [1, 2]),
            TypeError,
            r"heard\[0\] must be a Sequence or ndarray, got int",
        ),
    ],
)
def test_what_came_from_elsewhere_is_named(use, error, message, rng):
    with pytest.raises(error, match=message):
        use(rng)


def trained(model, **options):
    batch = Batch(np.zeros((T, B, D), np.float32), np.zeros((T, B, 1), np.float32))
    return fit(model, mean_squared_error, SGD(0.1), lambda: batch, steps=1, **options)


def test_small_integers_of_numpy_are_said_in_words_and_lists_are_reordered():
    assert wording.in_words(np.int8(100)) == ["one", "hundred"] == wording.in_words(np.uint8(100))
    assert interop.reorder([1, 2], "ab", "ba").tolist() == [2, 1]
