/** Elements made by name: texts go in as texts, never as markup, for strangers wrote some of them. */

const SVG = "http://www.w3.org/2000/svg";
const SHAPES = {
  verified: ["M12 2.5a9.5 9.5 0 1 0 0 19 9.5 9.5 0 0 0 0-19", "m7.5 12.3 3 3.1 6-6.6"],
  failed: ["M12 2.5a9.5 9.5 0 1 0 0 19 9.5 9.5 0 0 0 0-19", "m8.3 8.3 7.4 7.4m0-7.4-7.4 7.4"],
  undetermined: ["M12 2.5a9.5 9.5 0 1 0 0 19 9.5 9.5 0 0 0 0-19", "M9.3 9.4c.2-1.6 1.3-2.4 2.8-2.4 1.6 0 2.7 1 2.7 2.4 0 2-2.7 2.1-2.7 4.2m0 2.8v.5"],
  skipped: ["M12 2.5a9.5 9.5 0 1 0 0 19 9.5 9.5 0 0 0 0-19", "M8 12h8"],
  working: ["M12 2.5a9.5 9.5 0 1 0 9.5 9.5"],
};

/** Find an element of the page. @param {string} id @returns {any} */
export function byId(id) {
  return document.getElementById(id);
}

/**
 * Make an element.
 *
 * @param {string} name @param {Record<string, string>} attributes
 * @param {...(Node | string | null)} children
 */
export function make(name, attributes, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** Draw the icon of a status. @param {keyof SHAPES} status */
export function icon(status) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  for (const shape of SHAPES[status]) {
    const path = document.createElementNS(SVG, "path");
    const drawn = { d: shape, fill: "none", stroke: "currentColor", "stroke-width": "2", "stroke-linecap": "round", "stroke-linejoin": "round" };
    for (const [key, value] of Object.entries(drawn)) path.setAttribute(key, value);
    svg.append(path);
  }
  return svg;
}

/** Give an element a text, and hide it where there is none. @param {HTMLElement} element @param {?string} text */
export function tell(element, text) {
  element.textContent = text ?? "";
  element.hidden = text === null;
}

/** Offer text as a file to save. @param {string} name @param {string} text @param {string} type */
export function save(name, text, type) {
  const url = URL.createObjectURL(new Blob([text], { type }));
  make("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url));
}
