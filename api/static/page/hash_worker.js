/**
 * A worker that hashes files: {id, file} comes in, {id, done} or {id, digest} or {id, error} goes out.
 * {ready} goes out once, when all is loaded: from then on the network may be cut.
 */

import { hashFile } from "./hash_file.js";

self.addEventListener("message", async (event) => {
  const { id, file } = event.data;
  try {
    const digest = await hashFile(file, (done) => self.postMessage({ id, done }));
    self.postMessage({ id, digest });
  } catch (error) {
    self.postMessage({ id, error: String(error) });
  }
});
self.postMessage({ ready: true });
