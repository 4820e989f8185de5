"""Arrays of the wrong rank or kind, and batches of nothing: the right answer, or an error that names the argument."""

import numpy as np
import pytest
from kinds import KINDS, random_cell

from rnnbook import (
    LSTM,
    RNN,
    SGD,
    Adam,
    Attention,
    Batch,
    Checkpointed,
    Dense,
    Embedding,
    EncoderDecoder,
    MixtureDensity,
    Model,
    Monitor,
    SelfAttention,
    Stack,
    Update,
    central_difference,
    check_gradients,
    compiled,
    complex_step,
    fit,
    mean_squared_error,
    plots,
    softmax_cross_entropy,
    speech,
)
from rnnbook.checking import diagnostics

T, B, D, H = 4, 3, 2, 4
X, IDS = np.ones((T, B, D)), np.ones((T, B), int)


def lstm(rng, inputs=D):
    return LSTM(inputs, H, rng=rng, dtype=np.float64)


def pair(rng, attention=True):
    reads = Attention(H, H, kind="additive", rng=rng) if attention else None
    out = Dense(2 * H if attention else H, 3, rng=rng)
    return EncoderDecoder(lstm(rng), lstm(rng), out, Embedding(3, D, rng=rng), Embedding(3, D, rng=rng), reads)


def one_answer(layer):
    return Model(layer, Dense(layer.output_size, 1, rng=np.random.default_rng(0), dtype=np.float64))


def decoded(rng, attention=True, **wrong):
    given = {"decoder_input": IDS, "keys": np.ones((T, B, H)), "state": None, "lengths": None} | wrong
    return pair(rng, attention).decode(*given.values())


def dropping(rng):
    return Stack([lstm(rng), lstm(rng, H)], dropout=0.5)


@pytest.mark.parametrize(
    ("use", "error", "message"),
    [
        (
            lambda r: dropping(r).dropout_masks(np.ones(3), r),
            ValueError,
            r"x must have shape \(T, B, ...\), got \(3,\)",
        ),
        (lambda r: Model(lstm(r), Dense(H, 1, rng=r), dropout=0.5).dropout_masks(1.0, r), ValueError, "x must have sh"),
        (lambda r: dropping(r).backward([[1], [1, 2]]), RuntimeError, "forward call first"),
        (
            lambda r: SelfAttention(D, H, rng=r)(X, np.ones(3)),
            ValueError,
            "state must be .* SelfAttention has no state",
        ),
        (lambda r: Stack([Dense(D, D, rng=r)])(X, (3,)), ValueError, r"state\[0\] must be \(\), since a Dense has no"),
        (
            lambda r: Stack([Checkpointed(lstm(r))])(X, (3,)),
            ValueError,
            r"state\[0\] must be a tuple \(h, c\), got int",
        ),
        (lambda r: decoded(r, decoder_input=IDS[0]), ValueError, r"decoder_input must have shape \(T, B\) = \(any, 3"),
        (lambda r: decoded(r, decoder_input=IDS[:0]), ValueError, "decoder_input must have at least one time step"),
        (lambda r: decoded(r, decoder_input=IDS * 1.0), TypeError, "decoder_input must be integers, got dtype float64"),
        (lambda r: decoded(r, state=(1, 2)), TypeError, r"state\[0\] \(h\) must hold floating-point numbers"),
        (lambda r: decoded(r, False, keys=np.ones((T, B, 1))), ValueError, r"keys must have shape \(S, B, E\)"),
        (lambda r: decoded(r, False, lengths=["a"] * B), TypeError, "lengths must be integers, got dtype <U1"),
        (lambda r: softmax_cross_entropy(X, np.full((T, B), "a")), TypeError, "labels must be integers, got dtype <U1"),
        (lambda r: softmax_cross_entropy(X, IDS > 0, IDS), TypeError, "labels must be integers, got dtype bool"),
        (lambda r: MixtureDensity(1).parts(X, None), TypeError, "K must be an integer, got None"),
        (lambda r: Adam(0.1).update({"w": np.ones(1)}, {3: np.ones(1)}), ValueError, "only one of them has 3, w"),
        (
            lambda r: Adam(0.1).update({"w": np.ones(2)}, {"w": [[1], [1, 2]]}),
            ValueError,
            r"grads\['w'\] must be an ar",
        ),
        (lambda r: check_gradients(lstm(r), X * 1j, rng=r), TypeError, "x must hold real floating-point numbers"),
        (lambda r: check_gradients(lstm(r), [[1], [1, 2]], rng=r), ValueError, "x must be an array, got lists"),
        (
            lambda r: check_gradients(pair(r), 3, rng=r),
            ValueError,
            "x must be a pair, source and decoder_input, got int",
        ),
        (lambda r: complex_step(np.sum, "a"), TypeError, "array must hold numbers, got dtype <U1"),
        (lambda r: complex_step(np.sum, np.ones(2) * 1j), TypeError, "array must hold numbers, got dtype complex128"),
        (lambda r: central_difference(np.sum, {}), TypeError, "array must hold numbers, got dtype object"),
        (lambda r: speech.tracks("s", lengths="a"), TypeError, "lengths must hold numbers, got dtype <U1"),
        (lambda r: speech.log_mel(np.ones(4000) * 1j), TypeError, "sound must hold real floating-point numbers"),
        (lambda r: speech.mel_bands(None, 200), TypeError, "bands must be an integer, got None"),
        (lambda r: speech.batch([3], [0]), TypeError, r"strings\[0\] must be as from `strings`, got 3"),
        (lambda r: speech.batch([], [0]), ValueError, "levels must be 0, one for each of strings, got 1"),
        (lambda r: plots.coloured_text(None, "ab", np.ones(3)), ValueError, "values must be 2, one for each character"),
        (lambda r: plots.coloured_text(None, "ab", ["a", "b"]), TypeError, "values must hold numbers, got dtype <U1"),
        (lambda r: plots.gates_over_time(lstm(r), X[:, :0]), ValueError, "sequence must be an index below 0"),
    ],
)
def test_an_array_of_the_wrong_rank_or_kind_is_named(use, error, message, rng):
    with pytest.raises(error, match=message):
        use(rng)


def test_a_decoder_that_is_refused_has_not_run(rng):
    model = pair(rng)
    model((IDS, IDS))
    model.backward(np.ones((T, B, 3)))
    grads = {name: g.copy() for name, g in model.grads.items()}
    with pytest.raises(ValueError, match="lengths must lie between 1 and T = 4"):
        model.decode(IDS[:1], np.ones((T, B, H)), None, [9, 9, 9])
    model.backward(np.ones((T, B, 3)))  # still that of the call before
    assert all((model.grads[name] == g).all() for name, g in grads.items())


@pytest.mark.parametrize("kind", KINDS)
def test_a_batch_of_no_sequence_has_as_many_jacobians(kind, rng):
    cell = random_cell(kind, D, H, rng)
    cell(X)
    shapes = {name: getattr(diagnostics, name)(cell).shape for name in ("step_jacobians", "singular_values")}
    paths = {name: J.shape for name, J in diagnostics.path_jacobians(cell).items()}
    cell(X[:, :0])
    for name, (steps, _, *states) in shapes.items():
        assert getattr(diagnostics, name)(cell).shape == (steps, 0, *states)
    assert {n: J.shape for n, J in diagnostics.path_jacobians(cell).items()} == {
        n: (T, 0, *s[2:]) for n, s in paths.items()
    }
    assert diagnostics.gradient_norms(cell).shape == (T + 1, 0)
    assert diagnostics.gradient_norms(cell, np.ones((2, 0, H))).shape == (T + 1, 2, 0)
    assert all(s.shape == (T + 1, 0) for s in diagnostics.path_shares(cell, np.ones((0, H))).values())
    assert diagnostics.lyapunov_exponents(cell).shape == (0, shapes["singular_values"][-1])
    if cell.gates:
        with pytest.raises(ValueError, match="cell must be called on at least one sequence"):
            diagnostics.gate_statistics(cell)
    cell(X)
    with pytest.raises(TypeError, match="dh must hold real floating-point numbers, got dtype complex128"):
        diagnostics.gradient_norms(cell, np.ones((B, H)) * 1j)


@pytest.mark.parametrize("differentiate", [complex_step, central_difference])
def test_what_is_no_scalar_is_not_differentiated(differentiate):
    for loss in (
        lambda a: a,
        lambda a: a.sum(keepdims=True),
        lambda a: None,
        lambda a: "a",
        lambda a: (a.sum(), a.sum()),
    ):
        with pytest.raises(ValueError, match="loss must return a single number, got dtype"):
            differentiate(loss, np.ones(2))
    assert np.allclose(differentiate(lambda a: (a**3).sum(), [1, 2]), [3, 12])  # integers and lists will do
    assert differentiate(lambda a: a, np.ones(0)).shape == (0,)


def test_a_batch_whose_input_has_one_axis_is_named():
    model = one_answer(RNN(D, H, rng=np.random.default_rng(0)))
    bad = Batch(np.ones(T), np.ones((T, 1, 1)), lengths=np.array([T]))
    for batch, monitor in ((bad, None), (Batch(X, np.ones((T, B, 1))), Monitor(validation=bad))):
        with pytest.raises(ValueError, match=r"x must have shape \(T, B, ...\), got \(4,\)"):
            fit(model, mean_squared_error, SGD(0.1), lambda batch=batch: batch, steps=1, monitor=monitor)


@pytest.mark.parametrize("is_compiled", [False, True])
def test_an_update_that_fails_draws_nothing_from_the_generator(is_compiled):
    if is_compiled:
        pytest.importorskip("jax")
    drawn, untouched = np.random.default_rng(5), np.random.default_rng(5)
    model, optimiser = one_answer(dropping(np.random.default_rng(0))), SGD(0.1)
    before = {name: p.copy() for name, p in model.params.items()}
    with pytest.raises(ValueError, match="target must have shape"):
        batch = Batch(X, np.ones((T, B, 2)))
        fit(
            model, mean_squared_error, optimiser, lambda: batch, steps=1, update=Update(rng=drawn), compiled=is_compiled
        )
    assert drawn.random() == untouched.random()
    assert optimiser.state == {"t": 0} and all((model.params[name] == p).all() for name, p in before.items())


def test_a_compiled_layer_takes_no_sequence_and_says_what_it_does_not_take(rng):
    pytest.importorskip("jax")
    cell, model = lstm(rng), one_answer(lstm(rng))
    fast, state = compiled(model), (np.ones((B, H)),) * 2
    for wrong in ({"state": state}, {"state": None}):
        with pytest.raises(TypeError, match=r"state must be left out, .* call model.forward\(x, state, lengths\), or"):
            fast(X, **wrong)
    y, _ = model.forward(X, state)  # what the error says to do
    assert np.allclose(model.readout(compiled(model.recurrent)(X, state)[0]), y, atol=1e-12)
    for positional, named, message in (
        ((None,) * 3, {}, "too many positional arguments"),
        ((), {"many": 1}, "unexpected keyword argument 'many'"),
        (([T] * B,), {"lengths": [T] * B}, "multiple values for argument 'lengths'"),
    ):
        with pytest.raises(TypeError, match=message):
            fast(X, *positional, **named)
    fast(X)
    with pytest.raises(TypeError, match="dstate must be left out, a Model gives back no state"):
        fast.backward(np.ones((T, B, 1)), state)
    with pytest.raises(TypeError, match="dhs must hold real floating-point numbers, got dtype complex128"):
        fast.backward(np.ones((T, B, 1)) * 1j)
    for layer, width in ((cell, H), (model, 1)):
        out = compiled(layer)(X[:, :0])
        assert (out if layer is model else out[0]).shape == (T, 0, width)


class Counted:
    """A layer of one's own, whose state is that of the cell it holds, and a count."""

    def __init__(self, cell):
        self.cell, self.params, self.grads = cell, cell.params, cell.grads
        self.input_size, self.output_size, self.backward = cell.input_size, cell.output_size, cell.backward

    def __call__(self, x, state=None, lengths=None):
        count, inner = (0, None) if state is None else state
        hs, inner = self.cell(x, inner)
        return hs, (count + len(x), inner)


def test_a_stack_leaves_the_state_of_ones_own_layer_alone_and_takes_states_as_lists():
    rng = np.random.default_rng(0)
    x, made = rng.normal(size=(4, 2, 3)), {"rng": rng, "dtype": np.float64}
    layer = Stack([Counted(LSTM(3, 3, **made))])
    (_, (once,)), (whole, _) = layer(x), layer(np.concatenate([x, x]))
    again, ((count, _),) = layer(x, (once,))
    assert count == 8 and np.allclose(again, whole[4:])
    layer = Stack([LSTM(3, 4, **made), SelfAttention(4, 4, **made)])
    _, (state, nothing) = layer(x)
    assert nothing == () and np.array_equal(layer(x, (state, ()))[0], layer(x, [list(state), []])[0])


@pytest.mark.parametrize("choice", [{"sequence": 2}, {"unit": 4}, {"sequence": -1}, {"unit": None}])
def test_a_picture_of_gates_says_which_sequences_and_units_there_are(choice):
    (name,) = choice
    with pytest.raises(ValueError, match=f"{name} must be an index below"):
        plots.gates_over_time(LSTM(3, 4, rng=np.random.default_rng(0)), np.ones((4, 2, 3)), **choice)
