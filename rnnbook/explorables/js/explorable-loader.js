/* Finds the explorables of a page and loads what they need when they come near the screen. */
(function () {
  "use strict";
  const base = document.currentScript.src.replace(/explorable-loader\.js.*$/, "");
  const version = document.currentScript.src.replace(/^[^?]*/, "");
  const loaded = {};
  const load = (file) => (loaded[file] = loaded[file] || new Promise((done, failed) => {
    const script = document.createElement("script");
    Object.assign(script, { src: base + file + version, onload: done, onerror: failed });
    document.head.append(script);
  }));
  async function mount(element) {
    const name = element.dataset.explorable;
    await load("explorable-core.js");
    // what one figure alone needs is loaded for it alone
    const own = { characters: ["network-characters", "data"], dates: ["network-dates", "data"], cups: ["network-cups"], turn: ["turning"] };
    const parts = own[name] || ["data"];
    await Promise.all(parts.map((part) => load(`explorable-${part}.js`)));
    await load(`explorable-${name}.js`);
    window.rnnbook.mount(name, element);
    // figures above a link's place grow when they are mounted: go there again, unless the reader has moved
    if (location.hash && !moved) document.getElementById(location.hash.slice(1))?.scrollIntoView();
  }
  let moved = false;
  for (const by of ["wheel", "touchmove", "keydown", "pointerdown"]) addEventListener(by, () => { moved = true; }, { once: true, passive: true });
  const all = document.querySelectorAll(".rb-explorable");
  const near = new IntersectionObserver((entries) => {
    for (const entry of entries.filter((e) => e.isIntersecting)) {
      near.unobserve(entry.target);
      mount(entry.target);
    }
  }, { rootMargin: "600px" });
  all.forEach((element) => near.observe(element));
  window.addEventListener("beforeprint", () => all.forEach((e) => e.classList.contains("rb-live") || mount(e)));
})();
