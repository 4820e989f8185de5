/* What all explorables share: the cells of rnnbook, a seeded generator, controls, and plots.
   A classic script, since modules do not load from a folder without a server. */
(function () {
  "use strict";
  const rb = (window.rnnbook = { made: {} });

  // ---------------------------------------------------------------- mathematics
  rb.sigmoid = (a) => 0.5 * (1 + Math.tanh(0.5 * a));
  rb.zeros = (rows, columns) => Array.from({ length: rows }, () => new Array(columns).fill(0));
  rb.norm = (v) => Math.sqrt(v.reduce((sum, e) => sum + e * e, 0));
  rb.times = (row, matrix) => matrix[0].map((_, j) => row.reduce((sum, e, k) => sum + e * matrix[k][j], 0));
  rb.timesTransposed = (row, matrix) => matrix.map((r) => r.reduce((sum, e, j) => sum + e * row[j], 0));

  /* The same numbers in every browser: mulberry32, and normal numbers by Box and Muller. */
  rb.random = function (seed) {
    const uniform = () => {
      seed = (seed + 0x6d2b79f5) | 0;
      let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
      t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
      return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    };
    return {
      uniform,
      normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
    };
  };

  /* The cells: gates in the order of rnnbook's blocks; one sequence, rows as arrays.
     step(a, state, p) gets a = x W_x + b and returns the state and what the way back needs. */
  const split = (a, k) => Array.from({ length: k }, (_, j) => a.slice((j * a.length) / k, ((j + 1) * a.length) / k));
  const map = (f, ...arrays) => arrays[0].map((_, k) => f(...arrays.map((v) => v[k])));
  const add = (a, b) => map((x, y) => x + y, a, b);
  rb.softmax = function (row) {
    const most = Math.max(...row), e = row.map((v) => Math.exp(v - most)), sum = e.reduce((a, v) => a + v, 0);
    return e.map((v) => v / sum);
  };
  rb.map = map;
  rb.add = add;
  const peep = (p, gate, a, c) => (p["p_" + gate] ? map((x, w, m) => x + w * m, a, p["p_" + gate], c) : a);

  rb.cells = {
    rnn: {
      gates: ["h"],
      states: ["h"],
      step(xw, { h }, p) {
        const now = map(Math.tanh, add(xw, rb.times(h, p.W_h)));
        return { state: { h: now }, saved: { h: now } };
      },
      back({ h }, { h: dh }, p) {
        return { h: rb.timesTransposed(map((d, y) => d * (1 - y * y), dh, h), p.W_h) };
      },
    },
    lstm: {
      gates: ["i", "f", "o", "g"],
      states: ["h", "c"],
      step(xw, { h, c }, p) {
        const [ai, af, ao, ag] = split(add(xw, rb.times(h, p.W_h)), 4);
        const i = map(rb.sigmoid, peep(p, "i", ai, c)), f = map(rb.sigmoid, peep(p, "f", af, c));
        const g = map(Math.tanh, ag);
        const now = map((f, c, i, g) => f * c + i * g, f, c, i, g);
        const o = map(rb.sigmoid, peep(p, "o", ao, now)), shown = map(Math.tanh, now);
        return {
          state: { h: map((o, t) => o * t, o, shown), c: now },
          saved: { i, f, o, g, c_prev: c, shown, keep: map((f, c) => f * c, f, c), write: map((i, g) => i * g, i, g) },
        };
      },
      back({ i, f, o, g, c_prev, shown }, { h: dh, c: dcOut }, p) {
        const dc = map((d, dh, o, t) => d + dh * o * (1 - t * t), dcOut, dh, o, shown);
        const da = [
          ...map((d, g, i) => d * g * i * (1 - i), dc, g, i),
          ...map((d, c, f) => d * c * f * (1 - f), dc, c_prev, f),
          ...map((d, t, o) => d * t * o * (1 - o), dh, shown, o),
          ...map((d, i, g) => d * i * (1 - g * g), dc, i, g),
        ];
        return { h: rb.timesTransposed(da, p.W_h), c: map((d, f) => d * f, dc, f) };
      },
    },
    coupled: {
      gates: ["i", "o", "g"],
      states: ["h", "c"],
      step(xw, { h, c }, p) {
        const [ai, ao, ag] = split(add(xw, rb.times(h, p.W_h)), 3);
        const i = map(rb.sigmoid, ai), o = map(rb.sigmoid, ao), g = map(Math.tanh, ag);
        const rest = map((i) => 1 - i, i);
        const now = map((r, c, i, g) => r * c + i * g, rest, c, i, g);
        const shown = map(Math.tanh, now);
        return {
          state: { h: map((o, t) => o * t, o, shown), c: now },
          saved: { i, o, g, rest, shown, keep: map((r, c) => r * c, rest, c), write: map((i, g) => i * g, i, g) },
        };
      },
    },
    gru: {
      gates: ["r", "z", "n"],
      states: ["h"],
      step(xw, { h }, p) {
        const [xr, xz, xn] = split(xw, 3), [hr, hz, hn] = split(rb.times(h, p.W_h), 3);
        const r = map(rb.sigmoid, add(xr, hr)), z = map(rb.sigmoid, add(xz, hz));
        const m = p.b_n ? add(hn, p.b_n) : hn, reset = map((r, m) => r * m, r, m);
        const n = map(Math.tanh, add(xn, reset)), rest = map((z) => 1 - z, z);
        const keep = map((z, h) => z * h, z, h), write = map((w, n) => w * n, rest, n);
        return { state: { h: add(keep, write) }, saved: { r, z, n, m, reset, rest, keep, write, h_prev: h } };
      },
      back({ r, z, n, m, h_prev }, { h: dh }, p) {
        const dan = map((d, z, n) => d * (1 - z) * (1 - n * n), dh, z, n);
        const daz = map((d, h, n, z) => d * (h - n) * z * (1 - z), dh, h_prev, n, z);
        const dar = map((d, m, r) => d * m * r * (1 - r), dan, m, r);
        const through = rb.timesTransposed([...dar, ...daz, ...map((d, r) => d * r, dan, r)], p.W_h);
        return { h: map((t, d, z) => t + d * z, through, dh, z) };
      },
    },
  };

  /* The parameters of a new cell with one input: weights uniform in ±1/√H, biases zero, and peepholes by their names. */
  rb.fresh = function (kind, H, seed, peepholes = []) {
    const random = rb.random(seed), width = rb.cells[kind].gates.length * H, bound = 1 / Math.sqrt(H);
    const vector = (length) => Array.from({ length }, () => bound * (2 * random.uniform() - 1));
    const matrix = (rows) => Array.from({ length: rows }, () => vector(width));
    const p = { W_x: matrix(1), W_h: matrix(H), b: new Array(width).fill(0) };
    for (const name of peepholes) p[name] = vector(H);
    return p;
  };

  /* Run a cell over x (T rows); returns the states after each step and what each saved. */
  rb.run = function (kind, p, x, start) {
    const cell = rb.cells[kind], H = p.W_h.length;
    let state = start || Object.fromEntries(cell.states.map((s) => [s, new Array(H).fill(0)]));
    const states = [], saved = [];
    for (const row of x) {
      const done = cell.step(add(rb.times(row, p.W_x), p.b), state, p);
      states.push((state = done.state));
      saved.push(done.saved);
    }
    return { states, saved };
  };

  /* A parameter that came as integers and the scales of its columns, back to a matrix. */
  rb.matrix = function ({ rows, scale, bytes }) {
    const whole = Int8Array.from(atob(bytes), (c) => c.charCodeAt(0)), columns = whole.length / rows; // a vector has one scale
    return Array.from({ length: rows }, (_, i) =>
      Array.from({ length: columns }, (_, j) => whole[i * columns + j] * scale[j % scale.length]));
  };

  // ---------------------------------------------------------------- page elements
  rb.make = function (tag, attributes = {}, ...children) {
    const name = tag.split(":"), node = name[1]
      ? document.createElementNS("http://www.w3.org/2000/svg", name[1])
      : document.createElement(tag);
    for (const [key, value] of Object.entries(attributes)) {
      if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
      else if (value === true) node.setAttribute(key, "");
      else if (value !== false && value != null) node.setAttribute(key, value);
    }
    node.append(...children);
    return node;
  };
  const make = rb.make;
  let count = 0;

  /* A labelled slider; returns an object with `value` and `node`. Its places may have names. */
  rb.slider = function (label, min, max, step, value, change, names) {
    const id = "rb" + ++count, out = make("output", { for: id });
    const input = make("input", { type: "range", id, min, max, step, value });
    const digits = (String(step).split(".")[1] || "").length;
    const show = () => {
      out.textContent = names ? names[input.value] : Number(input.value).toFixed(digits);
      input.setAttribute("aria-valuetext", out.textContent);
    };
    input.addEventListener("input", () => { show(); change(); });
    show();
    return {
      node: make("div", { class: "rb-slider" }, make("label", { for: id }, label), input, out),
      get value() { return Number(input.value); },
      set value(v) { input.value = v; show(); },
    };
  };

  /* One of several: radio buttons that look like a row of buttons. */
  rb.choice = function (legend, options, value, change) {
    const name = "rb" + ++count;
    const node = make("fieldset", { class: "rb-choice" }, make("legend", {}, legend));
    for (const [key, text] of Object.entries(options)) {
      const input = make("input", { type: "radio", name, value: key, checked: key === value });
      input.addEventListener("change", () => { value = key; change(); });
      node.append(make("label", {}, input, make("span", {}, text)));
    }
    return {
      node,
      get value() { return value; },
    };
  };

  rb.button = (text, press) => make("button", { type: "button", class: "rb-button", onclick: press }, text);
  rb.number = (v) => (Number.isFinite(v) ? (Math.abs(v) >= 1e4 || (v && Math.abs(v) < 1e-3) ? v.toExponential(1) : v.toFixed(3)) : "∞").replace("-", "−");

  /* A line chart. series: [{name, colour, dash, values}], values over 0 … n−1 or [x, y] pairs. */
  rb.chart = function (series, { x, y, width = 440, height = 260, label, xRange, yRange, log = false, half = false }) {
    const left = log ? 66 : 52, right = 76, top = 14, bottom = 40;
    const points = series.map((s) => s.values.map((v, k) => (Array.isArray(v) ? v : [k, v])).filter(([, v]) => !Number.isNaN(v)));
    const lift = (v) => (log ? Math.log10(Math.max(v, 1e-300)) : v);
    const xs = xRange || [0, Math.max(...series.map((s) => s.values.length - 1))];
    const ys = yRange.map(lift);
    const X = (v) => left + ((v - xs[0]) / (xs[1] - xs[0])) * (width - left - right);
    const Y = (v) => height - bottom - ((lift(v) - ys[0]) / (ys[1] - ys[0])) * (height - top - bottom);
    const frame = "rb" + ++count; // a line that leaves the frame is cut off there
    const svg = make("svg:svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label, class: half ? "rb-figure rb-half" : "rb-figure" });
    // from a place in the picture to the numbers there
    svg.place = (px, py) => [
      xs[0] + ((px - left) / (width - left - right)) * (xs[1] - xs[0]),
      ys[0] + ((height - bottom - py) / (height - top - bottom)) * (ys[1] - ys[0]),
    ];
    const text = (at, words, anchor, more = {}) =>
      svg.append(make("svg:text", { x: at[0], y: at[1], "text-anchor": anchor, ...more }, words));
    for (const t of ticks(ys, log ? 4 : 4, log)) {
      const at = height - bottom - ((t - ys[0]) / (ys[1] - ys[0])) * (height - top - bottom);
      svg.append(make("svg:line", { x1: left, x2: width - right, y1: at, y2: at, stroke: "var(--rb-grid)" }));
      if (log) {
        const node = make("svg:text", { x: left - 6, y: at + 4, "text-anchor": "end" }, "10");
        node.append(make("svg:tspan", { dy: -5, "font-size": "75%" }, String(t).replace("-", "−")));
        svg.append(node);
      } else text([left - 6, at + 4], String(+t.toFixed(6)).replace("-", "−"), "end");
    }
    for (const t of ticks(xs, 5)) text([X(t), height - bottom + 18], String(+t.toFixed(6)).replace("-", "−"), "middle");
    text([(left + width - right) / 2, height - 4], x, "middle");
    text([14, top + (height - top - bottom) / 2], y, "middle", { transform: `rotate(-90 14 ${top + (height - top - bottom) / 2})` });
    svg.append(make("svg:clipPath", { id: frame }, make("svg:rect", { x: left, y: top, width: width - left - right, height: height - top - bottom })));
    const ends = [];
    series.forEach((s, k) => {
      if (s.dots) {
        for (const [a, b] of points[k]) svg.append(make("svg:circle", { cx: X(a), cy: Y(b), r: s.dots, fill: s.colour }));
      } else {
        const d = points[k].map(([a, b], n) => `${n ? "L" : "M"}${X(a).toFixed(2)} ${Y(b).toFixed(2)}`).join("");
        svg.append(make("svg:path", { d, fill: "none", stroke: s.colour, "stroke-width": 2, "stroke-dasharray": s.dash || "none", "clip-path": `url(#${frame})` }));
      }
      if (s.name) ends.push({ at: Math.min(Math.max(Y(points[k][points[k].length - 1][1]), top), height - bottom), s });
    });
    ends.sort((a, b) => a.at - b.at);
    ends.forEach((e, k) => { if (k) e.at = Math.max(e.at, ends[k - 1].at + 15); });
    for (const e of ends) text([width - right + 6, Math.min(e.at + 4, height)], e.s.name, "start", { fill: e.s.colour });
    return svg;
  };
  function ticks([low, high], wanted, whole = false) {
    const raw = (high - low) / wanted, power = 10 ** Math.floor(Math.log10(raw));
    let step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= raw * 0.999);
    if (whole) step = Math.max(1, Math.round(step));
    const found = [];
    for (let t = Math.ceil(low / step - 1e-9) * step; t <= high + 1e-9; t += step) found.push(t);
    return found;
  }

  // ---------------------------------------------------------------- mounting
  /* define(name, build): build(root) adds controls and pictures to root.controls and root.stage,
     and returns redraw(), which returns { said, state }: the text alternative, and the numbers. */
  rb.define = (name, build) => (rb.made[name] = build);

  rb.mount = function (name, element) {
    element.replaceChildren();
    element.classList.add("rb-live");
    const controls = make("div", { class: "rb-controls" }), stage = make("div", { class: "rb-stage" });
    const said = make("p", { class: "rb-said", "aria-live": "polite" });
    element.append(controls, stage, said);
    let wait = 0;
    const change = () => {
      const { said: words, state } = redraw();
      element.state = state;
      clearTimeout(wait); // a screen reader hears the end of a movement, not each step
      if (said.textContent) wait = setTimeout(() => { said.textContent = words; }, 400);
      else said.textContent = words; // at once: what stands below must not move
    };
    const redraw = rb.made[name]({ controls, stage, change });
    change();
    return element;
  };
})();
