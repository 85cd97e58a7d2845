/** Questions and commands to the server. A refusal is a `Refused` with what the problem body (RFC 9457) says. */

const MOST_A_PAGE = 1000;

let token = null;

/** Ask with this token from here on, null: with the cookie. It is in memory only: a reload forgets it. */
export function holdToken(text) {
  token = text;
}

export const credentials = () => (token === null ? {} : { Authorization: `Bearer ${token}` });

export class Refused extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

/** The answer; null where the caller may not know of it (403, 404). */
export async function get(path) {
  try {
    return await ask(path, {});
  } catch (error) {
    if (error instanceof Refused && (error.status === 403 || error.status === 404)) return null;
    throw error;
  }
}

/** All pages of a list. */
export async function all(path) {
  const items = [];
  let cursor = null;
  do {
    const query = new URLSearchParams({ limit: String(MOST_A_PAGE) });
    if (cursor !== null) query.set("cursor", cursor);
    const page = await get(`${path}?${query}`);
    if (page === null) return items;
    items.push(...page.items);
    cursor = page.next;
  } while (cursor);
  return items;
}

/** A command. The header shows the server that no other site's form sent it. */
export function order(method, path, body) {
  const headers = { "X-Trunkline-Request": "1" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  return ask(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
}

async function ask(path, options) {
  const headers = { ...options.headers, ...credentials() };
  const answer = await fetch(path, { cache: "no-store", ...options, headers });
  const text = await answer.text();
  if (!answer.ok) throw new Refused(answer.status, detailOf(text) || answer.statusText);
  return text ? JSON.parse(text) : null;
}

function detailOf(text) {
  try {
    const problem = JSON.parse(text);
    return problem.detail || problem.title || "";
  } catch {
    return "";
  }
}
