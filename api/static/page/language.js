/** The language of the page: words of the page and of reports, changed without asking anyone. */

import { TEXTS } from "../verify/texts.js";

const TAGS = { en: "en", zh: "zh-Hans" };
/** @type {(() => void)[]} */
const listeners = [];

/** @typedef {"en" | "zh"} Language */

/** Give the language that is shown. @returns {Language} */
export function language() {
  return document.documentElement.dataset.language === "zh" ? "zh" : "en";
}

/** Give the texts of the language that is shown: the catalogue, and the page's words. @returns {any} */
export function texts() {
  return TEXTS[language()];
}

/** Give a word of the page, its places filled in. @param {string} key @param {Record<string, string | number>} [values] */
export function word(key, values = {}) {
  const text = /** @type {string} */ (texts().page[key]);
  return text.replace(/\{([a-z]+)\}/g, (_, name) => String(values[name]));
}

/** Call back whenever the language changes. @param {() => void} listener */
export function onLanguage(listener) {
  listeners.push(listener);
}

/** Let the visitor change the language. */
export function offerLanguages() {
  for (const link of document.querySelectorAll("[data-set-language]")) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      const chosen = /** @type {Language} */ (link.getAttribute("data-set-language"));
      show(chosen);
      const url = new URL(location.href);
      url.searchParams.set("lang", chosen);
      if (url.protocol !== "file:") history.replaceState(null, "", url);
    });
  }
}

/** @param {Language} chosen */
function show(chosen) {
  const root = document.documentElement;
  root.dataset.language = chosen;
  root.lang = TAGS[chosen];
  document.title = `${word("title")} · Crossproof`;
  for (const element of document.querySelectorAll("[data-word]")) {
    element.textContent = word(/** @type {string} */ (element.getAttribute("data-word")));
  }
  for (const element of document.querySelectorAll("[data-label]")) {
    element.setAttribute("aria-label", word(/** @type {string} */ (element.getAttribute("data-label"))));
  }
  for (const link of document.querySelectorAll("[data-set-language]")) {
    if (link.getAttribute("data-set-language") === chosen) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  for (const listener of listeners) listener();
}
