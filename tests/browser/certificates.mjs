/** Reads chains as JSON lines, judges each with the verifier of the page, writes what it finds a line. */

import { createInterface } from "node:readline";

import { checkLinks, checkRead, readChain } from "../../api/static/verify/certificate.js";
import { verifyChain } from "../../api/static/verify/certificate_path.js";
import { LedgerError, UnavailableError } from "../../api/static/verify/errors.js";

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(judge(JSON.parse(line)))}\n`);
}

function judge({ x5c, root: text, at }) {
  try {
    const chain = readChain(x5c);
    const [signer] = chain;
    const [root] = readChain([text]);
    checkLinks(chain, signer.key);
    if (chain.at(-1).id !== root.id && !chain.at(-1).isIssuedBy(root)) return ["stranger", signer.key.did, signer.names];
    checkRead([...chain, root]);
    verifyChain(chain, root, at);
    return ["holds", signer.key.did, signer.names];
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error;
    return error instanceof UnavailableError ? ["unread"] : [error.code, error.expected, error.found];
  }
}
