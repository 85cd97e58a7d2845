/** The words of the page in the reader's language. Every string stands in `words/`, with the same keys in each language. */
import en from "./words/en.js";
import zh from "./words/zh.js";

export const LANGUAGES = { en, zh };

/** The first of the reader's languages that we have. */
export function preferred(wanted) {
  for (const tag of wanted) {
    const language = tag.toLowerCase().split("-")[0];
    if (language in LANGUAGES) return language;
  }
  return "en";
}

let words = en;

export function speak(language) {
  words = LANGUAGES[language];
  document.documentElement.lang = words["language.tag"];
}

export const tag = () => words["language.tag"];

/** The string of that key; `{name}` in it is replaced by `values.name`. */
export function t(key, values = {}) {
  const text = words[key];
  if (text === undefined) throw new Error(`no word for ${key}`);
  return text.replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
}

/** A word of the server's closed lists (an outcome, a state); one that is not known here as it came. */
export const word = (list, value) => words[`${list}.${value}`] ?? String(value ?? "");
