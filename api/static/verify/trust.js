/**
 * The trust file: the only thing that a verifier believes (ledger/trust). A bundle never widens it.
 */

import { Accreditation } from "./accreditation.js";
import { Anchor, ChainIdentity } from "./anchor.js";
import { equal, first, toHex } from "./bytes.js";
import { parse } from "./canonical.js";
import { checkOrigin } from "./checkpoint.js";
import { MalformedError } from "./errors.js";
import { HeadVerifier } from "./head_signature.js";
import { Members, readText } from "./members.js";
import { Verifier } from "./note_key.js";
import { readOrganisation } from "./organisation.js";
import { readStatuses } from "./trusted_statuses.js";
import { ascii, repr } from "./repr.js";
import { LIMITS, MEDIA_TYPES } from "./tables.js";

const SHOWN = 80;
const ADDRESS_SIZE = 20;
const UNPRINTABLE = /[\p{C}\p{Z}]/u;
const PORTS = { http: 80, https: 443 };
const CONFIRMATIONS = "confirmations:";
const MAX_PORT = 65_535;

/** @typedef {{origin: string, keys: Verifier[], logId: ?Uint8Array, operators: HeadVerifier[]}} TrustedLog */
/** @typedef {{tag: "latest" | "finalized", confirmations: number}} Finality */
/** @typedef {{identity: ChainIdentity, sandbox: boolean, finality: Finality, rpc: string[],
 *             agree: number, attestors: ?Uint8Array, attestations: ?Uint8Array}} TrustedChain */

/** What a verifier believes: logs, chains, anchors that were checked before, and who is who. */
export class Trust {
  /** Read a trust file; throw MalformedError for anything that is none. @param {Uint8Array} data */
  constructor(data) {
    if (data.length > LIMITS.trust_bytes) {
      throw new MalformedError("trust.size", "trust file: too large", {
        expected: `at most ${LIMITS.trust_bytes} bytes`,
        found: `${data.length} bytes`,
      });
    }
    const longest = LIMITS.trust_listed;
    const members = new Members(parse(data), "trust");
    members.literal("mediaType", MEDIA_TYPES.trust);
    this.logs = members.array("logs", readLog, longest);
    this.chains = members.array("chains", readChain, longest);
    this.anchors = members.array("anchors", (value, where) => new Anchor(value, where), longest);
    this.organisations = members.listed("organisations", readOrganisation, longest);
    this.accreditations = members.listed("accreditations", Accreditation.fromValue, longest);
    this.statusSources = members.listed("status_sources", readStatuses, longest);
    members.end();
    checkUnique(this.logs.map((log) => log.origin), "trust.logs");
    checkUnique(this.chains.map((chain) => `${chain.identity}`), "trust.chains");
    checkUnique(this.anchors.map(headOf), "trust.anchors");
    checkUnique(this.organisations.map((known) => known.id), "trust.organisations");
    /** @type {Map<string, import("./organisation.js").Organisation>} */
    this.owners = new Map();
    const keys = this.organisations.flatMap((known) => Array.from(known.keys.keys()));
    // A key of two organisations would let either speak for the other.
    checkUnique(keys, "trust.organisations: a key");
    for (const known of this.organisations) {
      for (const key of known.keys.keys()) this.owners.set(key, known);
    }
    const named = this.accreditations.map((known) => `(${repr(known.jurisdiction)}, '${toHex(known.key)}')`);
    checkUnique(named, "trust.accreditations");
    checkUnique(this.statusSources.map((known) => `${known.issuer ?? "None"}`), "trust.status_sources");
  }

  /** Find a log by its origin. @param {string} origin @returns {?TrustedLog} */
  log(origin) {
    return this.logs.find((log) => log.origin === origin) ?? null;
  }

  /** Find a chain by its whole identity. @param {ChainIdentity} identity @returns {?TrustedChain} */
  chain(identity) {
    return this.chains.find((chain) => `${chain.identity}` === `${identity}`) ?? null;
  }

  /** Say whether an anchor is pinned. @param {Anchor} anchor */
  pins(anchor) {
    return this.anchors.some((pinned) => pinned.equals(anchor));
  }

  /** Find the organisation that a key is of. @param {Uint8Array} thumbprint */
  owner(thumbprint) {
    return this.owners.get(toHex(thumbprint)) ?? null;
  }

  /** Find what is said of an issuer's statuses: by his name, else for everyone. @param {string} issuer */
  statusesOf(issuer) {
    const named = new Map(this.statusSources.map((known) => [known.issuer, known]));
    return named.get(issuer) ?? named.get(null) ?? null;
  }

  /** Whether a chain is asked who is accredited: this is the trust file alone. */
  get asksChain() {
    return false;
  }

  /** Find what an authority has said of a key. @param {string} jurisdiction @param {Uint8Array} key @returns {?Accreditation} */
  accreditation(jurisdiction, key) {
    const found = this.accreditations.find(
      (known) => known.jurisdiction === jurisdiction && equal(known.key, key),
    );
    return found ?? null;
  }
}

/** Give the one spelling of a node's address by which it is told from others. @param {string} url */
export function nodeAddress(url) {
  const parts = split(url);
  if (parts === null) return url;
  const { scheme, host, port, path } = parts;
  return `${scheme}://${host.replace(/\.+$/, "")}:${port}${path.replace(/\/+$/, "")}`;
}

/** Read the address of a node; throw MalformedError. @param {unknown} value @param {string} where */
export function readNode(value, where) {
  const url = readText(value, where);
  if (split(url) === null || UNPRINTABLE.test(url)) {
    throw new MalformedError("trust.rpc", where, {
      expected: "an http or https address",
      found: ascii(first(url, SHOWN)),
    });
  }
  return url;
}

/** @param {unknown} value @param {string} where @returns {TrustedLog} */
function readLog(value, where) {
  const members = new Members(value, where);
  const origin = members.text("origin");
  checkOrigin(origin);
  const longest = LIMITS.trust_listed;
  const keys = members.array(
    "keys",
    (key, place) => Verifier.fromString(readText(key, place)),
    longest,
  );
  const logId = members.has("log_id") ? members.hash("log_id") : null;
  const operators = members.listed(
    "operators",
    (key, place) => HeadVerifier.fromString(readText(key, place)),
    longest,
  );
  members.end();
  if (!keys.length) {
    throw new MalformedError("trust.key", `${where}.keys`, { expected: "a key", found: "none" });
  }
  const signers = [...keys, ...operators];
  const stranger = signers.find((key) => key.name !== origin);
  if (stranger) {
    const details = { expected: origin, found: stranger.name };
    throw new MalformedError("trust.key", `${where}: a key of another log`, details);
  }
  // Two keys of one id could never be told apart, and no checkpoint of the log would open.
  checkUnique(signers.map((key) => toHex(key.keyId)), `${where}.keys`);
  return { origin, keys, logId, operators };
}

/** @param {unknown} value @param {string} where @returns {TrustedChain} */
function readChain(value, where) {
  const members = new Members(value, where);
  const identity = ChainIdentity.fromMembers(members);
  const sandbox = members.boolean("sandbox");
  const finality = readFinality(members.text("finality"), `${where}.finality`);
  const rpc = members.array("rpc", readNode, LIMITS.trust_listed);
  // One node asked twice always agrees with itself.
  checkUnique(rpc.map(nodeAddress), `${where}.rpc`);
  const agree = members.integer("agree", 1, Math.max(1, rpc.length));
  const attestors = members.has("attestors") ? members.prefixed("attestors", ADDRESS_SIZE) : null;
  const attestations = members.has("attestations")
    ? members.prefixed("attestations", ADDRESS_SIZE)
    : null;
  members.end();
  return { identity, sandbox, finality, rpc, agree, attestors, attestations };
}

/** @param {string} text @param {string} where @returns {Finality} */
function readFinality(text, where) {
  if (text === "instant") return { tag: "latest", confirmations: 0 };
  if (text === "finalized") return { tag: "finalized", confirmations: 0 };
  const number = text.startsWith(CONFIRMATIONS) ? text.slice(CONFIRMATIONS.length) : "";
  if (/^(?:0|[1-9][0-9]{0,5})$/.test(number) && Number(number) <= LIMITS.confirmations) {
    return { tag: "latest", confirmations: Number(number) };
  }
  throw new MalformedError("trust.finality", where, {
    expected: `instant, finalized, or ${CONFIRMATIONS}N with N at most ${LIMITS.confirmations}`,
    found: first(text, SHOWN),
  });
}

/** Take an http address apart, null where it is none. @param {string} url */
function split(url) {
  const parts = /^(https?):\/\/(?:[^/?#]*@)?(\[[^\]/?#]+\]|[^:/?#@[\]]+)(?::([0-9]*))?([^?#]*)/i.exec(url);
  if (parts === null) return null;
  const scheme = /** @type {"http" | "https"} */ (parts[1].toLowerCase());
  const port = parts[3] ? Number(parts[3]) : PORTS[scheme];
  if (port === 0 || port > MAX_PORT || !/^(?:$|\/)/.test(parts[4])) return null;
  return { scheme, host: parts[2].replace(/[[\]]/g, "").toLowerCase(), port, path: parts[4] };
}

/** @param {Anchor} anchor */
function headOf(anchor) {
  return `('${anchor.chain}', '${toHex(anchor.logId)}', ${anchor.size})`;
}

/** @param {string[]} names @param {string} where */
function checkUnique(names, where) {
  const seen = new Set();
  for (const name of names) {
    if (seen.has(name)) {
      throw new MalformedError("trust.repeated", `${where}: named twice`, { found: name });
    }
    seen.add(name);
  }
}
