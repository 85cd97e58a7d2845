/** Reads a stream of server-sent events (WHATWG HTML, section 9.2), however its bytes are cut. */
export class EventReader {
  #rest = "";
  #fields = { type: "", id: null, data: [] };

  /** Text in, whole events out: `{type, id, data}` with `data` as text. */
  *read(text) {
    this.#rest += text;
    for (;;) {
      const end = this.#rest.search(/[\r\n]/);
      if (end < 0) return;
      // A CR that ends the text may be half of a CRLF.
      if (this.#rest[end] === "\r" && end === this.#rest.length - 1) return;
      const line = this.#rest.slice(0, end);
      this.#rest = this.#rest.slice(end + (this.#rest.startsWith("\r\n", end) ? 2 : 1));
      const event = this.#line(line);
      if (event !== null) yield event;
    }
  }

  #line(line) {
    if (line === "") return this.#dispatch();
    if (line.startsWith(":")) return null;
    const colon = line.indexOf(":");
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (name === "event") this.#fields.type = value;
    else if (name === "data") this.#fields.data.push(value);
    else if (name === "id") this.#fields.id = value;
    return null;
  }

  #dispatch() {
    const { type, id, data } = this.#fields;
    this.#fields = { type: "", id: null, data: [] };
    return data.length === 0 ? null : { type: type || "message", id, data: data.join("\n") };
  }
}
