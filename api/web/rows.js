/** Things of one sort by key, bounded: what comes beyond the cap is not kept, and `overflowing` says so. `version` grows with each change. */
export class Rows {
  #byKey = new Map();
  #list = null;

  constructor(keyOf, cap) {
    this.keyOf = keyOf;
    this.cap = cap;
    this.version = 0;
    this.overflowing = false;
  }

  get size() {
    return this.#byKey.size;
  }

  get(key) {
    return this.#byKey.get(key);
  }

  put(item) {
    const key = this.keyOf(item);
    if (this.#byKey.size >= this.cap && !this.#byKey.has(key)) {
      this.overflowing = true;
      return;
    }
    this.#byKey.set(key, item);
    this.#changed();
  }

  remove(key) {
    if (this.#byKey.delete(key)) this.#changed();
  }

  replace(items) {
    this.#byKey.clear();
    this.overflowing = false;
    for (const item of items) this.put(item);
    this.#changed();
  }

  /** All of them, in the order in which they came; the same array until something changes. */
  list() {
    this.#list ??= [...this.#byKey.values()];
    return this.#list;
  }

  #changed() {
    this.#list = null;
    this.version += 1;
  }
}

/** The newest first, at most `cap` of them: records of calls. */
export class Recent {
  #items = [];
  #keys = new Set();

  constructor(keyOf, cap) {
    this.keyOf = keyOf;
    this.cap = cap;
    this.version = 0;
  }

  get size() {
    return this.#items.length;
  }

  list() {
    return this.#items;
  }

  add(item) {
    const key = this.keyOf(item);
    if (this.#keys.has(key)) return;
    this.#keys.add(key);
    this.#items = [item, ...this.#items.slice(0, this.cap - 1)];
    this.#trim();
  }

  /** Older ones, behind those that are here, as far as there is room. */
  append(items) {
    const fresh = items.filter((item) => !this.#keys.has(this.keyOf(item)));
    this.#items = [...this.#items, ...fresh].slice(0, this.cap);
    this.#trim();
  }

  replace(items) {
    this.#items = items.slice(0, this.cap);
    this.#trim();
  }

  #trim() {
    this.#keys = new Set(this.#items.map(this.keyOf));
    this.version += 1;
  }
}

/** The last `cap` points of several series, each a plain array as charts take it. */
export class Series {
  constructor(names, cap) {
    this.names = names;
    this.cap = cap;
    this.version = 0;
    this.columns = Object.fromEntries(names.map((name) => [name, []]));
  }

  get size() {
    return this.columns[this.names[0]].length;
  }

  /** Behind the last point only: what comes of another way a second time is left out. */
  push(point) {
    if (point.at <= this.last("at")) return;
    for (const name of this.names) {
      const column = this.columns[name];
      column.push(point[name]);
      if (column.length > this.cap) column.shift();
    }
    this.version += 1;
  }

  /** Begin with these columns. */
  fill(columns) {
    for (const name of this.names) this.columns[name] = columns[name].slice(-this.cap);
    this.version += 1;
  }

  last(name) {
    return this.columns[name].at(-1);
  }

  sum(name) {
    return this.columns[name].reduce((total, value) => total + value, 0);
  }

  clear() {
    for (const name of this.names) this.columns[name].length = 0;
    this.version += 1;
  }
}
