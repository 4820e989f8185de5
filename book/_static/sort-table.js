// The head of a table of class rb-verdicts sorts it: once up, once more down.
document.addEventListener("DOMContentLoaded", () => {
  for (const table of document.querySelectorAll(".rb-verdicts table")) {
    const heads = [...table.tHead.rows[0].cells];
    const names = heads.map((head) => head.textContent.trim());
    for (const row of table.tBodies[0].rows) {
      [...row.cells].forEach((cell, k) => (cell.dataset.name = names[k])); // for narrow screens
    }
    heads.forEach((head, k) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = names[k];
      head.replaceChildren(button);
      button.addEventListener("click", () => {
        const down = head.getAttribute("aria-sort") === "ascending";
        heads.forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        const text = (row) => row.cells[k].textContent.trim();
        const rows = [...table.tBodies[0].rows].sort((a, b) =>
          text(a).localeCompare(text(b), "en", { numeric: true })
        );
        table.tBodies[0].append(...(down ? rows.reverse() : rows));
      });
    });
  }
});
