"""What must hold for every shape, length, dtype and memory layout."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kinds import KINDS, random_cell, random_state

from rnnbook import GRU, LSTM, Bidirectional, Stack, compiled

sizes = st.integers(1, 5)


def on_both_paths(holds):
    """Make a test of both paths from what must hold for a cell in any case.

    Compiled in one case, in shapes that the tests share, since each takes seconds: tests/test_compiled.py compares all
    cells with themselves compiled.
    """

    @pytest.mark.parametrize("path", ["numpy", "compiled"])
    def test(path):
        if path == "compiled":
            pytest.importorskip("jax")
            holds(compiled, "LSTM", T=5, B=3, D=2, H=4, seed=0)
            return

        @settings(max_examples=120, deadline=None, derandomize=True)
        @given(st.sampled_from(sorted(KINDS)), st.integers(1, 7), sizes, sizes, sizes, st.integers(0, 2**32 - 1))
        def check(kind, T, B, D, H, seed):
            holds(lambda cell: cell, kind, T, B, D, H, seed)

        check()

    return test


def draw(wrap, kind, T, B, D, H, seed, dtype=np.float64):
    rng = np.random.default_rng(seed)
    cell = wrap(random_cell(kind, D, H, rng, dtype))
    x, dhs = rng.normal(size=(T, B, D)).astype(dtype), rng.normal(size=(T, B, H)).astype(dtype)
    one = getattr(cell, "layer", cell)
    return rng, cell, x, random_state(one, B, rng, dtype), dhs, random_state(one, B, rng, dtype)


def run(cell, x, state, dhs, dstate, lengths=None):
    """Everything a cell computes, in one list."""
    hs, final = cell(x, state, lengths)
    dx, dstate0 = cell.backward(dhs, dstate)
    return [hs, *final, dx, *dstate0], cell.grads


def over_time(k, state):
    """Whether what `run` gives in the place k has an axis of time: hs and dx, not the states."""
    return k in (0, 1 + len(state))


def same(ours, theirs):
    np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-11)


@on_both_paths
def test_a_batch_equals_its_sequences_run_one_by_one(wrap, kind, T, B, D, H, seed):
    _, cell, x, state, dhs, dstate = draw(wrap, kind, T, B, D, H, seed)
    together, grads = run(cell, x, state, dhs, dstate)
    total = dict.fromkeys(grads, 0.0)
    for b in range(B):
        one = slice(b, b + 1)
        alone, grad = run(cell, x[:, one], [s[one] for s in state], dhs[:, one], [d[one] for d in dstate])
        for k, (a, t) in enumerate(zip(alone, together, strict=True)):
            same(a, t[:, one] if over_time(k, state) else t[one])
        for name in grad:
            total[name] = total[name] + grad[name]
    for name in grads:
        same(total[name], grads[name])


@on_both_paths
def test_running_two_halves_with_the_state_handed_over_equals_running_it_whole(wrap, kind, T, B, D, H, seed):
    rng, cell, x, state, dhs, dstate = draw(wrap, kind, T + 1, B, D, H, seed)
    cut = int(rng.integers(1, T + 1))
    whole, grads = run(cell, x, state, dhs, dstate)
    first_hs, middle = cell(x[:cut], state)
    second_hs, final = cell(x[cut:], middle)
    dx2, dmiddle = cell.backward(dhs[cut:], dstate)
    grads2 = cell.grads
    cell(x[:cut], state)
    dx1, dstate0 = cell.backward(dhs[:cut], dmiddle)
    halves = [np.concatenate([first_hs, second_hs]), *final, np.concatenate([dx1, dx2]), *dstate0]
    for a, b in zip(halves, whole, strict=True):
        same(a, b)
    for name in grads:
        same(cell.grads[name] + grads2[name], grads[name])


@on_both_paths
def test_padding_changes_nothing_whatever_it_holds(wrap, kind, T, B, D, H, seed):
    rng, cell, x, state, dhs, dstate = draw(wrap, kind, T, B, D, H, seed)
    lengths = rng.integers(1, T + 1, B)
    padding = np.arange(T)[:, None] >= lengths
    x[padding] = np.nan
    dhs[padding] = np.nan
    padded, grads = run(cell, x, state, dhs, dstate, lengths)
    hs, dx = padded[0], padded[1 + len(state)]
    assert (hs[padding] == 0).all() and (dx[padding] == 0).all()
    total = dict.fromkeys(grads, 0.0)
    for b, n in enumerate(lengths):
        one = slice(b, b + 1)
        alone, grad = run(cell, x[:n, one], [s[one] for s in state], dhs[:n, one], [d[one] for d in dstate])
        for k, (a, p) in enumerate(zip(alone, padded, strict=True)):
            same(a, p[:n, one] if over_time(k, state) else p[one])
        for name in grad:
            total[name] = total[name] + grad[name]
    for name in grads:
        same(total[name], grads[name])


@on_both_paths
def test_memory_layout_does_not_matter(wrap, kind, T, B, D, H, seed):
    _, cell, x, state, dhs, dstate = draw(wrap, kind, T, B, D, H, seed)
    plain, grads = run(cell, x, state, dhs, dstate)
    wide = np.full((T, 2 * B, 3 * D), np.nan)
    wide[:, ::2, ::3] = x
    strided, strided_grads = run(
        cell, wide[:, ::2, ::3], [np.asfortranarray(s) for s in state], dhs[::-1].copy()[::-1], dstate
    )
    for a, b in zip(strided, plain, strict=True):
        same(a, b)
    for name in grads:
        same(strided_grads[name], grads[name])


@on_both_paths
def test_float32_stays_float32_and_close_to_float64(wrap, kind, T, B, D, H, seed):
    _, cell, x, state, dhs, dstate = draw(wrap, kind, T, B, D, H, seed, np.float32)
    single, grads = run(cell, x, state, dhs, dstate)
    assert {a.dtype for a in (*single, *grads.values())} == {np.dtype(np.float32)}
    if "relu" in kind or "leaky" in kind:
        return  # a kink may lie between the two
    for name, value in cell.params.items():
        cell.params[name] = value.astype(np.float64)
    double, _ = run(cell, x.astype(float), [s.astype(float) for s in state], dhs.astype(float), dstate)
    for a, b in zip(single, double, strict=True):
        assert b.dtype == np.float64
        np.testing.assert_allclose(a, b, rtol=5e-3, atol=5e-4 * max(1, np.abs(b).max()))


@on_both_paths
def test_arguments_are_left_as_they_were_and_calls_repeat_exactly(wrap, kind, T, B, D, H, seed):
    _, cell, x, state, dhs, dstate = draw(wrap, kind, T, B, D, H, seed)
    arguments = [x, dhs, *state, *dstate, *cell.params.values()]
    copies = [a.copy() for a in arguments]
    first, grads = run(cell, x, state, dhs, dstate)
    kept = [a.copy() for a in (*first, *grads.values())]
    second, again = run(cell, x, state, dhs, dstate)
    assert all((a == c).all() for a, c in zip(arguments, copies, strict=True))
    assert all((a == b).all() for a, b in zip((*second, *again.values()), kept, strict=True))
    assert all((a == b).all() for a, b in zip((*first, *grads.values()), kept, strict=True)), "results were overwritten"


def test_a_wider_call_before_leaves_no_trace_in_the_dtype(rng):
    cell = LSTM(2, 3, rng=rng)
    x, dhs = rng.normal(size=(5, 2, 2)), rng.normal(size=(5, 2, 3))
    assert cell(x)[0].dtype == np.float64
    hs, _ = cell(x.astype(np.float32))
    dx, _ = cell.backward(dhs.astype(np.float32))
    assert {a.dtype for a in (hs, dx, *cell.tape, *cell.grads.values())} == {np.dtype(np.float32)}


def test_changing_the_returned_outputs_does_not_change_the_gradients(rng):
    cell = LSTM(2, 3, rng=rng, dtype=np.float64)
    x, dhs = rng.normal(size=(5, 2, 2)), rng.normal(size=(5, 2, 3))
    cell(x)
    cell.backward(dhs)
    expected = cell.grads
    hs, _ = cell(x)
    hs[...] = 0
    cell.backward(dhs)
    assert all((cell.grads[name] == g).all() for name, g in expected.items())


@pytest.mark.parametrize("kind", KINDS)
def test_not_a_number_spreads_in_its_sequence_from_its_step_on_and_nowhere_else(kind, rng):
    cell = random_cell(kind, 2, 3, rng)
    x = rng.normal(size=(6, 2, 2))
    clean, _ = cell(x)
    x[3, 0] = np.nan
    hs, _ = cell(x)
    assert np.isnan(hs[3:, 0]).all()
    assert (hs[:3] == clean[:3]).all() and (hs[:, 1] == clean[:, 1]).all()


@pytest.mark.parametrize("kind", KINDS)
def test_step_back_broadcasts_over_leading_axes(kind, rng):
    cell = random_cell(kind, 2, 3, rng)
    cell(rng.normal(size=(2, 4, 2)))
    saved = tuple(s[1] for s in cell.tape)
    many = tuple(rng.normal(size=(5, 6, 4, *shape)) for shape in cell.state_shapes())
    da, dstate = cell.step_back(saved, many)
    for index in np.ndindex(5, 6):
        one_da, one = cell.step_back(saved, tuple(d[index] for d in many))
        same(da[index], one_da)
        for a, b in zip(dstate, one, strict=True):
            same(a[index], b)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(T=st.integers(1, 6), B=sizes, seed=st.integers(0, 2**32 - 1))
def test_two_directions_see_each_sequence_from_its_own_end(T, B, seed):
    rng = np.random.default_rng(seed)
    both = Bidirectional(*(LSTM(2, 3, rng=rng, dtype=np.float64) for _ in range(2)))
    x, lengths = rng.normal(size=(T, B, 2)), rng.integers(1, T + 1, B)
    hs, _ = both(x, lengths=lengths)
    for b, n in enumerate(lengths):
        ahead, _ = both.forward_cell(x[:n, b : b + 1])
        back, _ = both.backward_cell(x[:n, b : b + 1][::-1])
        same(hs[:n, b : b + 1], np.concatenate([ahead, back[::-1]], axis=-1))
        assert (hs[n:, b] == 0).all()


def test_a_stack_computes_what_its_cells_compute_one_after_the_other(rng):
    low, high = LSTM(2, 3, rng=rng), GRU(3, 4, rng=rng)
    x = rng.normal(size=(5, 2, 2)).astype(np.float32)
    hs, (low_state, high_state) = Stack([low, high])(x)
    middle, low_final = low(x)
    top, high_final = high(middle)
    assert (hs == top).all()
    for ours, theirs in zip((*low_state, *high_state), (*low_final, *high_final), strict=True):
        assert (ours == theirs).all()
