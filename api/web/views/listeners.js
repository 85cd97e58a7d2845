/** Where phones and trunks are heard. */
import { html } from "../vendor/htm-preact.js";
import { Table } from "../components/table.js";
import { Badge, Code, Stranger } from "../components/text.js";
import { count, harmless } from "../format.js";
import { t } from "../i18n.js";
import { keys } from "../store.js";

export function Listeners({ store }) {
  const { listeners } = store;
  const columns = [
    { key: "name", label: t("word.name"), cell: (one) => html`<${Stranger} strong text=${one.name} />`, sort: (one) => one.name, text: (one) => one.name },
    { key: "state", label: t("word.state"), cell: (one) => html`<${Badge} tone=${one.problem ? "poor" : "good"} text=${one.problem ? t("listeners.fails") : t("listeners.listens")} />`, sort: (one) => (one.problem ? 0 : 1) },
    { key: "transport", label: t("listeners.transport"), cell: (one) => one.transport.toUpperCase(), sort: (one) => one.transport, text: (one) => one.transport },
    { key: "bound", label: t("listeners.bound"), cell: (one) => html`<${Code} text=${one.bound} />`, text: (one) => one.bound },
    { key: "advertised", label: t("listeners.advertised"), cell: (one) => html`<${Code} text=${one.advertised} />`, text: (one) => one.advertised },
    { key: "tenant", label: t("listeners.tenant"), cell: (one) => html`<${Stranger} text=${one.tenant} />`, text: (one) => one.tenant ?? "" },
    { key: "connections", label: t("listeners.connections"), numeric: true, cell: (one) => (one.connections === null ? "–" : count(one.connections)), sort: (one) => one.connections ?? -1 },
    { key: "problem", label: t("word.problem"), wide: true, cell: (one) => (one.problem ? html`<bdi>${harmless(one.problem)}</bdi>` : "–") },
  ];
  return html`<${Table} name=${t("view.listeners")} columns=${columns} rows=${listeners.list()} stamp=${listeners.version} keyOf=${keys.listener} order=${["name", 1]} empty=${t("listeners.none")} />`;
}
