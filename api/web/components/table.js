/** A table that is searched, sorted and paged; below 760 px each row is a card. Only a page of rows is in the document. */
import { html, useMemo, useState } from "../vendor/htm-preact.js";
import { count, harmless } from "../format.js";
import { t } from "../i18n.js";

export const ROWS_A_PAGE = 50;

/**
 * `columns`: `{key, label, cell(row), sort?(row), text?(row), numeric?, wide?}`; `sort` gives what to sort by, `text` what the search looks in.
 * `stamp`: changes when `rows` did. `order`: `[key, 1 | -1]` at first, null = as they come.
 */
export function Table({ name, columns, rows, stamp, keyOf, order = null, searchable = true, empty, tools, overflowing = false }) {
  const [wanted, want] = useState("");
  const [sorted, sort] = useState(order);
  const [page, turn] = useState(0);
  const found = useMemo(() => arrange(rows, columns, wanted, sorted), [rows, stamp, wanted, sorted]);
  const pages = Math.max(1, Math.ceil(found.length / ROWS_A_PAGE));
  const here = Math.min(page, pages - 1);
  const shown = found.slice(here * ROWS_A_PAGE, (here + 1) * ROWS_A_PAGE);
  return html`
    <section class="panel table-panel" aria-label=${name}>
      ${(searchable || tools) &&
      html`<div class="table-tools">
        ${searchable &&
        html`<input
          type="search"
          class="search"
          value=${wanted}
          placeholder=${t("table.search")}
          aria-label=${t("table.search")}
          onInput=${(event) => {
            want(event.target.value);
            turn(0);
          }}
        />`}
        ${tools}
        <span class="found">${t("table.found", { count: count(found.length) })}</span>
      </div>`}
      ${overflowing && html`<p class="note">${t("table.overflow", { count: count(rows.length) })}</p>`}
      <div class="scroll">
        <table role="table" aria-label=${name} aria-rowcount=${found.length + 1}>
          <thead role="rowgroup">
            <tr role="row">
              ${columns.map((column) => html`<${Header} key=${column.key} column=${column} sorted=${sorted} sort=${sort} />`)}
            </tr>
          </thead>
          <tbody role="rowgroup">
            ${shown.map(
              (row) =>
                html`<tr role="row" key=${keyOf(row)}>
                  ${columns.map((column) => html`<${Cell} key=${column.key} column=${column} row=${row} />`)}
                </tr>`,
            )}
          </tbody>
        </table>
        ${shown.length === 0 && html`<p class="empty">${wanted ? t("table.nothing-found") : empty}</p>`}
      </div>
      ${pages > 1 && html`<${Pages} name=${name} here=${here} pages=${pages} turn=${turn} />`}
    </section>
  `;
}

function Header({ column, sorted, sort }) {
  const direction = sorted?.[0] === column.key ? sorted[1] : 0;
  const said = { [-1]: "descending", 0: "none", 1: "ascending" }[direction];
  const classes = column.numeric ? "numeric" : "";
  if (!column.sort) return html`<th role="columnheader" scope="col" class=${classes}>${column.label}</th>`;
  return html`<th role="columnheader" scope="col" class=${classes} aria-sort=${said}>
    <button class="sort" onClick=${() => sort([column.key, direction === 1 ? -1 : 1])}>
      ${column.label}<span class="arrow" aria-hidden="true">${{ [-1]: "↓", 0: "", 1: "↑" }[direction]}</span>
    </button>
  </th>`;
}

function Cell({ column, row }) {
  const classes = [column.numeric && "numeric", column.wide && "wide", column.action && "action"].filter(Boolean).join(" ");
  return html`<td role="cell" class=${classes} data-label=${column.label}><div class="cell">${column.cell(row)}</div></td>`;
}

function Pages({ name, here, pages, turn }) {
  return html`<nav class="pages" aria-label=${t("table.pages-of", { name })}>
    <button disabled=${here === 0} onClick=${() => turn(here - 1)}>${t("table.previous")}</button>
    <span aria-live="polite">${t("table.page", { here: count(here + 1), pages: count(pages) })}</span>
    <button disabled=${here === pages - 1} onClick=${() => turn(here + 1)}>${t("table.next")}</button>
  </nav>`;
}

export function arrange(rows, columns, wanted, sorted) {
  const looked = wanted.trim().toLowerCase();
  const texts = columns.filter((column) => column.text).map((column) => column.text);
  const found = looked ? rows.filter((row) => texts.some((text) => harmless(text(row)).toLowerCase().includes(looked))) : rows;
  const by = sorted && columns.find((column) => column.key === sorted[0])?.sort;
  if (!by) return found;
  return found
    .map((row) => [by(row), row])
    .sort(([a], [b]) => sorted[1] * (a < b ? -1 : a > b ? 1 : 0))
    .map(([, row]) => row);
}
