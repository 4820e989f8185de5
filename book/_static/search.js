// The search page: sections of the book, ranked by the rare words of the query in their titles, in the terms and papers
// that lead to them, and in their text. A page stands where its best section puts it; a result quotes the sentence that
// matches. The index is search-index.js, from book/_ext/rnnbook_search.py; stopwords and Stemmer come with Sphinx.
const stemmer = new Stemmer(), stems = new Map();
const spelt = (word) => word.toLowerCase().replace(/is(e[drs]?|ing|ations?)$/, "iz$1"); // optimise and optimize are one
const stem = (word) => {
  if (!stems.has(word)) stems.set(word, stemmer.stemWord(spelt(word)));
  return stems.get(word);
};
const words = (text) => (text.match(/[\p{L}\p{N}_]+/gu) || []).map(stem);
const counted = (text) => {
  const counts = new Map();
  for (const word of words(text)) counts.set(word, (counts.get(word) || 0) + 1);
  return counts;
};

const PAGES = SECTIONS.map(([name, title, number, sections]) => ({name, title, number, in: counted(title), sections: []}));
PAGES.forEach((page, k) => {
  for (const [anchor, title, terms, papers, text] of SECTIONS[k][3]) {
    const inText = counted(text), length = [...inText.values()].reduce((a, b) => a + b, 0);
    const [own, ...above] = title.split(" › ").reverse();
    page.sections.push({page, anchor, title, text, length, inTitle: counted(anchor ? own : ""), above: counted(above.join(" ")),
      inTerms: counted(terms), inPapers: counted(papers), inText});
  }
});
const ALL = PAGES.flatMap((page) => page.sections);
const MEAN = ALL.reduce((sum, s) => sum + s.length, 0) / ALL.length;
const FREQUENCY = new Map(); // in how many sections a word occurs
for (const s of ALL)
  for (const word of new Set([s.inTitle, s.above, s.inTerms, s.inPapers, s.inText, s.page.in].flatMap((m) => [...m.keys()])))
    FREQUENCY.set(word, (FREQUENCY.get(word) || 0) + 1);

// A chapter explains; the other pages list, so they come after it.
const worth = (page) => (page.name.startsWith("notebooks/") ? 1 : 0.5);

// The words of a query with their weights; one that occurs nowhere stands for those that begin with it.
function asked(query) {
  const all = [...new Set((query.match(/[\p{L}\p{N}_]+/gu) || []))];
  const telling = all.filter((w) => !stopwords.includes(w.toLowerCase()));
  return (telling.length ? telling : all).map((word) => {
    const one = stem(word);
    const forms = FREQUENCY.has(one) || word.length < 3 ? [one]
      : [...FREQUENCY.keys()].filter((w) => w.startsWith(word.toLowerCase()));
    const often = Math.max(0, ...forms.map((w) => FREQUENCY.get(w) || 0));
    return {forms, weight: often ? Math.log(1 + ALL.length / (often + 3)) : 0};
  }).filter((word) => word.weight);
}

const count = (counts, forms) => forms.reduce((sum, w) => sum + (counts.get(w) || 0), 0);

function scoreOf(s, query) {
  let sum = 0, here = 0, all = 0;
  for (const {forms, weight} of query) {
    const often = count(s.inText, forms), inTitle = count(s.inTitle, forms) > 0, inTerms = count(s.inTerms, forms) > 0;
    const inPapers = count(s.inPapers, forms) > 0, inPage = count(s.page.in, forms) > 0, above = count(s.above, forms) > 0;
    sum += weight * ((2.2 * often) / (often + 1.2 * (0.25 + (0.75 * s.length) / MEAN))
      + 3 * inTitle + 3 * inTerms + 1.5 * inPapers + 3 * inPage + 1.5 * above);
    all += weight;
    if (often || inTitle || inTerms || inPapers || inPage || above) here += weight;
  }
  return all ? (sum * here) / all : 0;
}

// The pages that answer, best first, each with its best sections.
function find(text) {
  const query = asked(text);
  if (!query.length) return [];
  return PAGES.map((page) => {
    const hits = page.sections.map((section) => ({section, score: scoreOf(section, query)}))
      .filter((hit) => hit.score > 0).sort((a, b) => b.score - a.score);
    const score = worth(page) * hits.slice(0, 3).reduce((sum, hit, k) => sum + hit.score * [1, 0.3, 0.15][k], 0);
    const best = hits.slice(0, 3).filter((hit) => hit.score > 0.4 * hits[0].score);
    // what stands under the page's own title comes first, right under it
    return {page, score, hits: best.sort((a, b) => !b.section.anchor - !a.section.anchor)};
  }).filter((result) => result.hits.length).sort((a, b) => b.score - a.score);
}

// ---- the page

const element = (name, attributes = {}, ...children) => {
  const made = Object.assign(document.createElement(name), attributes);
  made.append(...children);
  return made;
};

// The sentence of a section that says most of the query, with the matching words marked.
function quote(section, query) {
  const weightOf = (word) => Math.max(0, ...query.filter((q) => q.forms.includes(stem(word))).map((q) => q.weight));
  const pieces = section.text.split(/\n|(?<=[.?!:][”’)]?) +(?=[\p{Lu}“(])/u);
  const value = (text) => {
    const seen = new Set(words(text));
    return query.reduce((sum, q) => sum + (q.forms.some((w) => seen.has(w)) ? q.weight : 0), 0);
  };
  let best = "", most = 0;
  for (const piece of pieces) {
    const says = value(piece) * (piece.length < 40 ? 0.7 : 1); // half a sentence is a caption or a cell of a table
    if (says > most) [best, most] = [piece, says];
  }
  best = best || pieces.find((piece) => piece.length > 40) || "";
  if (best.length > 240) { // around the first word that matches
    const first = best.search(new RegExp(`(?<![\\p{L}])(${(best.match(/[\p{L}\p{N}_]+/gu) || []).filter(weightOf).join("|") || "$"})`, "u"));
    const from = Math.max(0, best.lastIndexOf(" ", Math.max(0, first - 90)));
    best = (from ? "… " : "") + best.slice(from, from + 220).trim() + (from + 220 < best.length ? " …" : "");
  }
  const line = element("p", {className: "rb-quote"});
  for (const piece of best.split(/([\p{L}\p{N}_]+)/u))
    line.append(weightOf(piece) ? element("mark", {textContent: piece}) : piece);
  return line;
}

function show(text) {
  const results = text.trim() ? find(text) : [], query = asked(text), list = element("ol", {className: "rb-results"});
  for (const {page, hits} of results.slice(0, 12)) {
    const item = element("li", {}, element("h2", {}, element("a", {
      href: `${page.name}.html`, textContent: (page.number ? `${page.number} · ` : "") + page.title,
    })));
    for (const {section} of hits)
      item.append(section.anchor ? element("h3", {}, element("a", {
        href: `${page.name}.html#${section.anchor}`, textContent: section.title,
      })) : "", quote(section, query));
    list.append(item);
  }
  document.getElementById("search-results").replaceChildren(list);
  document.getElementById("search-status").textContent = !text.trim() ? ""
    : results.length > 12 ? `The best 12 of ${results.length} pages.`
    : results.length ? `${results.length} page${results.length > 1 ? "s" : ""}.`
    : "Nothing found. Try one word, or look in the glossary and the index.";
}

const field = document.querySelector(".rb-search input");
field.value = new URLSearchParams(location.search).get("q") || "";
show(field.value);
field.addEventListener("input", () => {
  show(field.value);
  history.replaceState(null, "", field.value ? `?q=${encodeURIComponent(field.value)}` : location.pathname);
});
// Down and up go through the results, as they do in a list.
document.querySelector(".rb-search").parentElement.addEventListener("keydown", (event) => {
  const step = {ArrowDown: 1, ArrowUp: -1}[event.key];
  if (!step) return;
  const places = [field, ...document.querySelectorAll("#search-results a")];
  const to = places[places.indexOf(document.activeElement) + step];
  if (to && places.includes(document.activeElement)) {
    to.focus();
    event.preventDefault();
  }
});
