"""How a model learns: losses, CTC, optimisers, initial weights, the training loop."""

from rnnbook.learning import init
from rnnbook.learning.losses import (
    MixtureDensity,
    QuantileLoss,
    gaussian_nll,
    mean_squared_error,
    softmax_cross_entropy,
)
from rnnbook.learning.optimisers import SGD, Adam, RMSProp, clip_by_global_norm
from rnnbook.learning.training import Batch, History, Monitor, Update, fit, fit_many

__all__ = ["SGD", "Adam", "Batch", "History", "MixtureDensity", "Monitor", "QuantileLoss", "RMSProp", "Update"]
__all__ += ["clip_by_global_norm", "fit", "fit_many", "gaussian_nll", "init", "mean_squared_error"]
__all__ += ["softmax_cross_entropy"]
