/** What the manifests ask for, what of it runs, and what ran before. */
import { html } from "../vendor/htm-preact.js";
import { Table } from "../components/table.js";
import { At, Badge, Code, Revision, Stranger } from "../components/text.js";
import { count, harmless } from "../format.js";
import { t, word } from "../i18n.js";
import { keys } from "../store.js";

export function Manifests({ store, now }) {
  const { reconcile } = store;
  return html`
    ${reconcile && html`<${Following} reconcile=${reconcile} now=${now} />`}
    <div class="units">${reconcile?.units.map((unit) => html`<${Unit} key=${unit.unit} unit=${unit} now=${now} />`)}</div>
    <${Problems} name=${t("manifests.warnings")} problems=${reconcile?.warnings ?? []} />
    <h3 class="between">${t("manifests.resources")}</h3>
    <${Resources} resources=${store.resources} />
    <h3 class="between">${t("manifests.revisions")}</h3>
    <${Revisions} revisions=${store.revisions} now=${now} />
  `;
}

function Following({ reconcile, now }) {
  const { proposal, hold } = reconcile;
  return html`<section class="panel following" aria-label=${t("manifests.following")}>
    <dl class="facts">
      <div><dt>${t("word.revision")}</dt><dd><${Revision} revision=${reconcile.revision} /></dd></div>
      <div><dt>${t("manifests.number")}</dt><dd>${count(reconcile.sequence)}</dd></div>
      <div><dt>${t("manifests.source")}</dt><dd>${reconcile.source ? html`<${Code} text=${reconcile.source} />` : "–"}</dd></div>
      <div><dt>${t("manifests.applied-at")}</dt><dd><${At} at=${reconcile.last_applied_at} now=${now} /></dd></div>
      <div><dt>${t("manifests.looked-at")}</dt><dd><${At} at=${reconcile.last_round_at} now=${now} /></dd></div>
    </dl>
    ${[reconcile.source_problem, reconcile.state_problem].filter(Boolean).map((text) => html`<p class="failure" key=${text}>${harmless(text)}</p>`)}
    ${hold && html`<p class="notice"><${Badge} tone="fair" text=${t("manifests.held")} /> ${t("manifests.held-by", { by: harmless(hold.by), reason: harmless(hold.reason) })}</p>`}
    ${proposal &&
    html`<div class="notice">
      <p><${Badge} tone="fair" text=${t("manifests.waiting")} /> <bdi>${harmless(proposal.message)}</bdi></p>
      ${proposal.breaches.length > 0 && html`<p>${t("manifests.breaches", { names: proposal.breaches.map(harmless).join(", ") })}</p>`}
      <p>${t("manifests.approve")} <${Code} text=${`trunkline apply --digest ${proposal.digest.slice(0, 12)}`} /></p>
    </div>`}
  </section>`;
}

/** Which conditions are bad when they are true. */
const isFine = (condition) => (condition.type === "Stalled" ? !condition.is_true : condition.is_true);

function Unit({ unit, now }) {
  return html`<section class="panel unit" aria-label=${unit.unit || t("word.system")}>
    <h3>${unit.unit ? html`<${Stranger} text=${unit.unit} />` : t("word.system")} <${Revision} revision=${unit.applied} /></h3>
    <ul class="conditions">
      ${unit.conditions.map(
        (one) =>
          html`<li key=${one.type}>
            <${Badge} tone=${isFine(one) ? "good" : "poor"} text=${word("condition", one.is_true ? one.type : `Not${one.type}`)} />
            <span class="reason">${word("reason", one.reason)}</span>
            <${At} at=${one.since} now=${now} />
            ${one.message && html`<bdi class="message">${harmless(one.message)}</bdi>`}
          </li>`,
      )}
    </ul>
    ${unit.problems.length > 0 && html`<${ProblemList} problems=${unit.problems} />`}
    ${unit.problem_count > unit.problems.length && html`<p class="note">${t("manifests.more-problems", { count: count(unit.problem_count - unit.problems.length) })}</p>`}
  </section>`;
}

const Problems = ({ name, problems }) =>
  problems.length > 0 && html`<h3 class="between">${name}</h3><section class="panel" aria-label=${name}><${ProblemList} problems=${problems} /></section>`;

const ProblemList = ({ problems }) => html`<ul class="problems">
  ${problems.map(
    (one) =>
      html`<li key=${`${one.file}:${one.line}:${one.column}:${one.rule}:${one.message}`}>
        <${Code} text=${`${one.file}:${one.line}:${one.column}`} />
        <bdi>${harmless(one.message)}${one.hint && `; ${harmless(one.hint)}`}</bdi>
        <span class="rule-id">${one.rule}</span>
      </li>`,
  )}
</ul>`;

function Resources({ resources }) {
  const columns = [
    { key: "kind", label: t("manifests.kind"), cell: (one) => one.kind, sort: (one) => one.kind, text: (one) => one.kind },
    { key: "name", label: t("word.name"), cell: (one) => html`<${Stranger} strong text=${one.name} />`, sort: (one) => one.name, text: (one) => one.name },
    { key: "tenant", label: t("word.tenant"), cell: (one) => (one.tenant === null ? t("word.system") : html`<${Stranger} text=${one.tenant} />`), sort: (one) => one.tenant ?? "", text: (one) => one.tenant ?? "" },
    { key: "state", label: t("word.state"), cell: (one) => html`<${Badge} tone=${one.applied && one.reason === "InSync" ? "good" : one.applied ? "fair" : "poor"} text=${word("reason", one.reason)} />`, sort: (one) => one.reason, text: (one) => word("reason", one.reason) },
    { key: "origin", label: t("explain.origin"), wide: true, cell: (one) => (one.origin ? html`<${Code} text=${`${one.origin.file}:${one.origin.line}`} />` : "–"), sort: (one) => one.origin?.file ?? "", text: (one) => one.origin?.file ?? "" },
    { key: "revision", label: t("word.revision"), cell: (one) => html`<${Revision} revision=${one.revision} />` },
    { key: "message", label: t("manifests.message"), wide: true, cell: (one) => (one.message ? html`<bdi>${harmless(one.message)}</bdi>` : "–") },
  ];
  return html`<${Table} name=${t("manifests.resources")} columns=${columns} rows=${resources.list()} stamp=${resources.version} keyOf=${keys.resource} order=${["kind", 1]} overflowing=${resources.overflowing} empty=${t("manifests.no-resources")} />`;
}

function Revisions({ revisions, now }) {
  const changed = ({ changes }) => (changes ? `+${count(changes.create)}  ~${count(changes.update)}  −${count(changes.delete)}` : "–");
  const columns = [
    { key: "sequence", label: t("manifests.number"), numeric: true, cell: (one) => count(one.sequence), sort: (one) => one.sequence },
    { key: "revision", label: t("word.revision"), cell: (one) => html`<${Revision} revision=${one.revision} />`, text: (one) => one.revision },
    { key: "result", label: t("word.state"), cell: (one) => html`<${Badge} tone=${one.result === "running" ? "good" : "quiet"} text=${word("result", one.result)} />` },
    { key: "at", label: t("manifests.applied-at"), cell: (one) => html`<${At} at=${one.at} now=${now} />`, sort: (one) => one.at },
    { key: "changes", label: t("manifests.changes"), numeric: true, cell: changed },
    { key: "trigger", label: t("manifests.trigger"), cell: (one) => word("trigger", one.trigger ?? "") || "–", text: (one) => one.trigger ?? "" },
    { key: "author", label: t("manifests.author"), cell: (one) => html`<${Stranger} text=${one.author} />`, text: (one) => one.author ?? "" },
    { key: "source", label: t("manifests.source"), wide: true, cell: (one) => (one.source ? html`<${Code} text=${one.source} />` : "–"), text: (one) => one.source ?? "" },
  ];
  return html`<${Table} name=${t("manifests.revisions")} columns=${columns} rows=${revisions.list()} stamp=${revisions.version} keyOf=${keys.revision} order=${["sequence", -1]} empty=${t("manifests.no-revisions")} />`;
}
