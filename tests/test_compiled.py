"""The compiled path against NumPy's, and both against JAX's own derivative, which knows no step_back."""

import sys

import numpy as np
import pytest
from kinds import KINDS, random_cell, random_state
from same import CLOSELY, same_params, same_training

from rnnbook import (
    GRU,
    LSTM,
    RNN,
    SGD,
    Adam,
    Batch,
    Bidirectional,
    Cell,
    Checkpointed,
    Dense,
    Embedding,
    Model,
    Monitor,
    RMSProp,
    SelfAttention,
    Stack,
    Update,
    compiled,
    fit,
    fit_many,
    join,
    mean_squared_error,
    softmax_cross_entropy,
    split,
    tasks,
)
from rnnbook.activations import d_sigmoid, d_tanh, sigmoid, tanh
from rnnbook.jax.scan import LayerSpec

jax = pytest.importorskip("jax")
T, B, D, H = 7, 4, 3, 5
LENGTHS = {"whole": None, "ragged": np.array([7, 1, 4, 6])}


def same(ours, theirs, tolerance=1e-10):
    for a, b in zip(jax.tree.leaves(ours), jax.tree.leaves(theirs), strict=True):
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)


def everything(layer, x, state, lengths, dhs, dstate):
    hs, final = layer(x, state, lengths)
    return hs, final, layer.backward(dhs, dstate), layer.grads


@pytest.mark.parametrize("lengths", LENGTHS)
@pytest.mark.parametrize("kind", KINDS)
def test_values_and_gradients_are_those_of_numpy(kind, lengths, rng):
    cell = random_cell(kind, D, H, rng)
    x, dhs = rng.normal(size=(T, B, D)), rng.normal(size=(T, B, H))
    arguments = x, random_state(cell, B, rng), LENGTHS[lengths], dhs, random_state(cell, B, rng)
    fast = compiled(cell)
    same(everything(fast, *arguments), everything(cell, *arguments))
    same(everything(fast, *arguments), everything(cell, *arguments))  # in the first call's memory


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_equal_those_that_jax_finds_in_step_alone(kind, rng):
    cell = random_cell(kind, D, H, rng)
    x, dhs = rng.normal(size=(T, B, D)), rng.normal(size=(T, B, H))
    state, dstate = random_state(cell, B, rng), random_state(cell, B, rng)
    numbers = cell.params

    def loss(params, x, state):
        cell.params, total = params, 0.0
        for t in range(T):
            state, _ = cell.step(x[t] @ params["W_x"] + params["b"], state)
            total += (state[0] * dhs[t]).sum()
        return total + sum((s * d).sum() for s, d in zip(state, dstate, strict=True))

    try:
        with jax.enable_x64(True):
            grads, dx, dstate0 = jax.grad(loss, (0, 1, 2))(numbers, x, state)
    finally:
        cell.params = numbers
    for layer in (cell, compiled(cell)):
        _, _, (our_dx, our_dstate0), our_grads = everything(layer, x, state, None, dhs, dstate)
        same((our_grads, our_dx, our_dstate0), (grads, dx, dstate0))


def layers(rng):
    made = {"rng": rng, "dtype": np.float64}
    return {
        "stack": Stack([LSTM(D, 4, **made), GRU(4, H, reset="before", **made)]),
        "both directions": Bidirectional(LSTM(D, 2, **made), RNN(D, 3, **made)),
        "attention": Stack([LSTM(D, 4, **made), SelfAttention(4, 4, **made), Dense(4, H, **made)]),
        "nested": Stack([Bidirectional(GRU(D, 2, **made), GRU(D, 2, **made)), LSTM(4, H, **made)]),
    }


@pytest.mark.parametrize("lengths", LENGTHS)
@pytest.mark.parametrize("name", layers(np.random.default_rng(0)))
def test_stacks_and_directions_are_those_of_numpy(name, lengths, rng):
    layer = layers(rng)[name]
    x, dhs = rng.normal(size=(T, B, D)), rng.normal(size=(T, B, H))
    _, zero = layer(x)
    state, dstate = (jax.tree.map(lambda s: rng.normal(size=s.shape), zero) for _ in range(2))
    arguments = x, state, LENGTHS[lengths], dhs, dstate
    same(everything(compiled(layer), *arguments), everything(layer, *arguments))


def test_a_part_that_cannot_be_compiled_is_named(rng):
    layer = Stack([Checkpointed(LSTM(D, H, rng=rng)), Dense(H, 2, rng=rng)])
    with pytest.raises(TypeError, match="layer must have no Checkpointed part to be compiled: put the cell itself"):
        compiled(layer)


def test_dropout_draws_the_same_masks(rng):
    stack = Stack([LSTM(D, 4, rng=rng), LSTM(4, H, rng=rng)], dropout=0.5)
    x, dhs = rng.normal(size=(T, B, D)), rng.normal(size=(T, B, H))
    fast = compiled(stack)
    ours, theirs = (layer(x, rng=np.random.default_rng(1))[0] for layer in (fast, stack))
    same(ours, theirs)
    same(fast.backward(dhs), stack.backward(dhs))
    assert np.abs(ours - stack(x)[0]).max() > 1e-3


@pytest.mark.parametrize("lengths", LENGTHS)
@pytest.mark.parametrize("embedded", [False, True])
def test_a_model_is_that_of_numpy(embedded, lengths, rng):
    made = {"rng": rng, "dtype": np.float64}
    model = Model(GRU(D, H, **made), Dense(H, 2, **made), Embedding(6, D, **made) if embedded else None)
    x = rng.integers(0, 6, (T, B)) if embedded else rng.normal(size=(T, B, D))
    dy, fast = rng.normal(size=(T, B, 2)), compiled(model)
    same(fast(x, LENGTHS[lengths]), model(x, LENGTHS[lengths]))
    dx, fast_dx = model.backward(dy), fast.backward(dy)
    same(fast.grads, model.grads)
    assert (dx is None and fast_dx is None) if embedded else np.allclose(dx, fast_dx, atol=1e-12)


def test_float32_stays_float32_and_parameters_are_shared(rng):
    cell = LSTM(D, H, rng=rng)
    x = rng.normal(size=(T, B, D)).astype(np.float32)
    fast = compiled(cell)
    hs, _ = fast(x)
    dx, _ = fast.backward(np.ones_like(hs))
    assert {a.dtype for a in (hs, dx, *fast.grads.values())} == {np.dtype(np.float32)}
    cell.params["W_h"] *= 2
    np.testing.assert_allclose(fast(x)[0], cell(x)[0], atol=1e-6)
    assert not np.allclose(hs, fast(x)[0], atol=1e-3)


def test_what_a_call_returned_survives_the_next_calls(rng):
    fast = compiled(LSTM(D, H, rng=rng))
    xs = [rng.normal(size=(T, B, D)) for _ in range(5)]
    results = [everything(fast, x, None, None, np.ones((T, B, H)), None) for x in xs]
    copies = jax.tree.map(np.copy, results)
    for x in xs:
        fast(x)
    same(results, copies, 0)


class Plain(Cell):
    """A cell that is not in the package."""

    blocks, scale = ("f", "n"), 1.0

    def step(self, xw, state):
        (h,) = state
        a_f, a_n = split(xw + h @ self.params["W_h"], 2)
        f, n = sigmoid(self.scale * a_f), tanh(a_n)
        return (h + f * (n - h),), (f, n, h)

    def step_back(self, saved, dstate):
        (f, n, h), (dh,) = saved, dstate
        da = join([self.scale * dh * (n - h) * d_sigmoid(f), dh * f * d_tanh(n)])
        return da, (dh * (1 - f) + da @ self.params["W_h"].T,)


def test_a_cell_of_ones_own_is_compiled_and_its_options_count(rng):
    cell, other = Plain(D, H, rng=rng, dtype=np.float64), Plain(D, H, rng=rng, dtype=np.float64)
    other.scale = 3.0
    x, dhs = rng.normal(size=(T, B, D)), rng.normal(size=(T, B, H))
    for one in (cell, other, cell):
        same(everything(compiled(one), x, None, None, dhs, None), everything(one, x, None, None, dhs, None))
    assert LayerSpec(cell) == LayerSpec(Plain(D, H, rng=rng)) != LayerSpec(other)
    assert LayerSpec(GRU(2, 3, rng=rng)) != LayerSpec(GRU(2, 3, reset="before", rng=rng))


class AsksNumPy(RNN):
    def step(self, xw, state):
        (h,) = state
        h = np.tanh(xw + h @ self.params["W_h"])
        return (h,), (h,)


class AsksForNumbers(RNN):
    def step(self, xw, state):
        if xw.sum() > 0:
            return super().step(xw, state)
        return super().step(-xw, state)


def test_a_cell_that_calls_numpy_is_told_the_line_and_what_to_write(rng):
    x = rng.normal(size=(T, B, D))
    with pytest.raises(TypeError, match=r"AsksNumPy cannot be compiled.*np\.tanh\(xw.*rnnbook\.activations has tanh"):
        compiled(AsksNumPy(D, H, rng=rng))(x)
    with pytest.raises(TypeError, match=r"AsksForNumbers cannot be compiled.*if xw\.sum\(\) > 0"):
        compiled(AsksForNumbers(D, H, rng=rng))(x)


def test_bad_input_is_refused_as_by_the_layer_and_changes_nothing(rng):
    fast = compiled(LSTM(D, H, rng=rng))
    with pytest.raises(RuntimeError, match="backward needs a forward call first"):
        fast.backward(np.zeros((T, B, H)))
    x = rng.normal(size=(T, B, D))
    hs, (h, c) = fast(x)
    for wrong in (
        lambda: fast(x[0]),
        lambda: fast(x[:0]),
        lambda: fast(x, (h,)),
        lambda: fast(x, (h, c[:2])),
        lambda: fast(x, lengths=np.array([1, 2, 3, 8])),
        lambda: fast.backward(hs[1:]),
        lambda: fast.backward(hs, (h,)),
    ):
        with pytest.raises(ValueError, match=r"must"):
            wrong()
    with pytest.raises(TypeError, match="x must hold floating-point numbers"):
        fast(x.astype(int))
    with pytest.raises(TypeError):
        fast(x, None, None, None)
    dx, _ = fast.backward(hs)
    assert dx.shape == x.shape
    with pytest.raises(TypeError, match="layer must be a Cell, Stack, Bidirectional or Model, got Dense"):
        compiled(Dense(1, 1, rng=rng))
    with pytest.raises(ValueError, match="ids must lie between 0 and 3, got 4 to 4"):
        compiled(Model(RNN(D, H, rng=rng), Dense(H, 1, rng=rng), Embedding(4, D, rng=rng)))(np.full((T, B), 4))


def test_without_jax_the_extra_is_named(rng, monkeypatch):
    monkeypatch.setitem(sys.modules, "jax", None)
    with pytest.raises(ImportError, match=r"needs jax.*pip install rnnbook\[fast\]"):
        compiled(LSTM(1, 1, rng=rng))


def adding_model(seed, dtype=np.float64):
    rng = np.random.default_rng(seed)
    model = Model(LSTM(2, 6, rng=rng, dtype=dtype), Dense(6, 1, rng=rng, dtype=dtype))
    return model, lambda: tasks.adding(rng, 8, 10, dtype)


@pytest.mark.parametrize(
    ("optimiser", "max_norm"),
    [
        (lambda: SGD(0.1, momentum=0.9), None),
        (lambda: RMSProp(1e-2), None),
        (lambda: Adam(1e-2), None),
        (lambda: Adam(1e-2), 0.05),
    ],
)
def test_training_is_that_of_numpy(optimiser, max_norm):
    histories = []
    for way in (False, True):
        model, batch = adding_model(0)
        validation = tasks.adding(np.random.default_rng(9), 16, 10, np.float64)
        options = {
            "steps": 70,
            "update": Update(max_norm=max_norm),
            "monitor": Monitor(validation=validation, eval_every=30),
            "compiled": way,
        }
        history = fit(model, mean_squared_error, optimiser(), batch, **options)
        histories.append((history, model.params))
    (one, params), (other, others) = histories
    same_training(one.loss, other.loss)
    same_training(one.grad_norm, other.grad_norm)
    for (step, value), (at, expected) in zip(one.validation, other.validation, strict=True):
        assert step == at
        np.testing.assert_allclose(value, expected, rtol=CLOSELY)
    assert one.best_step == other.best_step
    same_params(params, others)


def test_training_on_labels_with_lengths_is_that_of_numpy():
    params = []
    for way in (False, True):
        rng = np.random.default_rng(0)
        model = Model(GRU(3, 4, rng=rng, dtype=np.float64), Dense(4, 3, rng=rng, dtype=np.float64))

        def batch(rng=rng):
            lengths = rng.integers(1, 7, 5)
            mask = (np.arange(6)[:, None] < lengths).astype(float)
            return Batch(rng.normal(size=(6, 5, 3)), rng.integers(0, 3, (6, 5)), mask, lengths)

        fit(model, softmax_cross_entropy, Adam(1e-2), batch, steps=20, compiled=way)
        params.append(model.params)
    same_params(*params)


@pytest.mark.parametrize("way", [False, True])
def test_a_loss_that_is_not_finite_is_reported_with_its_step_and_the_parameters_before_it(way):
    model, batch = adding_model(0)
    batches = [batch() for _ in range(5)]
    batches[3].target[...] = np.nan
    waiting = iter(batches)
    with pytest.raises(FloatingPointError, match="the loss is nan at step 3"):
        fit(model, mean_squared_error, Adam(1e-2), lambda: next(waiting), steps=5, compiled=way)
    expected, _ = adding_model(0)
    waiting = iter(batches)
    fit(expected, mean_squared_error, Adam(1e-2), lambda: next(waiting), steps=3)
    same(model.params, expected.params)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda b: b._replace(target=np.full((6, 5), 3)), "labels must lie between 0 and K - 1 = 2, got 3 to 3"),
        (lambda b: b._replace(mask=np.zeros((6, 5))), "mask must leave at least one step"),
        (lambda b: b._replace(x=b.x[..., :2]), "x must have shape"),
        (lambda b: b._replace(lengths=np.zeros(5, int)), "lengths must lie between 1 and T"),
    ],
)
def test_a_batch_that_does_not_fit_is_refused(change, message, rng):
    model = Model(GRU(3, 4, rng=rng), Dense(4, 3, rng=rng))
    batch = Batch(rng.normal(size=(6, 5, 3)), rng.integers(0, 3, (6, 5)), np.ones((6, 5)), np.full(5, 6))
    for way in (False, True):
        with pytest.raises(ValueError, match=message):
            fit(model, softmax_cross_entropy, Adam(), lambda: change(batch), steps=2, compiled=way)


def test_patience_ends_a_compiled_training():
    model, batch = adding_model(0)
    validation = tasks.adding(np.random.default_rng(9), 16, 10, np.float64)
    options = {"steps": 500, "compiled": True}
    options["monitor"] = Monitor(validation=validation, eval_every=5, patience=2)
    history = fit(model, mean_squared_error, SGD(1e-300), batch, **options)
    assert len(history.loss) < 500


def test_many_runs_at_once_are_each_what_it_is_alone():
    rates = (1e-3, 1e-2, 1e-1, 3e-2, 1e-2)
    models, batches = zip(*(adding_model(seed) for seed in range(5)), strict=True)
    options = {"steps": 60, "update": Update(max_norm=1.0)}
    histories = fit_many(models, mean_squared_error, [Adam(r) for r in rates], batches, **options)
    for seed, rate in enumerate(rates):
        model, batch = adding_model(seed)
        history = fit(model, mean_squared_error, Adam(rate), batch, **options)
        same_training(histories[seed].loss, history.loss)
        same_training(histories[seed].grad_norm, history.grad_norm)
        same_params(models[seed].params, model.params)


def test_of_many_runs_one_that_blows_up_stops_alone():
    models, batches = zip(*(adding_model(seed) for seed in range(3)), strict=True)
    good = batches[1]

    count = iter(range(99))

    def bad():
        batch = good()
        if next(count) == 4:
            batch.target[...] = np.inf
        return batch

    histories = fit_many(models, mean_squared_error, [SGD(0.1)] * 3, [batches[0], bad, batches[2]], steps=10)
    assert [len(history.loss) for history in histories] == [10, 4, 10]
    assert all(np.isfinite(p).all() for model in models for p in model.params.values())


def test_side_by_side_as_on_a_gpu_gives_the_same(monkeypatch):
    """The program for accelerators, run here."""
    from rnnbook.jax import training as programs

    results = []
    for backend in ("cpu", "gpu"):
        monkeypatch.setattr(jax, "default_backend", lambda backend=backend: backend)
        programs.training_program.cache_clear()
        models, batches = zip(*(adding_model(seed) for seed in range(3)), strict=True)
        histories = fit_many(models, mean_squared_error, [Adam(1e-2)] * 3, batches, steps=20)
        results.append([(history.loss, model.params) for history, model in zip(histories, models, strict=True)])
    programs.training_program.cache_clear()
    for (loss, params), (expected, others) in zip(*results, strict=True):
        same_training(loss, expected)
        same_params(params, others)


def test_many_runs_must_be_of_one_kind(rng):
    models, batches = zip(*(adding_model(seed) for seed in range(2)), strict=True)
    options = {"steps": 2}
    with pytest.raises(ValueError, match="lists of one length, at least 1, got 2, 1 and 2"):
        fit_many(models, mean_squared_error, [Adam()], batches, **options)
    with pytest.raises(ValueError, match="optimisers must be of one kind"):
        fit_many(models, mean_squared_error, [Adam(), SGD(0.1)], batches, **options)
    other = Model(GRU(2, 6, rng=rng), Dense(6, 1, rng=rng))
    with pytest.raises(ValueError, match="models must be of one kind"):
        fit_many([models[0], other], mean_squared_error, [Adam(), Adam()], batches, **options)
    with pytest.raises(ValueError, match="batches must all have one shape"):
        growing = iter(range(4, 8))
        changing = lambda: tasks.adding(rng, next(growing), 10, np.float64)  # noqa: E731
        fit_many(models, mean_squared_error, [Adam(), Adam()], [batches[0], changing], **options)
    with pytest.raises(TypeError, match="model must be a Model or EncoderDecoder to be compiled, got LSTM"):
        fit(LSTM(2, 1, rng=rng), mean_squared_error, Adam(), batches[0], compiled=True, **options)
