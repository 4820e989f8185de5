"""All five cells against ONNX Runtime, which has peepholes, coupled gates and both resets."""

import numpy as np
import pytest
from kinds import KINDS, random_cell, random_state

from rnnbook import LSTM, interop

onnxruntime = pytest.importorskip("onnxruntime")


@pytest.mark.parametrize("kind", KINDS)
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


def test_what_onnx_has_no_twin_for_is_refused(rng):
    class Own(LSTM):
        pass

    with pytest.raises(TypeError, match="must be one of LSTM, PeepholeLSTM"):
        interop.to_onnx(Own(1, 1, rng=rng))
