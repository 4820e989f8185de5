"""A training step of every cell beside PyTorch's, in one process, in turn: make bench

A step is forward, then backward to the parameters and the input, in float32, with NumPy and
compiled (rnnbook.compiled). RNN, LSTM and GRU run against torch.nn; what PyTorch does not
have (peepholes, coupled gates, a cell of one's own) against the loop that a PyTorch user
would write, plain or with its step compiled, whichever is faster. Absolute times say little
on another machine, so the table gives ratios: PyTorch's time over ours, pair by pair.
"""

import gc
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import torch
from threadpoolctl import threadpool_info, threadpool_limits

import rnnbook
from rnnbook.activations import d_sigmoid, d_tanh, sigmoid, tanh
from rnnbook.arrays import flat, join, split

SHAPES = [  # T, B, D, H
    (100, 32, 64, 64),
    (100, 32, 128, 128),
    (200, 64, 128, 256),
    (784, 32, 1, 100),
    (400, 16, 2, 128),
    (1000, 1, 64, 64),
]
PAIRS = 5
HERE = (sys.executable, __file__)
PATIENCE = 3600  # seconds for a table, or for one number of it: nothing here waits for ever


def peephole_step(xw, h, c, W_h, p_i, p_f, p_o):
    a_i, a_f, a_o, a_g = (xw + h @ W_h).chunk(4, dim=-1)
    i, f = torch.sigmoid(a_i + p_i * c), torch.sigmoid(a_f + p_f * c)
    c = f * c + i * torch.tanh(a_g)
    return torch.sigmoid(a_o + p_o * c) * torch.tanh(c), c


def coupled_step(xw, h, c, W_h):
    a_i, a_o, a_g = (xw + h @ W_h).chunk(3, dim=-1)
    i = torch.sigmoid(a_i)
    c = c + i * (torch.tanh(a_g) - c)
    return torch.sigmoid(a_o) * torch.tanh(c), c


class Own(rnnbook.Cell):
    """A cell that a reader writes: the leaky unit of the API page."""

    blocks, gates, saved = ("f", "n"), ("f",), ("f", "n", "h_prev")

    def step(self, xw, state):
        (h,) = state
        a_f, a_n = split(xw + h @ self.params["W_h"], 2)
        f, n = sigmoid(a_f), tanh(a_n)
        return (h + f * (n - h),), (f, n, h)

    def step_back(self, saved, dstate):
        (f, n, h), (dh,) = saved, dstate
        da = join([dh * (n - h) * d_sigmoid(f), dh * f * d_tanh(n)])
        return da, (dh * (1 - f) + da @ self.params["W_h"].T,)


def own_step(xw, h, c, W_h):
    a_f, a_n = (xw + h @ W_h).chunk(2, dim=-1)
    return h + torch.sigmoid(a_f) * (torch.tanh(a_n) - h), c


CELLS = {
    name: getattr(rnnbook, name, Own) for name in ("RNN", "LSTM", "GRU", "PeepholeLSTM", "CoupledLSTM", "one's own")
}
STEPS = {"PeepholeLSTM": peephole_step, "CoupledLSTM": coupled_step, "one's own": own_step}


class Loop(torch.nn.Module):
    """The loop a PyTorch user would write well: one input product, unbind, one product a step."""

    def __init__(self, cell, step):
        super().__init__()
        self.step = step
        self.weights = torch.nn.ParameterDict({k: torch.tensor(v) for k, v in cell.params.items()})

    def forward(self, x):
        own = dict(self.weights)
        xw = x @ own.pop("W_x") + own.pop("b")
        h = c = x.new_zeros(x.shape[1], own["W_h"].shape[0])
        outputs = []
        for xw_t in xw.unbind(0):
            h, c = self.step(xw_t, h, c, **own)
            outputs.append(h)
        return torch.stack(outputs)


def our_step(name, T, B, D, H, compiled=False):
    rng = np.random.default_rng(0)
    cell = CELLS[name](D, H, rng=rng)
    if compiled:
        cell = rnnbook.compiled(cell)
    x, dhs = (rng.normal(size=(T, B, n)).astype(np.float32) for n in (D, H))

    def step():
        cell(x)
        cell.backward(dhs)

    return step


def torch_step(name, T, B, D, H, compiled=False):
    rng = np.random.default_rng(0)
    cell = CELLS[name](D, H, rng=rng)
    if name in STEPS:
        torch.compiler.reset()  # each shape is compiled anew, so none runs into the limit of recompilations
        module = Loop(cell, torch.compile(STEPS[name]) if compiled else STEPS[name])
    else:
        module = rnnbook.interop.to_torch(cell)
    x = torch.tensor(rng.normal(size=(T, B, D)).astype(np.float32), requires_grad=True)
    dhs = torch.tensor(rng.normal(size=(T, B, H)).astype(np.float32))

    def step():
        module.zero_grad()
        x.grad = None
        out = module(x)
        (out[0] if isinstance(out, tuple) else out).backward(dhs)

    return step


def products_alone(name, T, B, D, H):
    """Only the matrix products that the step cannot do without: our limit."""
    rng = np.random.default_rng(0)
    params = CELLS[name](D, H, rng=rng).params
    W_x, W_h = params["W_x"], params["W_h"]
    W_h_back = np.ascontiguousarray(W_h.T)
    x, h, a = (rng.normal(size=(T, B, n)).astype(np.float32) for n in (D, H, W_h.shape[1]))

    def step():
        flat(x) @ W_x
        for _ in range(T):
            h[0] @ W_h
            a[0] @ W_h_back
        flat(x).T @ flat(a)
        flat(h).T @ flat(a)
        flat(a) @ W_x.T

    return step


def seconds(step):
    start = time.perf_counter()
    step()
    return time.perf_counter() - start


def in_turn(*steps):
    """Times of each step, measured in turn, so that a drift of the machine's speed hits all alike."""
    for step in steps:
        step()
    gc.disable()
    runs = [[seconds(step) for step in steps] for _ in range(PAIRS)]
    gc.enable()
    return list(zip(*runs, strict=True))


def middle(ratios):
    ratios = sorted(ratios)
    return f"{statistics.median(ratios):6.2f} ({ratios[0]:.2f}-{ratios[-1]:.2f})"


def speed_table(threads):
    if threads == 1 and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})  # JAX has no other way to say it
    torch.set_num_threads(threads)
    with threadpool_limits(threads):
        blas = [i for i in threadpool_info() if i["user_api"] == "blas"]
        kernels = ", ".join(f"{i['internal_api']} {i.get('version')} kernel {i.get('architecture')}" for i in blas)
        print(f"\n{threads} thread(s); NumPy's BLAS: {kernels}; PyTorch {torch.__version__}")
        print("PyTorch's time over ours, median of pairs (min-max): above 1 we are faster. To compile: seconds,")
        print("and the steps after which that is paid; NumPy's time over that of its matrix products alone")
        print(f"{'T, B, D, H':20s} {'cell':13s} {'NumPy':19s} {'compiled':19s} {'to compile':16s} products")
        for shape in SHAPES:
            for name in CELLS:
                fast = our_step(name, *shape, compiled=True)
                to_compile = seconds(fast)
                theirs = [
                    torch_step(name, *shape, compiled=way) for way in ((False, True) if name in STEPS else (False,))
                ]
                plain, fast, products, *theirs = in_turn(
                    our_step(name, *shape), fast, products_alone(name, *shape), *theirs
                )
                theirs = [min(pair) for pair in zip(*theirs, strict=True)]
                against = [middle(t / o for t, o in zip(theirs, ours, strict=True)) for ours in (plain, fast)]
                limit = statistics.median(o / p for o, p in zip(plain, products, strict=True))
                gain = statistics.median(plain) - statistics.median(fast)
                paid = f"{to_compile / gain:.0f}" if gain > 0 else "never"
                print(f"{shape!s:20s} {name:13s} {against[0]:19s} {against[1]:19s} ", end="")
                print(f"{to_compile:4.1f} s, {paid:>6s}   {limit:.2f}", flush=True)


def resident(field):
    """A line of Linux's account of this process's memory, in MB; nan elsewhere."""
    try:
        status = Path("/proc/self/status").read_text()
    except FileNotFoundError:
        return float("nan")
    return int(status.split(field + ":")[1].split()[0]) / 1024


def peak_memory(side, name, *shape):
    """Print the MB that training steps add to the process (run in a process of its own)."""
    our_step("RNN", 2, 2, 2, 2)()  # load what is loaded lazily
    torch_step("RNN", 2, 2, 2, 2)()
    before = resident("VmRSS")
    if before == before:
        Path("/proc/self/clear_refs").write_text("5")  # start the high-water mark anew
    step = {"ours": our_step, "torch": torch_step}[side](name, *map(int, shape))
    for _ in range(3):
        step()
    print(resident("VmHWM") - before)


def growth_table():
    print("\nGrowth with T at B, D, H = 32, 64, 64, one thread: time (relative to T = 100), peak memory in MB")
    print(f"{'T':>6s} {'cell':13s} {'time':>6s} {'PyTorch':>8s}   {'memory':>6s} {'PyTorch':>8s}")
    torch.set_num_threads(1)
    with threadpool_limits(1):
        for name in ("RNN", "LSTM", "GRU", "PeepholeLSTM", "CoupledLSTM"):
            first = None
            for T in (100, 400, 1600):
                shape = (T, 32, 64, 64)
                times = [statistics.median(t) for t in in_turn(our_step(name, *shape), torch_step(name, *shape))]
                first = first or times
                memory = [
                    float(subprocess.check_output([*HERE, side, name, *map(str, shape)], text=True, timeout=PATIENCE))
                    for side in ("ours", "torch")
                ]
                print(
                    f"{T:6d} {name:13s} {times[0] / first[0]:6.1f} {times[1] / first[1]:8.1f}   "
                    f"{memory[0]:6.0f} {memory[1]:8.0f}",
                    flush=True,
                )


if __name__ == "__main__":
    if len(sys.argv) == 2:
        speed_table(int(sys.argv[1]))
    elif sys.argv[1:]:
        peak_memory(*sys.argv[1:])
    else:
        for threads in ("1", "2"):
            subprocess.run([*HERE, threads], check=True, timeout=PATIENCE)
        growth_table()
