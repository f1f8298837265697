/* Filters for the matrix of pitfalls and platforms. The choice stands in the address, so that it can
   be linked; without a script the whole table is there. */
(function () {
  "use strict";

  const VERDICTS = ["error", "fail", "warn", "unknown", "pass", "not-applicable"];

  function element(tag, attributes, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children);
    return made;
  }

  function verdictOf(cell) {
    const status = cell && cell.querySelector(".pitfall-status");
    const found = status && [...status.classList].find((name) =>
      VERDICTS.includes(name.replace(/^pitfall-/, "")));
    return found ? found.replace(/^pitfall-/, "") : "";
  }

  function choice(label, name, options) {
    const select = element("select", { id: `matrix-${name}`, name });
    select.append(element("option", { value: "" }, "all"));
    for (const option of options) select.append(element("option", { value: option }, option));
    return [select, element("label", { for: `matrix-${name}` }, label, " ", select)];
  }

  function attach(table) {
    const head = [...table.tHead.rows[0].cells].map((cell) => cell.textContent.trim());
    const platforms = head.slice(3);
    const rows = [...table.tBodies[0].rows];
    for (const row of rows) {
      [...row.cells].forEach((cell, at) => {
        cell.dataset.label = head[at];
        if (at > 2 && verdictOf(cell) === "") cell.dataset.empty = "";
      });
    }
    const families = [...new Set(rows.map((row) => row.cells[1].textContent.trim()))];
    const [verdict, verdictLabel] = choice("Verdict", "verdict", VERDICTS);
    const [family, familyLabel] = choice("Family", "family", families);
    const [platform, platformLabel] = choice("Platform", "platform", platforms);
    const state = element("p", { role: "status", class: "pitfall-about" });
    const reset = element("button", { type: "button", class: "pitfall-reset" }, "Show all");
    const form = element("form", { class: "pitfall-filters", "aria-label": "Filter the matrix" },
      verdictLabel, familyLabel, platformLabel, reset);
    form.addEventListener("submit", (event) => event.preventDefault());
    const holder = table.closest(".pst-scrollable-table-container") || table;
    holder.before(form, state);

    const update = () => {
      const at = platform.value ? head.indexOf(platform.value) : 2;
      let shown = 0;
      for (const row of rows) {
        const has = !platform.value || verdictOf(row.cells[at]) !== "";
        const fits = has && (!family.value || row.cells[1].textContent.trim() === family.value) &&
          (!verdict.value || verdictOf(row.cells[at]) === verdict.value);
        row.hidden = !fits;
        shown += fits ? 1 : 0;
        [...row.cells].forEach((cell, number) => {
          cell.hidden = number > 2 && platform.value !== "" && number !== at;
        });
      }
      [...table.tHead.rows[0].cells].forEach((cell, number) => {
        cell.hidden = number > 2 && platform.value !== "" && number !== at;
      });
      state.textContent = `${shown} of ${rows.length} pitfalls`;
      const url = new URL(window.location.href);
      for (const select of [verdict, family, platform]) {
        if (select.value) url.searchParams.set(select.name, select.value);
        else url.searchParams.delete(select.name);
      }
      try { window.history.replaceState(null, "", url); } catch (error) { /* not for some files */ }
    };
    const given = new URL(window.location.href).searchParams;
    for (const select of [verdict, family, platform]) {
      const wanted = given.get(select.name);
      if (wanted && [...select.options].some((option) => option.value === wanted)) {
        select.value = wanted;
      }
      select.addEventListener("change", update);
    }
    reset.addEventListener("click", () => {
      for (const select of [verdict, family, platform]) select.value = "";
      update();
    });
    update();
  }

  const start = () => document.querySelectorAll("table.pitfall-matrix").forEach(attach);
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
