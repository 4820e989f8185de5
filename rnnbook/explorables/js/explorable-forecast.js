/* The reader draws a series; a naive forecast, exponential smoothing and a trained LSTM go on. */
window.rnnbook.define("forecast", function ({ controls, stage, change }) {
  const rb = window.rnnbook, make = rb.make, T = 40, K = 20, params = rb.data.forecaster;
  const cell = { W_x: rb.matrix(params["recurrent.W_x"]), W_h: rb.matrix(params["recurrent.W_h"]), b: rb.matrix(params["recurrent.b"])[0] };
  const W = rb.matrix(params["readout.W"]), bias = rb.matrix(params["readout.b"])[0];
  const wave = (t, period) => Math.sin((2 * Math.PI * t) / period);
  const random = rb.random(3);
  const SERIES = {
    "a wave": () => (t) => 1.5 * wave(t, 11),
    "two waves": () => (t) => wave(t, 24) + 0.8 * wave(t, 7),
    "a trend": () => (t) => -1.8 + t / 14 + 0.3 * random.normal(),
    "a walk": () => { let v = 0; return () => Math.max(-2.8, Math.min(2.8, (v += 0.4 * random.normal()))); },
  };
  const values = Array.from({ length: T }, (_, t) => SERIES["a wave"]()(t));
  const step = rb.slider("step to move", 1, T, 1, T, () => { height.value = values[step.value - 1]; change(); });
  const height = rb.slider("its value", -3, 3, 0.1, values[T - 1], () => { values[step.value - 1] = height.value; change(); });
  const alpha = rb.slider("smoothing, α", 0.05, 1, 0.05, 0.3, change);
  const row = make("div", { class: "rb-row" });
  for (const [name, start] of Object.entries(SERIES)) {
    row.append(rb.button(name, () => {
      const next = start();
      values.forEach((_, t) => { values[t] = next(t); });
      height.value = values[step.value - 1];
      change();
    }));
  }
  controls.append(row, alpha.node, step.node, height.node);

  /* Drawing: from where the pointer was to where it is, every step between. */
  let chart = null, last = null;
  function draw(event) {
    const box = chart.getBoundingClientRect(), scale = 440 / box.width;
    const [x, y] = chart.place((event.clientX - box.left) * scale, (event.clientY - box.top) * scale);
    const t = Math.max(0, Math.min(T - 1, Math.round(x))), v = Math.max(-3, Math.min(3, y)), from = last || [t, v];
    const count = Math.max(1, Math.abs(t - from[0]));
    for (let k = 0; k <= count; k++) values[Math.round(from[0] + ((t - from[0]) * k) / count)] = from[1] + ((v - from[1]) * k) / count;
    last = [t, v];
    height.value = values[step.value - 1];
    change();
  }
  stage.addEventListener("pointerdown", (event) => { if (chart.contains(event.target)) { last = null; draw(event); } });
  stage.addEventListener("pointermove", (event) => { if (event.buttons && last) draw(event); });
  window.addEventListener("pointerup", () => { last = null; });

  return function () {
    const mean = values.reduce((a, v) => a + v, 0) / T;
    const size = Math.sqrt(values.reduce((a, v) => a + (v - mean) ** 2, 0) / T) + 1e-6;
    const { states } = rb.run("lstm", cell, values.map((v) => [(v - mean) / size]));
    const lstm = rb.add(rb.times(states[T - 1].h, W), bias).map((v) => v * size + mean);
    const smooth = values.reduce((s, v) => alpha.value * v + (1 - alpha.value) * s);
    const ahead = (f) => [[T - 1, values[T - 1]], ...f.map((v, k) => [T + k, v])];
    const flat = (v) => new Array(K).fill(v);
    chart = rb.chart([
      { colour: "currentColor", values: values.slice() },
      { name: "LSTM", colour: "var(--cell-LSTM)", values: ahead(lstm) },
      { name: "smooth", colour: "var(--q-o)", dash: "6 3", values: ahead(flat(smooth)) },
      { name: "naive", colour: "var(--q-x)", dash: "2 3", values: ahead(flat(values[T - 1])) },
    ], { x: "step", y: "value", xRange: [0, T + K - 1], yRange: [-3, 3], label: "Your series of 40 steps, and three forecasts of the next 20" });
    chart.style.touchAction = "pan-y";
    chart.style.cursor = "crosshair";
    stage.replaceChildren(chart);
    return {
      said: `Step ${step.value} is ${rb.number(values[step.value - 1])}. The naive forecast stays at ${rb.number(values[T - 1])}, smoothing at ${rb.number(smooth)}; the LSTM expects ${rb.number(lstm[9])} ten steps ahead and ${rb.number(lstm[19])} after twenty.`,
      state: { values: values.slice(), step: step.value, alpha: alpha.value, naive: values[T - 1], smooth, lstm },
    };
  };
});
