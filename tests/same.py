"""Two trainings that should be one: what is compared of them, and how closely."""

import numpy as np

FIRST, CLOSELY = 5, 1e-11  # updates, and how closely losses of the same training agree, relative


def same_training(one, other, afterwards=CLOSELY):
    """Assert that two histories of losses are those of the same training.

    The first updates differ by rounding alone, and a wrong gradient shows in them. What training makes of the rounding
    depends on the cell and on the processor: where it is amplified, say by `afterwards` how far.
    """
    assert len(one) == len(other) > 0
    np.testing.assert_allclose(one[:FIRST], other[:FIRST], rtol=CLOSELY)
    np.testing.assert_allclose(one, other, rtol=afterwards)


def same_params(one, other):
    """Assert that two trainings ended with the same parameters."""
    assert one.keys() == other.keys()
    for name, p in one.items():
        np.testing.assert_allclose(p, other[name], rtol=1e-9, atol=1e-12, err_msg=name)
