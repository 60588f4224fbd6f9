/** Hashes files in a worker, so that the page stays alive; in the page where there is no worker. */

import { hashFile } from "./hash_file.js";

/** @typedef {{file: Blob, told: (done: number) => void, resolve: (digest: string) => void,
 *             reject: (error: Error) => void}} Job */

/** Hashes one file after another. */
export class Hasher {
  constructor() {
    /** @type {Map<number, Job>} */
    this.jobs = new Map();
    this.last = 0;
    this.worker = start();
    this.worker?.addEventListener("message", (event) => this.hear(event.data));
    // A worker that cannot start: what it was given is hashed here.
    this.worker?.addEventListener("error", () => this.doWithout());
  }

  /** Hash a file. @param {Blob} file @param {(done: number) => void} told @returns {Promise<string>} */
  hash(file, told) {
    if (this.worker === null) return hashFile(file, told);
    return new Promise((resolve, reject) => {
      const id = ++this.last;
      this.jobs.set(id, { file, told, resolve, reject });
      /** @type {Worker} */ (this.worker).postMessage({ id, file });
    });
  }

  /** @param {{id: number, done?: number, digest?: string, error?: string, ready?: boolean}} message */
  hear({ id, done, digest, error, ready }) {
    if (ready) document.documentElement.dataset.hasher = "ready";
    const job = this.jobs.get(id);
    if (job === undefined) return;
    if (done !== undefined) job.told(done);
    else {
      this.jobs.delete(id);
      if (digest === undefined) job.reject(new Error(error));
      else job.resolve(digest);
    }
  }

  doWithout() {
    this.worker = null;
    const jobs = Array.from(this.jobs.values());
    this.jobs.clear();
    for (const { file, told, resolve, reject } of jobs) hashFile(file, told).then(resolve, reject);
  }
}

/** @returns {?Worker} */
function start() {
  try {
    const source = document.getElementById("worker-source");
    if (source === null) {
      return new Worker(String(document.documentElement.dataset.worker), { type: "module" });
    }
    // The page is one file: the worker is a part of it.
    const code = new Blob([source.textContent ?? ""], { type: "text/javascript" });
    return new Worker(URL.createObjectURL(code));
  } catch {
    return null;
  }
}
