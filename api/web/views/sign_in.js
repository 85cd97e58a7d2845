/** For whoever has no session: how to get one. */
import { html, useState } from "../vendor/htm-preact.js";
import { t } from "../i18n.js";

/** `failure`: a key of words; `open(token)` may refuse. */
export function SignIn({ failure, open }) {
  const [refusal, refuse] = useState("");
  const [token, type] = useState("");
  const submit = async (event) => {
    event.preventDefault();
    refuse("");
    try {
      await open(token.trim());
      type("");
    } catch (error) {
      refuse(error.status === 401 || error.status === 403 || error.status === 422 ? t("sign-in.wrong-token") : error.message);
    }
  };
  return html`<main class="sign-in" id="main">
    <section class="panel">
      <h1>${t("sign-in.title")}</h1>
      ${failure && html`<p class="failure" role="alert">${t(failure)}</p>`}
      <p>${t("sign-in.link")}</p>
      <pre class="command">trunkline open</pre>
      <p class="note">${t("sign-in.once")}</p>
      <form onSubmit=${submit}>
        <label for="token">${t("sign-in.token")}</label>
        <div class="row">
          <input id="token" type="password" autocomplete="off" spellcheck="false" value=${token} onInput=${(event) => type(event.target.value)} required />
          <button class="primary" type="submit">${t("sign-in.go")}</button>
        </div>
        ${refusal && html`<p class="failure" role="alert">${refusal}</p>`}
      </form>
    </section>
  </main>`;
}
