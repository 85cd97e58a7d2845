/** Carriers and gateways, and each of their servers. */
import { html } from "../vendor/htm-preact.js";
import { Table } from "../components/table.js";
import { At, Badge, Stranger } from "../components/text.js";
import { count, harmless } from "../format.js";
import { t, word } from "../i18n.js";
import { keys } from "../store.js";

export const WORKING = new Set(["up", "registered", "disabled"]);
const TONES = { up: "good", registered: "good", trying: "fair", unreachable: "poor", refused: "poor", disabled: "quiet" };
const SERVER_TONES = { up: "good", suspect: "fair", down: "poor", unknown: "quiet" };

export function Trunks({ store, now }) {
  const { trunks } = store;
  const columns = [
    { key: "name", label: t("word.name"), cell: (one) => html`<${Stranger} strong text=${one.name} />`, sort: (one) => one.name, text: (one) => one.name },
    { key: "tenant", label: t("word.tenant"), cell: (one) => (one.tenant === null ? t("trunks.shared") : html`<${Stranger} text=${one.tenant} />`), sort: (one) => one.tenant ?? "", text: (one) => one.tenant ?? "" },
    { key: "state", label: t("word.state"), cell: (one) => html`<${Badge} tone=${TONES[one.state] ?? "quiet"} text=${word("trunk", one.state)} />`, sort: (one) => one.state, text: (one) => word("trunk", one.state) },
    { key: "since", label: t("word.since"), cell: (one) => html`<${At} at=${one.since} now=${now} />`, sort: (one) => one.since },
    { key: "reason", label: t("word.reason"), wide: true, cell: (one) => (one.reason ? html`<bdi>${harmless(one.reason)}</bdi>` : "–"), text: (one) => one.reason },
    { key: "channels", label: t("trunks.channels"), numeric: true, cell: (one) => (one.max_channels ? `${count(one.channels)} / ${count(one.max_channels)}` : count(one.channels)), sort: (one) => one.channels },
    { key: "servers", label: t("trunks.servers"), wide: true, cell: (one) => html`<${Servers} servers=${one.servers} />`, text: (one) => one.servers.map((server) => server.address).join(" ") },
  ];
  return html`<${Table} name=${t("view.trunks")} columns=${columns} rows=${trunks.list()} stamp=${trunks.version} keyOf=${keys.trunk} order=${["name", 1]} empty=${t("trunks.none")} />`;
}

const Servers = ({ servers }) =>
  servers.length === 0
    ? "–"
    : html`<ul class="servers">
        ${servers.map(
          (server) =>
            html`<li key=${server.address} title=${harmless(server.reason)}>
              <${Badge} tone=${SERVER_TONES[server.state] ?? "quiet"} text=${word("server", server.state)} /><${Stranger} text=${server.address} />
            </li>`,
        )}
      </ul>`;
