/** Small pieces of text: what strangers wrote, a state, a time, where something is written. */
import { html } from "../vendor/htm-preact.js";
import { dayAndClock, duration, harmless, ruleAndOrigin, short, when } from "../format.js";

/** Text that somebody else chose: isolated in its direction, harmless, cut by style with the whole of it at hand. */
export function Stranger({ text, strong = false }) {
  const shown = harmless(text);
  return html`<bdi class=${strong ? "stranger strong" : "stranger"} title=${shown}>${shown || "–"}</bdi>`;
}

export const Code = ({ text }) => html`<code class="code" title=${harmless(text)}>${harmless(text)}</code>`;

/** `tone`: good, fair, poor or quiet. Never by colour alone: there is a mark and the word. */
export const Badge = ({ tone, text }) => html`<span class=${`badge ${tone}`}>${text}</span>`;

export const At = ({ at, now }) =>
  at ? html`<time datetime=${at} title=${`${dayAndClock(at)} · ${at}`}>${when(at, now)}</time>` : "–";

/** For how long, running. */
export const Running = ({ since, now }) =>
  html`<time class="running" datetime=${since} title=${`${dayAndClock(since)} · ${since}`}>${duration(now - Date.parse(since))}</time>`;

/** The rule that decided, and below it the file and line. */
export function Decision({ by }) {
  if (!by) return "–";
  const { rule, origin } = ruleAndOrigin(harmless(by));
  return html`<span class="decision"><span class="rule" title=${rule}>${rule}</span>${origin && html`<${Code} text=${origin} />`}</span>`;
}

export const Revision = ({ revision }) =>
  revision ? html`<code class="code whole" title=${harmless(revision)}>${short(revision)}</code>` : "–";
