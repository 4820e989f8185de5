/* Backpropagation by hand: three steps of one unit, L = h_3; the numbers appear one at a time. */
window.rnnbook.define("bptt", function ({ controls, stage, change }) {
  const rb = window.rnnbook, make = rb.make;
  let shown = 0, note = "";
  const W = rb.slider("recurrent weight", -2, 3, 0.1, 2, () => { shown = 0; note = ""; change(); });
  const guess = make("input", { type: "text", inputmode: "decimal", size: 8, "aria-label": "your prediction", autocomplete: "off" });
  const ask = make("span", { class: "rb-ask" });
  const check = rb.button("check", () => {
    const value = Number(guess.value.replace(",", ".").replace("−", "-")), right = order()[shown];
    if (guess.value.trim() === "" || Number.isNaN(value)) note = "Type a number first.";
    else if (Math.abs(value - right.value) <= 0.005 + 0.01 * Math.abs(right.value)) { note = `Right: ${right.name} = ${right.value.toFixed(4)}.`; shown++; }
    else note = `Not ${guess.value}. ${right.hint}`;
    guess.value = "";
    change();
  });
  const show = rb.button("show", () => { const next = order()[shown]; note = `${next.name} = ${next.value.toFixed(4)}: ${next.hint}`; shown++; change(); });
  const again = rb.button("start over", () => { shown = 0; note = ""; change(); });
  guess.addEventListener("keydown", (event) => { if (event.key === "Enter") check.click(); });
  controls.append(W.node, make("div", { class: "rb-row" }, ask, guess, check, show, again));

  function numbers() {
    const x = [1, 0, 0], w = W.value, h = [0], dh = [], da = [];
    for (let t = 0; t < 3; t++) h.push(Math.tanh(x[t] + w * h[t]));
    dh[3] = 1;
    for (let t = 3; t >= 1; t--) { da[t] = dh[t] * (1 - h[t] ** 2); dh[t - 1] = w * da[t]; }
    const dW = h[0] * da[1] + h[1] * da[2] + h[2] * da[3];
    return { x, w, h, dh, da, dW, dW_x: x[0] * da[1] + x[1] * da[2] + x[2] * da[3] };
  }
  function order() {
    const { h, dh, da, dW, w } = numbers(), list = [], f = (v) => v.toFixed(4);
    for (const t of [3, 2, 1]) {
      list.push({ name: `δa${"₀₁₂₃"[t]}`, value: da[t], at: ["da", t], hint: `δa = δh · (1 − h²) = ${f(dh[t])} · (1 − ${f(h[t])}²).` });
      if (t > 1) list.push({ name: `δh${"₀₁₂₃"[t - 1]}`, value: dh[t - 1], at: ["dh", t - 1], hint: `δh = weight · δa = ${w.toFixed(1)} · ${f(da[t])}.` });
    }
    list.push({ name: "δW", value: dW, at: ["dW"], hint: `δW = h₁ δa₂ + h₂ δa₃ = ${f(h[1])} · ${f(da[2])} + ${f(h[2])} · ${f(da[3])}.` });
    return list;
  }

  return function () {
    const values = numbers(), list = order(), done = list.slice(0, shown);
    const seen = (key, t) => done.some((e) => e.at[0] === key && e.at[1] === t);
    const svg = make("svg:svg", { viewBox: "0 0 440 200", role: "img", class: "rb-figure", "aria-label": "Three steps of a recurrent unit with values above and gradients below" });
    const text = (x, y, words, colour, anchor = "middle") => svg.append(make("svg:text", { x, y, "text-anchor": anchor, fill: colour || "currentColor" }, words));
    for (let t = 1; t <= 3; t++) {
      const x = 40 + 120 * t;
      svg.append(make("svg:rect", { x: x - 38, y: 52, width: 76, height: 46, rx: 8, fill: "none", stroke: "var(--q-h)", "stroke-width": 2 }));
      text(x, 72, `h${"₀₁₂₃"[t]}`, "var(--q-h)");
      text(x, 90, values.h[t].toFixed(4), "var(--q-h)");
      text(x, 30, `x${"₀₁₂₃"[t]} = ${values.x[t - 1]}`, "var(--q-x)");
      svg.append(make("svg:line", { x1: x - 80, x2: x - 40, y1: 75, y2: 75, stroke: "var(--q-h)", "stroke-width": 2 }));
      text(x, 124, `δh${"₀₁₂₃"[t]} ${t === 3 ? "= 1" : seen("dh", t) ? values.dh[t].toFixed(4) : "…"}`, "var(--q-c)");
      text(x, 148, `δa${"₀₁₂₃"[t]} ${seen("da", t) ? values.da[t].toFixed(4) : "…"}`, "var(--q-o)");
    }
    text(56, 80, "h₀ = 0", "var(--q-h)");
    text(220, 186, `δW = h₁ δa₂ + h₂ δa₃ = ${seen("dW") ? values.dW.toFixed(4) : "…"}`);
    stage.replaceChildren(svg);
    const over = shown >= list.length;
    ask.textContent = over ? "All numbers are there." : `Predict ${list[shown].name}:`;
    for (const node of [guess, check, show]) node.disabled = over;
    const known = done.map((e) => `${e.name} = ${e.value.toFixed(4)}`).join(", ");
    return {
      said: `${note} ${known ? `Known so far: ${known}.` : `The states are ${values.h.slice(1).map((v) => v.toFixed(4)).join(", ")}; δh₃ = 1, since the loss is h₃.`}`.trim(),
      state: { ...values, shown, next: over ? null : list[shown].name, note },
    };
  };
});
