/** Who is not heard for now. */
import { html, useState } from "../vendor/htm-preact.js";
import { order } from "../api.js";
import { Confirm } from "../components/dialog.js";
import { Table } from "../components/table.js";
import { At, Code } from "../components/text.js";
import { count, duration, harmless } from "../format.js";
import { t } from "../i18n.js";
import { mayOperate } from "../session.js";
import { keys } from "../store.js";

export function Bans({ store, now }) {
  const [lifting, lift] = useState(null);
  const { bans, session } = store;
  const columns = [
    { key: "source", label: t("bans.source"), cell: (ban) => html`<${Code} text=${ban.source} />`, sort: (ban) => ban.source, text: (ban) => ban.source },
    { key: "reason", label: t("word.reason"), wide: true, cell: (ban) => html`<bdi>${harmless(ban.reason)}</bdi>`, text: (ban) => ban.reason, sort: (ban) => ban.reason },
    { key: "count", label: t("bans.count"), numeric: true, cell: (ban) => count(ban.count), sort: (ban) => ban.count },
    { key: "dropped", label: t("bans.dropped"), numeric: true, cell: (ban) => count(ban.dropped), sort: (ban) => ban.dropped },
    { key: "since", label: t("word.since"), cell: (ban) => html`<${At} at=${ban.since} now=${now} />`, sort: (ban) => ban.since },
    { key: "until", label: t("bans.until"), numeric: true, cell: (ban) => duration(Date.parse(ban.until) - now), sort: (ban) => ban.until },
  ];
  const operate = mayOperate(session) && session.tenant === null;
  const action = { key: "actions", label: t("word.actions"), action: true, cell: (ban) => html`<button aria-label=${t("bans.lift-of", { source: ban.source })} onClick=${() => lift(ban)}>${t("bans.lift")}</button>` };
  return html`
    <${Table} name=${t("view.bans")} columns=${operate ? [...columns, action] : columns} rows=${bans.list()} stamp=${bans.version} keyOf=${keys.ban} order=${["since", -1]} empty=${t("bans.none")} />
    ${lifting &&
    html`<${Confirm}
      title=${t("bans.lift")}
      text=${t("bans.lift-question", { source: lifting.source })}
      yes=${t("bans.lift")}
      act=${() => order("POST", "/v1/unban", { address: lifting.source })}
      close=${() => lift(null)}
    />`}
  `;
}
