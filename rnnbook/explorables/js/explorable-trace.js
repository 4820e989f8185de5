/* The trace of the first input: how long five fresh cells remember it. The first page prints the same picture. */
(function () {
  "use strict";
  const rb = window.rnnbook, H = 8, T = 40, START = 1;
  const CELLS = { // the name on the picture, the cell of the core, the class of its colour, the block that keeps, and its sign
    rnn: ["tanh RNN", "rnn", "RNN"],
    lstm: ["LSTM", "lstm", "LSTM", 1, 1],
    peephole: ["peephole LSTM", "lstm", "PeepholeLSTM", 1, 1],
    coupled: ["coupled LSTM", "coupled", "CoupledLSTM", 0, -1],
    gru: ["GRU", "gru", "GRU", 1, 1],
  };
  const noise = rb.random(7), input = Array.from({ length: T + 1 }, () => [0.5 * noise.normal()]);
  const other = input.map(([v], t) => [t ? v : v + 1]);
  const drawn = Object.fromEntries(Object.entries(CELLS).map(([name, [, kind]], n) =>
    [name, rb.fresh(kind, H, 21 + n, name === "peephole" ? ["p_i", "p_f", "p_o"] : [])]));

  /* How far apart the outputs are, step by step, had the first input been another; 1 at the first step. */
  function traces(bias) {
    const weights = {}, curves = {};
    for (const [name, [, kind, , block, sign]] of Object.entries(CELLS)) {
      const b = drawn[name].b.map((v, j) => (block !== undefined && Math.floor(j / H) === block ? sign * bias : v));
      const p = (weights[name] = { ...drawn[name], b });
      const [one, two] = [input, other].map((x) => rb.run(kind, p, x).states.map((s) => s.h));
      const apart = one.map((h, t) => rb.norm(h.map((v, j) => v - two[t][j])));
      curves[name] = apart.map((v) => v / apart[0]);
    }
    return { weights, curves };
  }
  const gone = (curve) => curve.findIndex((v) => v < 0.01);
  function left(curve) {
    if (gone(curve) >= 0) return `gone after ${gone(curve)} steps`;
    return curve[T] < 1 ? `${Math.round(100 * curve[T])} % left after ${T} steps` : `${curve[T].toFixed(1)} times as strong after ${T} steps`;
  }

  /* The picture as text, so that it can be drawn where there is no page. */
  function picture(curves) {
    const width = 440, row = 46, from = 10, step = (width - 2 * from) / T, lines = [];
    Object.entries(CELLS).forEach(([name, [title, , colour]], n) => {
      const y = n * row + 16, dots = curves[name].map((v, t) => {
        const level = Math.min(1.15, Math.max(0, 1 + Math.log10(v) / 3)); // nothing is left below a thousandth
        const paint = level ? `fill="var(--cell-${colour})"` : 'fill="var(--rb-grid)"';
        return `<circle cx="${(from + t * step).toFixed(1)}" cy="${y + 14}" r="${(1 + 4 * level).toFixed(2)}" ${paint}/>`;
      });
      lines.push(`<text x="4" y="${y}" fill="var(--cell-${colour})" font-weight="600">${title}</text>`);
      lines.push(`<text x="${width - 4}" y="${y}" text-anchor="end">${left(curves[name])}</text>`, ...dots);
    });
    const y = 5 * row + 12;
    lines.push(`<text x="4" y="${y}">first input</text>`);
    lines.push(`<text x="${width - 4}" y="${y}" text-anchor="end">${T} steps later</text>`);
    return `<svg viewBox="0 0 ${width} ${y + 8}" role="img" class="rb-figure" aria-label="Dots that shrink from left to right: what is left of the first input in five cells">${lines.join("")}</svg>`;
  }
  const words = (bias, curves) => `The forget bias is ${bias.toFixed(1).replace("-", "−")}. The trace of the first input, on a logarithmic scale: ${Object.entries(CELLS).map(([name, [title]]) => `${title} ${left(curves[name])}`).join(", ")}.`;

  rb.trace = (bias = START) => {
    const { curves } = traces(bias);
    return { svg: picture(curves), said: words(bias, curves) };
  };
  rb.define("trace", function ({ controls, stage, change }) {
    const bias = rb.slider("forget bias", -2, 6, 0.5, START, change);
    controls.append(bias.node);
    return function () {
      const { weights, curves } = traces(bias.value);
      stage.innerHTML = picture(curves);
      return { said: words(bias.value, curves), state: { x: input, other, weights, curves } };
    };
  });
})();
