/** Who looks: by a one-time link whose code stands in the fragment, or by a token. The cookie is out of scripts' reach. */
import { order, get, Refused } from "./api.js";

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

export const openWithCode = (code) => order("POST", "/v1/session", { code });
export const openWithToken = (token) => order("POST", "/v1/session", { token });
export const endSession = () => order("DELETE", "/v1/session");

export const mayOperate = (session) => session?.scope === "operate" || session?.scope === "admin";
