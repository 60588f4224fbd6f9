/** The explorer: a dropped file is hashed here and asked for by its digest; the rest is the server's page. */

import { byId, tell } from "./element.js";
import { Hasher } from "./hasher.js";
import { offerThemes } from "./theme.js";

/** @param {File} file @param {HTMLFormElement} form */
async function findFile(file, form) {
  const note = byId("hashing");
  /** @param {string} text @param {Record<string, string | number>} values */
  const fill = (text, values) => text.replace(/\{([a-z]+)\}/g, (_, name) => String(values[name]));
  const shown = (/** @type {number} */ done) =>
    tell(note, fill(note.dataset.text, { name: file.name, percent: Math.floor((100 * done) / (file.size || 1)) }));
  shown(0);
  try {
    const digest = await new Hasher().hash(file, shown);
    byId("q").value = digest;
    form.requestSubmit();
  } catch {
    tell(note, fill(note.dataset.unreadable, { name: file.name }));
  }
}

/** @param {HTMLFormElement} form */
function offerFiles(form) {
  const choice = byId("file");
  choice.addEventListener("change", () => choice.files.length > 0 && findFile(choice.files[0], form));
  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    form.classList.add("over");
  });
  document.addEventListener("dragleave", (event) => event.relatedTarget === null && form.classList.remove("over"));
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    form.classList.remove("over");
    const file = event.dataTransfer?.files[0];
    if (file !== undefined) findFile(file, form);
  });
  // What is left empty would only lengthen the address.
  form.addEventListener("submit", () => {
    for (const field of form.querySelectorAll("input[name], select[name]")) {
      if (/** @type {HTMLInputElement} */ (field).value === "") field.setAttribute("disabled", "");
    }
  });
  addEventListener("pageshow", () => {
    for (const field of form.querySelectorAll("[disabled]")) field.removeAttribute("disabled");
  });
}

function offerCopies() {
  for (const button of document.querySelectorAll("button[data-copy]")) {
    if (!(button instanceof HTMLButtonElement) || navigator.clipboard === undefined) continue;
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(byId(String(button.dataset.copy)).textContent);
      button.textContent = String(button.dataset.copied);
    });
  }
}

/** Tell each time in the visitor's own zone too, where the pointer rests on it. */
function tellLocalTimes() {
  for (const element of document.querySelectorAll("time[datetime]")) {
    const time = new Date(String(element.getAttribute("datetime")));
    if (Number.isNaN(time.getTime())) continue;
    element.setAttribute(
      "title",
      time.toLocaleString(document.documentElement.lang, { dateStyle: "medium", timeStyle: "long" }),
    );
  }
}

offerThemes(byId("theme"));
tellLocalTimes();
offerCopies();
const search = byId("search");
if (search !== null) offerFiles(search);
