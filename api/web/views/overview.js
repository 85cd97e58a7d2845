/** How it goes, at a glance: figures, ten minutes as charts, and what needs a person. */
import { html } from "../vendor/htm-preact.js";
import { Chart } from "../components/chart.js";
import { At, Badge, Stranger } from "../components/text.js";
import { Tile } from "../components/tile.js";
import { count, decimal, duration, harmless, percent, short } from "../format.js";
import { t, word } from "../i18n.js";
import { linkTo } from "../route.js";
import { WORKING } from "./trunks.js";

export function Overview({ store, look, now }) {
  const { rates } = store;
  const lines = {
    started: { name: "started", key: "accent", colour: "--accent", label: t("chart.started"), fill: true },
    failed: { name: "failed", key: "poor", colour: "--poor", label: t("chart.failed") },
    refused: { name: "refused", key: "fair", colour: "--fair", label: t("chart.refused") },
    calls: { name: "calls", key: "accent", colour: "--accent", label: t("view.calls"), fill: true },
    registrations: { name: "registrations", key: "good", colour: "--good", label: t("view.registrations"), fill: true },
  };
  return html`
    <div class="tiles"><${Tiles} store=${store} now=${now} /></div>
    <${Attention} store=${store} />
    <div class="charts">
      <${Chart} title=${t("chart.rate")} series=${rates} look=${look} lines=${[lines.started, lines.failed, lines.refused]} />
      <${Chart} title=${t("chart.live")} series=${rates} look=${look} lines=${[lines.calls]} />
      <${Chart} title=${t("view.registrations")} series=${rates} look=${look} lines=${[lines.registrations]} />
      <${Failures} store=${store} now=${now} />
    </div>
  `;
}

function Tiles({ store, now }) {
  const { rates, trunks, reconcile, status } = store;
  const seconds = rates.size;
  const started = rates.sum("started");
  const bad = rates.sum("failed") + rates.sum("refused");
  const working = trunks.list().filter((trunk) => WORKING.has(trunk.state)).length;
  const window = t("overview.window", { span: duration(seconds * 1000) });
  const up = status ? t("overview.up", { span: duration(now - Date.parse(status.engine.started_at)) }) : "";
  return html`
    <${Tile} href=${linkTo("calls")} label=${t("overview.calls")} value=${count(store.calls.size)} note=${up} />
    <${Tile} href=${linkTo("registrations")} label=${t("view.registrations")} value=${count(store.registrations.size)} note=${t("overview.phones")} />
    <${Tile} href=${linkTo("calls")} label=${t("chart.rate")} value=${decimal(seconds ? started / seconds : 0, 2)} note=${window} />
    <${Tile}
      href=${linkTo("records")}
      label=${t("overview.bad")}
      value=${count(bad)}
      tone=${bad > 0 ? "fair" : ""}
      note=${started ? t("overview.share", { share: percent(bad / Math.max(started, bad)) }) : window}
    />
    <${Tile}
      href=${linkTo("trunks")}
      label=${t("overview.trunks")}
      value=${`${count(working)} / ${count(trunks.size)}`}
      tone=${working < trunks.size ? "poor" : ""}
      note=${t("overview.working")}
    />
    <${Tile} href=${linkTo("manifests")} label=${t("word.revision")} value=${html`<code class="figure">${short(reconcile?.revision)}</code>`} note=${reconcile?.sequence ? t("manifests.sequence", { sequence: count(reconcile.sequence) }) : ""} />
  `;
}

/** What a person should look at, worst first; nothing of it: said, too. */
export function attention(store) {
  const found = [];
  const add = (tone, view, text) => found.push({ tone, view, text });
  for (const listener of store.listeners.list())
    if (listener.problem) add("poor", "listeners", t("attention.listener", { name: harmless(listener.name), why: harmless(listener.problem) }));
  for (const trunk of store.trunks.list())
    if (trunk.state === "unreachable" || trunk.state === "refused")
      add("poor", "trunks", t("attention.trunk", { name: harmless(trunk.name), state: word("trunk", trunk.state), why: harmless(trunk.reason) }));
  const { reconcile } = store;
  if (reconcile?.source_problem) add("poor", "manifests", harmless(reconcile.source_problem));
  for (const unit of reconcile?.units ?? [])
    if (unit.problem_count > 0)
      add("poor", "manifests", t("attention.problems", { unit: unit.unit ? harmless(unit.unit) : t("word.system"), count: count(unit.problem_count) }));
  // Whoever sees one tenant is told of its own conditions, not of what waits for all.
  for (const unit of reconcile?.proposal ? [] : (reconcile?.units ?? []))
    for (const condition of unit.conditions ?? [])
      if (condition.type === "Stalled" && condition.is_true && unit.problem_count === 0)
        add("fair", "manifests", t("attention.proposal", { why: harmless(condition.message) }));
  if (reconcile?.proposal) add("fair", "manifests", t("attention.proposal", { why: harmless(reconcile.proposal.message) }));
  if (reconcile?.hold) add("fair", "manifests", t("attention.hold", { by: harmless(reconcile.hold.by) }));
  if (store.bans.size > 0) add("fair", "bans", t("attention.bans", { count: count(store.bans.size) }));
  return found;
}

function Attention({ store }) {
  const found = attention(store);
  return html`<section class="panel attention" aria-label=${t("attention.title")}>
    <h3>${t("attention.title")}</h3>
    ${found.length === 0
      ? html`<p class="calm"><${Badge} tone="good" text=${t("attention.none")} /></p>`
      : html`<ul>
          ${found.slice(0, 8).map(
            ({ tone, view, text }) =>
              html`<li key=${text}><a href=${linkTo(view)}><${Badge} tone=${tone} text=${t(`view.${view}`)} /><span>${text}</span></a></li>`,
          )}
          ${found.length > 8 && html`<li>${t("attention.more", { count: count(found.length - 8) })}</li>`}
        </ul>`}
  </section>`;
}

function Failures({ store, now }) {
  return html`<section class="panel recent" aria-label=${t("overview.failures")}>
    <h3>${t("overview.failures")}</h3>
    ${store.failures.size === 0
      ? html`<p class="empty">${t("overview.no-failures")}</p>`
      : html`<ul>
          ${store.failures.list().map(
            (record) =>
              html`<li key=${record.call_id}>
                <a href=${linkTo("records", record.call_id)}>
                  <${At} at=${record.started_at} now=${now} />
                  <span class="parties"><${Stranger} text=${record.caller} /> → <${Stranger} text=${record.callee} /></span>
                  <${Badge} tone="poor" text=${word("outcome", record.cause.outcome)} />
                </a>
              </li>`,
          )}
        </ul>`}
  </section>`;
}
