"""What chapter 16 adds to the package: layer normalisation, schedules, one dropout mask a sequence, checkpoints."""

import tracemalloc

import numpy as np
import pytest
from same import same_training

from rnnbook import (
    GRU,
    LSTM,
    SGD,
    Adam,
    Checkpointed,
    Dense,
    LayerNormLSTM,
    Model,
    Monitor,
    Stack,
    Update,
    compiled,
    fit,
    mean_squared_error,
    tasks,
)

FLOAT64 = {"dtype": np.float64}


def test_layer_normalisation_is_pytorchs_values_and_gradients(rng):
    torch = pytest.importorskip("torch")
    functional = torch.nn.functional
    cell = LayerNormLSTM(3, 5, rng=rng, **FLOAT64)
    for p in cell.params.values():
        p[...] = rng.normal(size=p.shape)
    x, dhs, dc = rng.normal(size=(6, 2, 3)), rng.normal(size=(6, 2, 5)), rng.normal(size=(2, 5))
    hs, _ = cell(x)
    dx, _ = cell.backward(dhs, (np.zeros((2, 5)), dc))

    theirs = {name: torch.tensor(p, requires_grad=True) for name, p in cell.params.items()}
    inputs = torch.tensor(x, requires_grad=True)
    h = c = torch.zeros(2, 5, dtype=torch.float64)
    outputs = []
    for x_t in inputs:
        product = functional.layer_norm(h @ theirs["W_h"], (20,), eps=1e-5)
        a_i, a_f, a_o, a_g = (x_t @ theirs["W_x"] + theirs["gain"] * product + theirs["b"]).chunk(4, dim=-1)
        c = torch.sigmoid(a_f) * c + torch.sigmoid(a_i) * torch.tanh(a_g)
        h = torch.sigmoid(a_o) * torch.tanh(functional.layer_norm(c, (5,), eps=1e-5))
        outputs.append(h)
    ((torch.stack(outputs) * torch.tensor(dhs)).sum() + (c * torch.tensor(dc)).sum()).backward()
    np.testing.assert_allclose(hs, torch.stack(outputs).detach().numpy(), rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(dx, inputs.grad.numpy(), rtol=1e-9, atol=1e-12)
    for name, p in theirs.items():
        np.testing.assert_allclose(cell.grads[name], p.grad.numpy(), rtol=1e-9, atol=1e-12)


def test_the_scale_of_the_recurrent_weights_does_not_matter_to_layer_normalisation(rng):
    cell = LayerNormLSTM(3, 50, rng=rng, **FLOAT64)
    x = rng.normal(size=(20, 2, 3))
    before, _ = cell(x)
    cell.params["W_h"] *= 1000
    after, _ = cell(x)
    assert np.abs(after - before).max() < 0.05  # but for the small number that is added to the variance


@pytest.mark.parametrize("make", [LSTM, GRU, LayerNormLSTM])
@pytest.mark.parametrize(("T", "every"), [(1, None), (2, None), (10, 3), (10, 10), (10, 99), (37, None)])
def test_checkpoints_change_nothing_but_the_memory(make, T, every, rng):
    cell = make(3, 4, rng=rng, **FLOAT64)
    x, dhs = rng.normal(size=(T, 2, 3)), rng.normal(size=(T, 2, 4))
    state = tuple(rng.normal(size=(2, 4)) for _ in cell.states)
    dstate = tuple(rng.normal(size=(2, 4)) for _ in cell.states)
    hs, after = cell(x, state)
    dx, before = cell.backward(dhs, dstate)
    grads = cell.grads
    kept = Checkpointed(cell, every=every)
    hs2, after2 = kept(x, state)
    dx2, before2 = kept.backward(dhs, dstate)
    assert (hs2 == hs).all() and all((a == b).all() for a, b in zip(after2, after, strict=True))
    np.testing.assert_allclose(dx2, dx, rtol=1e-13, atol=1e-15)
    for mine, theirs in zip(before2, before, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-13, atol=1e-15)
    for name, g in grads.items():
        np.testing.assert_allclose(kept.grads[name], g, rtol=1e-11, atol=1e-13)


def test_checkpoints_need_the_memory_of_a_root(rng):
    x, peaks = rng.normal(size=(2500, 4, 3)), {}
    for name in ("plain", "checkpointed"):
        cell = LSTM(3, 32, rng=rng, **FLOAT64)
        layer = cell if name == "plain" else Checkpointed(cell)
        tracemalloc.start()
        hs, _ = layer(x)
        layer.backward(hs)
        peaks[name] = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peaks["checkpointed"] < peaks["plain"] / 4


def test_a_model_trains_with_checkpoints_as_without():
    def trained(wrap):
        rng = np.random.default_rng(0)
        cell = LSTM(2, 8, rng=rng, **FLOAT64)
        model = Model(wrap(cell), Dense(8, 1, rng=rng, **FLOAT64))
        draw = lambda: tasks.adding(rng, 8, 10, np.float64)  # noqa: E731
        return fit(model, mean_squared_error, Adam(1e-2), draw, steps=30).loss

    np.testing.assert_allclose(trained(Checkpointed), trained(lambda cell: cell), rtol=1e-10)


def test_bad_input_to_checkpoints_is_named(rng):
    cell = LSTM(3, 4, rng=rng)
    with pytest.raises(TypeError, match="cell must be a Cell, got Dense"):
        Checkpointed(Dense(3, 4, rng=rng))
    with pytest.raises(ValueError, match="every must be"):
        Checkpointed(cell, every=0)
    layer = Checkpointed(cell)
    with pytest.raises(RuntimeError, match="backward needs a call first"):
        layer.backward(np.zeros((1, 1, 4)))
    with pytest.raises(ValueError, match="lengths must be None"):
        layer(np.zeros((5, 2, 3)), lengths=np.array([5, 3]))
    with pytest.raises(ValueError, match="x must have shape"):
        layer(np.zeros((5, 2, 7)))
    layer(np.zeros((5, 2, 3)))
    with pytest.raises(ValueError, match="dhs must have shape"):
        layer.backward(np.zeros((4, 2, 4)))


@pytest.mark.parametrize("fast", [False, True])
def test_a_schedule_multiplies_the_rate_of_each_update(fast):
    """Under plain gradient descent a parameter moves by the rate of the update times its gradient."""

    def moved(schedule):
        rng = np.random.default_rng(0)
        model = Model(LSTM(2, 4, rng=rng, **FLOAT64), Dense(4, 1, rng=rng, **FLOAT64))
        batch = tasks.adding(rng, 8, 5, np.float64)
        asked = []
        optimiser = SGD(0.1)
        fit(
            model,
            mean_squared_error,
            optimiser,
            lambda: batch,
            steps=4,
            update=Update(schedule=lambda done: asked.append(done) or schedule(done)),
            compiled=fast,
        )
        assert asked == [0, 0.25, 0.5, 0.75] and optimiser.learning_rate == 0.1
        return model.params["readout.W"].copy()

    def by_hand(factors):
        rng = np.random.default_rng(0)
        model = Model(LSTM(2, 4, rng=rng, **FLOAT64), Dense(4, 1, rng=rng, **FLOAT64))
        batch = tasks.adding(rng, 8, 5, np.float64)
        for factor in factors:
            _, dy = mean_squared_error(model(batch.x), batch.target, batch.mask)
            model.backward(dy)
            for name, p in model.params.items():
                p -= 0.1 * factor * model.grads[name]
        return model.params["readout.W"]

    np.testing.assert_allclose(moved(lambda done: 1 - done), by_hand([1, 0.75, 0.5, 0.25]), rtol=1e-12)
    np.testing.assert_allclose(moved(lambda done: done >= 0.5), by_hand([0, 0, 1, 1]), rtol=1e-12)


@pytest.mark.parametrize("fast", [False, True])
@pytest.mark.parametrize("wrong", [-1.0, float("nan")])
def test_a_schedule_that_makes_no_sense_is_refused(fast, wrong, rng):
    model = Model(LSTM(2, 4, rng=rng), Dense(4, 1, rng=rng))
    with pytest.raises(ValueError, match="schedule must give numbers that are not negative"):
        fit(
            model,
            mean_squared_error,
            Adam(),
            lambda: tasks.adding(rng, 8, 5),
            steps=3,
            update=Update(schedule=lambda done: wrong),
            compiled=fast,
        )


@pytest.mark.parametrize("variational", [False, True])
def test_one_mask_a_sequence_hides_the_same_numbers_in_every_step(variational, rng):
    stack = Stack(
        [LSTM(2, 6, rng=rng), LSTM(6, 6, rng=rng)],
        dropout=0.5,
        variational=variational,
    )
    model = Model(stack, Dense(6, 1, rng=rng), dropout=0.5, variational=variational)
    inner, outer = model.dropout_masks(np.zeros((30, 3, 2)), np.random.default_rng(1))
    for mask in (*inner, outer):
        over_time = np.broadcast_to(mask, (30, 3, 6))
        assert ((over_time == over_time[0]).all()) == variational
        assert set(np.unique(mask)) <= {0.0, 2.0}


@pytest.mark.parametrize("kind", [LSTM, LayerNormLSTM])
def test_training_with_all_of_it_is_the_same_compiled(kind):
    def losses(fast):
        rng = np.random.default_rng(3)
        stack = Stack([kind(2, 6, rng=rng, **FLOAT64), kind(6, 6, rng=rng, **FLOAT64)], dropout=0.3, variational=True)
        model = Model(stack, Dense(6, 1, rng=rng, **FLOAT64), dropout=0.2, variational=True)
        return fit(
            model,
            mean_squared_error,
            Adam(1e-2),
            lambda: tasks.adding(rng, 8, 6, np.float64),
            steps=60,
            monitor=Monitor(eval_every=25),
            update=Update(max_norm=1.0, rng=rng, schedule=lambda done: 1 - done),
            compiled=fast,
        ).loss

    # a norm divides by what may be small: under OpenBLAS's kernels for Haswell they differ by 1e-11 after ten updates
    # and by 2e-8 after 33, where those of an LSTM without it stay below 1e-15
    same_training(losses(True), losses(False), afterwards=1e-6 if kind is LayerNormLSTM else 1e-11)


def test_checkpoints_are_not_compiled(rng):
    with pytest.raises(TypeError, match="layer must be a Cell"):
        compiled(Checkpointed(LSTM(2, 3, rng=rng)))
