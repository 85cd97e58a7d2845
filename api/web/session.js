/**
 * Who looks: by a one-time link whose code stands in the fragment, which becomes a cookie out of scripts' reach; or by a token, which is
 * held in memory until the page is left.
 */
import { get, holdToken, order, Refused } from "./api.js";

const ATTEMPTS = 15;
const AGAIN_MS = 2000;

/** The code of a one-time link, taken out of the address at once: it is to stay in no history. */
export function takeCode() {
  if (location.pathname !== "/open") return null;
  const code = location.hash.slice(1);
  history.replaceState(null, "", "/#/overview");
  return code || null;
}

/** The session that this browser has, or null. */
export async function currentSession() {
  try {
    return await get("/v1/session");
  } catch (error) {
    if (error instanceof Refused && error.status === 401) return null;
    throw error;
  }
}

/** A server that has just started may not be able to yet; the code is good for a minute. */
export async function openWithCode(code) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await order("POST", "/v1/session", { code });
    } catch (error) {
      if ((error instanceof Refused && error.status !== 503) || attempt === ATTEMPTS) throw error;
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }
}

/** The session of that token, or null if it is none that is good. */
export async function openWithToken(token) {
  holdToken(token);
  const session = await currentSession();
  if (session === null) holdToken(null);
  return session;
}

/** A token goes on; it is only forgotten here. */
export async function endSession(isByToken) {
  if (!isByToken) await order("DELETE", "/v1/session");
  holdToken(null);
}

/** How long the session goes on, by the server's clock; Infinity where nothing says so. */
export const restOf = (session, now) => (session?.expires_at ? Date.parse(session.expires_at) - now : Infinity);

export const mayOperate = (session) => session?.scope === "operate" || session?.scope === "admin";
