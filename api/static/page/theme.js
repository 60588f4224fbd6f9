/** Light, dark, or as the system has it. */

const KEY = "theme";

/** Let the visitor choose, and remember it where the browser does. @param {HTMLSelectElement} choice */
export function offerThemes(choice) {
  choice.value = remembered();
  apply(choice.value);
  choice.addEventListener("change", () => {
    apply(choice.value);
    try {
      localStorage.setItem(KEY, choice.value);
    } catch {
      // A browser that remembers nothing: the choice lasts as long as the page.
    }
  });
}

/** @param {string} theme */
function apply(theme) {
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

function remembered() {
  try {
    const theme = localStorage.getItem(KEY);
    return theme === "light" || theme === "dark" ? theme : "auto";
  } catch {
    return "auto";
  }
}
