/* The reader types; a trained LSTM says what may come next, and shows what a unit makes of the text. */
window.rnnbook.define("characters", function ({ controls, stage, change }) {
  const rb = window.rnnbook, make = rb.make, { alphabet, params } = rb.characters, LONGEST = 400;

  const matrix = (name) => rb.matrix(params[name]);
  const embedding = matrix("embedding.W"), W_x = matrix("recurrent.W_x"), b = matrix("recurrent.b")[0];
  const cell = { W_h: matrix("recurrent.W_h") }, W = matrix("readout.W"), bias = matrix("readout.b")[0];
  const H = cell.W_h.length, inputs = embedding.map((row) => rb.add(rb.times(row, W_x), b));

  const box = make("textarea", { id: "rb-typed", rows: 3, maxlength: LONGEST, spellcheck: "false", autocapitalize: "off" });
  box.value = "JULIET:\nO Romeo, Romeo! wherefore art thou";
  box.addEventListener("input", change);
  const unit = rb.slider("unit that colours the text", 0, H - 1, 1, 77, change); // 77 counts the line
  const temperature = rb.slider("temperature", 0.2, 1.6, 0.1, 1, change);
  const random = rb.random(1);
  const write = rb.button("write on", () => {
    for (let k = 0; k < 60 && box.value.length < LONGEST; k++) {
      const { p } = read(box.value);
      let u = random.uniform(), next = 0;
      while (next < p.length - 1 && (u -= p[next]) > 0) next++;
      box.value += alphabet[next];
    }
    change();
  });
  const empty = rb.button("empty", () => { box.value = "\n"; change(); });
  controls.append(make("label", { for: "rb-typed" }, "what the network reads"), box,
    make("div", { class: "rb-row" }, write, empty), temperature.node, unit.node);

  /* The states after each character; what was read before is not read again. */
  const known = { text: "", states: [] };
  function read(text) {
    let same = 0;
    while (same < text.length && same < known.text.length && text[same] === known.text[same]) same++;
    known.states.length = same;
    for (const letter of text.slice(same)) {
      const before = known.states[known.states.length - 1] || { h: new Array(H).fill(0), c: new Array(H).fill(0) };
      known.states.push(rb.cells.lstm.step(inputs[alphabet.indexOf(letter)], before, cell).state);
    }
    known.text = text;
    const logits = rb.add(rb.times(known.states[text.length - 1].h, W), bias).map((v) => v / temperature.value);
    return { states: known.states, p: rb.softmax(logits) };
  }
  const named = (letter) => ({ "\n": "line end", " ": "space" })[letter] || letter;
  const shade = (h) => `color-mix(in srgb, var(--q-${h > 0 ? "h" : "f"}) ${Math.round(55 * Math.abs(h))}%, transparent)`;

  return function () {
    const clean = Array.from(box.value).filter((letter) => alphabet.includes(letter)).join("") || "\n";
    if (clean !== box.value) box.value = clean;
    const { states, p } = read(clean), k = unit.value, now = states[states.length - 1].h;
    const order = Array.from(p.keys()).sort((i, j) => p[j] - p[i]).slice(0, 8);
    const svg = make("svg:svg", { viewBox: "0 0 440 232", role: "img", class: "rb-figure", "aria-label": "The eight likeliest next characters" });
    order.forEach((id, row) => {
      const y = 8 + 28 * row, text = (x, anchor, words) => svg.append(make("svg:text", { x, y: y + 15, "text-anchor": anchor }, words));
      text(76, "end", named(alphabet[id]));
      svg.append(make("svg:rect", { x: 86, y, width: Math.max(1, 280 * p[id]), height: 20, fill: "var(--cell-LSTM)" }));
      text(94 + 280 * p[id], "start", `${(100 * p[id]).toFixed(1)} %`);
    });
    const written = make("div", { class: "rb-text", role: "img", "aria-label": `The text, coloured by unit ${k}` });
    Array.from(clean).forEach((letter, t) => {
      written.append(make("span", { style: `background:${shade(states[t].h[k])}` }, letter === "\n" ? "↵\n" : letter));
    });
    const units = make("div", { class: "rb-units", role: "img", "aria-label": `All ${H} units after the last character` });
    now.forEach((h, j) => units.append(make("i", { style: `background:${shade(h * 1.6)}`, class: j === k ? "here" : "" })));
    stage.replaceChildren(svg, written, units);
    return {
      said: `After this text the likeliest character is ${named(alphabet[order[0]])}, with ${(100 * p[order[0]]).toFixed(1)} %. Unit ${k} stands at ${rb.number(now[k])}. Warm colours are positive, cool ones negative.`,
      state: { text: clean, unit: k, temperature: temperature.value, p, h: now, traced: states.map((s) => s.h[k]) },
    };
  };
});
