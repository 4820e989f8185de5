/* The reader types a date; an encoder reads it in both directions, a decoder writes it down and shows where it looks. */
window.rnnbook.define("dates", function ({ controls, stage, change }) {
  const rb = window.rnnbook, make = rb.make, { letters, figures, params } = rb.dates, LONGEST = 40, STEPS = 11;

  const matrix = (name) => rb.matrix(params[name]);
  const cell = (name) => ({ W_x: matrix(`${name}.W_x`), W_h: matrix(`${name}.W_h`), b: matrix(`${name}.b`)[0] });
  const ahead = cell("encoder.forward_cell"), back = cell("encoder.backward_cell"), decoder = cell("decoder");
  const source = matrix("source.W"), target = matrix("target.W"), match = matrix("attention.W");
  const W = matrix("readout.W"), bias = matrix("readout.b")[0];

  const box = make("input", { id: "rb-date", type: "text", maxlength: LONGEST, spellcheck: "false", autocapitalize: "off", autocomplete: "off" });
  box.addEventListener("input", change);
  const row = make("div", { class: "rb-row" });
  for (const text of ["tuesday, the 3rd of november 2026", "14 july 1989", "mon 02/03/1987", "the 31st of february 2026", "1 may 2100"]) {
    row.append(rb.button(text, () => { box.value = text; change(); }));
  }
  box.value = "tuesday, the 3rd of november 2026";
  const shown = rb.slider("characters written", 1, STEPS, 1, STEPS, change);
  controls.append(make("div", { class: "rb-row rb-date" }, make("label", { for: "rb-date" }, "a date"), box), row, shown.node);

  function translate(text) {
    const x = Array.from(text, (letter) => source[letters.indexOf(letter)]);
    const forwards = rb.run("lstm", ahead, x).states, backwards = rb.run("lstm", back, x.slice().reverse()).states.reverse();
    const keys = x.map((_, s) => [...forwards[s].h, ...backwards[s].h]);
    const steps = [];
    let state = backwards[0], symbol = 0; // the decoder starts where the backward cell ended
    for (let t = 0; t < STEPS; t++) {
      ({ states: [state] } = rb.run("lstm", decoder, [target[symbol]], state));
      const query = rb.times(state.h, match);
      const weights = rb.softmax(keys.map((key) => key.reduce((sum, v, k) => sum + v * query[k], 0)));
      const p = rb.softmax(rb.add(rb.times([...state.h, ...rb.times(weights, keys)], W), bias));
      symbol = p.indexOf(Math.max(...p));
      steps.push({ h: state.h, weights, p, symbol });
    }
    return { keys, steps };
  }
  const shade = (h) => `color-mix(in srgb, var(--q-${h > 0 ? "h" : "f"}) ${Math.round(70 * Math.abs(h))}%, transparent)`;

  return function () {
    const clean = Array.from(box.value.toLowerCase()).filter((letter) => letters.includes(letter)).join("").slice(0, LONGEST);
    if (clean !== box.value.toLowerCase()) box.value = clean;
    const text = clean || " ", { keys, steps } = translate(text), count = shown.value, side = 13, narrow = stage.clientWidth < 480, units = narrow ? 0 : 16;
    const name = (k) => (k ? figures[k] : "end"), left = 42, top = 8 * 7 + 34, right = narrow ? 2 : 16 + units * 7;
    const width = left + side * text.length + right, height = top + STEPS * 20 + 8;
    const svg = make("svg:svg", { viewBox: `0 0 ${width} ${height}`, role: "img", class: "rb-figure rb-wide", style: `min-width: ${Math.round((narrow ? 0.69 : 0.9) * width)}px`, "aria-label": "Where the decoder looks while it writes: rows are the characters written, columns those that were read" });
    const put = (x, y, w, h, fill, more = {}) => svg.append(make("svg:rect", { x, y, width: w, height: h, fill, ...more }));
    const write = (x, y, words, anchor = "middle") => svg.append(make("svg:text", { x, y, "text-anchor": anchor }, words));
    keys.forEach((key, s) => {
      for (let k = 0; k < 8; k++) put(left + side * s, 2 + 7 * k, side - 1, 6, shade(key[k < 4 ? k : 28 + k]));
      write(left + side * (s + 0.5), top - 12, text[s] === " " ? "·" : text[s]);
    });
    steps.forEach(({ h, weights, symbol }, t) => {
      if (t >= count) return;
      const y = top + 20 * t;
      write(left - 10, y + 15, name(symbol), "end");
      weights.forEach((w, s) => put(left + side * s, y, side - 1, 19, `color-mix(in srgb, var(--cell-LSTM) ${Math.round(100 * w)}%, transparent)`, { stroke: "var(--rb-grid)", "stroke-width": 0.5 }));
      for (let k = 0; k < units; k++) put(left + side * text.length + 12 + 7 * k, y + 3, 6, 14, shade(h[k]));
    });
    const unseen = (text.match(/\d{4}/g) || []).some((year) => year < 1900 || year > 2099);
    const end = steps.findIndex((step) => step.symbol === 0), whole = steps.slice(0, end < 0 ? STEPS : end);
    const written = steps.slice(0, count).filter((_, t) => end < 0 || t < end).map((step) => figures[step.symbol]).join("");
    const last = steps[count - 1], most = last.weights.indexOf(Math.max(...last.weights));
    stage.replaceChildren(svg, make("p", { class: "rb-key" }, `written: ${written}`));
    return {
      said: `Written so far: ${written}. Character ${count}, ${name(last.symbol)}, was written with probability ${(100 * last.p[last.symbol]).toFixed(1)} %, looking most at “${text[most] === " " ? "space" : text[most]}”, character ${most + 1}, with ${(100 * last.weights[most]).toFixed(0)} % of the attention.${unseen ? " All years of its training were from 1900 to 2099: it has never had to write another century." : ""}`,
      state: { text, count, written: whole.map((step) => figures[step.symbol]).join(""), weights: steps.map((s) => s.weights), p: steps.map((s) => s.p), h: last.h },
    };
  };
});
