/** One figure of the overview. */
import { html } from "../vendor/htm-preact.js";

export const Tile = ({ label, value, note, tone = "", href }) =>
  html`<a class=${`panel tile ${tone}`} href=${href}>
    <span class="tile-label">${label}</span>
    <span class="tile-value">${value}</span>
    <span class="tile-note">${note || "\u00a0"}</span>
  </a>`;
