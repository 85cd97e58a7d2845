/** A question before something is done; the browser's own dialog keeps the keyboard inside and ends at Escape. */
import { html, useEffect, useRef, useState } from "../vendor/htm-preact.js";
import { t } from "../i18n.js";

/** `act`: what is done on yes; its failure is told here, and the dialog stays. */
export function Confirm({ title, text, yes, act, close }) {
  const dialog = useRef(null);
  const [failure, fail] = useState("");
  const [busy, be] = useState(false);

  useEffect(() => {
    dialog.current.showModal();
  }, []);

  const confirm = async () => {
    be(true);
    try {
      await act();
      dialog.current.close();
    } catch (error) {
      fail(error.message);
      be(false);
    }
  };

  return html`<dialog ref=${dialog} class="dialog" aria-labelledby="confirm-title" onClose=${close}>
    <h2 id="confirm-title">${title}</h2>
    <p>${text}</p>
    ${failure && html`<p class="failure" role="alert">${failure}</p>`}
    <div class="buttons">
      <button autofocus onClick=${() => dialog.current.close()}>${t("dialog.cancel")}</button>
      <button class="danger" disabled=${busy} onClick=${confirm}>${yes}</button>
    </div>
  </dialog>`;
}
