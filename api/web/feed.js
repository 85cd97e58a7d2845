/**
 * Keeps the store true. After a `hello` that does not resume, lists are taken once; events that come meanwhile wait and are applied behind
 * them, in order, so that the last word on each thing is always the newest. Nothing is polled.
 */
import { all, get } from "./api.js";
import { isFailure } from "./store.js";
import { Stream } from "./stream.js";

export const RECORDS_A_PAGE = 100;
const CLOCK_WAS_SET_MS = 5000;

export class Feed {
  #waiting = null;
  #round = 0;
  #manifestsAsked = 0;

  constructor(store, changed, signedOut) {
    this.store = store;
    this.changed = changed;
    this.stream = new Stream({
      url: "/v1/events",
      onEvent: (type, data) => this.#event(type, data),
      onState: (state, until) => {
        store.connection = { state, until };
        changed();
        if (state === "signed-out") signedOut();
      },
    });
  }

  start() {
    this.stream.run();
  }

  stop() {
    this.#round += 1;
    this.stream.stop();
  }

  #event(type, data) {
    if (type === "rates") this.#heedClock(data.at);
    if (type === "hello") {
      this.#hello(data);
    } else if (this.#waiting !== null) {
      this.#waiting.push([type, data]);
    } else {
      this.#apply(type, data);
    }
    this.changed();
  }

  #hello(data) {
    this.store.skewMs = Date.parse(data.at) - Date.now();
    this.store.version = data.version;
    if (data.resumed && this.store.loaded && this.#waiting === null) return;
    this.#waiting = [];
    this.#load(++this.#round);
  }

  /** Each second the server says what time it is: this machine's clock may have been set meanwhile. */
  #heedClock(at) {
    const skewMs = Date.parse(at) - Date.now();
    if (Math.abs(skewMs - this.store.skewMs) > CLOCK_WAS_SET_MS) this.store.skewMs = skewMs;
  }

  #apply(type, data) {
    const before = this.store.reconcile;
    this.store.apply(type, data);
    if (type === "reconcile" && manifestsOf(before) !== manifestsOf(data))
      this.loadManifests().catch(() => this.stream.restart());
  }

  async #load(round) {
    const { store } = this;
    const isOfTheSystem = store.session.tenant === null;
    const filter = store.recordFilter;
    try {
      const [status, calls, registrations, preferences, trunks, listeners, bans, records, rates] = await Promise.all([
        get("/v1/status"),
        all("/v1/calls"),
        all("/v1/registrations"),
        all("/v1/preferences"),
        all("/v1/trunks"),
        isOfTheSystem ? all("/v1/listeners") : [],
        isOfTheSystem ? all("/v1/bans") : [],
        get(recordsPath(filter)),
        get("/v1/rates"),
        this.loadManifests(),
      ]);
      if (round !== this.#round) return; // a newer hello has begun anew
      store.status = status;
      store.reconcile = status?.reconcile ?? null;
      store.calls.replace(calls);
      store.registrations.replace(registrations);
      store.preferences.replace(preferences);
      store.trunks.replace(trunks);
      store.listeners.replace(listeners);
      store.bans.replace(bans);
      if (store.recordFilter === filter) store.failures.replace(store.showRecords(records).filter(isFailure));
      if (rates?.at.length) store.rates.fill({ ...rates, at: rates.at.map((at) => Date.parse(at) / 1000) });
      store.loaded = true;
      const waiting = this.#waiting;
      this.#waiting = null;
      for (const [type, data] of waiting) this.#apply(type, data);
    } catch {
      if (round !== this.#round) return;
      this.#waiting = null;
      store.loaded = false;
      this.stream.restart();
    }
    this.changed();
  }

  /** Resources and revisions change with what is applied only, which `reconcile` tells. */
  async loadManifests() {
    const asked = (this.#manifestsAsked += 1);
    const isOfTheSystem = this.store.session.tenant === null;
    const [resources, revisions] = await Promise.all([
      all("/v1/resources"),
      isOfTheSystem ? all("/v1/revisions") : [],
    ]);
    if (asked !== this.#manifestsAsked) return; // asked again meanwhile
    this.store.resources.replace(resources);
    this.store.revisions.replace(revisions);
    this.changed();
  }

  async filterRecords(filter) {
    const { store } = this;
    store.recordFilter = filter;
    store.recordsFailure = "";
    try {
      const found = await get(recordsPath(filter));
      if (store.recordFilter !== filter) return;
      store.showRecords(found);
    } catch (error) {
      store.recordsFailure = error.message;
    }
    this.changed();
  }

  async loadOlderRecords() {
    const { store } = this;
    const { olderRecords: cursor, recordFilter: filter } = store;
    store.recordsFailure = "";
    try {
      const found = await get(`${recordsPath(filter)}&cursor=${encodeURIComponent(cursor)}`);
      if (store.recordFilter !== filter || store.olderRecords !== cursor) return;
      store.records.append(found?.items ?? []);
      store.olderRecords = store.records.size < store.records.cap ? (found?.next ?? null) : null;
    } catch (error) {
      store.recordsFailure = error.message;
    }
    this.changed();
  }
}

function manifestsOf(reconcile) {
  const states = reconcile?.units.map((unit) => [unit.unit, unit.applied, unit.conditions.map((one) => [one.reason, one.is_true])]);
  return JSON.stringify([reconcile?.sequence, reconcile?.revision, states]);
}

function recordsPath(filter) {
  const query = new URLSearchParams({ limit: String(RECORDS_A_PAGE) });
  for (const [name, value] of Object.entries(filter)) if (value) query.set(name, value);
  return `/v1/cdrs?${query}`;
}
