/* The cup game: the reader moves the cups, and four trained cells say at every move where the ball lies. */
window.rnnbook.define("cups", function ({ controls, stage, change }) {
  const rb = window.rnnbook, make = rb.make, { map, add } = rb;
  const LENGTH = 400, LEARNED = 40, ROUND = 10, SHOWN = 14;
  // what lies in place p goes to move[p]; the first move is none
  const GAMES = {
    S3: { cups: 3, moves: [[0, 1, 2], [1, 0, 2], [2, 1, 0], [0, 2, 1]], names: ["none", "1⇄2", "1⇄3", "2⇄3"], said: ["no swap", "swap 1 and 2", "swap 1 and 3", "swap 2 and 3"] },
    Z2: { cups: 2, moves: [[0, 1], [1, 0]], names: ["none", "1⇄2"], said: ["no swap", "swap 1 and 2"] },
  };

  // ------------------------------------------------ the cells that see the input alone, as in rnnbook.trials.later_cells
  const cut = (a, ...widths) => { let at = 0; return widths.map((w) => a.slice(at, (at += w))); };
  const dot = (a, b) => a.reduce((sum, v, k) => sum + v * b[k], 0);
  const softplus = (x) => Math.max(x, 0) + Math.log(1 + Math.exp(-Math.abs(x)));
  const read = (S, q) => S.map((row) => dot(row, q));
  const STEPS = {
    LSTM: (xw, { h, c }, p) => rb.cells.lstm.step(xw, { h, c }, p).state,
    minGRU(xw, { h }) {
      const [z, n] = cut(xw, h.length, h.length);
      return { h: map((h, z, n) => rb.sigmoid(z) * h + (1 - rb.sigmoid(z)) * n, h, z, n) };
    },
    S6(xw, { h, S }) {
      const H = h.length, N = S[0].length, [step, u, B, C] = cut(xw, H, H, N, N), delta = step.map(softplus);
      const now = S.map((row, j) => row.map((s, n) => Math.exp(-delta[j] * (n + 1)) * s + delta[j] * u[j] * B[n]));
      return { h: read(now, C), S: now };
    },
    DeltaNet(xw, { h, S }) {
      const H = h.length, [q, key, v, b] = cut(xw, H, H, H, 1), length = Math.sqrt(dot(key, key) + 1e-6);
      const k = key.map((e) => e / length), beta = 2 * rb.sigmoid(b[0]), was = read(S, k);
      const now = S.map((row, i) => row.map((s, j) => s + beta * (v[i] - was[i]) * k[j]));
      return { h: read(now, q), S: now };
    },
  };
  const PICTURED = { LSTM: ["c", "h"], DeltaNet: ["S"], S6: ["S"], minGRU: ["h"] }, NAMES = Object.keys(PICTURED);
  const players = {};
  for (const game in GAMES) {
    players[game] = NAMES.map((name) => {
      const p = Object.fromEntries(Object.entries(rb.cups[game][name].params).map(([key, packed]) => [key, rb.matrix(packed)]));
      const b = p["recurrent.b"][0], H = p["readout.W"].length, zero = new Array(H).fill(0);
      return {
        name, b: p["readout.b"][0], W: p["readout.W"], cell: { W_h: p["recurrent.W_h"] },
        inputs: p["recurrent.W_x"].map((row) => add(row, b)),
        start: { h: zero, c: zero, S: rb.zeros(H, name === "S6" ? 4 : H) },
      };
    });
  }

  // ---------------------------------------------------------------- the game
  let seed = 0, moves, played, guessed, tally, seen = LEARNED; // seen: the moves after which the ball was last seen
  function draw() { // all moves are drawn beforehand; the slider says how many are made
    const random = rb.random(++seed), kinds = GAMES[which.value].moves.length;
    moves = Array.from({ length: LENGTH }, () => Math.floor(random.uniform() * kinds));
    tally = Object.fromEntries(["you", ...NAMES].map((name) => [name, 0]));
    tally.rounds = 0;
    play();
  }
  function play() { // the ball and the four through all moves
    const table = GAMES[which.value].moves;
    let place = 0;
    const places = moves.map((move) => (place = table[move][place]));
    const found = players[which.value].map((player) => {
      const { name, inputs, cell, W, b, start } = player;
      let state = start;
      const states = moves.map((move) => (state = STEPS[name](inputs[move], state, cell)));
      const logits = states.map(({ h }) => add(rb.times(h, W), b)), answers = logits.map((row) => row.indexOf(Math.max(...row)));
      // what is dark in the picture: fixed by the first game, so that a move changes no other
      const most = (player.most = player.most || PICTURED[name].map((part) => states.reduce((most, s) => Math.max(most, ...s[part].flat().map(Math.abs)), 0)));
      return { name, states, logits, answers, most, wrong: answers.map((answer, t) => answer !== places[t]) };
    });
    played = { places, found };
    guessed = null;
  }
  const hidden = () => ball.value === "hidden" && made.value > seen;
  function go(to) {
    made.value = Math.min(to, LENGTH);
    change();
  }
  function put(move, from, to) { // what was drawn from there on is another move
    moves.fill(move, from, to);
    seen = Math.min(seen, from);
    play();
  }
  function guess(cup) {
    const at = made.value - 1, truth = played.places[at];
    if (!hidden()) return;
    seen = made.value;
    guessed = { at: made.value, cup };
    tally.rounds += 1;
    tally.you += cup === truth;
    for (const { name, answers } of played.found) tally[name] += answers[at] === truth;
    ten.focus();
    change();
  }

  const which = rb.choice("cups", { S3: "three", Z2: "two" }, "S3", () => { draw(); seen = made.value; label(); change(); });
  const ball = rb.choice("the ball", { shown: "shown", hidden: "hidden" }, "shown", () => { seen = made.value; change(); });
  const made = rb.slider("moves made", 0, LENGTH, 1, LEARNED, change);
  const next = make("div", { class: "rb-row", role: "group", "aria-label": "the next move" });
  const asked = make("div", { class: "rb-row", role: "group", "aria-label": "under which cup is the ball?" });
  const ten = rb.button("ten moves", () => go(made.value + ROUND));
  const again = rb.button("the same for ever", () => { put(moves[made.value - 1], made.value); go(made.value + ROUND); });
  const anew = rb.button("new game", () => { draw(); seen = ball.value === "hidden" ? 0 : LEARNED; go(seen); });
  function label() {
    const { names, said, cups } = GAMES[which.value];
    const move = (name, k) => { const button = rb.button(name, () => { put(k, made.value, made.value + 1); go(made.value + 1); }); button.setAttribute("aria-label", `${name}: ${said[k]}`); return button; };
    next.replaceChildren(make("span", { class: "rb-aside" }, "next move"), ...names.map(move));
    asked.replaceChildren(make("span", { class: "rb-aside" }, "where is it?"), ...Array.from({ length: cups }, (_, k) => rb.button(`cup ${k + 1}`, () => guess(k))));
  }
  label();
  draw();
  controls.append(make("div", { class: "rb-choices" }, which.node, anew, ball.node), made.node, next, make("div", { class: "rb-row" }, ten, again), asked);

  // ---------------------------------------------------------------- the pictures
  const shade = (v) => `color-mix(in srgb, var(--q-${v > 0 ? "h" : "f"}) ${Math.round(85 * Math.min(1, Math.abs(v)))}%, transparent)`;

  /* The cups through the last moves, and below when each of the four was right. */
  function picture(t, until) {
    const { cups, moves: table } = GAMES[which.value], lane = 38, left = 84;
    const shown = Math.min(Math.max(SHOWN, t - until), 4 * SHOWN), from = Math.max(0, t - shown), step = 266 / shown; // since it was seen
    const rows = cups * lane + 12, height = rows + 4 * 27 + 24;
    const X = (s) => left + step * (s - from), Y = (place) => 24 + lane * place, at = (s) => (s ? played.places[s - 1] : 0);
    const svg = make("svg:svg", { viewBox: `0 0 440 ${height}`, role: "img", class: "rb-figure", "aria-label": "The cups through the last moves, and at which moves each network was right" });
    const write = (x, y, words, anchor, more = {}) => svg.append(make("svg:text", { x, y, "text-anchor": anchor, ...more }, words));
    const strand = (s, a, b, more) => svg.append(make("svg:path", { d: `M${X(s)} ${Y(a)}C${X(s + 0.5)} ${Y(a)} ${X(s + 0.5)} ${Y(b)} ${X(s + 1)} ${Y(b)}`, fill: "none", ...more }));
    for (let s = from; s < t; s++) table[moves[s]].forEach((b, a) => strand(s, a, b, { stroke: "currentColor", "stroke-opacity": 0.45, "stroke-width": 1.5 }));
    for (let s = from; s < Math.min(t, until); s++) strand(s, at(s), at(s + 1), { stroke: "var(--q-h)", "stroke-width": 4, "stroke-linecap": "round" });
    if (until < t && until >= from) svg.append(make("svg:circle", { cx: X(until), cy: Y(at(until)), r: 6, fill: "var(--q-h)" }));
    for (let place = 0; place < cups; place++) { // the cup over the ball is lifted
      const x = X(t) + 28, open = until >= t && at(t) === place, y = Y(place) + (open ? -5 : 0);
      write(left - 10, Y(place) + 5, place + 1, "end");
      if (open) svg.append(make("svg:circle", { cx: x, cy: Y(place) + 12, r: 6, fill: "var(--q-h)" }));
      svg.append(make("svg:path", { d: `M${x - 9} ${y - 14}h18l5 25h-28z`, class: "rb-ground", stroke: "currentColor", "stroke-width": 1.5, "stroke-linejoin": "round" }));
      write(x, y + 5, place + 1, "middle");
    }
    const start = 118, scale = (430 - start) / LENGTH;
    svg.append(make("svg:line", { x1: start + LEARNED * scale, x2: start + LEARNED * scale, y1: rows, y2: height - 22, stroke: "currentColor", "stroke-dasharray": "2 3" }));
    played.found.forEach(({ name, answers, wrong }, k) => {
      const y = rows + 27 * k + 13, bar = (bad) => wrong.slice(0, Math.min(t, until)).map((w, s) => (w === bad ? `M${(start + s * scale).toFixed(2)} ${y}v${bad ? 10 : -10}` : "")).join("");
      write(80, y + 5, name, "end");
      if (t) { // a wrong answer is a ring, a right one a disc
        const known = until >= t, bad = known && wrong[t - 1], tone = !known ? "currentColor" : bad ? "var(--q-o)" : "var(--q-f)";
        svg.append(make("svg:circle", { cx: 99, cy: y, r: 11, "stroke-width": 2, stroke: tone, ...(known && !bad ? { fill: tone } : { class: "rb-ground" }) }));
        write(99, y + 5, known ? answers[t - 1] + 1 : "?", "middle", known && !bad ? { fill: "var(--rb-on-accent)" } : {});
      }
      svg.append(make("svg:line", { x1: start, x2: 430, y1: y, y2: y, stroke: "var(--rb-grid)" }));
      for (const [bad, tone] of [[false, "var(--q-f)"], [true, "var(--q-o)"]]) svg.append(make("svg:path", { d: bar(bad), stroke: tone, "stroke-width": scale + 0.05 }));
    });
    for (const s of [0, LEARNED, 100, 200, 300, LENGTH]) write(start + s * scale, height - 5, s, s === LENGTH ? "end" : "middle");
    return svg;
  }
  /* What each of the four carries, every part on a scale of its own. */
  function memory(t) {
    const svg = make("svg:svg", { viewBox: "0 0 440 124", role: "img", class: "rb-figure", "aria-label": "The state of each network after the last move" });
    played.found.forEach(({ name, states, most }, k) => {
      const left = 7 + 110 * k, state = t ? states[t - 1] : players[which.value][k].start;
      const rows = PICTURED[name].flatMap((part, n) => {
        const numbers = state[part], whole = Array.isArray(numbers[0]) ? (name === "S6" ? numbers[0].map((_, j) => numbers.map((row) => row[j])) : numbers) : [numbers];
        return whole.map((row) => row.map((v) => v / most[n]));
      });
      const high = Math.min(24, 96 / rows.length);
      svg.append(make("svg:text", { x: left + 48, y: 16, "text-anchor": "middle" }, `${name} ${PICTURED[name].join(", ")}`));
      rows.forEach((row, i) => row.forEach((v, j) => svg.append(make("svg:rect", { x: left + 8 * j, y: 26 + high * i, width: 8, height: high, fill: shade(v), stroke: "var(--rb-grid)", "stroke-width": 0.5 }))));
    });
    return svg;
  }

  return function () {
    const t = made.value, hiding = hidden(), until = hiding ? seen : LENGTH, truth = t ? played.places[t - 1] : 0;
    asked.hidden = ball.value === "shown";
    for (const button of asked.querySelectorAll("button")) button.disabled = !hiding;
    for (const button of [...next.querySelectorAll("button"), ten]) button.disabled = t === LENGTH;
    again.disabled = t === 0 || t === LENGTH;
    const score = tally.rounds ? ` Found of ${tally.rounds}: you ${tally.you}${NAMES.map((name) => `, ${name} ${tally[name]}`).join("")}.` : "";
    stage.replaceChildren(picture(t, until),
      make("p", { class: "rb-key" }, `Up, blue: right. Down, orange: wrong. Dotted: the ${LEARNED} moves of training.`),
      memory(t), make("p", { class: "rb-key" }, "What each carries: warm is positive, cool negative."));
    let said = `After ${seen} moves the ball was under cup ${(seen ? played.places[seen - 1] : 0) + 1}. Where is it ${t - seen} moves later?${score}`;
    if (!hiding) {
      const errors = played.found.map(({ wrong }) => wrong.slice(0, t)), clean = NAMES.filter((_, k) => !errors[k].includes(true));
      said = `After ${t} moves the ball is under cup ${truth + 1}.`;
      if (guessed && guessed.at === t) said += ` You said cup ${guessed.cup + 1}: ${guessed.cup === truth ? "right" : "wrong"}.`;
      if (t && clean.length) said += ` Right at every move: ${clean.join(", ")}.`;
      errors.forEach((wrong, k) => {
        if (wrong.includes(true)) said += ` ${NAMES[k]}: wrong at ${wrong.filter(Boolean).length} of ${t}, first at move ${wrong.indexOf(true) + 1}.`;
      });
      said += score;
    }
    return {
      said,
      state: {
        game: which.value, moves: moves.slice(0, t), hidden: hiding, guessed, tally: { ...tally },
        places: played.places.slice(0, t), logits: Object.fromEntries(played.found.map(({ name, logits }) => [name, logits.slice(0, t)])),
        carried: t ? Object.fromEntries(played.found.map(({ name, states }) => [name, states[t - 1]])) : {},
      },
    };
  };
});
