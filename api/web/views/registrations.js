/** Phones that are registered. */
import { html, useMemo } from "../vendor/htm-preact.js";
import { Table } from "../components/table.js";
import { At, Badge, Stranger } from "../components/text.js";
import { duration } from "../format.js";
import { t } from "../i18n.js";
import { keys } from "../store.js";

export function Registrations({ store, now }) {
  const { registrations, preferences } = store;
  const people = useMemo(() => new Map(preferences.list().map((one) => [`${one.tenant}\n${one.number}`, one])), [preferences.version]);
  const statusOf = (one) => statusWords(people.get(`${one.tenant}\n${one.number}`));
  const columns = [
    { key: "number", label: t("word.number"), cell: (one) => html`<${Stranger} strong text=${one.number} />`, sort: (one) => one.number, text: (one) => one.number },
    { key: "tenant", label: t("word.tenant"), cell: (one) => html`<${Stranger} text=${one.tenant} />`, sort: (one) => one.tenant, text: (one) => one.tenant },
    { key: "status", label: t("registrations.status"), cell: (one) => html`<${Badge} ...${toneOf(statusOf(one))} />`, sort: statusOf, text: statusOf },
    { key: "agent", label: t("registrations.agent"), wide: true, cell: (one) => html`<${Stranger} text=${one.user_agent} />`, sort: (one) => one.user_agent, text: (one) => one.user_agent },
    { key: "source", label: t("registrations.source"), cell: (one) => html`<${Stranger} text=${one.source} />`, sort: (one) => one.source, text: (one) => one.source },
    { key: "contact", label: t("word.contact"), wide: true, cell: (one) => html`<${Stranger} text=${one.contact} />`, text: (one) => one.contact },
    { key: "listener", label: t("word.listener"), cell: (one) => html`<${Stranger} text=${one.listener} />`, sort: (one) => one.listener, text: (one) => one.listener },
    { key: "since", label: t("registrations.since"), cell: (one) => html`<${At} at=${one.registered_at} now=${now} />`, sort: (one) => one.registered_at },
    { key: "expires", label: t("registrations.expires"), numeric: true, cell: (one) => duration(Date.parse(one.expires_at) - now), sort: (one) => one.expires_at },
  ];
  return html`<${Table}
    name=${t("view.registrations")}
    columns=${columns}
    rows=${registrations.list()}
    stamp=${`${registrations.version} ${preferences.version}`}
    keyOf=${keys.registration}
    order=${["number", 1]}
    overflowing=${registrations.overflowing}
    empty=${t("registrations.none")}
  />`;
}

/** What its person has set, where it counts: that calls are kept from the phone, or go elsewhere. */
function statusWords(person) {
  const counting = (person?.set ?? []).filter((one) => one.counts).map((one) => one.preference);
  if (counting.includes("doNotDisturb")) return person.status === "away" ? t("registrations.away") : t("registrations.dnd");
  return counting.includes("forwarding") && person.forwarding?.length ? t("registrations.forwards") : "";
}

const toneOf = (words) => ({ tone: words ? "fair" : "quiet", text: words || t("registrations.available") });
