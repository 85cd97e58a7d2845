/** The way to each view, with how much is there. */
import { html, useLayoutEffect, useRef } from "../vendor/htm-preact.js";
import { count } from "../format.js";
import { t } from "../i18n.js";
import { linkTo } from "../route.js";

export function Side({ views, here, store }) {
  const sizes = {
    calls: store.calls.size,
    registrations: store.registrations.size,
    trunks: store.trunks.size,
    listeners: store.listeners.size,
    bans: store.bans.size,
  };
  const nav = useRef(null);
  // On a narrow screen the ways stand in a row that is pushed sideways.
  useLayoutEffect(() => push(nav.current), [here]);
  return html`<nav class="side" ref=${nav} aria-label=${t("app.views")}>
    <ul>
      ${views.map(
        (view) =>
          html`<li key=${view}>
            <a href=${linkTo(view)} aria-current=${view === here ? "page" : undefined}>
              <span>${t(`view.${view}`)}</span>
              ${view in sizes && store.loaded && html`<span class="size">${count(sizes[view])}</span>`}
            </a>
          </li>`,
      )}
    </ul>
  </nav>`;
}

/** So that the current way is seen. By `scrollIntoView` it would also be from where the Tab key goes on (Chromium 150): past the way to skip all this. */
function push(nav) {
  const current = nav.querySelector("[aria-current]")?.getBoundingClientRect();
  for (const row of current ? [nav, nav.firstElementChild] : []) {
    const seen = row.getBoundingClientRect();
    row.scrollLeft += Math.min(0, current.left - seen.left) + Math.max(0, current.right - seen.right);
  }
}
