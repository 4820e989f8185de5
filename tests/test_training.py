"""Losses, optimisers, fit, files, tasks, data."""

import sys

import numpy as np
import pytest

from rnnbook import (
    GRU,
    LSTM,
    RNN,
    SGD,
    Adam,
    Batch,
    Bidirectional,
    Dense,
    Embedding,
    MixtureDensity,
    Model,
    Monitor,
    QuantileLoss,
    RMSProp,
    Stack,
    Update,
    check,
    clip_by_global_norm,
    complex_step,
    data,
    fit,
    gaussian_nll,
    load,
    mean_squared_error,
    save,
    softmax_cross_entropy,
    tasks,
)

torch = pytest.importorskip("torch")


@pytest.mark.parametrize("masked", [False, True])
def test_losses_equal_those_of_pytorch(masked, rng):
    y, target, labels = rng.normal(size=(5, 3, 4)), rng.normal(size=(5, 3, 4)), rng.integers(0, 4, (5, 3))
    mask = (rng.random((5, 3)) < 0.5).astype(float) if masked else None
    keep = np.ones((5, 3), bool) if mask is None else mask > 0
    for ours, theirs in (
        (
            mean_squared_error(y, target, mask),
            lambda t: torch.nn.functional.mse_loss(t[keep], torch.tensor(target)[keep]),
        ),
        (
            softmax_cross_entropy(y, labels, mask),
            lambda t: torch.nn.functional.cross_entropy(t[keep], torch.tensor(labels)[keep]),
        ),
    ):
        t = torch.tensor(y, requires_grad=True)
        loss = theirs(t)
        loss.backward()
        assert ours[0] == pytest.approx(loss.item(), rel=1e-12)
        np.testing.assert_allclose(ours[1], t.grad.numpy(), rtol=1e-12, atol=1e-15)


def test_cross_entropy_survives_extreme_logits():
    value, gradient = softmax_cross_entropy(np.array([[[1e4, -1e4]]]), np.array([[1]]))
    assert value == 2e4 and np.isfinite(gradient).all()


def test_losses_refuse_what_does_not_fit():
    y, labels = np.zeros((2, 3, 4)), np.zeros((2, 3), int)
    with pytest.raises(ValueError, match=r"target must have shape \(T, B, K\) = \(2, 3, 4\), got \(2, 3, 1\)"):
        mean_squared_error(y, np.zeros((2, 3, 1)))
    with pytest.raises(ValueError, match=r"y must have shape \(T, B, K\)"):
        mean_squared_error(y[0], y[0])
    with pytest.raises(ValueError, match=r"mask must have shape \(T, B\) = \(2, 3\), got \(3, 2\)"):
        mean_squared_error(y, y, np.ones((3, 2)))
    with pytest.raises(ValueError, match="mask must leave at least one step"):
        softmax_cross_entropy(y, labels, np.zeros((2, 3)))
    with pytest.raises(TypeError, match="labels must be integers, got dtype float64"):
        softmax_cross_entropy(y, labels.astype(float))
    with pytest.raises(ValueError, match=r"labels must have shape \(T, B\) = \(2, 3\), got \(2, 2\)"):
        softmax_cross_entropy(y, labels[:, :2])
    with pytest.raises(ValueError, match="labels must lie between 0 and K - 1 = 3, got 0 to 4"):
        softmax_cross_entropy(y, labels + np.array([0, 0, 4]))


@pytest.mark.parametrize(
    ("loss", "y", "target", "name"),
    [
        (mean_squared_error, (2, 3, 0), (2, 3, 0), "y"),
        (mean_squared_error, (2, 0, 4), (2, 0, 4), "y"),
        (softmax_cross_entropy, (2, 3, 0), None, "logits"),
        (softmax_cross_entropy, (0, 3, 2), None, "logits"),
        (gaussian_nll, (2, 3, 0), (2, 3, 0), "y"),
        (MixtureDensity(2), (2, 3, 2), (2, 3, 0), "target"),
        (QuantileLoss((0.5,)), (2, 0, 1), (2, 0, 1), "y"),
    ],
)
def test_a_loss_of_nothing_is_refused_by_name(loss, y, target, name):
    target = np.zeros(y[:2], int) if target is None else np.zeros(target)
    with pytest.raises(ValueError, match=rf"^{name} must hold at least one number, got shape \("):
        loss(np.zeros(y), target)


@pytest.mark.parametrize("make", [lambda: SGD(0.1), RMSProp, Adam])
def test_an_optimiser_changes_nothing_where_numbers_are_of_another_kind(make):
    optimiser, params, grads = make(), {"w": np.ones(2, int)}, {"w": np.ones(2)}
    with pytest.raises(TypeError, match=r"^params\['w'\] must hold floating-point numbers, got dtype int64"):
        optimiser.update(params, grads)
    for given in (np.ones(2, int), [1, 1]):
        with pytest.raises(TypeError, match=r"^grads\['w'\] must hold floating-point numbers, got dtype int64"):
            optimiser.update(grads, {"w": given})
    assert optimiser.state["t"] == 0 and (params["w"] == 1).all()


@pytest.mark.parametrize("make", [RMSProp, Adam])
@pytest.mark.parametrize(("most", "dtype"), [(1e30, np.float32), (np.inf, np.float32), (1e200, np.float64)])
def test_a_gradient_whose_square_overflows_does_not_stop_an_optimiser_for_good(make, most, dtype):
    optimiser, params = make(), {"w": np.ones(2, dtype)}
    optimiser.update(params, {"w": np.ones(2, dtype)})
    before = params["w"].copy()
    with pytest.raises(
        ValueError, match=rf"^grads\['w'\] must have finite squares in {np.dtype(dtype).name}, its largest"
    ):
        optimiser.update(params, {"w": np.array([1, -most], dtype)})
    assert (params["w"] == before).all() and optimiser.state["t"] == 1
    optimiser.update(params, {"w": np.ones(2, dtype)})
    assert (params["w"] < before).all()


def test_fit_refuses_a_batch_that_is_none(rng):
    model = Model(RNN(2, 4, rng=rng), Dense(4, 1, rng=rng))
    x, y = np.zeros((3, 2, 2), np.float32), np.zeros((3, 2, 1), np.float32)
    ways = (False, True) if check.optional("jax") else (False,)
    for way in ways:
        for wrong, kind in (((x, y), "tuple"), ((x, y, None, None), "tuple"), (None, "NoneType"), (x, "ndarray")):
            with pytest.raises(TypeError, match=rf"^batch must return a Batch, as in Batch\(x, target\), got {kind}"):
                fit(model, mean_squared_error, SGD(0.1), lambda wrong=wrong: wrong, steps=2, compiled=way)
        for wrong, name in (
            (Batch(None, y), "x must hold floating"),
            (Batch(x, None), "target must hold floating"),
            (Batch(x, y, "mask"), "mask must (have shape|hold floating)"),
            (Batch(x, y, None, 3), "lengths must have shape"),
        ):
            with pytest.raises((TypeError, ValueError), match=f"^{name}"):
                fit(model, mean_squared_error, SGD(0.1), lambda wrong=wrong: wrong, steps=2, compiled=way)
    with pytest.raises(TypeError, match=r"^validation must be a Batch, as in Batch\(x, target\), got tuple"):
        Monitor(validation=(x, y))
    with pytest.raises(TypeError, match=r"^until must be callable, got int"):
        Monitor(until=3)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (SGD(0.1), lambda p: torch.optim.SGD(p, 0.1)),
        (SGD(0.1, momentum=0.9), lambda p: torch.optim.SGD(p, 0.1, momentum=0.9)),
        (RMSProp(0.1, decay=0.8), lambda p: torch.optim.RMSprop(p, 0.1, alpha=0.8)),
        (Adam(0.1, betas=(0.8, 0.95)), lambda p: torch.optim.Adam(p, 0.1, betas=(0.8, 0.95))),
    ],
    ids=["sgd", "momentum", "rmsprop", "adam"],
)
def test_optimisers_walk_the_same_path_as_pytorchs(ours, theirs, rng):
    start = rng.normal(size=5)
    params, parameter = {"w": start.copy()}, torch.nn.Parameter(torch.tensor(start))
    optimiser = theirs([parameter])
    for _ in range(20):
        ours.update(params, {"w": np.cos(params["w"]) + params["w"]})
        optimiser.zero_grad()
        (torch.sin(parameter) + parameter**2 / 2).sum().backward()
        optimiser.step()
        np.testing.assert_allclose(params["w"], parameter.detach().numpy(), rtol=1e-10)


def test_optimisers_refuse_bad_settings():
    for make, message in (
        (lambda: SGD(0), "learning_rate must be positive, got 0"),
        (lambda: SGD(0.1, momentum=1.0), r"momentum must lie in \[0, 1\), got 1.0"),
        (lambda: RMSProp(decay=-1), "decay must lie in"),
        (lambda: RMSProp(epsilon=0), "epsilon must be positive"),
        (lambda: Adam(betas=(0.9, 1)), "betas must lie in"),
        (lambda: clip_by_global_norm({}, 0), "max_norm must be positive"),
    ):
        with pytest.raises(ValueError, match=message):
            make()
    for optimiser in (SGD(0.1), RMSProp(), Adam()):
        with pytest.raises(ValueError, match="only one of them has b"):
            optimiser.update({"a": np.zeros(1)}, {"a": np.zeros(1), "b": np.zeros(1)})


def test_clipping_equals_pytorchs_and_keeps_small_gradients(rng):
    grads = {"a": rng.normal(size=(3, 2)), "b": rng.normal(size=4)}
    parameters = [torch.nn.Parameter(torch.zeros(g.shape, dtype=torch.float64)) for g in grads.values()]
    for p, g in zip(parameters, grads.values(), strict=True):
        p.grad = torch.tensor(g)
    norm = torch.nn.utils.clip_grad_norm_(parameters, 0.5)
    clipped, ours = clip_by_global_norm(grads, 0.5)
    assert ours == pytest.approx(norm.item())
    for p, g in zip(parameters, clipped.values(), strict=True):
        np.testing.assert_allclose(g, p.grad.numpy(), rtol=1e-5)
    unchanged, _ = clip_by_global_norm(grads, 1e9)
    assert all((unchanged[name] == g).all() for name, g in grads.items())
    assert clip_by_global_norm({"a": np.zeros(2)}, 1.0) == ({"a": pytest.approx(np.zeros(2))}, 0.0)


def test_dense_and_embedding_gradients_are_exact(rng):
    dense = Dense(3, 2, rng=rng, dtype=np.float64)
    x, dy = rng.normal(size=(4, 5, 3)), rng.normal(size=(4, 5, 2))
    dense(x)
    dx = dense.backward(dy)
    np.testing.assert_allclose(dx, complex_step(lambda v: (dense(v) * dy).sum(), x), rtol=1e-12)
    W, b = dense.params["W"], dense.params["b"]
    np.testing.assert_allclose(dense.grads["W"], complex_step(lambda v: ((x @ v + b) * dy).sum(), W), rtol=1e-12)
    np.testing.assert_allclose(dense.grads["b"], dy.sum((0, 1)), rtol=1e-12)

    table = Embedding(4, 2, rng=rng, dtype=np.float64)
    ids = np.array([[1, 1, 3], [0, 1, 3]])
    out, dy = table(ids), rng.normal(size=(2, 3, 2))
    assert (out == table.params["W"][ids]).all()
    assert table.backward(dy) is None
    exact = complex_step(lambda v: (v[ids] * dy).sum(), table.params["W"])
    np.testing.assert_allclose(table.grads["W"], exact, rtol=1e-12, atol=1e-15)


def test_dropout_drops_its_share_keeps_the_mean_and_is_off_without_rng(rng):
    class Copy(RNN):
        """Hands its input on, so that the mask can be seen."""

        def step(self, xw, state):
            return (xw,), (xw,)

    cells = [Copy(1, 1, rng=rng, dtype=np.float64) for _ in range(2)]
    for cell in cells:
        cell.params["W_x"][:] = 1
    stack, x = Stack(cells, dropout=0.25), np.ones((200, 100, 1))
    assert (stack(x)[0] == 1).all()
    dropped, _ = stack(x, rng=rng)
    assert set(np.unique(dropped)) == {0.0, 1 / 0.75}
    assert abs((dropped == 0).mean() - 0.25) < 0.02


def test_the_gradient_under_dropout_is_that_of_the_masked_function(rng):
    stack = Stack([LSTM(2, 3, rng=rng, dtype=np.float64), GRU(3, 2, rng=rng, dtype=np.float64)], dropout=0.5)
    x, dhs = rng.normal(size=(4, 2, 2)), rng.normal(size=(4, 2, 2))

    def loss(v):
        hs, _ = stack(v, rng=np.random.default_rng(1))
        return (hs * dhs).sum()

    exact = complex_step(loss, x)
    loss(x)
    np.testing.assert_allclose(stack.backward(dhs)[0], exact, rtol=1e-11, atol=1e-14)


def adding_model(rng, **kwargs):
    return Model(RNN(2, 16, rng=rng, **kwargs), Dense(16, 1, rng=rng))


def test_fit_learns_the_adding_problem_and_records_what_happened(rng):
    model = adding_model(rng)
    history = fit(
        model,
        mean_squared_error,
        Adam(1e-2),
        lambda: tasks.adding(rng, 64, 4),
        steps=400,
        update=Update(max_norm=1.0),
        monitor=Monitor(validation=tasks.adding(np.random.default_rng(1), 256, 4), eval_every=100),
    )
    assert [step for step, _ in history.validation] == [0, 100, 200, 300, 400]
    assert len(history.loss) == len(history.grad_norm) == 400
    losses = dict(history.validation)
    assert losses[history.best_step] == min(losses.values()) < 0.05 < 1 / 6 * 0.5


def test_fit_ends_with_the_parameters_that_did_best(rng):
    model = adding_model(rng)
    validation = tasks.adding(np.random.default_rng(1), 64, 4)
    # a learning rate that destroys what was learned
    history = fit(
        model,
        mean_squared_error,
        SGD(5.0),
        lambda: tasks.adding(rng, 8, 4),
        steps=20,
        update=Update(max_norm=1.0),
        monitor=Monitor(validation=validation, eval_every=5),
    )
    value, _ = mean_squared_error(model(validation.x), validation.target, validation.mask)
    assert value == min(v for _, v in history.validation)


def test_fit_stops_when_patience_runs_out(rng):
    model = adding_model(rng)
    batch = tasks.adding(rng, 8, 4)
    history = fit(
        model,
        mean_squared_error,
        SGD(1e-30),
        lambda: batch,
        steps=1000,
        monitor=Monitor(validation=batch, eval_every=10, patience=3),
    )
    assert len(history.loss) == 30 and history.best_step == 0


def test_fit_reports_a_loss_or_gradient_that_is_not_finite(rng):
    model = adding_model(rng)
    bad = tasks.adding(rng, 8, 4)
    bad.x[0, 0, 0] = np.nan
    before = {name: p.copy() for name, p in model.params.items()}
    with pytest.raises(FloatingPointError, match="the loss is nan at step 0"):
        fit(model, mean_squared_error, SGD(0.1), lambda: bad, steps=5)
    assert all((model.params[name] == p).all() for name, p in before.items())

    def steep(y, target, mask):
        value, dy = mean_squared_error(y, target, mask)
        return value, dy * np.inf

    with pytest.raises(FloatingPointError, match="the gradient norm is nan at step 0"), np.errstate(invalid="ignore"):
        fit(model, steep, SGD(0.1), lambda: tasks.adding(rng, 8, 4), steps=5)
    assert all((model.params[name] == p).all() for name, p in before.items())


def test_fit_refuses_settings_without_meaning(rng):
    model, batch = adding_model(rng), lambda: tasks.adding(rng, 8, 4)
    with pytest.raises(ValueError, match="patience needs a validation batch"):
        fit(model, mean_squared_error, SGD(0.1), batch, steps=1, monitor=Monitor(patience=2))
    with pytest.raises(ValueError, match="steps must be at least 1, got 0"):
        fit(model, mean_squared_error, SGD(0.1), batch, steps=0)
    for name in ("eval_every", "patience"):
        with pytest.raises(ValueError, match=f"{name} must be at least 1, got 0"):
            Monitor(**{name: 0})
    with pytest.raises(ValueError, match="max_norm must be positive, got 0"):
        Update(max_norm=0)
    with pytest.raises(TypeError, match=r"rng must be a numpy\.random\.Generator, got int"):
        Update(rng=0)


def test_a_model_with_embedding_and_lengths_trains_on_labels(rng):
    model = Model(
        Bidirectional(LSTM(4, 8, rng=rng), LSTM(4, 8, rng=rng)), Dense(16, 5, rng=rng), Embedding(5, 4, rng=rng)
    )

    def batch():
        ids = rng.integers(0, 5, (6, 32))
        lengths = rng.integers(2, 7, 32)
        mask = (np.arange(6)[:, None] == lengths - 1).astype(np.float32)
        return Batch(ids, np.broadcast_to(ids[0], ids.shape), mask, lengths)  # which symbol came first?

    history = fit(model, softmax_cross_entropy, Adam(1e-2), batch, steps=300)
    assert set(model.grads) == set(model.params)
    assert np.mean(history.loss[-20:]) < 0.1


@pytest.mark.parametrize(
    "make",
    [
        lambda rng: LSTM(2, 3, rng=rng),
        lambda rng: Stack([LSTM(2, 3, rng=rng), GRU(3, 2, rng=rng, dtype=np.float64)]),
        lambda rng: Model(GRU(4, 3, rng=rng), Dense(3, 2, rng=rng), Embedding(5, 4, rng=rng)),
    ],
    ids=["cell", "stack", "model"],
)
def test_saved_parameters_come_back_exactly(make, rng, tmp_path):
    one, two = make(rng), make(rng)
    save(tmp_path / "p.npz", one)
    arrays = dict(two.params)
    load(tmp_path / "p.npz", two)
    for name, value in one.params.items():
        assert (two.params[name] == value).all()
        assert two.params[name] is arrays[name], "an optimiser may hold on to the array"


def test_bad_parameter_files_are_refused_and_change_nothing(rng, tmp_path):
    cell = LSTM(2, 3, rng=rng)
    before = {name: p.copy() for name, p in cell.params.items()}
    files = {}
    for name, layer in (("gru", GRU(2, 3, rng=rng)), ("wide", LSTM(2, 4, rng=rng)),
                        ("double", LSTM(2, 3, rng=rng, dtype=np.float64))):  # fmt: skip
        files[name] = tmp_path / f"{name}.npz"
        save(files[name], layer)
    (tmp_path / "text.npz").write_text("not a zip file")
    (tmp_path / "empty.npz").write_bytes(b"")
    np.savez(tmp_path / "pickle.npz", **(before | {"b": np.array([{}], object)}))
    whole = files["wide"].read_bytes()
    (tmp_path / "half.npz").write_bytes(whole[: len(whole) // 2])
    np.save(tmp_path / "array.npy", np.zeros(3))
    for name, message in (
        ("gru.npz", "must hold the parameters W_h, W_x, b, it holds W_h, W_x, b, b_n"),
        ("wide.npz", r"W_x must be float32 of shape \(2, 12\), it is float32 of shape \(2, 16\)"),
        ("double.npz", "W_x must be float32 .* it is float64"),
        ("text.npz", "is not a parameter file"),
        ("empty.npz", "is not a parameter file"),
        ("pickle.npz", "is not a parameter file"),
        ("half.npz", "is not a parameter file"),
        ("array.npy", "is not a parameter file"),
    ):
        with pytest.raises(ValueError, match=message):
            load(tmp_path / name, cell)
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "missing.npz", cell)
    with pytest.raises(ValueError, match=r"path must end in \.npz, got model\.txt"):
        save(tmp_path / "model.txt", cell)
    assert all((cell.params[name] == p).all() for name, p in before.items())


def test_adding_marks_one_number_in_each_half(rng):
    x, target, mask, _ = tasks.adding(rng, 500, 11)
    marks = x[..., 1]
    assert (marks[:5].sum(0) == 1).all() and (marks[5:].sum(0) == 1).all()
    assert abs(np.var(target[-1]) - 1 / 6) < 0.03  # the loss of always answering the mean
    assert mask.sum() == 500 and (mask[-1] == 1).all()
    with pytest.raises(ValueError, match="length must be at least 2, got 1"):
        tasks.adding(rng, 1, 1)


def test_latch_shows_its_bit_once(rng):
    x, labels, mask, _ = tasks.latch(rng, 200, 20)
    assert x.shape == (21, 200, 1) and ((x[0, :, 0] == 1) == labels[0]).all()
    assert abs(x[1:].std() - 0.1) < 0.01 and mask.sum() == 200


def test_spike_delays_asks_for_the_distance_at_each_spike(rng):
    x, target, mask, _ = tasks.spike_delays(rng, 50, 80, 5, 15)
    for b in range(50):
        spikes = np.flatnonzero(x[:, b, 0])
        gaps = np.diff(spikes)
        assert gaps.min() >= 5 and gaps.max() <= 15
        assert (np.flatnonzero(mask[:, b]) == spikes[1:]).all()
        np.testing.assert_allclose(target[spikes[1:], b, 0], (gaps - 5) / 10, rtol=1e-6)
    for bad in ((5, 5), (6, 5), (5, 80)):
        with pytest.raises(ValueError, match="shortest < longest < length must hold"):
            tasks.spike_delays(rng, 1, 80, *bad)


def test_counting_asks_for_a_tenth_of_the_number_of_ones_at_the_end(rng):
    x, target, mask, lengths = tasks.counting(rng, 300, 40)
    assert x.shape == target.shape == (40, 300, 1) and x.dtype == target.dtype == np.float32
    assert set(np.unique(x)) == {0, 1} and lengths is None
    np.testing.assert_allclose(target[-1], x.sum(axis=0) / 10, rtol=1e-6)
    assert not target[:-1].any() and mask.sum() == 300 and mask[-1].all()
    with pytest.raises(ValueError, match="length must be at least 1"):
        tasks.counting(rng, 2, 0)


def test_copy_asks_for_what_came_first(rng):
    x, target, mask, _ = tasks.copy(rng, 200, 5, items=3, symbols=4)
    assert x.shape == (11, 200, 6) and (x.sum(axis=-1) == 1).all()
    ids = x.argmax(axis=-1)
    assert (ids[:3] == target[-3:]).all() and set(ids[:3].ravel()) == {0, 1, 2, 3}
    assert (ids[3:8] == 4).all() and (ids[8:] == 5).all() and (mask.sum(axis=1) == [0] * 8 + [200] * 3).all()
    for bad in ({"lag": 0}, {"items": 0}, {"symbols": 0}):
        with pytest.raises(ValueError, match=f"{next(iter(bad))} must be at least 1, got 0"):
            tasks.copy(rng, 1, **{"lag": 5} | bad)


@pytest.mark.parametrize("length", [10, 25, 40])
def test_temporal_order_is_told_by_two_symbols_far_apart(length, rng):
    x, target, mask, _ = tasks.temporal_order(rng, 300, length)
    ids = x.argmax(axis=-1)
    for column, label in zip(ids.T, target[-1], strict=True):
        places = np.flatnonzero(column < 2)
        assert len(places) == 2 and 2 * column[places[0]] + column[places[1]] == label
        assert length // 10 <= places[0] < length // 5 and length // 2 <= places[1] < length * 6 // 10 + 1
    assert set(target[-1]) == {0, 1, 2, 3} and mask[:-1].sum() == 0 and (mask[-1] == 1).all()
    with pytest.raises(ValueError, match="length must be at least 10, got 9"):
        tasks.temporal_order(rng, 1, 9)


@pytest.mark.parametrize(("kinds", "depth"), [(1, 1), (2, 4), (3, 2)])
def test_brackets_are_nested_and_the_innermost_is_asked_for(kinds, depth, rng):
    x, target, mask, _ = tasks.dyck(rng, 50, 60, kinds, depth)
    deepest = 0
    for column, labels, asked in zip(x.argmax(axis=-1).T, target.T, mask.T, strict=True):
        stack = []  # a plain stack knows nothing of how the task was made
        for bracket, label, counts in zip(column, labels, asked, strict=True):
            if bracket < kinds:
                stack.append(bracket)
            else:
                assert stack.pop() == bracket - kinds
            assert counts == (bracket >= kinds) and label == (stack[-1] + 1 if stack else 0)
            deepest = max(deepest, len(stack))
    assert deepest == depth
    with pytest.raises(ValueError, match="length must be at least 2, got 1"):
        tasks.dyck(rng, 1, 1)


@pytest.mark.parametrize("compiled", [False, True])
def test_training_ends_when_it_is_told_to(compiled, rng):
    asked = []

    def until(history):
        asked.append(len(history.loss))
        return len(asked) == 3

    monitor = Monitor(eval_every=7, validation=tasks.adding(rng, 8, 4), until=until)
    batch = lambda: tasks.adding(rng, 8, 4)  # noqa: E731
    history = fit(adding_model(rng), mean_squared_error, SGD(0.1), batch, steps=100, monitor=monitor, compiled=compiled)
    assert asked == [7, 14, 21] and len(history.loss) == 21
    assert [step for step, _ in history.validation] == [0, 7, 14, 21]


@pytest.mark.parametrize("part", ["train", "test"])
def test_the_digits_are_scikit_learns(part):
    datasets = pytest.importorskip("sklearn.datasets")
    x, target, mask, _ = data.digits(part, np.float64)
    images = datasets.load_digits().images[-360:] if part == "test" else datasets.load_digits().images[:-360]
    assert (x[:, :, 0].T.reshape(-1, 8, 8) * 16 == images).all()
    labels = datasets.load_digits().target[-360:] if part == "test" else datasets.load_digits().target[:-360]
    assert (target[-1] == labels).all() and mask.sum() == len(labels) == mask[-1].sum()
    assert np.bincount(labels).min() > 0.9 * len(labels) / 10


def test_the_digits_have_two_parts_and_need_a_library(monkeypatch):
    with pytest.raises(ValueError, match="part must be one of 'train', 'test', got 'all'"):
        data.digits("all")
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(ImportError, match=r"pip install rnnbook\[data\]"):
        data.digits("test")


@pytest.mark.parametrize("compiled", [False, True])
def test_what_stands_behind_the_end_of_a_sequence_does_not_count_in_training(rng, compiled):
    """Lengths without a mask are a mask: the loss of a batch is the mean over the steps that are there."""
    x, target = rng.normal(size=(6, 2, 3)), rng.normal(size=(6, 2, 1))
    model = Model(LSTM(3, 4, rng=rng, dtype=np.float64), Dense(4, 1, rng=rng, dtype=np.float64))
    y = [model(x[:n, [b]])[:, 0] - target[:n, b] for b, n in enumerate((6, 2))]
    batch = Batch(x, target, lengths=np.array([6, 2]))
    monitor = Monitor(validation=batch)
    history = fit(model, mean_squared_error, SGD(0.1), lambda: batch, steps=1, compiled=compiled, monitor=monitor)
    assert np.isclose(history.loss[0], np.mean(np.concatenate(y) ** 2))
    assert np.isclose(history.validation[0][1], history.loss[0])
