/** What the visitor has given: the bundle, and files with their digests; told apart by content. */

import { LIMITS, MEDIA_TYPES } from "../verify/tables.js";
import { byId, make, tell } from "./element.js";
import { Hasher } from "./hasher.js";
import { word } from "./language.js";
import { bundlesIn, isJson, isPdf, mediaType } from "./pdf.js";

const BUNDLE = ".bundle.json";
const TRUST = "trust.json";
const HEAD = 1024;

/** @typedef {{kind: "bundle" | "file", name: string, size: number, data: ?Uint8Array,
 *             digest: ?string, done: number, problem: ?string, note: ?string}} Item */

/** The files of the page; `changed` is called when there is something to judge anew. */
export class Given {
  /** @param {{changed: () => void, trust: (name: string, data: Uint8Array) => void}} page */
  constructor({ changed, trust }) {
    this.changed = changed;
    this.trust = trust;
    /** @type {Item[]} */
    this.items = [];
    this.hasher = new Hasher();
  }

  /** The bundle's bytes, null where it is still missing. */
  get bundle() {
    return this.items.find((item) => item.kind === "bundle")?.data ?? null;
  }

  /** The bundle's name. */
  get bundleName() {
    return this.items.find((item) => item.kind === "bundle")?.name ?? `NAME${BUNDLE}`;
  }

  /** The files, in the order in which they were given. */
  get files() {
    return this.items.filter((item) => item.kind === "file");
  }

  /** Whether every file has been hashed. */
  get isHashed() {
    return this.files.every((item) => item.digest !== null || item.problem !== null);
  }

  /** The fingerprints of all files that could be read. */
  get fingerprints() {
    return this.files
      .filter((item) => item.digest !== null)
      .map(({ name, size, digest }) => ({ name, size, digests: { "sha-256": String(digest) } }));
  }

  /** Take files. @param {Iterable<File>} files */
  async add(files) {
    await Promise.all(Array.from(files, (file) => this.addOne(file)));
  }

  /** Take a bundle that came in another way. @param {string} name @param {Uint8Array} data */
  addBundle(name, data) {
    this.items = this.items.filter((item) => item.kind !== "bundle");
    this.items.unshift({ ...blank(name, data.length), kind: "bundle", data });
    this.show();
    this.changed();
  }

  /** Forget all. */
  clear() {
    this.items = [];
    this.show();
    this.changed();
  }

  /** @param {File} file */
  async addOne(file) {
    const item = { ...blank(file.name, file.size), kind: /** @type {const} */ ("file") };
    try {
      const head = new Uint8Array(await file.slice(0, HEAD).arrayBuffer());
      if (await this.takeJson(file, head)) return;
      if (isPdf(head)) {
        const bundles = bundlesIn(new Uint8Array(await file.arrayBuffer()));
        if (bundles.length === 1) return void this.addBundle(file.name, bundles[0]);
        item.note = bundles.length ? "pdf.two" : "pdf.none";
      }
      this.items.push(item);
      this.show();
      this.changed();
      item.digest = await this.hasher.hash(file, (done) => {
        item.done = done;
        this.showProgress(item);
      });
    } catch {
      item.problem = "unreadable";
      if (!this.items.includes(item)) this.items.push(item);
    }
    this.show();
    this.changed();
  }

  /** Take up a bundle or a trust file; say whether it was one. @param {File} file @param {Uint8Array} head */
  async takeJson(file, head) {
    const isNamed = file.name.endsWith(BUNDLE);
    const isCalledTrust = file.name.endsWith(TRUST);
    const looksLike = isCalledTrust || /^\s*\{/.test(new TextDecoder().decode(head));
    if ((!isNamed && !looksLike) || file.size > LIMITS.trust_bytes) return false;
    if (!isNamed && file.size > LIMITS.bundle_bytes && !file.name.endsWith(".json")) return false;
    const data = new Uint8Array(await file.arrayBuffer());
    const type = mediaType(data);
    if (isNamed || type === MEDIA_TYPES.bundle) this.addBundle(file.name, data);
    // One that is empty or cut short is told as that, and not as a file that the record does not name.
    else if (type === MEDIA_TYPES.trust || (isCalledTrust && !isJson(data))) this.trust(file.name, data);
    else return false;
    return true;
  }

  /** Draw the list. */
  show() {
    byId("given").classList.toggle("some", this.items.length > 0);
    byId("chosen").hidden = !this.items.length;
    byId("missing").hidden = this.bundle !== null;
    byId("list").replaceChildren(...this.items.map((item) => this.draw(item)));
  }

  /** @param {Item} item */
  draw(item) {
    const remove = make("button", { type: "button", "aria-label": word("remove", { name: item.name }) }, "×");
    remove.addEventListener("click", () => {
      this.items = this.items.filter((other) => other !== item);
      this.show();
      this.changed();
      byId("choose").focus();
    });
    const state = make("span", { class: "state small" }, stateOf(item));
    const isHashing = item.kind === "file" && item.digest === null && item.problem === null;
    const name = make("span", { class: "name" }, item.name, state);
    if (isHashing) name.append(progressOf(item));
    return make("li", {}, make("span", { class: "what" }, word(item.kind)), name, remove);
  }

  /** @param {Item} item */
  showProgress(item) {
    const row = byId("list").children[this.items.indexOf(item)];
    const bar = row?.querySelector("progress");
    if (!bar) return;
    bar.value = item.done;
    tell(row.querySelector(".state"), stateOf(item));
  }
}

/** @param {string} name @param {number} size */
function blank(name, size) {
  return { name, size, data: null, digest: null, done: 0, problem: null, note: null };
}

/** @param {Item} item */
function progressOf(item) {
  return make("progress", {
    max: String(item.size || 1),
    value: String(item.done),
    "aria-label": item.name,
  });
}

/** @param {Item} item */
function stateOf(item) {
  if (item.problem !== null) return word(item.problem);
  if (item.kind === "bundle") return `${item.size.toLocaleString()} B`;
  if (item.digest === null) {
    return word("hashing", { percent: Math.floor((100 * item.done) / (item.size || 1)) });
  }
  const note = item.note === null ? "" : ` · ${word(item.note)}`;
  return `${word("hashed")} ${item.digest.slice(0, 16)}…${note}`;
}
