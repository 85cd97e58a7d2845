/** Which view the address names: `#/calls`, `#/records/ID`. */

export const VIEWS = ["overview", "calls", "registrations", "trunks", "listeners", "manifests", "records", "bans"];

export function routeOf(hash) {
  const [, view = "", ...rest] = hash.split("/");
  if (!VIEWS.includes(view)) return { view: "overview", id: null };
  const id = rest.join("/");
  return { view, id: id ? decode(id) : null };
}

export const linkTo = (view, id) => (id ? `#/${view}/${encodeURIComponent(id)}` : `#/${view}`);

function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // typed by hand, with a lone %
  }
}
