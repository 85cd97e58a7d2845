/** For whoever has no session: how to get one. */
import { html, useState } from "../vendor/htm-preact.js";
import { t } from "../i18n.js";

/** `failure`: a key of words; `open(token)`: whether it is good. */
export function SignIn({ failure, open }) {
  const [refusal, refuse] = useState("");
  const [token, type] = useState("");
  const submit = async (event) => {
    event.preventDefault();
    refuse("");
    try {
      if (await open(token.trim())) type("");
      else refuse(t("sign-in.wrong-token"));
    } catch (error) {
      refuse(error.message);
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
        <p class="note">${t("sign-in.kept")}</p>
        ${refusal && html`<p class="failure" role="alert">${refusal}</p>`}
      </form>
    </section>
  </main>`;
}
