/* The cliff: h_t = tanh(w h + b) for 30 steps from 0.3, loss (h - 0.6)², descent with and without clipping. */
window.rnnbook.define("cliff", function ({ controls, stage, change }) {
  const rb = window.rnnbook, make = rb.make, STEPS = 30, DESCENT = 60;
  const W = [0.5, 2.5], B = [-0.6, 0.4];
  const w0 = rb.slider("start, weight w", W[0], W[1], 0.01, 1.33, change);
  const b0 = rb.slider("start, bias b", B[0], B[1], 0.01, -0.09, change);
  const rate = rb.slider("learning rate", 0.01, 0.2, 0.01, 0.05, change);
  const clip = rb.slider("clip the gradient at", 0.1, 3, 0.1, 1, change);
  controls.append(w0.node, b0.node, rate.node, clip.node);

  function loss(w, b) {
    let h = 0.3, dw = 0, db = 0;
    for (let t = 0; t < STEPS; t++) {
      const now = Math.tanh(w * h + b), slope = 1 - now * now;
      dw = slope * (h + w * dw);
      db = slope * (1 + w * db);
      h = now;
    }
    return { value: (h - 0.6) ** 2, gradient: [2 * (h - 0.6) * dw, 2 * (h - 0.6) * db] };
  }
  function descend(limit) {
    const path = [[w0.value, b0.value]];
    for (let k = 0; k < DESCENT; k++) {
      const [w, b] = path[k], { gradient: g } = loss(w, b);
      const scale = rate.value * Math.min(1, limit / Math.hypot(...g));
      path.push(Number.isFinite(scale) ? [w - scale * g[0], b - scale * g[1]] : [w, b]);
    }
    return path;
  }

  // the surface is drawn once, in pixels of 3 by 4, with more colour where the loss is larger
  const width = 440, height = 300, left = 52, bottom = 40, N = 126, M = 62;
  const X = (b) => left + ((b - B[0]) / (B[1] - B[0])) * (width - left - 10);
  const Y = (w) => height - bottom - ((w - W[0]) / (W[1] - W[0])) * (height - bottom - 12);
  const surface = make("svg:g", { "shape-rendering": "crispEdges" });
  const strength = (j, k) => {
    const b = B[0] + ((k + 0.5) / N) * (B[1] - B[0]), w = W[0] + ((j + 0.5) / M) * (W[1] - W[0]);
    return (Math.round(15 * Math.min(1, Math.sqrt(loss(w, b).value / 2.6))) / 20).toFixed(2);
  };
  for (let j = 0; j < M; j++) {
    for (let k = 0, from = 0; k < N; k++) { // equal neighbours are one rectangle
      if (k + 1 < N && strength(j, k + 1) === strength(j, k)) continue;
      if (strength(j, k) > 0) surface.append(make("svg:rect", { x: left + 3 * from, y: height - bottom - 4 * (j + 1), width: 3 * (k + 1 - from), height: 4, fill: "var(--q-c)", "fill-opacity": strength(j, k) }));
      from = k + 1;
    }
  }

  return function () {
    const paths = { plain: descend(Infinity), clipped: descend(clip.value) };
    const svg = make("svg:svg", { viewBox: `0 0 ${width} ${height}`, role: "img", class: "rb-figure", "aria-label": "Loss over weight and bias with two paths of gradient descent" });
    const clipId = "rb-cliff-frame";
    svg.append(make("svg:clipPath", { id: clipId }, make("svg:rect", { x: left, y: 12, width: width - left - 10, height: height - bottom - 12 })), surface);
    for (const [name, dash, colour] of [["plain", "2 4", "var(--q-h)"], ["clipped", "none", "var(--q-f)"]]) {
      const far = (v, lo, hi) => Math.min(Math.max(v, lo - 9 * (hi - lo)), hi + 9 * (hi - lo));
      const d = paths[name].map(([w, b], k) => `${k ? "L" : "M"}${X(far(b, ...B)).toFixed(1)} ${Y(far(w, ...W)).toFixed(1)}`).join("");
      svg.append(make("svg:path", { d, fill: "none", stroke: colour, "stroke-width": 3, "stroke-dasharray": dash, "clip-path": `url(#${clipId})` }));
    }
    svg.append(make("svg:circle", { cx: X(b0.value), cy: Y(w0.value), r: 5, fill: "currentColor" }));
    for (const b of [-0.6, -0.4, -0.2, 0, 0.2, 0.4]) svg.append(make("svg:text", { x: X(b), y: height - bottom + 18, "text-anchor": "middle" }, String(b).replace("-", "−")));
    for (const w of [0.5, 1, 1.5, 2, 2.5]) svg.append(make("svg:text", { x: left - 6, y: Y(w) + 4, "text-anchor": "end" }, String(w)));
    svg.append(make("svg:text", { x: (left + width) / 2, y: height - 4, "text-anchor": "middle" }, "bias b"));
    svg.append(make("svg:text", { x: 14, y: height / 2, "text-anchor": "middle", transform: `rotate(-90 14 ${height / 2})` }, "weight w"));
    const key = make("p", { class: "rb-key" });
    key.append(make("span", { style: "color: var(--q-f)" }, "— clipped"), "   ", make("span", { style: "color: var(--q-h)" }, "··· not clipped"), "   ground: the more colour, the larger the loss");
    stage.replaceChildren(svg, key);
    const at = (name) => loss(...paths[name][DESCENT]);
    const jump = Math.max(...paths.plain.slice(1).map((p, k) => Math.hypot(p[0] - paths.plain[k][0], p[1] - paths.plain[k][1])));
    return {
      said: `At the start the loss is ${rb.number(loss(w0.value, b0.value).value)}. After ${DESCENT} steps it is ${rb.number(at("clipped").value)} with clipping and ${rb.number(at("plain").value)} without; the longest step without clipping was ${rb.number(jump)}.`,
      state: { start: [w0.value, b0.value], rate: rate.value, clip: clip.value, steps: STEPS, paths, ...loss(w0.value, b0.value) },
    };
  };
});
