/** The whole page: sign-in, or the frame with one view in it. */
import { html, useErrorBoundary } from "./vendor/htm-preact.js";
import { Side } from "./components/side.js";
import { Top } from "./components/top.js";
import { zone } from "./format.js";
import { t } from "./i18n.js";
import { VIEWS } from "./route.js";
import { Bans } from "./views/bans.js";
import { Calls } from "./views/calls.js";
import { Listeners } from "./views/listeners.js";
import { Manifests } from "./views/manifests.js";
import { Overview } from "./views/overview.js";
import { Records } from "./views/records.js";
import { Registrations } from "./views/registrations.js";
import { SignIn } from "./views/sign_in.js";
import { Trunks } from "./views/trunks.js";

const SHOWN = {
  overview: Overview,
  calls: Calls,
  registrations: Registrations,
  trunks: Trunks,
  listeners: Listeners,
  manifests: Manifests,
  records: Records,
  bans: Bans,
};
const OF_THE_SYSTEM = new Set(["listeners", "bans"]);

export function App({ store, settings, route, feed, actions, failure }) {
  if (store.session === undefined) return html`<p class="note starting" role="status">${t("app.loading")}</p>`;
  const top = html`<${Top} store=${store} settings=${settings} actions=${actions} />`;
  if (store.session === null) return html`${top}<${SignIn} failure=${failure} open=${actions.signIn} />`;
  const views = VIEWS.filter((view) => store.session.tenant === null || !OF_THE_SYSTEM.has(view));
  return html`
    <a class="skip" href="#main" onClick=${skip}>${t("app.skip")}</a>
    ${top}
    <div class="frame">
      <${Side} views=${views} here=${route.view} store=${store} />
      <main id="main" tabindex="-1">
        <h1>${t(`view.${route.view}`)}</h1>
        <${Guarded} key=${`${route.view} ${settings.language}`}>
          <${SHOWN[route.view]} store=${store} id=${route.id} now=${store.now()} feed=${feed} look=${`${settings.language} ${settings.shade}`} />
        <//>
        <footer>${t("app.times", { zone: zone() })}${store.version && ` · ${t("app.name")} ${store.version}`}</footer>
      </main>
    </div>
  `;
}

/** A view that fails says so; the others go on. */
function Guarded({ children }) {
  const [error] = useErrorBoundary((found) => console.error(found));
  return error ? html`<p class="failure" role="alert">${t("app.broken", { why: error.message })}</p>` : children;
}

function skip(event) {
  event.preventDefault(); // the fragment is the view's name
  document.getElementById("main").focus();
}
