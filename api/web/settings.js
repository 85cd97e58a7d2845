/** What a person chose on this browser: language and colours. */

export function stored(name) {
  try {
    return localStorage.getItem(`trunkline.${name}`);
  } catch {
    return null; // storage is shut off
  }
}

export function store(name, value) {
  try {
    localStorage.setItem(`trunkline.${name}`, value);
  } catch {
    // storage is shut off: the choice holds until the page is closed
  }
}

export const THEMES = ["auto", "light", "dark"];

export function showTheme(theme) {
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}
