/* Gradient by lag: what is left of a gradient in three fresh cells. */
window.rnnbook.define("lag", function ({ controls, stage, change }) {
  const rb = window.rnnbook, H = 12, KINDS = ["rnn", "lstm", "gru"];
  const gain = rb.slider("gain of the recurrent weights", 0.2, 4, 0.1, 1, change);
  const bias = rb.slider("bias of the gate that keeps", -2, 6, 0.5, 1, change);
  const length = rb.slider("length", 10, 100, 5, 100, change);
  controls.append(gain.node, bias.node, length.node);

  const drawn = Object.fromEntries(KINDS.map((kind, k) => [kind, rb.fresh(kind, H, 11 + k)]));
  const noise = rb.random(7), input = Array.from({ length: 100 }, () => [noise.normal()]);

  /* Frobenius norm of dh_T / d state by lag, over the square root of H. */
  function norms(kind, p, x) {
    const cell = rb.cells[kind], { saved } = rb.run(kind, p, x);
    let rows = Array.from({ length: H }, (_, i) =>
      Object.fromEntries(cell.states.map((s) => [s, Array.from({ length: H }, (_, j) => (s === "h" && i === j ? 1 : 0))])));
    const size = () => Math.sqrt(rows.reduce((sum, r) => sum + cell.states.reduce((t, s) => t + rb.norm(r[s]) ** 2, 0), 0) / H);
    const found = [size()];
    for (const kept of saved.slice().reverse()) {
      rows = rows.map((row) => cell.back(kept, row, p));
      found.push(size());
    }
    return found;
  }

  return function () {
    const x = input.slice(0, length.value), curves = {}, weights = {};
    for (const kind of KINDS) {
      const p = { ...drawn[kind], W_h: drawn[kind].W_h.map((r) => r.map((w) => gain.value * w)), b: drawn[kind].b.slice() };
      const keep = { lstm: 1, gru: 1 }[kind];
      if (keep) for (let j = 0; j < H; j++) p.b[keep * H + j] = bias.value;
      curves[kind] = norms(kind, p, x);
      weights[kind] = p;
    }
    stage.replaceChildren(rb.chart([
      { name: "RNN", colour: "var(--cell-RNN)", dash: "2 3", values: curves.rnn },
      { name: "LSTM", colour: "var(--cell-LSTM)", values: curves.lstm },
      { name: "GRU", colour: "var(--cell-GRU)", dash: "9 3", values: curves.gru },
    ], { x: "lag, in steps", y: "gradient norm", log: true, yRange: [1e-12, 1e6], label: "Gradient norm by lag for RNN, LSTM and GRU" }));
    const last = (kind) => `${{ rnn: "RNN", lstm: "LSTM", gru: "GRU" }[kind]} ${rb.number(curves[kind][length.value])}`;
    return {
      said: `After ${length.value} steps back there remains of the gradient: ${KINDS.map(last).join(", ")}.`,
      state: { x, weights, curves },
    };
  };
});
