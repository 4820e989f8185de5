"""Layers at the edge: wrong order, wrong generators, dtypes, NaN behind lengths, ties, empty batches, files."""

import re

import numpy as np
import pytest
from kinds import KINDS, random_cell

import rnnbook
from rnnbook import (
    GRU,
    LSTM,
    Attention,
    Bidirectional,
    Checkpointed,
    Dense,
    Embedding,
    EncoderDecoder,
    MinGRU,
    MinLSTM,
    Model,
    SelfAttention,
    Stack,
    TiedReadout,
    check,
    check_gradients,
    compiled,
    diagnostics,
    load,
    save,
)

T, B, D, H, K = 5, 3, 2, 4, 3
jax = check.optional("jax")
POOLS = (None, "last", "mean", "max")


def layers(rng, dtype):
    made = {"rng": rng, "dtype": dtype}
    cells = {kind: random_cell(kind, D, H, rng, dtype) for kind in KINDS}
    cells |= {"MinGRU": MinGRU(D, H, **made), "MinLSTM": MinLSTM(D, H, **made)}
    return cells | {
        "Stack": Stack([LSTM(D, H, **made), Bidirectional(GRU(H, 2, **made), GRU(H, 2, **made))]),
        "Bidirectional": Bidirectional(LSTM(D, H, **made), GRU(D, H, **made)),
        "Dense below": Stack([Dense(D, H, **made), LSTM(H, H, **made)]),
        "Dense above": Bidirectional(Stack([LSTM(D, H, **made), Dense(H, H, **made)]), GRU(D, H, **made)),
    }


NAMES = list(layers(np.random.default_rng(0), np.float64))


def test_backward_before_a_call_says_what_is_missing(rng):
    made = {"rng": rng}
    table = Embedding(5, H, **made)
    early = [
        *layers(rng, np.float32).values(),
        Dense(D, K, **made),
        table,
        TiedReadout(table),
        Model(LSTM(D, H, **made), Dense(H, K, **made), pool="max"),
        Model(LSTM(H, H, **made), TiedReadout(table), table),
    ]
    for layer in early:
        with pytest.raises(RuntimeError, match="backward needs a forward call first: "):
            layer.backward(np.zeros((T, B, K)))


@pytest.mark.parametrize(
    "use",
    [
        lambda bad, rng: Dense(D, K, rng=bad),
        lambda bad, rng: Embedding(D, K, rng=bad),
        lambda bad, rng: Stack([LSTM(D, H, rng=rng), LSTM(H, H, rng=rng)])(np.zeros((T, B, D)), rng=bad),
        lambda bad, rng: Model(LSTM(D, H, rng=rng), Dense(H, K, rng=rng)).forward(np.zeros((T, B, D)), rng=bad),
        lambda bad, rng: check_gradients(LSTM(D, H, rng=rng), np.zeros((T, B, D)), rng=bad),
    ],
)
@pytest.mark.parametrize("bad", [0, np.random.RandomState(0), "seed"])
def test_a_generator_is_asked_for_by_name(use, bad, rng):
    with pytest.raises(TypeError, match=r"rng must be a numpy.random.Generator, got (int|RandomState|str)"):
        use(bad, rng)


@pytest.mark.parametrize("kind", [Dense, Embedding, LSTM])
def test_parameters_are_float32_or_float64(kind, rng):
    for dtype, error in ((np.float16, ValueError), (int, ValueError), (complex, ValueError), ("text", TypeError)):
        with pytest.raises(error, match="dtype must be"):
            kind(D, K, rng=rng, dtype=dtype)


@pytest.mark.parametrize("name", NAMES)
def test_float32_stays_float32_in_values_and_gradients(name, rng):
    layer = layers(rng, np.float32)[name]
    for lengths in (None, [T, 1, 2]):
        hs, state = layer(rng.normal(size=(T, B, D)).astype(np.float32), None, lengths)
        dx, dstate = layer.backward(np.ones_like(hs))
        leaves = rnnbook.checking.gradients._leaves
        arrays = [hs, dx, *leaves(state), *leaves(dstate), *layer.grads.values()]
        assert {a.dtype for a in arrays} == {np.dtype(np.float32)}
        assert {n: g.shape for n, g in layer.grads.items()} == {n: p.shape for n, p in layer.params.items()}


@pytest.mark.parametrize("pool", POOLS)
def test_a_model_in_float32_stays_there(pool, rng):
    table = Embedding(K, H, rng=rng)
    for readout in (TiedReadout(table), Dense(H, K, rng=rng)):
        model = Model(
            Stack([GRU(H, H, rng=rng), GRU(H, H, rng=rng)], dropout=0.5), readout, table, pool=pool, dropout=0.5
        )
        y, _ = model.forward(rng.integers(K, size=(T, B)).astype(np.uint8), None, [T, 1, 2], rng=rng)
        model.backward(np.ones_like(y))
        assert {a.dtype for a in (y, *model.grads.values())} == {np.dtype(np.float32)}


@pytest.mark.parametrize("name", NAMES)
def test_what_lies_behind_a_sequence_never_comes_through(name, rng):
    layer, lengths = layers(rng, np.float64)[name], np.array([T, 1, 3], np.uint64)
    x, dhs = rng.normal(size=(T, B, D)), rng.normal(size=(T, B, layer.output_size))
    behind = np.arange(T)[:, None] >= np.array([T, 1, 3])
    results = []
    for rubbish in (0.0, np.nan, np.inf, 1e300):
        x[behind], dhs[behind] = rubbish, rubbish
        hs, state = layer(x, None, lengths)
        dx, _ = layer.backward(dhs)
        results.append([hs, *rnnbook.checking.gradients._leaves(state), dx, *layer.grads.values()])
    for other in results[1:]:
        assert all(np.array_equal(a, b) for a, b in zip(results[0], other, strict=True))
    assert not results[0][0][behind].any()  # the outputs


@pytest.mark.parametrize("pool", ["last", "mean", "max"])
def test_a_pooled_model_reads_each_sequence_as_if_it_were_alone(pool, rng):
    made = {"rng": rng, "dtype": np.float64}
    model = Model(Bidirectional(LSTM(D, H, **made), LSTM(D, H, **made)), Dense(2 * H, K, **made), pool=pool)
    x, lengths = rng.normal(size=(T, B, D)), [T, 1, 3]
    alone = np.concatenate([model(x[:n, b : b + 1]) for b, n in enumerate(lengths)], axis=1)
    x[np.arange(T)[:, None] >= np.array(lengths)] = np.nan
    np.testing.assert_allclose(model(x, lengths), alone, rtol=0, atol=1e-12)
    dx = model.backward(np.ones((1, B, K)))
    assert all(np.isfinite(a).all() for a in (dx, *model.grads.values()))


def test_the_largest_of_equals_is_the_first_and_alone_gets_the_gradient(rng):
    hs = np.zeros((T, 1, H))
    weights = rnnbook.layers.pooling_weights("max", hs, np.array([3]))
    np.testing.assert_array_equal(weights[:, 0, 0], [1, 0, 0, 0, 0])


@pytest.mark.parametrize("name", NAMES)
def test_no_sequences_no_steps_and_one_of_each(name, rng):
    layer = layers(rng, np.float64)[name]
    hs, _ = layer(np.zeros((T, 0, D)))
    dx, _ = layer.backward(hs)
    assert hs.shape == (T, 0, layer.output_size) and dx.shape == (T, 0, D)
    assert all(not g.any() and g.shape == layer.params[n].shape for n, g in layer.grads.items())
    assert layer(np.zeros((1, 1, D)), None, [1])[0].shape == (1, 1, layer.output_size)
    with pytest.raises(ValueError, match="x must have at least one time step, got T = 0"):
        layer(np.zeros((0, B, D)))
    with pytest.raises(ValueError, match="x must hold at least one sequence, got B = 0"):
        check_gradients(layer, np.zeros((T, 0, D)), rng=rng)


@pytest.mark.parametrize("name", NAMES)
def test_a_bad_call_leaves_the_last_good_one_for_backward(name, rng):
    layer = layers(rng, np.float64)[name]
    x, dhs = rng.normal(size=(T, B, D)), rng.normal(size=(T, B, layer.output_size))
    layer(x, None, [T, 1, 2])
    layer.backward(dhs)
    good = {n: g.copy() for n, g in layer.grads.items()}
    wrong = (np.zeros((B, H + 1)),)
    bad_states = [wrong * len(layer.states)] if hasattr(layer, "states") else [(None, wrong * 2), 3, (None,)]
    calls = [
        (x[..., :1],),
        (x, None, [T, 1, T + 1]),
        (x, None, [T]),
        (x, None, [1.0] * B),
        *((x, s) for s in bad_states),
    ]
    for call in calls:
        with pytest.raises((ValueError, TypeError), match=r"^(x|lengths|state)"):
            layer(*call)
        layer.backward(dhs)
        assert all((layer.grads[n] == g).all() for n, g in good.items())


def test_whole_models_without_a_step_name_what_has_none_and_keep_the_call_before(rng):
    made = {"rng": rng, "dtype": np.float64}
    model = Model(LSTM(D, H, **made), Dense(H, K, **made), Embedding(K, D, **made))
    parts = LSTM(D, H, **made), LSTM(D, H, **made), Dense(2 * H, K, **made), Embedding(K, D, **made)
    both = EncoderDecoder(*parts, Embedding(K, D, **made), Attention(H, H, kind="additive", **made))
    some, none, dy = rng.integers(0, K, (T, B)), np.zeros((0, B), int), rng.normal(size=(T, B, K))
    calls = [(model, some, none, "ids"), (both, (some, some), (none, some), "source")]
    for layer, good, bad, name in [*calls, (both, (some, some), (some, none), "decoder_input")]:
        layer(good)
        layer.backward(dy)
        grads = {n: g.copy() for n, g in layer.grads.items()}
        with pytest.raises(ValueError, match=f"^{name} must have at least one time step"):
            layer(bad)
        layer.backward(dy)
        assert all((layer.grads[n] == g).all() for n, g in grads.items())
    with pytest.raises(TypeError, match="keys must hold floating-point numbers"):
        both.decode(some, None, None)


def test_a_parameter_of_another_shape_is_named(rng):
    cell, dense, embedding = LSTM(D, H, rng=rng), Dense(D, K, rng=rng), Embedding(K, D, rng=rng)
    for layer, name, x in ((cell, "W_h", np.zeros((T, B, D))), (dense, "b", np.zeros((T, D))), (embedding, "W", [[0]])):
        shape = layer.params[name].shape
        layer.params[name] = np.zeros((7, 7))
        message = re.escape(f"params['{name}'] must have shape {shape}, got (7, 7)")
        with pytest.raises(ValueError, match=message):
            layer(x)
        del layer.params[name]
        with pytest.raises(ValueError, match=re.escape(f"params must hold '{name}' of shape {shape}")):
            layer(x)


def test_a_wrong_parameter_of_a_part_is_named_before_any_part_runs(rng):
    made = {"rng": rng}
    x, ids = np.zeros((T, B, D), np.float32), np.zeros((T, B), int)
    model = Model(
        Stack([LSTM(D, H, **made), SelfAttention(H, H, **made)]), Dense(H, K, **made), Embedding(K, D, **made)
    )
    parts = LSTM(D, H, **made), LSTM(D, H, **made), Dense(2 * H, K, **made), Embedding(K, D, **made)
    pair = EncoderDecoder(*parts, attention=Attention(H, H, kind="additive", **made))
    stack = Stack([Bidirectional(GRU(D, 2, **made), Checkpointed(GRU(D, 2, **made))), Dense(H, K, **made)])
    calls = [(model, ids, n) for n in ("readout.b", "embedding.W", "recurrent.1.W_1")]
    calls += [(pair, (x, ids), n) for n in ("attention.v", "decoder.W_h", "readout.W", "target.W")]
    calls += [(stack, x, n) for n in ("0.backward_cell.W_x", "1.b")]
    for layer, given, name in calls:
        part, last = layer, name.rpartition(".")[2]
        for step in name.split(".")[:-1]:
            part = part.parts[step]
        whole = part.params[last]
        part.params[last] = np.zeros((7, 7))
        for run in (layer, compiled(layer)) if layer is model and jax else (layer,):
            with pytest.raises(
                ValueError, match=re.escape(f"params['{name}'] must have shape {whole.shape}, got (7, 7)")
            ):
                run(given)
        part.params[last] = whole
        cell = layer.parts.get("encoder") or layer.parts.get("0") or layer.recurrent.parts["0"]
        cell = getattr(cell, "forward_cell", cell)
        assert not hasattr(cell, "h_prev"), "the first part ran"


def test_parts_that_do_not_fit_are_refused_at_once(rng):
    cell, table = LSTM(D, D, rng=rng), Embedding(K, D, rng=rng)
    for call, message in (
        (lambda: Model(cell, Dense(D + 1, K, rng=rng)), "readout must take the 2 outputs of recurrent, it takes 3"),
        (lambda: Model(cell, Dense(D, K, rng=rng), Embedding(K, 9, rng=rng)), "embedding must give the 2 inputs"),
        (
            lambda: Model(cell, TiedReadout(table), Embedding(9, D, rng=rng)),
            "embedding must be the one whose table readout shares",
        ),
        # a cell keeps one call: twice in a stack its gradients would silently be wrong
        (lambda: Stack([cell, cell]), "cells must be different objects, got the same one twice"),
        (lambda: Bidirectional(cell, cell), "forward_cell and backward_cell must be different objects"),
    ):
        with pytest.raises(ValueError, match=message):
            call()
    with pytest.raises(TypeError, match="embedding must be an Embedding, got Dense"):
        TiedReadout(Dense(D, K, rng=rng))


@pytest.mark.parametrize("pool", POOLS)
@pytest.mark.parametrize("kind", ["numbers", "ids", "tied"])
def test_the_gradients_of_a_model_are_checked(pool, kind, rng):
    made = {"rng": rng}
    recurrent = Stack([LSTM(D, 2, **made), Bidirectional(GRU(2, 1, **made), GRU(2, 1, **made))])
    table = None if kind == "numbers" else Embedding(K, D, **made)
    readout = TiedReadout(table) if kind == "tied" else Dense(D, K, **made)
    model = Model(recurrent, readout, table, pool=pool)
    x = rng.normal(size=(T, B, D)) if table is None else rng.integers(K, size=(T, B))
    before = {name: p.copy() for name, p in model.params.items()}
    report = check_gradients(model, x, rng=rng, lengths=[T, 1, 3])
    assert report.worst < 1e-10, report
    assert {c.name for c in report.checks} == {*model.params, *(["x"] if table is None else [])}
    assert all((model.params[name] == p).all() and p.dtype == np.float32 for name, p in before.items())


@pytest.mark.parametrize("attends", [False, True])
@pytest.mark.parametrize("ids", [False, True])
def test_the_gradients_of_an_encoder_decoder_are_checked(attends, ids, rng):
    made = {"rng": rng}
    attention = Attention(H, H, kind="additive", **made) if attends else None
    source = Embedding(K, D, **made) if ids else None
    readout = Dense(2 * H if attends else H, K, **made)
    model = EncoderDecoder(LSTM(D, H, **made), LSTM(D, H, **made), readout, Embedding(K, D, **made), source, attention)
    read = rng.integers(K, size=(T, B)) if ids else rng.normal(size=(T, B, D))
    report = check_gradients(model, (read, rng.integers(K, size=(4, B))), rng=rng, lengths=[T, 2, 3])
    assert report.worst < 1e-10, report
    assert len(report.checks) == len(model.params) + (not ids)


def test_a_wrong_gradient_of_nan_is_not_overlooked(rng):
    class Wrong(LSTM):
        def weight_grads(self, da):
            return super().weight_grads(da) | {"b": np.full(4 * self.hidden_size, np.nan)}

    assert np.isnan(check_gradients(Wrong(D, H, rng=rng), np.zeros((T, B, D)), rng=rng).worst)


def test_what_has_no_states_is_refused_by_name(rng):
    with pytest.raises(
        TypeError, match="layer must be a Cell, Stack, Bidirectional, Model or EncoderDecoder, got Dense"
    ):
        check_gradients(Dense(D, K, rng=rng), np.zeros((T, B, D)), rng=rng)


@pytest.mark.parametrize("name", [*NAMES, "Dense", "Embedding", "Model"])
def test_every_layer_is_saved_and_loaded_to_the_bit(name, rng, tmp_path):
    def make(rng):
        others = {
            "Dense": Dense(D, K, rng=rng),
            "Embedding": Embedding(D, K, rng=rng),
            "Model": Model(LSTM(D, D, rng=rng), TiedReadout(table := Embedding(K, D, rng=rng)), table),
        }
        return (layers(rng, np.float32) | others)[name]

    one, two = make(np.random.default_rng(1)), make(np.random.default_rng(2))
    save(tmp_path / "layer.npz", one)
    load(tmp_path / "layer.npz", two)
    assert one.params.keys() == two.params.keys()
    assert all(np.array_equal(one.params[n], p) and p.dtype == np.float32 for n, p in two.params.items())


def test_only_what_has_parameters_is_saved(tmp_path):
    for use in (save, load):
        with pytest.raises(TypeError, match="layer must have params, a dict of arrays, got int"):
            use(tmp_path / "layer.npz", 3)


def test_a_dense_layer_may_stand_between_cells():
    rng = np.random.default_rng(0)
    made = {"rng": rng, "dtype": np.float64}
    stack = Stack([LSTM(3, 4, **made), Dense(4, 5, **made), GRU(5, 2, **made)])
    x = rng.normal(size=(5, 3, 3))
    report = check_gradients(stack, x, rng=rng, lengths=np.array([5, 2, 4]))
    assert report.worst < 1e-12 and "1.W" in {one.name for one in report.checks}
    hs, state = stack(x)
    assert hs.shape == (5, 3, 2) and state[1] == ()


def test_a_layer_that_stands_in_two_places_is_found_at_any_depth():
    made = {"rng": np.random.default_rng(0)}
    c, d, e = LSTM(3, 3, **made), LSTM(3, 3, **made), LSTM(6, 3, **made)
    with pytest.raises(ValueError, match="cells must be different objects"):
        Stack([Bidirectional(c, d), Stack([e, c])])
    table = Embedding(5, 3, **made)
    with pytest.raises(ValueError, match="the parts must be different objects"):
        EncoderDecoder(c, d, Dense(3, 5, **made), table, table)
    with pytest.raises(ValueError, match="embedding must be the one whose table readout shares"):
        Model(c, TiedReadout(table), Embedding(5, 3, **made))


@pytest.mark.parametrize("wrong", [3, None, LSTM, TiedReadout])
def test_what_is_no_layer_is_named(wrong):
    with pytest.raises(TypeError, match=r"cells\[0\] must be a layer, as a Cell or a Stack, got"):
        Stack([wrong])
    with pytest.raises(TypeError, match="forward_cell must be a layer"):
        Bidirectional(wrong, wrong)
    with pytest.raises(TypeError, match="cells must be a sequence of layers, got LSTM"):
        Stack(LSTM(1, 1, rng=np.random.default_rng(0)))


def test_gates_behind_a_sequences_end_are_not_counted():
    rng = np.random.default_rng(0)
    cell, x = LSTM(2, 3, rng=rng, dtype=np.float64), rng.normal(size=(6, 1, 2))
    cell(x[:2])
    alone = diagnostics.gate_statistics(cell)
    cell(x, lengths=np.array([2]))
    assert diagnostics.gate_statistics(cell) == alone


def test_a_file_that_is_refused_leaves_the_old_one(tmp_path):
    cell = LSTM(1, 1, rng=np.random.default_rng(0))
    save(tmp_path / "cell.npz", cell)
    before = (tmp_path / "cell.npz").read_bytes()
    cell.params["b"] = np.array([None])
    with pytest.raises(ValueError, match="parameters must be arrays of numbers, not so b"):
        save(tmp_path / "cell.npz", cell)
    assert (tmp_path / "cell.npz").read_bytes() == before


def test_a_part_is_not_replaced_since_the_old_one_would_be_trained(rng):
    made = {"rng": rng, "dtype": np.float64}
    model = Model(LSTM(D, H, **made), Dense(H, K, **made))
    both = Bidirectional(LSTM(D, H, **made), LSTM(D, H, **made))
    table, source = Embedding(K, D, **made), Embedding(K, D, **made)
    pair = EncoderDecoder(LSTM(D, H, **made), LSTM(D, H, **made), Dense(H, K, **made), table)
    for layer, name, new in (
        (model, "readout", Dense(H, K, **made)),
        (model, "recurrent", LSTM(D, H, **made)),
        (model, "embedding", table),  # it had none
        (both, "forward_cell", LSTM(D, H, **made)),
        (pair, "encoder", LSTM(D, H, **made)),
        (pair, "source", source),
    ):
        old = getattr(layer, name)
        with pytest.raises(AttributeError, match=f"{name} cannot be replaced: make a {type(layer).__name__} of the"):
            setattr(layer, name, new)
        assert getattr(layer, name) is old
    with pytest.raises(TypeError, match="does not support item assignment"):
        Stack([LSTM(D, H, **made)]).cells[0] = LSTM(D, H, **made)
    # what the message asks for: the new readout learns, and the old one stays
    new, old = Dense(H, K, **made), model.readout
    before = [d.params["W"].copy() for d in (new, old)]
    batch = rnnbook.Batch(rng.normal(size=(T, B, D)), rng.normal(size=(T, B, K)))
    rnnbook.fit(Model(model.recurrent, new), rnnbook.mean_squared_error, rnnbook.SGD(0.1), lambda: batch, steps=2)
    assert (new.params["W"] != before[0]).all() and (old.params["W"] == before[1]).all()


@pytest.mark.parametrize("attends", [False, True])
def test_a_dense_encoder_ignores_what_lies_behind_a_sequence(attends, rng):
    made = {"rng": rng, "dtype": np.float64}
    attention = Attention(H, D, kind="additive", **made) if attends else None
    parts = LSTM(K, H, **made), Dense(H + D * attends, K, **made), Embedding(K, K, **made), None, attention
    model = EncoderDecoder(Dense(D, D, **made), *parts)
    for name in ("W", "b"):
        model.encoder.params[name][...] = rng.normal(size=model.encoder.params[name].shape)
    x, written, lengths = rng.normal(size=(T, B, D)), rng.integers(K, size=(2, B)), np.array([T, 1, 3])
    dy, found = rng.normal(size=(2, B, K)), []
    for rubbish in (0.0, np.nan):
        x[np.arange(T)[:, None] >= lengths] = rubbish
        y = model((x, written), lengths)
        found.append([y, model.backward(dy), *model.grads.values()])
    assert all(np.array_equal(a, b) for a, b in zip(*found, strict=True))
    # one sequence at a time, without padding
    alone = [model((x[:n, b : b + 1], written[:, b : b + 1])) for b, n in enumerate(lengths)]
    np.testing.assert_allclose(y, np.concatenate(alone, axis=1), rtol=1e-12)


@pytest.mark.skipif(jax is None, reason="needs JAX")
def test_a_compiled_dense_ignores_what_lies_behind_a_sequence(rng):
    layer, lengths = layers(rng, np.float64)["Dense above"], np.array([T, 1, 3])
    x, dhs = rng.normal(size=(T, B, D)), rng.normal(size=(T, B, 2 * H))
    x[np.arange(T)[:, None] >= lengths] = np.nan
    fast, (hs, _) = compiled(layer), layer(x, None, lengths)
    np.testing.assert_allclose(fast(x, None, lengths)[0], hs, rtol=1e-10, atol=1e-14)
    np.testing.assert_allclose(fast.backward(dhs)[0], layer.backward(dhs)[0], rtol=1e-10, atol=1e-14)
    for name, g in layer.grads.items():
        np.testing.assert_allclose(fast.grads[name], g, rtol=1e-10, atol=1e-13, err_msg=name)
