/**
 * The event stream, for as long as the page is open: connected again after each break, with growing pauses, from where it was.
 *
 * By `fetch`, not `EventSource`: that one tells no status, so a session that ended could not be told from a server that is down.
 */
import { credentials } from "./api.js";
import { EventReader } from "./sse.js";

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15000;
const SILENCE_MS = 40000; // the server sends a comment every 15 s

export class Stream {
  #stopped = false;
  #abort = null;
  #wake = null;
  #pauseMs = FIRST_PAUSE_MS;
  #heardAt = 0;

  /** `onEvent(type, data)`, which may throw to have all begin anew; `onState(state, until)`: connecting, live, waiting, signed-out. */
  constructor({ url, onEvent, onState }) {
    this.url = url;
    this.onEvent = onEvent;
    this.onState = onState;
    this.lastId = null;
  }

  async run() {
    const wake = () => this.#wake?.();
    addEventListener("online", wake);
    try {
      while (!this.#stopped) {
        await this.#once();
        if (!this.#stopped) await this.#pause();
      }
    } finally {
      removeEventListener("online", wake);
    }
  }

  stop() {
    this.#stopped = true;
    this.#abort?.abort();
    this.#wake?.();
  }

  /** Begin anew, with the lists: what was known is not to be built upon. */
  restart() {
    this.lastId = null;
    this.#abort?.abort();
  }

  /** Try now, if it waits. */
  retry() {
    this.#wake?.();
  }

  /** Try now, if it waits, or has heard nothing for as long as it would wait: timers stand still while a machine sleeps, clocks are set. */
  check() {
    this.#wake?.();
    if (Math.abs(Date.now() - this.#heardAt) > SILENCE_MS) this.#abort?.abort();
  }

  async #once() {
    this.onState("connecting", null);
    this.#abort = new AbortController();
    let silence = null;
    const heard = () => {
      this.#heardAt = Date.now();
      clearTimeout(silence);
      silence = setTimeout(() => this.#abort.abort(), SILENCE_MS);
    };
    try {
      heard();
      const headers = { Accept: "text/event-stream", ...credentials() };
      if (this.lastId !== null) headers["Last-Event-ID"] = this.lastId;
      const answer = await fetch(this.url, { headers, cache: "no-store", signal: this.#abort.signal });
      if (answer.status === 401) {
        this.#stopped = true;
        this.onState("signed-out", null);
        return;
      }
      if (!answer.ok) return;
      await this.#read(answer.body.pipeThrough(new TextDecoderStream()).getReader(), heard);
    } catch {
      // Broken off: by the network, by a restart of the server, or by us. Tried again in any case.
    } finally {
      clearTimeout(silence);
      this.#abort.abort();
    }
  }

  async #read(reader, heard) {
    const events = new EventReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      heard();
      for (const event of events.read(value)) {
        this.onEvent(event.type, JSON.parse(event.data));
        if (event.id !== null) this.lastId = event.id;
        if (event.type === "hello") {
          this.#pauseMs = FIRST_PAUSE_MS;
          this.onState("live", null);
        }
      }
    }
  }

  async #pause() {
    const pause = this.#pauseMs * (0.75 + Math.random() / 2);
    this.#pauseMs = Math.min(this.#pauseMs * 2, LONGEST_PAUSE_MS);
    this.onState("waiting", Date.now() + pause);
    await new Promise((resolve) => {
      const timer = setTimeout(resolve, pause);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = null;
  }
}
