// A click on a heading sorts its table: numbers by size, names by the alphabet; a second click turns the order round.
for (const heading of document.querySelectorAll(".sortable th")) {
  heading.addEventListener("click", () => {
    const table = heading.closest("table");
    const place = heading.cellIndex;
    const order = heading.getAttribute("aria-sort") === (place ? "descending" : "ascending") ? -1 : 1;
    const value = (row) => {
      const text = row.cells[place].textContent.replace(/[,\u00a0%]/g, "").trim();
      const number = parseFloat(text);
      return place === 0 ? text : Number.isNaN(number) ? -1 : number; // a dash: there is none
    };
    const rows = [...table.tBodies[0].rows].sort((one, other) => {
      const [a, b] = [value(one), value(other)];
      return order * (place === 0 ? a.localeCompare(b) : b - a);
    });
    table.tBodies[0].append(...rows);
    for (const other of table.querySelectorAll("th")) other.removeAttribute("aria-sort");
    const rising = (order === 1) === (place === 0);
    heading.setAttribute("aria-sort", rising ? "ascending" : "descending");
  });
}
