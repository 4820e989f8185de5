/* Jacobian spectrum: eigenvalues of W_h and singular values of the product of Jacobians over lag. */
window.rnnbook.define("spectrum", function ({ controls, stage, change }) {
  const rb = window.rnnbook, H = 12, T = 40, { W, eigenvalues } = rb.data.spectrum;
  const gain = rb.slider("gain g of the recurrent weights", 0.2, 3, 0.05, 0.9, change);
  const size = rb.slider("size of the input", 0, 2, 0.1, 0, change);
  controls.append(gain.node, size.node);
  const random = rb.random(3), noise = Array.from({ length: T }, () => Array.from({ length: H }, random.normal));

  /* Singular values by one-sided Jacobi rotations: columns are turned until they are orthogonal. */
  function singularValues(matrix) {
    const a = matrix.map((row) => row.slice()), n = a.length;
    for (let sweep = 0; sweep < 60; sweep++) {
      let turned = 0;
      for (let p = 0; p < n; p++) for (let q = p + 1; q < n; q++) {
        let pp = 0, qq = 0, pq = 0;
        for (const row of a) { pp += row[p] ** 2; qq += row[q] ** 2; pq += row[p] * row[q]; }
        if (Math.abs(pq) <= 1e-16 * Math.sqrt(pp * qq) || pq === 0) continue;
        turned++;
        const zeta = (qq - pp) / (2 * pq), t = (zeta >= 0 ? 1 : -1) / (Math.abs(zeta) + Math.hypot(1, zeta));
        const c = 1 / Math.hypot(1, t), s = c * t;
        for (const row of a) { const u = row[p]; row[p] = c * u - s * row[q]; row[q] = s * u + c * row[q]; }
      }
      if (!turned) break;
    }
    return a[0].map((_, j) => rb.norm(a.map((row) => row[j]))).sort((u, v) => v - u);
  }

  return function () {
    const W_h = W.map((row) => row.map((w) => gain.value * w));
    const W_x = W.map((_, i) => W.map((_, j) => (i === j ? 1 : 0)));
    const x = noise.map((row) => row.map((v) => size.value * v));
    const p = { W_x, W_h, b: new Array(H).fill(0) };
    const { saved } = rb.run("rnn", p, x, { h: new Array(H).fill(0) });
    let rows = W_x.map((row) => ({ h: row }));
    const values = [new Array(H).fill(1)];
    for (const kept of saved.slice().reverse()) {
      rows = rows.map((row) => rb.cells.rnn.back(kept, row, p));
      const found = singularValues(rows.map((r) => r.h));
      values.push(found.map((v) => (v < 1e-13 * found[0] ? NaN : v))); // below that there is only rounding
    }
    const moved = eigenvalues.map(([re, im]) => [gain.value * re, gain.value * im]);
    const radius = Math.max(...moved.map(([re, im]) => Math.hypot(re, im)));
    const circle = Array.from({ length: 121 }, (_, k) => [Math.cos((k * Math.PI) / 60), Math.sin((k * Math.PI) / 60)]);
    stage.replaceChildren(
      rb.chart([
        { name: "|λ| = 1", colour: "var(--cell-RNN)", dash: "2 3", values: circle },
        { colour: "var(--q-h)", dots: 4, values: moved },
      ], { x: "real part", y: "imaginary part", width: 360, height: 300, half: true, xRange: [-3, 3], yRange: [-3, 3], label: "Eigenvalues of the recurrent weights and the unit circle" }),
      rb.chart([
        { name: "largest", colour: "var(--q-h)", values: values.map((v) => v[0]) },
        { name: "median", colour: "var(--q-f)", dash: "9 3", values: values.map((v) => (v[5] + v[6]) / 2) },
        { name: "smallest", colour: "var(--cell-RNN)", dash: "2 3", values: values.map((v) => v[H - 1]) },
      ], { x: "lag, in steps", y: "singular value", width: 360, height: 300, half: true, log: true, yRange: [1e-12, 1e6], label: "Singular values of the product of Jacobians over lag" }),
    );
    const end = values[T][0], half = values[T / 2][0];
    const verdict = end < 1e-3 ? "the gradient vanishes" : end > 1e3 ? "the gradient explodes"
      : end < 0.8 * half ? "the gradient falls, slowly, and is on its way to vanish" : end > 1.25 * half ? "the gradient grows, slowly, and is on its way to explode"
      : "the gradient neither vanishes nor explodes";
    return {
      said: `The largest eigenvalue has absolute value ${rb.number(radius)}. Over ${T} steps the largest singular value is ${rb.number(end)}, the smallest ${Number.isNaN(values[T][H - 1]) ? "is too small for double precision" : rb.number(values[T][H - 1])}: ${verdict}.`,
      state: { x, weights: { W_x, W_h }, eigenvalues: moved, values },
    };
  };
});
