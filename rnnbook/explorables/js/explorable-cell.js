/* The cell: one unit, numbers on the edges, step by step. The drawing is that of rnnbook.plots. */
window.rnnbook.define("cell", function ({ controls, stage, change }) {
  const rb = window.rnnbook, make = rb.make, H = 1;
  const STAGES = {
    lstm: ["forget", "input and candidate", "cell update", "output"],
    gru: ["reset", "candidate", "update gate", "new state"],
  };
  const REACHED = { // the nodes whose value is known after each stage
    lstm: [["f", "keep"], ["i", "g", "rest", "write", "keep"], ["add", "squash"], ["o", "read"]],
    gru: [["r", "m", "reset"], ["n"], ["z", "rest", "keep", "write"], ["add"]],
  };
  let stage_ = 4;
  const kind = rb.choice("cell", { lstm: "LSTM", peephole: "peepholes", coupled: "coupled", gru: "GRU" }, "lstm", () => { biases(); change(); });
  const x = rb.slider("input x", -2, 2, 0.1, 1, change), h = rb.slider("last output h", -1, 1, 0.05, 0.3, change);
  const c = rb.slider("memory c before", -3, 3, 0.1, 0.8, change);
  const place = make("div", {}), sliders = {};
  function biases() {
    for (const gate of cell().gates) sliders[gate] = sliders[gate] || rb.slider(`bias of ${gate}`, -4, 4, 0.1, gate === "f" || gate === "z" ? 1 : 0, change);
    place.replaceChildren(...cell().gates.map((gate) => sliders[gate].node));
    c.node.hidden = kind.value === "gru";
  }
  const cell = () => rb.cells[kind.value === "peephole" ? "lstm" : kind.value];
  const family = () => (kind.value === "gru" ? "gru" : "lstm");
  const back = rb.button("◀ back", () => { stage_ = Math.max(0, stage_ - 1); change(); });
  const next = rb.button("next ▶", () => { stage_ = stage_ === 4 ? 1 : stage_ + 1; change(); });
  const where = make("span", { class: "rb-ask" });
  biases();
  controls.append(kind.node, x.node, h.node, c.node, place, make("div", { class: "rb-row" }, back, next, where));

  return function () {
    const gates = cell().gates, k = gates.length;
    const p = { W_x: [new Array(k).fill(1)], W_h: [new Array(k).fill(1)], b: gates.map((g) => sliders[g].value) };
    if (kind.value === "peephole") Object.assign(p, { p_i: [0.5], p_f: [-0.5], p_o: [1] });
    const start = { h: [h.value] };
    if (family() === "lstm") start.c = [c.value];
    const { states: [after], saved: [kept] } = rb.run(kind.value === "peephole" ? "lstm" : kind.value, p, [[x.value]], start);
    const values = { x: x.value, h_prev: h.value, h: after.h[0], squash: kept.shown && kept.shown[0] };
    for (const [name, [v]] of Object.entries(kept)) values[name] = v;
    if (after.c) Object.assign(values, { c_prev: c.value, c: after.c[0], add: after.c[0] });
    else values.add = after.h[0];

    const known = new Set(["x", "h_prev", "c_prev", ...REACHED[family()].slice(0, stage_).flat()]);
    if (stage_ === 4) known.add("h");
    if (stage_ >= 3 && after.c) known.add("c");
    if (kind.value !== "coupled" && stage_ < 1) known.delete("keep");
    if (kind.value === "coupled" && stage_ === 1) known.delete("keep");
    const { nodes, edges } = rb.data.diagrams[kind.value];
    const X = (u) => 40 + 40 * u, Y = (v) => 275 - 38 * v;
    const svg = make("svg:svg", { viewBox: "0 0 500 310", role: "img", class: "rb-figure", "aria-label": `Diagram of the ${kind.value} cell with its values` });
    for (const edge of edges) {
      const lit = edge.from === null || known.has(edge.from);
      const d = edge.points.map(([u, v], n) => `${n ? "L" : "M"}${X(u)} ${Y(v)}`).join("");
      svg.append(make("svg:path", { d, fill: "none", stroke: `var(--q-${edge.quantity || "x"})`, "stroke-width": lit ? 2.5 : 1.2, "stroke-opacity": lit ? 1 : 0.3, "stroke-dasharray": edge.peephole ? "5 3" : "none" }));
    }
    for (const [name, node] of Object.entries(nodes)) {
      if (node.kind === "join") continue;
      const [u, v] = node.at, colour = node.quantity && node.kind !== "op" ? `var(--q-${node.quantity})` : "currentColor";
      const text = (x, y, words, more) => svg.append(make("svg:text", { x, y, "text-anchor": "middle", fill: colour, ...more }, words));
      const value = known.has(name) && values[name] !== undefined ? values[name].toFixed(2).replace("-", "−") : "";
      const wide = 40 * node.half + 4;
      if (node.kind === "gate") svg.append(make("svg:rect", { x: X(u) - wide, y: Y(v) - 21, width: 2 * wide, height: 42, rx: 6, class: "rb-ground", stroke: colour, "stroke-width": 2 }));
      if (node.kind === "op") svg.append(make("svg:circle", { cx: X(u), cy: Y(v), r: 14, class: "rb-ground", stroke: colour }));
      const up = node.kind === "gate" && value ? 4 : -5;
      text(X(u), Y(v) - up, node.text, { "font-style": node.kind === "op" ? "normal" : "italic" });
      if (!value) continue;
      if (node.kind === "gate") text(X(u), Y(v) + 15, value, {});
      else if (node.kind === "op") text(X(u) + 17, Y(v) - 12, value, { "text-anchor": "start", class: "rb-value" });
      else text(X(u), Y(v) + (v < 0.5 ? 22 : -13), value, { class: "rb-value" });
    }
    stage.replaceChildren(svg);
    back.disabled = stage_ === 0;
    where.textContent = stage_ ? `${stage_} of 4: ${STAGES[family()][stage_ - 1]}` : "before the first stage";
    const list = gates.map((g) => `${g} = ${values[g].toFixed(3)}`).join(", ").replaceAll("-", "−");
    return {
      said: `With ${list}, ${after.c ? `the memory goes from ${rb.number(c.value)} to ${rb.number(after.c[0])} and ` : ""}the output is ${rb.number(after.h[0])}.`,
      state: { kind: kind.value, x: x.value, before: start, weights: p, after, saved: kept, stage: stage_ },
    };
  };
});
