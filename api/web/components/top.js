/** The bar at the top: what this is, whether it is live, and the reader's own settings. */
import { html } from "../vendor/htm-preact.js";
import { LANGUAGES, t } from "../i18n.js";
import { restOf } from "../session.js";
import { THEMES } from "../settings.js";
import { Stranger } from "./text.js";

const ENDS_SOON_MS = 600000;
const TONES = { live: "good", connecting: "fair", waiting: "poor", "signed-out": "quiet" };

export function Top({ store, settings, actions }) {
  const { session } = store;
  return html`<header class="top">
    <a class="brand" href="#/overview"><img src="/web/icon.svg" alt="" width="24" height="24" /><span>${t("app.name")}</span></a>
    ${session && html`<${Connection} connection=${store.connection} loaded=${store.loaded} retry=${actions.retry} />`}
    ${session && html`<${EndsSoon} left=${restOf(session, store.now())} />`}
    <span class="spring"></span>
    ${session &&
    html`<span class="who"
      ><${Stranger} text=${session.name} /><span class="scope">${session.tenant ? `${session.tenant} · ` : ""}${t(`scope.${session.scope}`)}</span></span
    >`}
    <label class="choice"
      ><span class="unseen">${t("app.language")}</span>
      <select value=${settings.language} onChange=${(event) => actions.speak(event.target.value)}>
        ${Object.keys(LANGUAGES).map((one) => html`<option key=${one} value=${one} selected=${one === settings.language}>${LANGUAGES[one]["language.name"]}</option>`)}
      </select></label
    >
    <label class="choice"
      ><span class="unseen">${t("app.colours")}</span>
      <select value=${settings.theme} onChange=${(event) => actions.colour(event.target.value)}>
        ${THEMES.map((one) => html`<option key=${one} value=${one} selected=${one === settings.theme}>${t(`theme.${one}`)}</option>`)}
      </select></label
    >
    ${session && html`<button class="sign-out" onClick=${actions.signOut}>${t("app.sign-out")}</button>`}
  </header>`;
}

/** Said once, not each second: who listens to the page would hear nothing else. */
function EndsSoon({ left }) {
  if (left > ENDS_SOON_MS) return null;
  return html`<span class="badge fair ends-soon" role="status" title=${t("sign-in.link")}>${t("app.ends-soon", { minutes: Math.max(1, Math.ceil(left / 60000)) })}</span>`;
}

function Connection({ connection, loaded, retry }) {
  const state = connection.state === "live" && !loaded ? "connecting" : connection.state;
  return html`<span class="connection">
    <span class=${`badge ${TONES[state]}`} role="status" aria-live="polite" data-state=${state}>${t(`connection.${state}`)}</span>
    ${state === "waiting" && html`<button class="small" onClick=${retry}>${t("connection.retry")}</button>`}
  </span>`;
}
