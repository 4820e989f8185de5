"""All five cells against ONNX Runtime, which has peepholes, coupled gates and both resets."""

import numpy as np
import pytest
from kinds import KINDS, random_cell, random_state

from rnnbook import LSTM, Bidirectional, Cell, Stack, interop

onnxruntime = pytest.importorskip("onnxruntime")


def has_a_twin(kind):
    try:
        interop.to_onnx(KINDS[kind](1, 1, rng=np.random.default_rng(0)))
    except TypeError:
        return False
    return True


TWINS = list(filter(has_a_twin, KINDS))


def test_all_but_the_newer_cells_have_a_twin_in_onnx():
    assert {kind.partition(" ")[0] for kind in TWINS} == {"RNN", "LSTM", "PeepholeLSTM", "CoupledLSTM", "GRU"}


@pytest.mark.parametrize("kind", TWINS)
def test_values_equal_those_of_onnx_runtime(kind, rng):
    cell = random_cell(kind, 3, 5, rng, np.float32)
    x, state = rng.normal(size=(9, 4, 3)).astype(np.float32), random_state(cell, 4, rng, np.float32)
    hs, final = cell(x, state)
    session = onnxruntime.InferenceSession(
        interop.to_onnx(cell).SerializeToString(), providers=["CPUExecutionProvider"]
    )
    theirs = session.run(None, {"x": x} | {f"{s}_0": value for s, value in zip(cell.states, state, strict=True)})
    for ours, value in zip((hs, *final), theirs, strict=True):
        np.testing.assert_allclose(ours, value, rtol=1e-5, atol=1e-5)


def cells_of(layer, place=""):
    """Every cell and its place in the names of ONNX."""
    for name, part in layer.parts.items():
        yield from [(part, f"{place}{name}.")] if isinstance(part, Cell) else cells_of(part, f"{place}{name}.")


def leaves(state):
    for s in state:
        yield from leaves(s) if isinstance(s, tuple) else [s]


def test_a_mixture_of_layers_and_directions_equals_onnx_runtimes(rng):
    both = Bidirectional(
        random_cell("GRU before", 5, 4, rng, np.float32), random_cell("PeepholeLSTM ifo", 5, 3, rng, np.float32)
    )
    layer = Stack([random_cell("LSTM", 3, 5, rng, np.float32), both, random_cell("CoupledLSTM", 7, 2, rng, np.float32)])
    x = rng.normal(size=(9, 4, 3)).astype(np.float32)
    given = [(cell, place, random_state(cell, 4, rng, np.float32)) for cell, place in cells_of(layer)]
    below, ahead, back, above = (state for _, _, state in given)
    hs, final = layer(x, (below, (ahead, back), above))
    session = onnxruntime.InferenceSession(
        interop.to_onnx(layer).SerializeToString(), providers=["CPUExecutionProvider"]
    )
    fed = {f"{place}{s}_0": v for cell, place, state in given for s, v in zip(cell.states, state, strict=True)}
    their_hs, *their_final = session.run(None, {"x": x} | fed)
    np.testing.assert_allclose(hs, their_hs, rtol=1e-5, atol=1e-5)
    for ours, theirs in zip(leaves(final), their_final, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-5)


def test_what_onnx_has_no_twin_for_is_refused(rng):
    class Own(LSTM):
        pass

    with pytest.raises(TypeError, match="must be one of LSTM, PeepholeLSTM"):
        interop.to_onnx(Own(1, 1, rng=rng))
