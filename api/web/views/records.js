/** Calls that are over, newest first, and the way to what decided each. */
import { html } from "../vendor/htm-preact.js";
import { Table } from "../components/table.js";
import { At, Badge, Decision, Revision, Stranger } from "../components/text.js";
import { duration, zoneOffset } from "../format.js";
import { t, word } from "../i18n.js";
import { linkTo } from "../route.js";
import { keys } from "../store.js";
import { Explanation } from "./explanation.js";

export const OUTCOMES = ["ANSWERED", "BUSY", "DECLINED", "UNAVAILABLE", "NO_ANSWER", "OFFLINE", "CANCELLED", "WRONG_NUMBER", "REFUSED", "FAILED", "INTERRUPTED"];
const DIRECTIONS = ["internal", "inbound", "outbound"];
export const OUTCOME_TONES = { ANSWERED: "good", BUSY: "fair", DECLINED: "fair", UNAVAILABLE: "fair", NO_ANSWER: "fair", CANCELLED: "quiet", OFFLINE: "fair", ANSWERED_ELSEWHERE: "quiet" };

export function Records({ store, id, now, feed }) {
  if (id) return html`<${Explanation} key=${id} id=${id} store=${store} now=${now} back="records" />`;
  const { records } = store;
  const isBilled = records.list().some((one) => one.cost);
  const columns = [
    { key: "started", label: t("records.started-in", { zone: zoneOffset() }), cell: (one) => html`<${At} at=${one.started_at} now=${now} />` },
    { key: "parties", label: t("calls.parties"), cell: (one) => html`<${Parties} record=${one} />`, text: (one) => `${one.caller} ${one.caller_display} ${one.callee} ${one.call_id}` },
    { key: "outcome", label: t("word.outcome"), cell: (one) => html`<${Badge} tone=${OUTCOME_TONES[one.cause.outcome] ?? "poor"} text=${word("outcome", one.cause.outcome)} />` },
    { key: "talk", label: t("records.talk"), numeric: true, cell: (one) => (one.answered_at ? duration(one.talk_s * 1000) : "–") },
    ...(isBilled ? [{ key: "cost", label: t("records.cost"), numeric: true, cell: (one) => (one.cost ? `${one.cost} ${one.currency}` : "–") }] : []),
    { key: "decided", label: t("calls.decided"), wide: true, cell: (one) => html`<${Decision} by=${one.decided_by} />`, text: (one) => one.decided_by },
    { key: "revision", label: t("word.revision"), cell: (one) => html`<${Revision} revision=${one.revision} />` },
    { key: "tenant", label: t("word.tenant"), cell: (one) => html`<${Stranger} text=${one.tenant} />`, text: (one) => one.tenant },
    { key: "actions", label: t("word.actions"), action: true, cell: (one) => html`<a class="button" href=${linkTo("records", one.call_id)}>${t("calls.why")}</a>` },
  ];
  return html`
    ${store.recordsFailure && html`<p class="failure" role="alert">${store.recordsFailure}</p>`}
    <${Table}
      name=${t("view.records")}
      columns=${columns}
      rows=${records.list()}
      stamp=${records.version}
      keyOf=${keys.record}
      tools=${html`<${Filters} filter=${store.recordFilter} choose=${(filter) => feed.filterRecords(filter)} />`}
      empty=${t("records.none")}
    />
    ${store.olderRecords && html`<p class="more"><button onClick=${() => feed.loadOlderRecords()}>${t("records.older")}</button></p>`}
  `;
}

const Parties = ({ record }) => html`<span class="parties">
  <${Stranger} strong text=${record.caller} /><span class="to" aria-label=${t("word.to")}>→</span><${Stranger} strong text=${record.callee} />
  ${record.caller_display && html`<span class="onward"><${Stranger} text=${record.caller_display} /></span>`}
</span>`;

function Filters({ filter, choose }) {
  const set = (name) => (event) => choose({ ...filter, [name]: event.target.value.trim() });
  const select = (name, label, values) => html`<label class="choice"
    ><span class="unseen">${label}</span>
    <select value=${filter[name] ?? ""} onChange=${set(name)}>
      <option value="">${label}: ${t("records.any")}</option>
      ${values.map((value) => html`<option key=${value} value=${value}>${word(name, value)}</option>`)}
    </select></label
  >`;
  return html`
    <input class="number" value=${filter.number ?? ""} placeholder=${t("records.number")} aria-label=${t("records.number")} inputmode="tel" maxlength="255" onChange=${set("number")} />
    ${select("outcome", t("word.outcome"), OUTCOMES)} ${select("direction", t("word.direction"), DIRECTIONS)}
  `;
}
