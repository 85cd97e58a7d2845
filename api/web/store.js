/** What is known now. Lists come once, events keep them true; each is bounded, so that the page may stay open for weeks. */
import { Recent, Rows, Series } from "./rows.js";

export const MOST_ROWS = 20000;
export const MOST_RECORDS = 500;
export const MOST_POINTS = 600;
const STORED_AFTER_MS = 10000;

const RATES = ["at", "calls", "registrations", "started", "answered", "ended", "failed", "refused"];

export const keys = {
  call: (call) => call.id,
  registration: (one) => `${one.tenant}\n${one.number}\n${one.contact}`,
  preferences: (one) => `${one.tenant}\n${one.extension}`,
  trunk: (trunk) => `${trunk.tenant ?? ""}\n${trunk.name}`,
  listener: (listener) => `${listener.name}\n${listener.transport}\n${listener.bound}`,
  ban: (ban) => ban.source,
  record: (record) => record.call_id,
  resource: (one) => `${one.tenant ?? ""}\n${one.kind}\n${one.name}`,
  revision: (one) => String(one.sequence),
};

export class Store {
  constructor() {
    this.calls = new Rows(keys.call, MOST_ROWS);
    this.registrations = new Rows(keys.registration, MOST_ROWS);
    this.preferences = new Rows(keys.preferences, MOST_ROWS);
    this.trunks = new Rows(keys.trunk, MOST_ROWS);
    this.listeners = new Rows(keys.listener, MOST_ROWS);
    this.bans = new Rows(keys.ban, MOST_ROWS);
    this.resources = new Rows(keys.resource, MOST_ROWS);
    this.revisions = new Rows(keys.revision, MOST_ROWS);
    this.records = new Recent(keys.record, MOST_RECORDS);
    this.failures = new Recent(keys.record, 8);
    this.ended = new Recent(keys.record, MOST_RECORDS);
    this.endedAt = new WeakMap();
    this.rates = new Series(RATES, MOST_POINTS);
    this.recordFilter = {};
    this.olderRecords = null;
    this.recordsFailure = "";
    this.reconcile = null;
    this.status = null;
    this.session = null;
    this.connection = { state: "connecting", until: null };
    this.loaded = false;
    this.skewMs = 0;
  }

  /** Now, by the server's clock: a machine whose clock is wrong shows right durations all the same. */
  now() {
    return Date.now() + this.skewMs;
  }

  apply(type, data) {
    switch (type) {
      case "call":
        return this.calls.put(data);
      case "call-ended":
        return this.#ended(data);
      case "registration":
        return this.registrations.put(data);
      case "registration-gone":
        return this.registrations.remove(keys.registration(data));
      case "preferences":
        return data.set.length ? this.preferences.put(data) : this.preferences.remove(keys.preferences(data));
      case "trunk":
        return this.trunks.put(data);
      case "listener":
        return this.listeners.put(data);
      case "trunk-gone":
        return this.trunks.remove(keys.trunk(data));
      case "listener-gone":
        return this.listeners.remove(keys.listener(data));
      case "ban":
        return this.bans.put(data);
      case "ban-lifted":
        return this.bans.remove(keys.ban(data));
      case "reconcile":
        this.reconcile = data;
        return undefined;
      case "rates":
        return this.rates.push({ ...data, at: Date.parse(data.at) / 1000 });
      default:
        return undefined; // a later server may tell more
    }
  }

  /**
   * A page of records as it was asked for, and those that ended lately which it does not have: an event comes before the database has the
   * record, and more may end while the page is on its way.
   */
  showRecords(page) {
    const items = page?.items ?? [];
    const known = new Set(items.map(keys.record));
    const oldest = page?.next ? started(items.at(-1)) : -Infinity;
    const isLate = (one) => started(one) >= oldest || performance.now() - this.endedAt.get(one) < STORED_AFTER_MS;
    const late = this.ended.list().filter((one) => !known.has(keys.record(one)) && fits(one, this.recordFilter) && isLate(one));
    const all = late.length ? [...items, ...late].sort((one, other) => started(other) - started(one)) : items;
    this.records.replace(all);
    this.olderRecords = page?.next ?? null;
    return all;
  }

  #ended(record) {
    this.calls.remove(record.call_id);
    this.ended.add(record);
    this.endedAt.set(record, performance.now());
    if (fits(record, this.recordFilter)) this.records.add(record);
    if (isFailure(record)) this.failures.add(record);
  }
}

/** Whether a record that just came fits what the list was asked for. */
export function fits(record, { number, outcome, direction }) {
  return (
    (!number || [record.caller, record.callee, record.answered_by].includes(number)) &&
    (!outcome || outcome === record.cause.outcome) &&
    (!direction || direction === record.direction)
  );
}

const started = (record) => Date.parse(record.started_at);

const FAILURES = new Set(["FAILED", "REFUSED", "INTERRUPTED", "WRONG_NUMBER"]);

export function isFailure(record) {
  return FAILURES.has(record.cause.outcome);
}
