/** Starts the page and draws it: at most once a frame, and not more often than people can read. */
import { html, render } from "./vendor/htm-preact.js";
import { holdToken } from "./api.js";
import { App } from "./app.js";
import { Feed } from "./feed.js";
import { preferred, speak, t, LANGUAGES } from "./i18n.js";
import { routeOf } from "./route.js";
import { currentSession, endSession, openWithCode, openWithToken, restOf, takeCode } from "./session.js";
import { showTheme, store as keep, stored, THEMES } from "./settings.js";
import { Store } from "./store.js";

const BETWEEN_DRAWS_MS = 200;
const CLOCK_MS = 1000;
const SURE_AFTER = 3; // looks: if this machine's clock was set, the server says so within a second

const dark = matchMedia("(prefers-color-scheme: dark)");
const settings = {
  language: stored("language") in LANGUAGES ? stored("language") : preferred(navigator.languages),
  theme: THEMES.includes(stored("theme")) ? stored("theme") : "auto",
  get shade() {
    return this.theme === "auto" ? (dark.matches ? "dark" : "light") : this.theme;
  },
};
let store = new Store();
let feed = null;
let failure = null;
let isByToken = false;
let due = false;
let lookedOver = 0;
let drawnAt = -Infinity;

/** Something is new: drawn soon, together with all else that comes until then. */
function changed() {
  if (due) return;
  due = true;
  const wait = drawnAt + BETWEEN_DRAWS_MS - performance.now();
  if (wait > 0) setTimeout(() => requestAnimationFrame(draw), wait);
  else requestAnimationFrame(draw);
}

function draw() {
  due = false;
  drawnAt = performance.now();
  const route = routeOf(location.hash);
  document.title = store.session ? `${t(`view.${route.view}`)} · ${t("app.name")}` : t("app.name");
  render(html`<${App} ...${{ store, settings, route, feed, actions, failure }} />`, document.getElementById("app"));
}

function enter(session) {
  feed?.stop();
  store = new Store();
  store.session = session;
  failure = null;
  if (session) {
    feed = new Feed(store, changed, () => leave("sign-in.ended"));
    feed.start();
  }
  changed();
}

function leave(why) {
  holdToken(null);
  isByToken = false;
  feed?.stop();
  feed = null;
  store = new Store();
  failure = why;
  changed();
}

const actions = {
  retry: () => feed.stream.retry(),
  speak(language) {
    settings.language = language;
    keep("language", language);
    speak(language);
    draw();
  },
  colour(theme) {
    settings.theme = theme;
    keep("theme", theme);
    showTheme(theme);
    draw();
  },
  async signIn(token) {
    const session = await openWithToken(token);
    if (session === null) return false;
    isByToken = true;
    enter(session);
    return true;
  },
  async signOut() {
    feed.stop();
    try {
      await endSession(isByToken);
      leave(null);
    } catch {
      leave("sign-in.not-ended");
    }
  },
};

/** By the link's code, or by the session that is there; a server that does not answer is asked again. */
async function start() {
  const code = takeCode();
  store.session = undefined;
  draw();
  if (code !== null) {
    try {
      await openWithCode(code);
    } catch {
      failure = "sign-in.used";
    }
  }
  const why = failure;
  for (let pause = 500; ; pause = Math.min(pause * 2, 15000)) {
    try {
      const session = await currentSession();
      enter(session);
      if (!session) leave(why);
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
}

/** Somebody looks again: the stream may have died while the machine slept, and a link may have been opened in another tab. */
async function look() {
  feed?.stream.check();
  if (store.session !== null) return;
  const session = await currentSession().catch(() => null);
  if (session && store.session === null) enter(session);
}

speak(settings.language);
showTheme(settings.theme);
addEventListener("hashchange", () => {
  draw();
  scrollTo(0, 0);
});
dark.addEventListener("change", changed);
setInterval(() => {
  if (!store.session) return;
  // By itself, too: nobody tells it while the server can't be reached.
  lookedOver = restOf(store.session, store.now()) <= 0 ? lookedOver + 1 : 0;
  if (lookedOver >= SURE_AFTER) leave("sign-in.ended");
  else if (document.visibilityState === "visible") changed();
}, CLOCK_MS);
addEventListener("visibilitychange", () => (document.visibilityState === "visible" ? look() : undefined));
addEventListener("focus", look);
start();
