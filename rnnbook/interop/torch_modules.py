"""Modules for what PyTorch has no layer for: unlike layers on top of each other, and a whole model."""

from collections.abc import Iterable
from typing import Any

import torch
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence


def run(
    module: Any, x: torch.Tensor, state: Any = None, lengths: torch.Tensor | None = None
) -> tuple[torch.Tensor, Any]:
    """A recurrent module's outputs, zero behind a sequence's end, and its states after each one's last step."""
    if isinstance(module, torch.nn.Linear):
        return module(x), None
    if isinstance(module, Chain):
        return module(x, state, lengths)
    if lengths is None:
        return module(x, state)
    time = int(module.batch_first)
    packed = pack_padded_sequence(x, lengths.cpu(), batch_first=module.batch_first, enforce_sorted=False)
    hs, state = module(packed, state)
    return pad_packed_sequence(hs, batch_first=module.batch_first, total_length=x.shape[time])[0], state


class Chain(torch.nn.Module):
    """Modules on top of each other: ``chain(x, state=None, lengths=None)`` returns outputs and one state a module."""

    def __init__(self, parts: Iterable[torch.nn.Module]) -> None:
        super().__init__()
        self.parts = torch.nn.ModuleList(parts)

    def forward(
        self, x: torch.Tensor, state: Any = None, lengths: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, Any]:
        """Run all modules over time."""
        final = []
        for part, s in zip(self.parts, state or [None] * len(self.parts), strict=True):
            x, s = run(part, x, s, lengths)
            final.append(s)
        return x, tuple(final)


class Network(torch.nn.Module):
    """A `Model` of this package: ``network(x, state=None, lengths=None)`` returns ``y`` and the state."""

    def __init__(
        self, embedding: Any, recurrent: Any, readout: Any, pool: str | None, n_forward: int | None, batch_first: bool
    ) -> None:
        super().__init__()
        self.embedding, self.recurrent, self.readout = embedding, recurrent, readout
        self.pool, self.n_forward, self.time = pool, n_forward, int(batch_first)

    def forward(
        self, x: torch.Tensor, state: Any = None, lengths: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, Any]:
        """Run over time, and read."""
        if self.embedding is not None:
            x = self.embedding(x)
        hs, state = run(self.recurrent, x, state, lengths)
        return self.readout(hs if self.pool is None else self.pooled(hs, lengths)), state

    def pooled(self, hs: torch.Tensor, lengths: torch.Tensor | None) -> torch.Tensor:
        """One output a sequence; the time axis stays, with one step."""
        time, T, B = self.time, hs.shape[self.time], hs.shape[1 - self.time]
        ends = torch.full((B,), T) if lengths is None else lengths
        ends = ends.to(hs.device).unsqueeze(time).unsqueeze(-1)
        t = torch.arange(T, device=hs.device).unsqueeze(1 - time).unsqueeze(-1)
        if self.pool == "mean":
            return hs.sum(time, keepdim=True) / ends  # behind the end outputs are zero
        if self.pool == "max":
            return hs.masked_fill(t >= ends, -torch.inf).amax(time, keepdim=True)
        last = hs.masked_fill(t != ends - 1, 0).sum(time, keepdim=True)
        if self.n_forward is None:
            return last
        return torch.cat([last[..., : self.n_forward], hs.narrow(time, 0, 1)[..., self.n_forward :]], dim=-1)
