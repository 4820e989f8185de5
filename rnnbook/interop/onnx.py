"""To ONNX: every cell, by ONNX's own operator or as a Scan of its step, and whole models."""

from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any

import numpy as np

from rnnbook import check
from rnnbook.cells import GRU, LSTM, RNN, Cell, CoupledLSTM, PeepholeLSTM
from rnnbook.cells.base import where_alive
from rnnbook.interop.graph import Graph
from rnnbook.interop.parts import called, plain, refusal
from rnnbook.interop.traced import Traced, concatenate
from rnnbook.layers import Bidirectional, Dense, Embedding, Model, Stack, TiedReadout

#: ONNX's order of the gates, in the letters of this book.
ONNX_ORDER = {LSTM: "iofg", PeepholeLSTM: "iofg", CoupledLSTM: "iofg", GRU: "zrn", RNN: "h"}
#: ONNX's names of the RNN's activations.
ONNX_ACTIVATIONS = {"tanh": "Tanh", "relu": "Relu", "leaky_relu": "LeakyRelu"}


def to_onnx(layer: Any, *, state: bool = True, lengths: bool = False) -> Any:
    """An ONNX model of a layer or of a whole model (opset 14, float32), for ONNX Runtime or any other reader.

    RNN, LSTM, PeepholeLSTM, CoupledLSTM and GRU become ONNX's own operators: peepholes its ``P`` (zero where the
    cell has none), coupled gates its ``input_forget``, the place of the GRU's reset its ``linear_before_reset``.
    Every other cell, your own included, becomes a ``Scan`` over time whose body is traced from its `step`. It is
    for inference: there is no dropout.

    Parameters
    ----------
    layer : Cell, Stack, Bidirectional, Dense, Embedding or Model
        Mixed as you like.
    state : bool, default True
        Whether the states go in and out; otherwise they begin at zero.
    lengths : bool, default False
        Whether the steps of each sequence go in. States and outputs then are those of a call with `lengths`.

    Returns
    -------
    onnx.ModelProto
        Inputs ``x (T, B, D)``, or ids ``x (T, B)`` in int64 where an embedding reads them, ``h_0``, ``c_0 (B, H)``
        and ``lengths (B,)`` in int64; outputs ``hs (T, B, H)`` and ``h``, ``c (B, H)``, as in this package, with
        ``y`` in the place of ``hs`` for a Model, a Dense or an Embedding. Other cells have other states. Those of
        several cells have their places before their names, as the parameters have: ``1.forward_cell.h_0`` goes
        into the forward cell of a stack's second layer, ``recurrent.h_0`` into that of a model.

    Raises
    ------
    ImportError
        When onnx is not installed.
    TypeError
        When a part cannot go, or the step of a cell cannot be traced; it says which, and what would do.
    """
    onnx = check.require("onnx", "interop")
    top = plain(layer)
    if not isinstance(top, Cell) and type(top) not in (Stack, Bidirectional, Dense, Embedding, Model):
        raise refusal("ONNX", "", layer)
    writer = Writer(onnx, sizes_of(top), state, lengths)
    graph, model = writer.graph, top if type(top) is Model else None
    first: Any = top if model is None else model.embedding or model.recurrent
    if isinstance(first, Embedding):
        x = graph.input("x", ["T", "B"], np.int64)
    else:
        x = graph.input("x", ["T", "B", first.input_size])
    writer.begin(x)
    result = writer.add(top, "", x) if model is None else writer.add_model(model, x)
    graph.output("hs" if isinstance(top, (Cell, Stack, Bidirectional)) else "y", result)
    outputs = [graph.outputs[-1], *graph.outputs[:-1]]
    made = onnx.helper.make_model(
        onnx.helper.make_graph(graph.nodes, type(layer).__name__, graph.inputs, outputs, graph.tensors),
        opset_imports=[onnx.helper.make_opsetid("", 14)],
        ir_version=8,
    )
    onnx.checker.check_model(made)
    return made


def sizes_of(layer: Any) -> dict[str, int]:
    """Sizes that stand for T and B while shapes are found: primes that divide no other size."""
    taken = {n for value in layer.params.values() for n in value.shape} | {getattr(layer, "output_size", 1)}
    for cell in cells_of(layer):
        taken |= {n for shape in (*cell.state_shapes(), cell.block_widths()) for n in shape}

    def free(first):
        return next(p for p in count(first, 2) if all(p % k for k in range(2, p)) and all(n % p for n in taken))

    T = free(3)
    return {"T": T, "B": free(max(T + 2, 11))}


def cells_of(layer: Any) -> Iterator[Cell]:
    """All cells of a layer."""
    layer = plain(layer)
    if isinstance(layer, Cell):
        yield layer
    for part in getattr(layer, "parts", {}).values():
        yield from cells_of(part)


class Writer:
    """What adds a layer to a graph, part by part."""

    def __init__(self, onnx: Any, sizes: dict[str, int], state: bool, lengths: bool) -> None:
        self.graph = Graph(onnx, sizes)
        self.with_state, self.with_lengths = state, lengths

    def begin(self, x: Traced) -> None:
        """What all cells share: the lengths and, with them, which sequences still run at each step, (T, B, 1)."""
        graph = self.graph
        self.alive = self.lengths = self.steps = None
        self.sequence_lens = ""
        self.size = graph.node("Shape", [x.name])
        if self.with_lengths:
            given = graph.input("lengths", ["B"], np.int64)
            self.sequence_lens = graph.node("Cast", [given.name], to=graph.onnx.TensorProto.INT32)
            self.lengths = graph.traced(graph.node("Cast", [given.name], to=graph.onnx.TensorProto.FLOAT), ["B"])
            zero, one = (graph.constant(k, np.int64) for k in (0, 1))
            T = graph.node("Gather", [self.size, zero])
            steps = graph.node("Cast", [graph.node("Range", [zero, T, one])], to=graph.onnx.TensorProto.FLOAT)
            self.steps = graph.traced(steps, ["T"])[:, None, None]
            self.alive = self.steps < self.lengths[:, None]

    def add_model(self, model: Model, x: Traced) -> Traced:
        """Add a `Model`: what stands before and behind its recurrent layer."""
        if model.embedding is not None:
            x = self.add(model.embedding, "embedding.", x)
        hs = self.add(model.recurrent, "recurrent.", x)
        if model.pool is not None:
            hs = self.pooled(model, hs)
        if isinstance(model.readout, TiedReadout):
            assert model.embedding is not None  # the readout's weights are its table
            table = self.graph.constant(model.embedding.params["W"])
            turned = self.graph.node("Transpose", [table], perm=[1, 0])
            return hs @ self.graph.traced(turned, model.embedding.params["W"].T.shape) + model.readout.params["b"]
        return self.add(model.readout, "readout.", hs)

    def pooled(self, model: Model, hs: Traced) -> Traced:
        """One output a sequence, (1, B, H), as `rnnbook.layers.pooling_weights` has it."""
        if model.pool == "mean":
            if self.lengths is None:
                return hs.mean(axis=0, keepdims=True)
            return hs.sum(axis=0, keepdims=True) / self.lengths[:, None]  # behind the end outputs are zero
        if model.pool == "max":
            return (hs if self.alive is None else np.where(self.alive, hs, -np.inf)).max(axis=0, keepdims=True)
        last = hs[-1:]
        if self.lengths is not None:
            last = np.where(self.steps == self.lengths[:, None] - 1, hs, 0).sum(axis=0, keepdims=True)
        if model._n_forward is None:
            return last
        return concatenate([last[..., : model._n_forward], hs[:1, :, model._n_forward :]], axis=-1)

    def add(self, layer: Any, place: str, x: Traced, direction: str = "forward") -> Traced:
        """Add a layer that reads `x`; returns its outputs."""
        layer = plain(layer)
        self.graph.labels |= {id(p): place + name for name, p in getattr(layer, "params", {}).items()}
        if type(layer) is Stack:
            for name, part in layer.parts.items():
                x = self.add(part, f"{place}{name}.", x)
            return x
        if type(layer) is Bidirectional:
            return concatenate(
                [
                    self.add(layer.forward_cell, f"{place}forward_cell.", x),
                    self.add(layer.backward_cell, f"{place}backward_cell.", x, "reverse"),
                ],
                axis=-1,
            )
        if type(layer) is Dense:
            return x @ layer.params["W"] + layer.params["b"]
        if type(layer) is Embedding:
            name = self.graph.node("Gather", [self.graph.constant(layer.params["W"]), x.name])
            return self.graph.traced(name, [*x.shape, layer.output_size])
        if not isinstance(layer, Cell):
            raise refusal("ONNX", place, layer)
        return (self.native if type(layer) in ONNX_ORDER else self.scan)(layer, place, x, direction)

    def native(self, cell: Cell, place: str, x: Traced, direction: str) -> Traced:
        """Add a cell that ONNX has."""
        graph, kind, H, order = self.graph, type(cell), cell.hidden_size, ONNX_ORDER[type(cell)]

        def arranged(name):
            blocks = {g: cell.block(name, g) for g in cell.blocks}
            if kind is CoupledLSTM:
                blocks["f"] = np.zeros_like(blocks["i"])  # ONNX keeps a place for f and computes 1 - i
            return np.concatenate([blocks[g] for g in order], axis=-1)

        b_x = arranged("b")
        b_h = np.zeros_like(b_x)
        options: dict[str, Any] = {"direction": direction}
        if isinstance(cell, GRU):
            options["linear_before_reset"] = int(cell.reset == "after")
            if cell.reset == "after":
                b_h[2 * H :] = cell.params["b_n"]
        if isinstance(cell, RNN):
            options["activations"] = [ONNX_ACTIVATIONS[cell.activation]]
        if isinstance(cell, CoupledLSTM):
            options["input_forget"] = 1
        constants = {"W": arranged("W_x").T, "R": arranged("W_h").T, "B": np.concatenate([b_x, b_h])}
        if isinstance(cell, PeepholeLSTM):
            constants["P"] = np.concatenate([np.broadcast_to(cell.peephole(g), H) for g in "iof"])
        W, R, B, *P = (graph.constant(v[None]) for v in constants.values())
        # ONNX has an axis for directions: put in front of the states, taken out of the results
        zero, one = (graph.constant([k], np.int64) for k in (0, 1))
        given = [graph.node("Unsqueeze", [s.name, zero]) for s in self.states(cell, place)]
        given = given or [""] * len(cell.states)
        results = [f"{place}hs_1", *(f"{place}{s}_1" for s in cell.states)]
        operator = kind.__name__ if kind in (RNN, GRU) else "LSTM"
        inputs = [x.name, W, R, B, self.sequence_lens, *given, *P]
        graph.node(operator, inputs, results, hidden_size=H, **options)
        after = [graph.traced(graph.node("Squeeze", [name, zero]), ["B", H]) for name in results[1:]]
        self.end(cell, place, after)
        return graph.traced(graph.node("Squeeze", [results[0], one]), ["T", "B", H])

    def scan(self, cell: Cell, place: str, x: Any, direction: str) -> Traced:
        """Add any other cell: a Scan over time whose body is its step."""
        graph, body = self.graph, self.graph.body()
        if self.alive is not None:
            x = np.where(self.alive, x, 0)
        xw = x @ cell.params["W_x"] + cell.params["b"]
        shapes = [["B", *shape] for shape in cell.state_shapes()]
        before = self.states(cell, place) or [self.zero(shape) for shape in shapes]
        state = tuple(body.input(f"{place}{s}_before", shape) for s, shape in zip(cell.states, shapes, strict=True))
        xw_t = body.input(f"{place}xw_t", ["B", *xw.shape[2:]])
        alive = None if self.alive is None else body.input(f"{place}alive_t", ["B", 1], bool)
        try:
            after, _ = cell.step(xw_t, state)
            h = after[0]
            if alive is not None:
                after = where_alive(alive, after, state)
                h = np.where(alive, h, 0)
            for s, value, shape in zip(cell.states, after, shapes, strict=True):
                if value.shape != tuple(shape):
                    raise ValueError(f"the state {s} must keep its shape {tuple(shape)}, got {value.shape}")
                body.output(f"{place}{s}_after", value)
            body.output(f"{place}h_t", h)
        except (TypeError, ValueError, AttributeError) as error:
            raise TypeError(
                f"{called(place, cell)} has a step that cannot be traced to ONNX: {error}; "
                "write it with operators, rnnbook.arrays and rnnbook.activations"
            ) from error
        read = [xw.name] if self.alive is None else [xw.name, self.alive.name]
        results = [f"{place}{s}_last" for s in cell.states]
        backward = int(direction == "reverse")
        graph.node(
            "Scan",
            [*(s.name for s in before), *read],
            [*results, f"{place}hs_1"],
            body=graph.onnx.helper.make_graph(body.nodes, f"{place}step", body.inputs, body.outputs),
            num_scan_inputs=len(read),
            scan_input_directions=[backward] * len(read),
            scan_output_directions=[backward],
        )
        self.end(cell, place, [graph.traced(name, shape) for name, shape in zip(results, shapes, strict=True)])
        return graph.traced(f"{place}hs_1", ["T", "B", cell.hidden_size])

    def zero(self, shape: Sequence[Any]) -> Traced:
        """A state of zeros."""
        B = self.graph.node("Slice", [self.size, *(self.graph.constant([k], np.int64) for k in (1, 2))])
        size = self.graph.node("Concat", [B, self.graph.constant(shape[1:], np.int64)], axis=0)
        return self.graph.traced(self.graph.node("ConstantOfShape", [size]), shape)

    def states(self, cell: Cell, place: str) -> list[Traced]:
        """The states that go in, one input each; none without `state`."""
        named = zip(cell.states, cell.state_shapes(), strict=True)
        return [self.graph.input(f"{place}{s}_0", ["B", *shape]) for s, shape in named if self.with_state]

    def end(self, cell: Cell, place: str, states: Sequence[Traced]) -> None:
        """The states that come out, one output each; none without `state`."""
        for s, value in zip(cell.states, states, strict=True):
            if self.with_state:
                self.graph.output(f"{place}{s}", value)
