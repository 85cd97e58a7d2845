/** One call, live or over: what decided it, step by step, with the file and line of each rule. */
import { html, useEffect, useState } from "../vendor/htm-preact.js";
import { get } from "../api.js";
import { At, Badge, Code, Decision, Revision, Stranger } from "../components/text.js";
import { Table } from "../components/table.js";
import { count, decimal, dayAndClock, duration, harmless } from "../format.js";
import { t, word } from "../i18n.js";
import { linkTo } from "../route.js";
import { Quality } from "./calls.js";
import { OUTCOME_TONES } from "./records.js";

const VERDICTS = { matched: "good", missed: "quiet", refused: "poor" };

export function Explanation({ id, store, now, back }) {
  const [told, tell] = useState({ state: "asking" });
  const live = store.calls.get(id);
  const isLive = live !== undefined;
  useEffect(() => {
    let wanted = true;
    get(`/v1/explain/${encodeURIComponent(id)}`).then(
      (explanation) => wanted && tell(explanation ? { state: "told", explanation } : { state: "unknown" }),
      (error) => wanted && tell({ state: "failed", why: error.message }),
    );
    return () => {
      wanted = false;
    };
  }, [id, isLive]);
  return html`
    <p class="back"><a href=${linkTo(back)}>← ${t(`view.${back}`)}</a></p>
    ${told.state === "asking" && html`<p class="note">${t("app.loading")}</p>`}
    ${told.state === "unknown" && html`<p class="note">${t("explain.unknown", { id: harmless(id) })}</p>`}
    ${told.state === "failed" && html`<p class="failure" role="alert">${told.why}</p>`}
    ${told.state === "told" && html`<${Told} told=${told.explanation} live=${live} now=${now} />`}
  `;
}

function Told({ told, live, now }) {
  return html`
    <article class="panel explanation">
      <h3 class="sentence"><bdi>${harmless(told.sentence)}</bdi></h3>
      <dl class="facts">
        <${Fact} label=${t("explain.from")}><${Stranger} text=${told.caller} /> ${told.caller_display && html`(<${Stranger} text=${told.caller_display} />)`}<//>
        <${Fact} label=${t("explain.dialled")}><${Stranger} text=${told.dialled} /><//>
        <${Fact} label=${t("word.tenant")}><${Stranger} text=${told.tenant} /><//>
        <${Fact} label=${t("word.direction")}>${word("direction", told.direction)}<//>
        ${told.trunk && html`<${Fact} label=${t("word.trunk")}><${Stranger} text=${told.trunk} /><//>`}
        <${Fact} label=${t("records.started")}><time datetime=${told.started_at}>${dayAndClock(told.started_at)}</time><//>
        ${told.ended_at && html`<${Fact} label=${t("records.talk")}>${duration(told.talk_s * 1000)}<//>`}
        ${told.bills?.length > 0 && html`<${Fact} label=${t("records.cost")}>${told.bills.map((bill, index) => html`<${Bill} key=${index} bill=${bill} />`)}<//>`}
        <${Fact} label=${t("word.outcome")}><${Outcome} cause=${told.cause} /><//>
        <${Fact} label=${t("calls.decided")}><${Decision} by=${told.decided_by} /><//>
        <${Fact} label=${t("word.revision")}><${Revision} revision=${told.revision} /><//>
        ${live && html`<${Fact} label=${t("calls.quality")}><${Quality} legs=${live.legs} /><//>`}
        <${Fact} label=${t("explain.call-id")}><${Code} text=${told.call_id} /><//>
      </dl>
      ${told.notes.map((note) => html`<p class="note" key=${note}>${harmless(note)}</p>`)}
    </article>
    <${Steps} name=${t("explain.steps")} steps=${told.steps} />
    ${told.onward.map((one, index) => html`<${Steps} key=${index} name=${t("explain.onward", { to: harmless(one.to) })} steps=${one.steps} />`)}
    ${live && html`<${Legs} legs=${live.legs} />`}
    ${told.targets.length > 0 && html`<${Targets} targets=${told.targets} now=${now} />`}
    ${told.declarations.map(
      (one) =>
        html`<section class="panel declaration" key=${one.origin} aria-label=${harmless(one.rule)}>
          <h3>${harmless(one.rule)} <${Code} text=${one.origin} /></h3>
          <pre tabindex="0">${one.manifest}</pre>
        </section>`,
    )}
  `;
}

/** 0.11 GBP = 2 × 0.055 for 30 s, +447, paid by 101. */
const Bill = ({ bill }) => html`<span class="bill"
  ><span class="figures">${bill.cost} ${bill.currency}</span> = ${bill.units} × ${bill.rate} (${duration(bill.unit_s * 1000)}, ${word("bill", bill.direction)} ${bill.prefix})
  ${bill.payer && html` · <${Stranger} text=${bill.payer} />`}</span
>`;

const Fact = ({ label, children }) => html`<div><dt>${label}</dt><dd>${children}</dd></div>`;

const Outcome = ({ cause }) =>
  cause
    ? html`<${Badge} tone=${OUTCOME_TONES[cause.outcome] ?? "poor"} text=${word("outcome", cause.outcome)} /> <span class="figures">${cause.reason && harmless(cause.reason)}</span>`
    : html`<${Badge} tone="good" text=${t("explain.live")} />`;

function Steps({ name, steps }) {
  const columns = [
    { key: "verdict", label: t("explain.verdict"), cell: (step) => html`<${Badge} tone=${VERDICTS[step.verdict] ?? "quiet"} text=${word("verdict", step.verdict)} />` },
    { key: "rule", label: t("explain.rule"), cell: (step) => (step.rule ? html`<${Stranger} text=${step.rule} />` : "–") },
    { key: "origin", label: t("explain.origin"), cell: (step) => (step.origin ? html`<${Code} text=${step.origin} />` : "–") },
    { key: "why", label: t("explain.why"), wide: true, cell: (step) => html`<bdi>${harmless(step.why)}</bdi>` },
  ];
  const numbered = steps.map((step, index) => ({ ...step, index }));
  return html`<h3 class="between">${name}</h3>
    <${Table} name=${name} columns=${columns} rows=${numbered} stamp=${steps} keyOf=${(step) => step.index} searchable=${false} empty=${t("explain.no-steps")} />`;
}

function Legs({ legs }) {
  const columns = [
    { key: "number", label: t("word.number"), cell: (leg) => html`<${Stranger} text=${leg.number} />` },
    { key: "state", label: t("word.state"), cell: (leg) => word("call", leg.state) },
    { key: "contact", label: t("word.contact"), wide: true, cell: (leg) => html`<${Stranger} text=${leg.contact} />` },
    { key: "in", label: t("legs.in"), numeric: true, cell: (leg) => count(leg.packets_in) },
    { key: "out", label: t("legs.out"), numeric: true, cell: (leg) => count(leg.packets_out) },
    { key: "lost", label: t("legs.lost"), numeric: true, cell: (leg) => count(leg.lost) },
    { key: "jitter", label: t("legs.jitter"), numeric: true, cell: (leg) => decimal(leg.jitter_ms, 1) },
  ];
  return html`<h3 class="between">${t("legs.title")}</h3>
    <${Table} name=${t("legs.title")} columns=${columns} rows=${legs} stamp=${legs} keyOf=${(leg) => leg.id} searchable=${false} empty="" />`;
}

function Targets({ targets, now }) {
  const columns = [
    { key: "number", label: t("word.number"), cell: (one) => html`<${Stranger} text=${one.trunk ? `${one.number} · ${one.trunk}` : one.number} />` },
    { key: "contact", label: t("word.contact"), wide: true, cell: (one) => html`<${Stranger} text=${one.contact} />` },
    { key: "added", label: t("explain.tried"), cell: (one) => html`<${At} at=${one.added_at} now=${now} />` },
    { key: "ringing", label: t("explain.rang"), cell: (one) => html`<${At} at=${one.ringing_at} now=${now} />` },
    { key: "answered", label: t("explain.answered"), cell: (one) => html`<${At} at=${one.answered_at} now=${now} />` },
    { key: "cause", label: t("word.outcome"), cell: (one) => html`<${Outcome} cause=${one.cause} />` },
  ];
  return html`<h3 class="between">${t("explain.targets")}</h3>
    <${Table} name=${t("explain.targets")} columns=${columns} rows=${targets} stamp=${targets} keyOf=${(one) => one.sip_call_id + one.added_at} searchable=${false} empty="" />`;
}
