/** Live calls: who, since when, how well, and what decided. */
import { html, useState } from "../vendor/htm-preact.js";
import { order } from "../api.js";
import { Confirm } from "../components/dialog.js";
import { Table } from "../components/table.js";
import { Badge, Decision, Revision, Running, Stranger } from "../components/text.js";
import { decimal, harmless, percent } from "../format.js";
import { t, word } from "../i18n.js";
import { qualityOf } from "../quality.js";
import { linkTo } from "../route.js";
import { mayOperate } from "../session.js";
import { keys } from "../store.js";
import { Explanation } from "./explanation.js";

export function Calls({ store, id, now }) {
  const [ending, end] = useState(null);
  if (id) return html`<${Explanation} key=${id} id=${id} store=${store} now=${now} back="calls" />`;
  const { calls } = store;
  return html`
    <${Table}
      name=${t("view.calls")}
      columns=${columns(store, now, end)}
      rows=${calls.list()}
      stamp=${calls.version}
      keyOf=${keys.call}
      order=${["since", -1]}
      overflowing=${calls.overflowing}
      empty=${t("calls.none")}
    />
    ${ending && html`<${HangUp} call=${ending} close=${() => end(null)} />`}
  `;
}

function columns(store, now, end) {
  const found = [
    { key: "parties", label: t("calls.parties"), cell: (call) => html`<${Parties} call=${call} />`, sort: (call) => call.caller, text: (call) => `${call.caller} ${call.callee} ${call.id}` },
    { key: "state", label: t("word.state"), cell: (call) => html`<${CallState} call=${call} />`, sort: (call) => call.state, text: (call) => word("call", call.state) },
    { key: "since", label: t("calls.running"), numeric: true, cell: (call) => html`<${Running} since=${call.answered_at ?? call.started_at} now=${now} />`, sort: (call) => call.started_at },
    { key: "quality", label: t("calls.quality"), cell: (call) => html`<${Quality} legs=${call.legs} />`, sort: (call) => qualityOf(call.legs).loss },
    { key: "decided", label: t("calls.decided"), wide: true, cell: (call) => html`<${Decision} by=${call.decided_by} />`, text: (call) => call.decided_by, sort: (call) => call.decided_by },
    { key: "revision", label: t("word.revision"), cell: (call) => html`<${Revision} revision=${call.revision} />` },
    { key: "tenant", label: t("word.tenant"), cell: (call) => html`<${Stranger} text=${call.tenant} />`, text: (call) => call.tenant, sort: (call) => call.tenant },
  ];
  const actions = (call) => html`
    <a class="button" href=${linkTo("calls", call.id)}>${t("calls.why")}</a>
    ${mayOperate(store.session) && html`<button class="danger" aria-label=${t("calls.hang-up-of", parties(call))} onClick=${() => end(call)}>${t("calls.hang-up")}</button>`}
  `;
  return [...found, { key: "actions", label: t("word.actions"), action: true, cell: actions }];
}

const parties = (call) => ({ caller: harmless(call.caller), callee: harmless(call.callee) });

const Parties = ({ call }) => html`<span class="parties">
  <${Stranger} strong text=${call.caller} /><span class="to" aria-label=${t("word.to")}>→</span><${Stranger} strong text=${call.callee} />
  ${call.onward.length > 0 && html`<span class="onward">${t("calls.onward", { to: harmless(call.onward.at(-1)) })}</span>`}
</span>`;

export const CallState = ({ call }) => html`<${Badge} tone=${call.answered_at ? "good" : "fair"} text=${word("call", call.state)} />`;

export function Quality({ legs }) {
  const { grade, loss, jitterMs } = qualityOf(legs);
  if (grade === "none") return html`<${Badge} tone="quiet" text=${t("quality.none")} />`;
  return html`<span class="quality"
    ><${Badge} tone=${grade} text=${t(`quality.${grade}`)} /><span class="figures">${t("quality.figures", { loss: percent(loss), jitter: decimal(jitterMs, 1) })}</span></span
  >`;
}

const HangUp = ({ call, close }) => html`<${Confirm}
  title=${t("calls.hang-up")}
  text=${t("calls.hang-up-question", parties(call))}
  yes=${t("calls.hang-up")}
  act=${() => order("DELETE", `/v1/calls/${encodeURIComponent(call.id)}`)}
  close=${close}
/>`;
