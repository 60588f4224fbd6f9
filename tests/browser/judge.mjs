/** Reads cases as JSON lines, judges each with the verifier of the page, writes a report a line. */

import { createInterface } from "node:readline";

import { decode } from "../../api/static/verify/base64url.js";
import { findSources } from "../../api/static/verify/chain/sources.js";
import { MalformedError } from "../../api/static/verify/errors.js";
import { Trust } from "../../api/static/verify/trust.js";
import { StatusFetcher } from "../../api/static/verify/status_fetch.js";
import { verify } from "../../api/static/verify/verify.js";

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await judge(JSON.parse(line)))}\n`);
}

async function judge({ bundle, trust, files, without_files: withoutFiles, required, now, nodes }) {
  let believed;
  try {
    believed = new Trust(decode(trust));
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    return { error: [error.code, error.expected, error.found] };
  }
  const data = decode(bundle);
  const sources = nodes ? findSources(data, believed, nodes, new StatusFetcher()) : {};
  const options = { trust: believed, files, withoutFiles, required, now, ...sources };
  return (await verify(data, options)).toValue();
}
