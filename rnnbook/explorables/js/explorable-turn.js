/* The verdict that turns: what the engine says of three trials when one thing is another. Nothing is computed here. */
window.rnnbook.define("turn", function ({ controls, stage, change }) {
  const rb = window.rnnbook, make = rb.make, trials = rb.turning;
  const MARKS = { confirmed: "✓", refuted: "✗", "not proven": "?" };
  const SIDES = { in: "inside", out: "outside", open: "across the edge" };
  const TONES = { in: "var(--q-f)", out: "var(--q-o)", open: "var(--q-x)", confirmed: "var(--q-f)", refuted: "var(--q-o)", "not proven": "var(--q-x)" };
  const which = rb.choice("what changes", { budget: "budget", start: "start", runs: "number of runs" }, "budget", change);
  controls.append(which.node);
  const sliders = {};
  for (const [name, { label, positions }] of Object.entries(trials)) {
    const first = name === "runs" ? positions.length - 1 : 0;
    sliders[name] = rb.slider(label, 0, positions.length - 1, 1, first, change, positions);
    controls.append(sliders[name].node);
  }

  function picture({ axis, ticks, names, region }, rows) {
    const left = 92, right = 350, step = 27, bottom = rows.length * step;
    const X = (v) => left + ((Math.min(Math.max(v, axis[0]), axis[1]) - axis[0]) / (axis[1] - axis[0])) * (right - left);
    const label = rows.map((r) => `${r.name}: ${r.printed}, ${SIDES[r.side]}`).join("; ");
    const svg = make("svg:svg", { viewBox: `0 0 440 ${bottom + 26}`, role: "img", "aria-label": label, class: "rb-figure" });
    const from = X(region[0] ?? axis[0]), to = X(region[1] ?? axis[1]);
    svg.append(make("svg:rect", { x: from, y: 0, width: to - from, height: bottom, fill: "currentColor", "fill-opacity": 0.09 }));
    for (const end of region) {
      if (end !== null) svg.append(make("svg:line", { x1: X(end), x2: X(end), y1: 0, y2: bottom, stroke: "currentColor", "stroke-opacity": 0.55 }));
    }
    ticks.forEach((t, k) => svg.append(make("svg:text", { x: X(t), y: bottom + 18, "text-anchor": "middle" }, names[k])));
    rows.forEach((row, k) => {
      const y = (k + 0.5) * step, tone = TONES[row.side], x = X(row.value);
      const line = ([a, b], width) => make("svg:line", { x1: X(a), x2: X(b), y1: y, y2: y, stroke: tone, "stroke-width": width });
      svg.append(make("svg:text", { x: 4, y: y + 5 }, row.name), line(row.interval, 4));
      if (row.wide) svg.append(line(row.wide, 1.2));
      const fill = row.side === "open" ? { class: "rb-ground", stroke: tone, "stroke-width": 2 } : { fill: tone };
      svg.append(row.name === "mean"
        ? make("svg:path", { d: `M${x} ${y - 7}l7 7-7 7-7-7z`, ...fill })
        : make("svg:circle", { cx: x, cy: y, r: 5.5, ...fill }));
      svg.append(make("svg:text", { x: right + 10, y: y + 5 }, row.printed.split(" (")[0]));
    });
    return svg;
  }

  return function () {
    const name = which.value, trial = trials[name], position = sliders[name].value;
    for (const [other, slider] of Object.entries(sliders)) slider.node.hidden = other !== name;
    const { verdict, why, rows } = trial.at[position];
    stage.replaceChildren(
      make("p", { class: "rb-turned" }, make("b", {}, `“${trial.words}”`), ` ${trial.measured}`),
      make("p", { class: "rb-turned" },
        make("b", { class: "rb-turn", style: `background:${TONES[verdict]}` }, `${MARKS[verdict]} ${verdict}`), ` in the book: ${trial.book}`),
      picture(trial, rows),
      make("p", { class: "rb-turned rb-note" }, trial.note),
    );
    return { said: `The claim is ${verdict}. ${why}`, state: { name, position, verdict, rows } };
  };
});
