/* A formula that is copied arrives as LaTeX, in dollars; the words around it stay as they are. */
document.addEventListener("copy", (event) => {
  const selection = getSelection();
  if (!selection.rangeCount || !event.clipboardData) return;
  const range = selection.getRangeAt(0), inside = (node) => node.nodeType === 1 ? node.closest(".katex") : node.parentElement.closest(".katex");
  // a formula is copied whole
  if (inside(range.startContainer)) range.setStartBefore(inside(range.startContainer));
  if (inside(range.endContainer)) range.setEndAfter(inside(range.endContainer));
  const copy = range.cloneContents(), formulas = copy.querySelectorAll(".katex");
  if (!formulas.length) return;
  for (const formula of formulas) {
    const display = formula.closest(".katex-display"), dollars = display ? "$$" : "$";
    formula.replaceWith(dollars + formula.querySelector("annotation").textContent + dollars);
  }
  event.clipboardData.setData("text/plain", copy.textContent);
  event.preventDefault();
});
