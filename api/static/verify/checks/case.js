/**
 * A case: the bundle that is judged, what is believed, who may be asked, and as of when.
 *
 * @typedef {object} Case
 * @property {import("../bundle.js").Bundle} bundle
 * @property {import("../checkpoint.js").Checkpoint} head what the bundle's checkpoint claims
 * @property {import("../trust.js").Trust} trust
 * @property {?import("../trust.js").TrustedLog} log
 * @property {?ChainSource} chain
 * @property {AccreditationSource} accreditations the trust file where nobody else may be asked
 * @property {?StatusListSource} statusLists
 * @property {?StatusRegistry} registry
 * @property {number} asOf milliseconds since 1970
 * @property {number} latest seconds since 1970: what was said later is left out
 */

/** @typedef {{facts: (anchor: import("../anchor.js").Anchor) =>
 *             Promise<import("../anchor.js").ChainFacts>}} ChainSource */
/** @typedef {{asksChain: boolean, accreditation: (jurisdiction: string, key: Uint8Array) =>
 *             ?import("../accreditation.js").Accreditation |
 *             Promise<?import("../accreditation.js").Accreditation>}} AccreditationSource */
/** @typedef {{statusList: (address: string) =>
 *             Promise<import("../status_fetch.js").StatusToken>}} StatusListSource */
/** @typedef {{announced: (account: string, leaf: Uint8Array) =>
 *             Promise<import("./announced.js").Announced[]>, terms: (jurisdiction: string) =>
 *             Promise<import("../chain/statuses.js").Term[]>}} StatusRegistry */

export {};
