/* Memory strip: a sequence to be edited by clicking, and one LSTM unit with weights set by hand. */
window.rnnbook.define("strip", function ({ controls, stage, change }) {
  const rb = window.rnnbook, make = rb.make, T = 40;
  // blocks i, f, o, g: weight of the input, and bias
  const PRESETS = {
    latch: { text: "latch", x: [0, 0, 0, 8], abs: [12, 0, 0, 0], b: [-6, 8, 6, 0], says: "writes what comes and keeps it until something else comes" },
    counter: { text: "counter", x: [0, 0, 0, 8], abs: [12, 0, 0, 0], b: [-6, 20, 6, 0], says: "adds one for plus and takes one away for minus" },
    decay: { text: "decay", x: [0, 0, 0, 8], abs: [12, 0, 0, 0], b: [-6, 2.2, 6, 0], says: "remembers what comes and forgets a tenth of it at each step" },
    reset: { text: "reset", x: [12, 12, 0, 0], abs: [0, 0, 0, 0], b: [-6, 6, 6, 8], says: "counts what is plus, and a minus empties the memory" },
  };
  PRESETS.latch.abs = [12, -16, 0, 0];
  const preset = rb.choice("weights", Object.fromEntries(Object.entries(PRESETS).map(([k, p]) => [k, p.text])), "latch", change);
  const input = Array.from({ length: T }, (_, t) => ({ 3: 1, 18: -1, 30: 1 })[t] || 0);
  const row = make("div", { class: "rb-steps", role: "group", "aria-label": "input sequence; a step goes from zero to plus to minus" });
  const name = (v) => (v > 0 ? "plus" : v < 0 ? "minus" : "zero");
  const buttons = input.map((_, t) => {
    const button = make("button", { type: "button", tabindex: t === 0 ? 0 : -1, onclick: () => { input[t] = { 0: 1, 1: -1, "-1": 0 }[input[t]]; change(); } });
    row.append(button);
    return button;
  });
  row.addEventListener("keydown", (event) => {
    const at = buttons.indexOf(document.activeElement);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: T - 1 }[event.key];
    if (to === undefined || !buttons[to]) return;
    event.preventDefault();
    buttons[at].tabIndex = -1;
    buttons[to].tabIndex = 0;
    buttons[to].focus();
  });
  controls.append(preset.node, make("div", { class: "rb-row" },
    rb.button("clear", () => { input.fill(0); change(); }),
    rb.button("random", () => { input.forEach((_, t) => { const u = Math.random(); input[t] = u < 0.12 ? 1 : u > 0.88 ? -1 : 0; }); change(); })), row);

  return function () {
    const p = PRESETS[preset.value];
    // two inputs, x and |x|, so that a gate can open for plus and minus alike
    const weights = { W_x: [p.x, p.abs], W_h: [[0, 0, 0, 0]], b: p.b };
    const x = input.map((v) => [v, Math.abs(v)]), { states, saved } = rb.run("lstm", weights, x);
    const series = { c: states.map((s) => s.c[0]), h: states.map((s) => s.h[0]) };
    for (const gate of "ifo") series[gate] = saved.map((s) => s[gate][0]);
    buttons.forEach((button, t) => {
      button.textContent = input[t] > 0 ? "+" : input[t] < 0 ? "−" : "·";
      button.className = name(input[t]);
      button.setAttribute("aria-label", `step ${t + 1}: ${name(input[t])}`);
    });
    const most = Math.max(1, ...series.c.map(Math.abs)), width = 440, strip = 40;
    const svg = make("svg:svg", { viewBox: `0 0 ${width} ${5 * strip + 24}`, role: "img", class: "rb-figure", "aria-label": "Memory, output and gates over time" });
    ["c", "h", "i", "f", "o"].forEach((key, k) => {
      const range = key === "c" ? [-most, most] : key === "h" ? [-1, 1] : [0, 1];
      const Y = (v) => (k + 1) * strip - 4 - ((v - range[0]) / (range[1] - range[0])) * (strip - 10);
      const X = (t) => 40 + (t / T) * (width - 70);
      svg.append(make("svg:line", { x1: 40, x2: width - 30, y1: Y(0), y2: Y(0), stroke: "var(--rb-grid)" }));
      const d = series[key].map((v, t) => `${t ? "L" : "M"}${X(t).toFixed(1)} ${Y(v).toFixed(1)}H${X(t + 1).toFixed(1)}`).join("");
      svg.append(make("svg:path", { d, fill: "none", stroke: `var(--q-${key})`, "stroke-width": 2 }));
      svg.append(make("svg:text", { x: 30, y: Y((range[0] + range[1]) / 2) + 4, "text-anchor": "end", fill: `var(--q-${key})`, "font-style": "italic" }, key));
      svg.append(make("svg:text", { x: width - 26, y: Y(range[1]) + 8, fill: `var(--q-${key})` }, String(+range[1].toFixed(1))));
    });
    svg.append(make("svg:text", { x: width / 2, y: 5 * strip + 18, "text-anchor": "middle" }, `time step, 1 to ${T}`));
    stage.replaceChildren(svg);
    return {
      said: `This unit ${p.says}. At the end its memory is ${rb.number(series.c[T - 1])} and its output ${rb.number(series.h[T - 1])}.`,
      state: { x, weights, series },
    };
  };
});
