// Written by scripts/page-data from the verifier in Python; change it there.

export const TEXTS = {
 "en": {
  "checks": {
   "accreditation.fact": "An authority says what it said of an attestor's key",
   "anchor.chain": "The chain holds the anchor",
   "anchor.head": "The anchor names the checkpoint's head",
   "anchor.log": "The anchor names this log",
   "anchor.time": "The anchor stood at the time asked about",
   "attestation.accredited": "The issuer was accredited when it was issued",
   "attestation.first-anchor": "The attestation was anchored as early as is said",
   "attestation.inclusion": "The attestation is in the log",
   "attestation.issuer": "The issuer is the one whose key signed",
   "attestation.present": "The attestation is there",
   "attestation.rules": "The attestation can be compared with the records it is about",
   "attestation.signature": "The attestation is signed by the key that it names",
   "attestation.stage": "The attestation is of this stage",
   "attestation.statement": "The attestation's entry is well formed",
   "attestation.status": "The attestation is neither revoked nor suspended",
   "backup.order": "The backup came after the transfer",
   "backup.restorable": "The backup could be restored",
   "backup.retention": "The backup is kept long enough",
   "backup.transfer": "The backup is of this transfer",
   "bundle.format": "The bundle is of the format",
   "checkpoint.operator": "An operator signed the head for the contract",
   "checkpoint.signature": "The log's key signed the checkpoint",
   "entry.disclosures": "What is disclosed belongs to the record",
   "entry.inclusion": "The record is in the log",
   "entry.statement": "The record is a well-formed statement",
   "file.digest": "The file is the one recorded",
   "log.standing": "How the log stands in its contract today",
   "log.trusted": "The log is one that the trust file names",
   "manifest.inclusion": "The manifest is in the log",
   "manifest.record": "The record is in the batch that was signed",
   "manifest.signature": "The manifest is signed by the key that it names",
   "manifest.statement": "The manifest's entry is well formed",
   "manifest.submitter": "The batch was signed by the exporter",
   "plan.disclosures": "What is disclosed belongs to the plan",
   "plan.inclusion": "The plan is in the log",
   "plan.named": "The plan is the one that the record names",
   "plan.statement": "The plan is a well-formed statement",
   "post-check.backup": "The post-check is against this backup",
   "post-check.order": "The post-check came after the backup",
   "post-check.outcome": "The post-check found no deviation",
   "post-check.pre-assessment": "The post-check is against this pre-assessment",
   "post-check.transfer": "The post-check is of this transfer",
   "pre-assessment.ceilings": "The ceilings are not passed",
   "pre-assessment.data-items": "The pre-assessment is for these data items",
   "pre-assessment.in-force": "The pre-assessment was in force when the transfer happened",
   "pre-assessment.order": "The pre-assessment came before the transfer",
   "pre-assessment.outcome": "The pre-assessment allows it",
   "pre-assessment.parties": "The pre-assessment is for these parties",
   "pre-assessment.plan": "The pre-assessment is of the plan that the record names",
   "pre-assessment.scenario": "The pre-assessment is for this scenario",
   "receipt.inclusion": "The receipt is in the log",
   "receipt.outcome": "The recipient received what was sent",
   "receipt.recipient": "The receipt is by a recipient of this transfer",
   "receipt.signature": "The receipt is signed by the key that it names",
   "receipt.statement": "The receipt's entry is well formed",
   "record.stopped": "No regulator has stopped it",
   "status.inclusion": "The status is in the log",
   "status.signature": "The status is signed by the key that it names",
   "status.statement": "The status's entry is well formed",
   "attestation.subject": "The attestation speaks of this record",
   "attestation.clock": "It is dated now, and not over",
   "status.action": "This can be said of such a record",
   "status.order": "It can follow what was said before",
   "status.speaker": "It is the issuer's own word",
   "status.authority": "It is a regulator's word",
   "attestation.time": "The attestation stood at the time asked about",
   "status.clock": "It is dated now"
  },
  "verdicts": {
   "verified": "Verified",
   "failed": "Failed",
   "undetermined": "Cannot tell"
  },
  "statuses": {
   "verified": "verified",
   "failed": "failed",
   "undetermined": "undetermined",
   "skipped": "skipped"
  },
  "labels": {
   "expected": "expected",
   "found": "found",
   "place": "chain {chain}, block {block}",
   "sandbox": "Anchored on a sandbox chain: for trying out, no proof to anyone else.",
   "due": "due",
   "warning": "cannot be told yet"
  },
  "reasons": {
   "accreditation.compromised": {
    "text": "The key was no longer its owner's alone when this was first anchored.",
    "hint": "Do not rely on it. Where it was anchored before that date, a bundle that shows its first anchor can tell."
   },
   "accreditation.ended": {
    "text": "The accreditation had ended when the bundle's anchor was made.",
    "hint": "Ask for a bundle that shows the first anchor of the attestation."
   },
   "accreditation.expired": {
    "text": "The authority's word held until before that time.",
    "hint": "Get a newer one, or verify where the chain can be asked."
   },
   "accreditation.malformed": {
    "text": "What was said of the accreditation is not of its format.",
    "hint": "Get the trust file again from its source."
   },
   "accreditation.no-anchor": {
    "text": "The attestation is not anchored yet, so only its issuer's clock says when it was made.",
    "hint": "Fetch the bundle again in a minute."
   },
   "accreditation.not-asked": {
    "text": "The trust file knows no accreditation of this key, and the chain was not asked.",
    "hint": "Ask the chain (without --offline, and with a trust file that says where its AttestorRegistry stands); or add the accreditation to the trust file, from the authority and not from this bundle."
   },
   "accreditation.not-then": {
    "text": "The issuer's key was not accredited for this stage when it was issued.",
    "hint": "Do not rely on it; ask the authority of that jurisdiction."
   },
   "accreditation.stranger": {
    "text": "Nobody whom the trust file names as a regulator of that jurisdiction has signed it; it does not count.",
    "hint": "If he is one, add him and his key to the trust file."
   },
   "accreditation.unavailable": {
    "text": "Nobody could be asked who was accredited.",
    "hint": "Verify again later, or with --rpc and another node."
   },
   "accreditation.unknown": {
    "text": "The trust file and the chain know no accreditation of this key.",
    "hint": "If you trust its issuer, add the accreditation to the trust file, from the authority and not from this bundle."
   },
   "anchor.block": {
    "text": "The chain's block of that number is another one.",
    "hint": "The bundle was changed after it was made, or damaged on its way. Ask its sender for it again."
   },
   "anchor.contradicts-pin": {
    "text": "The trust file pins this anchor with another value.",
    "hint": "Either the bundle was changed or the trust file was. Ask both sources again."
   },
   "anchor.later": {
    "text": "The anchor was made after the time asked about.",
    "hint": "For a record of that time there may be an earlier bundle; ask its holder."
   },
   "anchor.none": {
    "text": "The record is logged and signed; its head is not anchored on a chain yet.",
    "hint": "Fetch the bundle again in a minute: crossproof bundle RECORD_ID -o FILE."
   },
   "anchor.not-final": {
    "text": "The anchor's block is not final yet by the trust file's policy.",
    "hint": "Verify again in a few minutes."
   },
   "anchor.not-on-chain": {
    "text": "The contract holds no such anchor.",
    "hint": "The anchor was changed or never made. Do not rely on this bundle; ask the log's operator."
   },
   "anchor.other-head": {
    "text": "The anchor is of another head than the checkpoint's.",
    "hint": "The bundle was changed after it was made, or damaged on its way. Ask its sender for it again."
   },
   "anchor.other-log": {
    "text": "The anchor belongs to another log in the contract.",
    "hint": "Someone may have opened a log of the same name. Do not rely on this bundle; ask the log's operator."
   },
   "anchor.sandbox": {
    "text": "The bundle and the trust file differ on whether this chain is a sandbox.",
    "hint": "The bundle was changed after it was made, or damaged on its way. Ask its sender for it again."
   },
   "anchor.transaction": {
    "text": "The anchor's transaction stands in another block.",
    "hint": "The bundle was changed after it was made, or damaged on its way. Ask its sender for it again."
   },
   "anchor.unpinned": {
    "text": "The trust file does not pin this anchor, and no node was asked.",
    "hint": "Verify online (without --offline, or with --rpc URL), or pin it once: crossproof trust pin BUNDLE."
   },
   "attestation.deposit": {
    "text": "The items that are shown are not those that were deposited.",
    "hint": "The bundle was changed after it was made, or damaged on its way. Ask its sender for it again."
   },
   "attestation.incomplete": {
    "text": "The attestation lacks what its outcome asks for.",
    "hint": "Whoever issued it must issue another one; ask the bundle's holder."
   },
   "attestation.later": {
    "text": "The attestation was issued after the time asked about.",
    "hint": "For a record of that time there may be an earlier bundle; ask its holder."
   },
   "attestation.method": {
    "text": "The attestation does not say its method whole.",
    "hint": "Whoever issued it must issue another one; ask the bundle's holder."
   },
   "attestation.other-stage": {
    "text": "The attestation is of another stage.",
    "hint": "The bundle was changed after it was made, or damaged on its way. Ask its sender for it again."
   },
   "attestation.period": {
    "text": "The attestation is valid at no time.",
    "hint": "Whoever issued it must issue another one; ask the bundle's holder."
   },
   "attestation.retention": {
    "text": "What was deposited is kept for no time.",
    "hint": "Whoever issued it must issue another one; ask the bundle's holder."
   },
   "attestation.revoked": {
    "text": "Its issuer has revoked it.",
    "hint": "Do not rely on it; ask the bundle's holder for a new one."
   },
   "attestation.sd-jwt": {
    "text": "This is no SD-JWT as it is read here.",
    "hint": "The bundle was changed after it was made, or damaged on its way. Ask its sender for it again."
   },
   "attestation.suspended": {
    "text": "Its issuer has suspended it.",
    "hint": "Verify again once the suspension is lifted."
   },
   "attestation.type": {
    "text": "The attestation is of an unknown type.",
    "hint": "A newer version of this program may know it."
   },
   "bundle.entry-size": {
    "text": "An entry is longer than a log accepts.",
    "hint": "The bundle was changed after it was made, or damaged on its way. Ask its sender for it again."
   },
   "bundle.size": {
    "text": "The bundle is larger than any real one.",
    "hint": "The bundle was changed after it was made, or damaged on its way. Ask its sender for it again."
   },
   "chain.gone": {
    "text": "Anchored on a sandbox chain that is gone: an embedded chain ends with its process.",
    "hint": "Fetch a bundle that is anchored on the chain of today. A sandbox proves nothing to others."
   },
   "chain.other": {
    "text": "The node that was asked stands on another chain or contract.",
    "hint": "Check the addresses in your trust file, or --rpc."
   },
   "chain.pruned": {
    "text": "The contract holds the anchor; the node no longer has its block.",
    "hint": "Ask a node that keeps all blocks: --rpc URL."
   },
   "chain.unavailable": {
    "text": "No node could be asked about the anchor.",
    "hint": "Try again later, or name another node with --rpc URL."
   },
   "chain.unknown": {
    "text": "The trust file does not name this chain and contract.",
    "hint": "If you trust them, add the chain to your trust file."
   },
   "checkpoint.malformed": {
    "text": "The signed text is not a checkpoint.",
    "hint": "The bundle was changed after it was made, or damaged on its way. Ask its sender for it again."
   },
   "checkpoint.no-operator": {
    "text": "No operator's signature stands beside the log's yet: the log has not reached its chain.",
    "hint": "Fetch the bundle again in a minute: crossproof bundle RECORD_ID -o FILE."
   },
   "checkpoint.origin": {
    "text": "The checkpoint is signed by a key of another log.",
    "hint": "The bundle was changed after it was made, or damaged on its way. Ask its sender for it again."
   },
   "claims.leaf": {
    "text": "What is spoken of is not the leaf of a log.",
    "hint": "Whoever issued it must issue another one; ask the bundle's holder."
   },
   "disclosure.malformed": {
    "text": "A disclosure is not of the format.",
    "hint": "The bundle was changed after it was made, or damaged on its way. Ask its sender for it again."
   },
   "disclosure.misplaced": {
    "text": "A disclosure does not fit where its digest stands.",
    "hint": "The bundle was changed after it was made, or damaged on its way. Ask its sender for it again."
   },
   "disclosure.not-concealable": {
    "text": "A disclosure shows a member that this kind of record may not conceal.",
    "hint": "Do not rely on this record; ask its submitter to record it again with that member in the open."
   },
   "disclosure.unreferenced": {
    "text": "A disclosure belongs to no digest of the record: it was changed, or is another record's.",
    "hint": "The bundle was changed after it was made, or damaged on its way. Ask its sender for it again."
   },
   "entry.other-kind": {
    "text": "The entry is of another kind.",
    "hint": "The bundle was changed after it was made, or damaged on its way. Ask its sender for it again."
   },
   "entry.unsound": {
    "text": "The record itself did not hold, so there is nothing to compare a file with.",
    "hint": "See the checks above."
   },
   "file.changed": {
    "text": "The file is not the one that was recorded.",
    "hint": "Compare with the owner's original; even one changed byte shows here."
   },
   "file.digest": {
    "text": "The file's digests disagree with the record's.",
    "hint": "Compare with the owner's original; even one changed byte shows here."
   },
   "file.not-given": {
    "text": "The record names this file, and it was not given.",
    "hint": "Name it on the command line, or say --without-files."
   },
   "file.not-named": {
    "text": "The record names no such file.",
    "hint": "Check that bundle and file belong together."
   },
   "file.size": {
    "text": "The file's size is not the one recorded.",
    "hint": "The bundle was changed after it was made, or damaged on its way. Ask its sender for it again."
   },
   "file.waived": {
    "text": "Not checked, as asked (--without-files).",
    "hint": "Give the file to check it."
   },
   "fingerprint.malformed": {
    "text": "A fingerprint is not of its format.",
    "hint": "The bundle was changed after it was made, or damaged on its way. Ask its sender for it again."
   },
   "json.depth": {
    "text": "It is nested too deeply.",
    "hint": "The bundle was changed after it was made, or damaged on its way. Ask its sender for it again."
   },
   "json.duplicate-name": {
    "text": "A name occurs twice in one object.",
    "hint": "The bundle was changed after it was made, or damaged on its way. Ask its sender for it again."
   },
   "json.float": {
    "text": "A number in the record is not an integer.",
    "hint": "The bundle was changed after it was made, or damaged on its way. Ask its sender for it again."
   },
   "json.integer-range": {
    "text": "An integer is beyond 2^53-1.",
    "hint": "The bundle was changed after it was made, or damaged on its way. Ask its sender for it again."
   },
   "json.invalid": {
    "text": "It is not JSON.",
    "hint": "The bundle was changed after it was made, or damaged on its way. Ask its sender for it again."
   },
   "json.number-range": {
    "text": "A number is out of range.",
    "hint": "The bundle was changed after it was made, or damaged on its way. Ask its sender for it again."
   },
   "json.surrogate": {
    "text": "A string holds half of a surrogate pair.",
    "hint": "The bundle was changed after it was made, or damaged on its way. Ask its sender for it again."
   },
   "json.type": {
    "text": "A value is of a type that JSON does not have.",
    "hint": "The bundle was changed after it was made, or damaged on its way. Ask its sender for it again."
   },
   "jwk.malformed": {
    "text": "The key is none that is used here.",
    "hint": "Use a P-256 or Ed25519 key."
   },
   "jws.malformed": {
    "text": "The signature is not of its format.",
    "hint": "The bundle was changed after it was made, or damaged on its way. Ask its sender for it again."
   },
   "jws.signature": {
    "text": "The signature is not this key's over this text.",
    "hint": "The bundle was changed after it was made, or damaged on its way. Ask its sender for it again."
   },
   "jws.too-long": {
    "text": "The signature and what it covers are too long for a log.",
    "hint": "Whoever issued it must issue another one; ask the bundle's holder."
   },
   "key.unknown": {
    "text": "The key is neither with the signature nor in the trust file.",
    "hint": "If you trust its owner, add the organisation to the trust file."
   },
   "log.closed": {
    "text": "The log is closed for good. What was anchored before stays true; nothing can be added.",
    "hint": "New records are in another log: ask the log's operator."
   },
   "log.continued": {
    "text": "The log is closed for good, and names the log that continues it. What was anchored before stays true.",
    "hint": "New records are in that log; add it to your trust file if you trust it."
   },
   "log.frozen": {
    "text": "The log is frozen: too few of its operators are left to sign. What was anchored before stays true; nothing can be added.",
    "hint": "Ask the log's operator which log continues it."
   },
   "log.no-id": {
    "text": "The trust file does not say under which id the contract keeps this log.",
    "hint": "Ask the log's operator for its log id and add it to your trust file."
   },
   "log.struck": {
    "text": "Operators of the log signed two histories and were struck. What was anchored before stays true.",
    "hint": "Ask the log's operators what happened: crossproof audit lists when."
   },
   "log.unknown": {
    "text": "The trust file does not name this log, so nothing that it signs can be judged.",
    "hint": "If you trust this log, add its origin and key, from its operator and not from this bundle, to your trust file."
   },
   "manifest.other-submitter": {
    "text": "The batch was signed by someone else than the exporter.",
    "hint": "Ask the exporter whether it let others submit for it."
   },
   "members.malformed": {
    "text": "A member of the bundle is missing, unknown, or not what it must be.",
    "hint": "The bundle was changed after it was made, or damaged on its way. Ask its sender for it again."
   },
   "merkle.hash": {
    "text": "A hash is not 32 bytes.",
    "hint": "The bundle was changed after it was made, or damaged on its way. Ask its sender for it again."
   },
   "merkle.inclusion": {
    "text": "The record's path leads to another root: record, path or checkpoint was changed.",
    "hint": "The bundle was changed after it was made, or damaged on its way. Ask its sender for it again."
   },
   "merkle.index": {
    "text": "The record's index is outside the log.",
    "hint": "The bundle was changed after it was made, or damaged on its way. Ask its sender for it again."
   },
   "merkle.proof-length": {
    "text": "The record's path has the wrong length for its place in the log.",
    "hint": "The bundle was changed after it was made, or damaged on its way. Ask its sender for it again."
   },
   "merkle.size": {
    "text": "The log's size is out of range.",
    "hint": "The bundle was changed after it was made, or damaged on its way. Ask its sender for it again."
   },
   "none": {
    "text": "Nothing is disclosed beyond what the record shows by itself.",
    "hint": "Nothing to do."
   },
   "note.ambiguous-key": {
    "text": "Two trusted keys cannot be told apart.",
    "hint": "The bundle was changed after it was made, or damaged on its way. Ask its sender for it again."
   },
   "note.malformed": {
    "text": "The checkpoint is not a signed note.",
    "hint": "The bundle was changed after it was made, or damaged on its way. Ask its sender for it again."
   },
   "note.signature": {
    "text": "The signature does not belong to this checkpoint.",
    "hint": "The bundle was changed after it was made, or damaged on its way. Ask its sender for it again."
   },
   "note.unsigned": {
    "text": "No key that the trust file names signed the checkpoint.",
    "hint": "The bundle was changed after it was made, or damaged on its way. Ask its sender for it again."
   },
   "note.verifier-key": {
    "text": "A verifier key is malformed.",
    "hint": "The bundle was changed after it was made, or damaged on its way. Ask its sender for it again."
   },
   "organisation.malformed": {
    "text": "What is said of an organisation is not of its format.",
    "hint": "Get the trust file again from its source."
   },
   "organisation.other": {
    "text": "The key is another organisation's.",
    "hint": "Do not rely on who it says to be."
   },
   "organisation.unknown": {
    "text": "The trust file does not say whose key this is.",
    "hint": "If you trust the organisation, add it with its keys to the trust file."
   },
   "other": {
    "text": "It does not hold; the code beside it names the reason.",
    "hint": "The code is listed in docs/codes.md."
   },
   "pdf.attachment": {
    "text": "The PDF does not hold exactly one bundle.",
    "hint": "Take the PDF as it was issued: printing or converting it leaves the proof out."
   },
   "pdf.format": {
    "text": "The PDF cannot be read.",
    "hint": "Take the PDF as it was issued."
   },
   "pdf.size": {
    "text": "The PDF is too large.",
    "hint": "Take the PDF as it was issued."
   },
   "plan.absent": {
    "text": "The record names a plan that covers it; the bundle does not carry that plan.",
    "hint": "Ask for a newer bundle: crossproof bundle RECORD_ID -o FILE."
   },
   "plan.other": {
    "text": "The plan in the bundle is not the one that the record names.",
    "hint": "The bundle was changed after it was made, or damaged on its way. Ask its sender for it again."
   },
   "receipt.differs": {
    "text": "The recipient says to have received something else.",
    "hint": "Compare the files with the recipient."
   },
   "receipt.later": {
    "text": "The receipt was signed after the time asked about.",
    "hint": "Verify for a later time to have it counted."
   },
   "receipt.other": {
    "text": "The receipt is of another transfer.",
    "hint": "The bundle was changed after it was made, or damaged on its way. Ask its sender for it again."
   },
   "receipt.outcome": {
    "text": "The receipt does not say what its own digests say.",
    "hint": "Ask the recipient for another one."
   },
   "receipt.stranger": {
    "text": "The receipt is by someone to whom nothing was transferred.",
    "hint": "Do not rely on it."
   },
   "record.stopped": {
    "text": "A regulator has stopped it.",
    "hint": "Do not go on; ask the regulator."
   },
   "stage.absent": {
    "text": "No attestation of this stage is shown.",
    "hint": "Ask whoever holds the record for a bundle with it."
   },
   "stage.alone": {
    "text": "A record that this stage is compared with is not shown here.",
    "hint": "Ask whoever holds that record, or for a bundle with it."
   },
   "stage.broken": {
    "text": "A rule between the records does not hold.",
    "hint": "Compare what was expected with what was found; the exporter must correct it by a new record."
   },
   "statement.date": {
    "text": "A date in the record is not of its format.",
    "hint": "The bundle was changed after it was made, or damaged on its way. Ask its sender for it again."
   },
   "statement.hash": {
    "text": "A hash in the record is not of its format.",
    "hint": "The bundle was changed after it was made, or damaged on its way. Ask its sender for it again."
   },
   "statement.jurisdiction": {
    "text": "A jurisdiction in the record is not of its format.",
    "hint": "The bundle was changed after it was made, or damaged on its way. Ask its sender for it again."
   },
   "statement.jws": {
    "text": "A signature in the record is not of its format.",
    "hint": "The bundle was changed after it was made, or damaged on its way. Ask its sender for it again."
   },
   "statement.kind": {
    "text": "The record is of a kind that this verifier does not know.",
    "hint": "The bundle was changed after it was made, or damaged on its way. Ask its sender for it again."
   },
   "statement.member-name": {
    "text": "A member name of the record is not ASCII.",
    "hint": "The bundle was changed after it was made, or damaged on its way. Ask its sender for it again."
   },
   "statement.missing": {
    "text": "A member of the record is missing.",
    "hint": "The bundle was changed after it was made, or damaged on its way. Ask its sender for it again."
   },
   "statement.not-canonical": {
    "text": "The record is not in its canonical form.",
    "hint": "The bundle was changed after it was made, or damaged on its way. Ask its sender for it again."
   },
   "statement.period": {
    "text": "A period in the record is not of its format.",
    "hint": "The bundle was changed after it was made, or damaged on its way. Ask its sender for it again."
   },
   "statement.record-id": {
    "text": "The record's id is not of its format.",
    "hint": "The bundle was changed after it was made, or damaged on its way. Ask its sender for it again."
   },
   "statement.salt": {
    "text": "The record's salt is not of its format.",
    "hint": "The bundle was changed after it was made, or damaged on its way. Ask its sender for it again."
   },
   "statement.sd-digest": {
    "text": "A concealed member's digest is not of its format.",
    "hint": "The bundle was changed after it was made, or damaged on its way. Ask its sender for it again."
   },
   "statement.time": {
    "text": "A time in the record is not of its format.",
    "hint": "The bundle was changed after it was made, or damaged on its way. Ask its sender for it again."
   },
   "statement.too-long": {
    "text": "The record is longer than a log accepts.",
    "hint": "The bundle was changed after it was made, or damaged on its way. Ask its sender for it again."
   },
   "statement.type": {
    "text": "A member of the record has a wrong value.",
    "hint": "The bundle was changed after it was made, or damaged on its way. Ask its sender for it again."
   },
   "statement.unknown-member": {
    "text": "The record has a member that its kind does not have.",
    "hint": "The bundle was changed after it was made, or damaged on its way. Ask its sender for it again."
   },
   "statement.version": {
    "text": "The record is of a version that this verifier does not know.",
    "hint": "The bundle was changed after it was made, or damaged on its way. Ask its sender for it again."
   },
   "status-list.absent": {
    "text": "The attestation has a status list, which is not in the bundle.",
    "hint": "Get the bundle again: its lists are stapled to it."
   },
   "status-list.index": {
    "text": "The status list has no such place.",
    "hint": "Whoever issued it must issue another one; ask the bundle's holder."
   },
   "status-list.malformed": {
    "text": "The status list is not of its format.",
    "hint": "The bundle was changed after it was made, or damaged on its way. Ask its sender for it again."
   },
   "status-list.not-asked": {
    "text": "Status lists were fetched often enough for callers without a key.",
    "hint": "Ask again in a moment."
   },
   "status-list.other": {
    "text": "This is another status list.",
    "hint": "The bundle was changed after it was made, or damaged on its way. Ask its sender for it again."
   },
   "status-list.stranger": {
    "text": "The status list is not signed by the attestation's issuer.",
    "hint": "If the key is the issuer's too, add it to the trust file."
   },
   "status-list.time": {
    "text": "The status list says nothing about this time.",
    "hint": "Get the bundle again for a list of today, or ask about the day of the list with --at."
   },
   "status-list.unreachable": {
    "text": "The issuer's status list could not be fetched.",
    "hint": "Verify again later."
   },
   "status.action": {
    "text": "This cannot be said of a record of this kind.",
    "hint": "Attestations are revoked, suspended and reinstated; transfers and plans are stopped and reinstated."
   },
   "status.address-unknown": {
    "text": "The status list is at an address that the trust file does not name; it was not asked.",
    "hint": "If the issuer's lists are there, add the address to the trust file."
   },
   "status.compromise": {
    "text": "Only a revocation can be for a compromised key.",
    "hint": "Whoever issued it must issue another one; ask the bundle's holder."
   },
   "status.no-list": {
    "text": "The attestation is in no status list, and the trust file requires one.",
    "hint": "Ask its issuer for one that is, or change what the trust file requires."
   },
   "status.no-controller": {
    "text": "AttestorRegistry and the trust file do not name this account as a controller of the key that issued the attestation.",
    "hint": "Readers count in AttestationRegistry only what the controllers say, whom the accreditation names."
   },
   "status.no-regulator": {
    "text": "The trust file does not know this key as a regulator's of either side.",
    "hint": "Readers count a stop only where their trust file says so."
   },
   "status.none": {
    "text": "No source says what became of it; that nothing was said, a bundle cannot show.",
    "hint": "Ask its issuer, or the log for later statuses."
   },
   "status.order": {
    "text": "A status cannot follow the one before it.",
    "hint": "Ask whoever said it."
   },
   "status.registry-absent": {
    "text": "The trust file requires AttestationRegistry to be asked, and it was not.",
    "hint": "Verify with a node of the chain, and with the contract's address in the trust file."
   },
   "status.stranger": {
    "text": "The key is not the one that issued the attestation, and nobody here knows that both are of one organisation.",
    "hint": "Readers count it only where their trust file says that both keys are the issuer's."
   },
   "status.unavailable": {
    "text": "Nobody could be asked whether it was stopped.",
    "hint": "Verify again later, or with --rpc and another node."
   },
   "x5c.anchored-later": {
    "text": "The signer's certificate held when the signature says to have been made, and not when it was anchored.",
    "hint": "Ask for an older bundle, whose anchor is of that time."
   },
   "x5c.chain": {
    "text": "The signer's certificate does not lead to the trusted authority as it should.",
    "hint": "Ask the signer for a certificate that held when it signed."
   },
   "x5c.key": {
    "text": "The certificate is of another key than the one that signed.",
    "hint": "Do not rely on who is said to have signed."
   },
   "x5c.name": {
    "text": "A trusted authority certified the key for somebody else.",
    "hint": "Compare the organisation's name in the trust file with the certificate's."
   },
   "x5c.unread": {
    "text": "A certificate is of a kind that this page does not read, so it cannot tell whose key signed.",
    "hint": "Check the same bundle with crossproof verify, which reads it."
   }
  },
  "stages": {
   "pre-assessment": "Pre-assessment",
   "backup": "Backup",
   "post-check": "Post-check"
  },
  "claims": {
   "at": "at",
   "authority": "authority",
   "backup": "backup checked against",
   "by": "by",
   "ceilings": "ceilings",
   "checked_at": "checked at",
   "class": "class",
   "conditions": "conditions",
   "corrective_action": "corrective action",
   "count": "items",
   "credentialSubject": "subject",
   "custodian": "custodian",
   "data_items": "data items",
   "deposit": "deposit",
   "deposited_at": "deposited at",
   "exp": "valid until",
   "filing": "filing",
   "findings": "findings",
   "iat": "issued at",
   "id": "leaf of the record spoken of",
   "iss": "issuer",
   "items": "list of items",
   "jurisdiction": "jurisdiction of the accreditation",
   "kind": "full or sample",
   "legal_basis": "legal basis",
   "method": "method",
   "name": "name",
   "nbf": "valid from",
   "number": "number",
   "outcome": "outcome",
   "personal": "personal information",
   "place": "place",
   "population": "population",
   "pre_assessment": "pre-assessment checked against",
   "reasons": "reasons",
   "recipient": "recipient",
   "record_id": "record spoken of",
   "restore_check": "restore check",
   "retained_until": "retained until",
   "root": "root over the items",
   "route": "route",
   "rule": "rule",
   "rule_set": "edition of the rules",
   "scenario": "scenario",
   "seed": "seed",
   "sensitive": "sensitive",
   "size": "size",
   "status": "status list",
   "to": "to"
  },
  "certificate": {
   "title": "Filing certificate of a cross-border data transfer",
   "title-plan": "Filing certificate of a planned cross-border data transfer",
   "verdict-verified": "Verified: every check that could be made was passed.",
   "verdict-undetermined": "Cannot tell: nothing was found to be wrong, and not everything could be checked.",
   "as-of": "as of",
   "sandbox": "Anchored on a sandbox chain: for trying out, no proof to anyone else.",
   "stages": "Stages of the dossier",
   "record": "The record",
   "files": "Files, by their digests",
   "anchor": "Anchor on the chain",
   "how": "How to verify",
   "meaning": "What this proves, and what it does not",
   "checks": "Checks that were made",
   "plan": "Plan",
   "transfer": "Transfer",
   "receipt": "Receipt",
   "absent": "not in the bundle",
   "record-id": "Record id",
   "log": "Log",
   "index": "Index in the log",
   "leaf": "Leaf hash",
   "occurred-at": "Occurred at",
   "period": "Period",
   "exporter": "Exporter",
   "recipient": "Recipient",
   "route": "From, to",
   "scenario": "Scenario",
   "data-items": "Data items",
   "legal-basis": "Legal basis",
   "supersedes": "Supersedes",
   "issuer": "Issuer",
   "key": "Key",
   "issued-at": "Issued at",
   "outcome": "Outcome",
   "valid": "Valid",
   "filing": "Filed with",
   "deposited-at": "Deposited at",
   "retained-until": "Kept until",
   "restore-check": "Restore check",
   "checked-at": "Checked at",
   "method": "Method",
   "purpose": "Purpose",
   "chain": "Chain",
   "genesis": "Genesis block",
   "contract": "Contract",
   "block": "Block",
   "block-hash": "Block hash",
   "block-time": "Block time",
   "transaction": "Transaction",
   "head": "Log size",
   "no-anchor": "Not anchored yet: only the log's own signature covers the record.",
   "anchor-unchecked": "As the bundle says; it could not be checked.",
   "concealed": "The record conceals members that are not shown here.",
   "more": "and {count} more; the attached bundle has all",
   "cut": "{count} more characters",
   "files-unseen": "No file was looked at for this page. Whoever holds one compares its digest.",
   "missing-glyphs": "A character that the font does not have is written as its code, such as [U+20BB7].",
   "step-attached": "The proof is inside this PDF: the attachment {name}.",
   "step-command": "Check it on a computer of your own, with a trust file that you believe:",
   "step-page": "Or open this page, and give it this PDF and the files:",
   "step-paper": "The printed page alone proves nothing: it can be copied or changed. The attachment decides.",
   "scan": "Scan for the record",
   "proves": "Since its anchor's block time the record is unaltered, and it stood in the log then. Each attestation was signed with the key shown; the issuer's name is what the holder of that key says.",
   "proves-unanchored": "The record is in the log that its key signed. There is no anchor that was checked, hence no time since which it is unaltered.",
   "proves-not": "It does not prove that what the record says is true, that nothing is missing, or that nothing was said later. It is no licence and claims no legal effect.",
   "values": {
    "approved": "approved",
    "conditional": "approved on conditions",
    "rejected": "rejected",
    "consistent": "consistent",
    "deviating": "deviating",
    "restored": "restored",
    "failed": "failed",
    "matches": "received, matches",
    "differs": "differs",
    "full": "full",
    "sample": "sample of {size} of {population}",
    "general": "general",
    "important": "important",
    "core": "core",
    "personal": "personal",
    "sensitive": "sensitive"
   },
   "root": "Root of the log",
   "not-known": "Not known: \"{check}\". {reason}"
  },
  "states": {
   "missing": "missing",
   "in-order": "in order",
   "wrong": "wrong",
   "undetermined": "cannot tell"
  },
  "flags": {
   "no-pre-assessment": "No pre-assessment",
   "not-covered": "Not covered by its pre-assessment",
   "ceiling-near": "A ceiling of the plan is near",
   "ceiling-passed": "A ceiling of the plan is passed",
   "backup-overdue": "The backup is overdue",
   "post-check-overdue": "The post-check is overdue",
   "deviation": "The post-check found a deviation",
   "revoked": "An attestation was revoked or suspended",
   "stop-order": "A regulator has stopped it",
   "received-otherwise": "Something else was received than was sent",
   "receipt-missing": "No receipt by the recipient"
  },
  "said": {
   "revoke": "revoked",
   "suspend": "suspended",
   "reinstate": "reinstated",
   "stop": "stopped",
   "matches": "received as sent",
   "differs": "received otherwise"
  },
  "page": {
   "title": "Verify a record",
   "lead": "Drop a bundle, and the files that it proves. Everything is computed on this device: no file leaves it.",
   "skip": "Skip to the content",
   "nav": "Pages",
   "nav.verify": "Verify",
   "nav.records": "Records",
   "nav.log": "Log",
   "nav.desk": "Desk",
   "nav.docs": "API",
   "language": "Language",
   "theme": "Appearance",
   "theme.auto": "As the system",
   "theme.light": "Light",
   "theme.dark": "Dark",
   "drop": "Drop the bundle and its files here",
   "drop.or": "or",
   "drop.choose": "Choose files",
   "drop.hint": "A bundle ends in .bundle.json and also lies inside a PDF certificate. A trust.json is taken up too.",
   "chosen": "What you have given",
   "bundle": "Bundle",
   "file": "File",
   "hashing": "{percent} % hashed",
   "hashed": "Hashed, SHA-256",
   "unreadable": "This file cannot be read.",
   "remove": "Remove {name}",
   "no-bundle": "The bundle is still missing: the file that came with them, ending in .bundle.json.",
   "pdf.none": "This PDF carries no bundle. It is taken for a file of the record.",
   "meant.other": "This bundle is of another record than the one that the link names, {id} (leaf {leaf}). Whatever is said of it below is not about that record.",
   "meant.same": "This is the bundle of the record that the link names, {id}.",
   "meant.wanted": "The link is of record {id} (leaf {leaf}). Drop its bundle, or the PDF that the code stands on.",
   "pdf.two": "This PDF carries several bundles, so none of them is taken: nobody could tell which one is meant.",
   "clear": "Start again",
   "believed": "What is believed",
   "trust.server": "This server's own trust file",
   "trust.server.note": "A server that lied about its log would lie here too. Compare the key with one that you have by another way, or use a trust file of your own.",
   "trust.own": "Your trust file, {name}",
   "trust.none": "No trust file yet. Choose the one that you were given: without it nothing can be judged.",
   "trust.replace": "Use another trust file",
   "trust.back": "Back to this server's",
   "trust.refused": "This is no trust file: {reason}",
   "trust.log": "Log",
   "trust.key": "Key",
   "trust.chain": "Chain",
   "trust.nodes": "Nodes",
   "trust.pins": "Pinned anchors",
   "trust.known": "Organisations",
   "sandbox": "sandbox",
   "nodes": "Nodes to ask about the chain",
   "nodes.hint": "One address a line. They are asked directly, from this browser, in place of those of the trust file.",
   "nodes.refused": "Not the address of a node: {address}",
   "nodes.none": "none",
   "nodes.agree": "{agree} of {count} must agree",
   "without-files": "Check the record alone, without its files",
   "result": "Result",
   "working": "Checking…",
   "verified.lead": "Everything that was checked holds.",
   "failed.lead": "Something is wrong. Nothing that this bundle says is shown as true.",
   "failed.file.lead": "The record holds, and what you gave is not what it is about.",
   "undetermined.lead": "Nothing is wrong so far, but not everything could be told.",
   "next": "What to do next",
   "next.verified": "Keep the bundle beside the file: it can be verified again at any time, without this server.",
   "checks": "Checks",
   "checks.count": "{verified} passed, {failed} failed, {undetermined} undetermined, {skipped} not checked",
   "expected": "Expected",
   "found": "Found",
   "code": "Code",
   "record": "What the record says",
   "record.id": "Record",
   "record.scenario": "Scenario",
   "record.exporter": "Exporter",
   "record.recipient": "Recipient",
   "record.way": "From and to",
   "record.time": "Happened at",
   "record.items": "Data",
   "record.all": "The whole record, as disclosed",
   "anchored": "Anchored",
   "anchored.at": "Block {block} of chain {chain}, {time}",
   "anchored.none": "Not anchored yet",
   "log.place": "Entry {index} of {origin}",
   "as-of": "As of {time}",
   "asked.none": "The chain was not asked.",
   "asked.pin": "Your trust file pins the anchor, so no node was asked.",
   "asked.nodes": "Asked directly: {nodes}",
   "server.ask": "Ask this server about the anchor",
   "server.says": "This server says that it anchored this head ({state}). That is its own word: it counts for nothing above.",
   "server.denies": "This server knows no such anchor. That is its own word: it counts for nothing above.",
   "server.silent": "This server cannot be asked now.",
   "save.report": "Save the report",
   "save.page": "Save this page as one file",
   "save.page.note": "The saved page verifies without any server, from a disk or a memory stick.",
   "share": "Copy a link with the bundle in it",
   "share.done": "The link is copied. Its bundle stands behind the #, which no server is sent.",
   "share.too-long": "The bundle is too large for a link: send the file.",
   "share.failed": "The link could not be copied.",
   "share.bad": "The link carries no bundle that can be read. Ask for the file.",
   "print": "Print",
   "command": "The same on a command line",
   "noscript": "This page computes everything in your browser and needs JavaScript. On a command line: crossproof verify BUNDLE FILE… --trust trust.json",
   "defect": "A defect of this page, not of what you gave it; please report: {reason}",
   "footer": "Open source, no cookies, no foreign hosts.",
   "hint.accreditation.not-asked": "Look at “What is believed”: with a trust file that says where the chain's AttestorRegistry stands, and a node, the chain is asked.",
   "hint.accreditation.unavailable": "Ask again later, or name another node under “What is believed”.",
   "hint.anchor.none": "Ask the holder for the bundle again in a minute.",
   "hint.anchor.unpinned": "Name a node of the chain under “What is believed”, or use a trust file that pins this anchor.",
   "hint.chain.other": "Check the addresses of the nodes under “What is believed”.",
   "hint.chain.pruned": "Name a node that keeps all blocks under “What is believed”.",
   "hint.chain.unavailable": "Ask again later, or name another node under “What is believed”.",
   "hint.checkpoint.no-operator": "Ask the holder for the bundle again in a minute.",
   "hint.file.not-given": "Drop this file too, or check the record alone.",
   "hint.file.waived": "Drop the file to have it checked.",
   "hint.log.struck": "Ask the log's operators what happened.",
   "hint.plan.absent": "Ask the holder for a newer bundle.",
   "hint.status-list.time": "Ask the holder for the bundle again: it brings today's list."
  }
 },
 "zh": {
  "checks": {
   "accreditation.fact": "主管机关说明其对出具方密钥的认可",
   "anchor.chain": "区块链上存有该锚定",
   "anchor.head": "锚定指明检查点的日志头",
   "anchor.log": "锚定指明该日志",
   "anchor.time": "锚定在所问时间之前",
   "attestation.accredited": "出具方在出具时已获认可",
   "attestation.first-anchor": "证明在所称的时间已锚定",
   "attestation.inclusion": "证明在日志之中",
   "attestation.issuer": "出具方即签名密钥的所有者",
   "attestation.present": "证明已附上",
   "attestation.rules": "可将证明与其所述记录相比对",
   "attestation.signature": "证明由其所指明的密钥签名",
   "attestation.stage": "证明属于该阶段",
   "attestation.statement": "证明的条目格式正确",
   "attestation.status": "证明未被撤销或中止",
   "backup.order": "备份在传输之后",
   "backup.restorable": "备份可以恢复",
   "backup.retention": "备份保存期限足够",
   "backup.transfer": "备份针对该次传输",
   "bundle.format": "证明包格式正确",
   "checkpoint.operator": "运营方已为合约签署日志头",
   "checkpoint.signature": "检查点由日志密钥签名",
   "entry.disclosures": "所披露内容属于该记录",
   "entry.inclusion": "记录在日志之中",
   "entry.statement": "记录是格式正确的声明",
   "file.digest": "文件与记录一致",
   "log.standing": "该日志目前在合约中的状态",
   "log.trusted": "日志在信任文件之列",
   "manifest.inclusion": "批次清单在日志之中",
   "manifest.record": "记录在已签名的批次之中",
   "manifest.signature": "批次清单由其所指明的密钥签名",
   "manifest.statement": "批次清单的条目格式正确",
   "manifest.submitter": "批次由出境方签名",
   "plan.disclosures": "所披露内容属于该计划",
   "plan.inclusion": "计划在日志之中",
   "plan.named": "该计划即记录所指明的计划",
   "plan.statement": "计划是格式正确的声明",
   "post-check.backup": "事后核查针对该备份",
   "post-check.order": "事后核查在备份之后",
   "post-check.outcome": "事后核查未发现偏差",
   "post-check.pre-assessment": "事后核查针对该事前评估",
   "post-check.transfer": "事后核查针对该次传输",
   "pre-assessment.ceilings": "未超出数量上限",
   "pre-assessment.data-items": "事前评估针对这些数据项",
   "pre-assessment.in-force": "传输发生时事前评估有效",
   "pre-assessment.order": "事前评估先于传输",
   "pre-assessment.outcome": "事前评估予以许可",
   "pre-assessment.parties": "事前评估针对这些主体",
   "pre-assessment.plan": "事前评估针对该记录所指明的计划",
   "pre-assessment.scenario": "事前评估针对该场景",
   "receipt.inclusion": "接收回执在日志之中",
   "receipt.outcome": "接收方收到的与所发送的一致",
   "receipt.recipient": "接收回执由该次传输的接收方出具",
   "receipt.signature": "接收回执由其所指明的密钥签名",
   "receipt.statement": "接收回执的条目格式正确",
   "record.stopped": "监管机构未予叫停",
   "status.inclusion": "状态变更在日志之中",
   "status.signature": "状态变更由其所指明的密钥签名",
   "status.statement": "状态变更的条目格式正确",
   "attestation.subject": "证明所述即为本记录",
   "attestation.clock": "证明的时间为当前时间，且尚未失效",
   "status.action": "可对此类记录作此表述",
   "status.order": "可接在先前的表述之后",
   "status.speaker": "由签发者本人作出",
   "status.authority": "由监管机构作出",
   "attestation.time": "证明在所问时间之前出具",
   "status.clock": "表述的时间为当前时间"
  },
  "verdicts": {
   "verified": "验证通过",
   "failed": "验证失败",
   "undetermined": "无法确定"
  },
  "statuses": {
   "verified": "通过",
   "failed": "失败",
   "undetermined": "未确定",
   "skipped": "未检查"
  },
  "labels": {
   "expected": "应为",
   "found": "实为",
   "place": "链 {chain}，区块 {block}",
   "sandbox": "锚定在沙盒链上：仅供试用，对他人没有证明力。",
   "due": "应于",
   "warning": "尚无法判定"
  },
  "reasons": {
   "accreditation.compromised": {
    "text": "首次锚定时，该密钥已不再由其所有者独自掌握。",
    "hint": "请勿依赖该证明。如在该日期之前已锚定，载有首次锚定的证明包可予证明。"
   },
   "accreditation.ended": {
    "text": "证明包的锚定作出时，认可已经终止。",
    "hint": "请索取载有该证明首次锚定的证明包。"
   },
   "accreditation.expired": {
    "text": "主管机关的说明在该时间之前已到期。",
    "hint": "请取得更新的说明，或在可查询链的环境中核验。"
   },
   "accreditation.malformed": {
    "text": "认可信息格式不正确。",
    "hint": "请向来源重新取得信任文件。"
   },
   "accreditation.no-anchor": {
    "text": "该证明尚未锚定，其出具时间仅为出具方一面之词。",
    "hint": "请一分钟后重新获取证明包。"
   },
   "accreditation.not-asked": {
    "text": "信任文件中没有该密钥的认可记录，且未查询区块链。",
    "hint": "请查询区块链（不加 --offline，且信任文件须写明其 AttestorRegistry 的位置）；或从认可机构（而非从本证明包）取得认可信息，加入信任文件。"
   },
   "accreditation.not-then": {
    "text": "出具时，出具方的密钥未就该阶段获得认可。",
    "hint": "请勿依赖该证明；请咨询该法域的认可机构。"
   },
   "accreditation.stranger": {
    "text": "签名者不是信任文件中该法域的监管机构，因此不计。",
    "hint": "如确属监管机构，请将其及其密钥加入信任文件。"
   },
   "accreditation.unavailable": {
    "text": "无法查询谁获认可。",
    "hint": "请稍后再试，或用 --rpc 指定其他节点。"
   },
   "accreditation.unknown": {
    "text": "信任文件和区块链均无该密钥的认可记录。",
    "hint": "如信任出具方，请从认可机构（而非从本证明包）取得认可信息，加入信任文件。"
   },
   "anchor.block": {
    "text": "该高度的区块与锚定所载不符。",
    "hint": "证明包生成后被改动，或在传输中损坏。请向发送方重新索取。"
   },
   "anchor.contradicts-pin": {
    "text": "信任文件中固定的锚定与此不同。",
    "hint": "证明包或信任文件有一方被改动。请分别向来源重新索取。"
   },
   "anchor.later": {
    "text": "锚定晚于所问的时间。",
    "hint": "请向持有人询问是否有更早的证明包。"
   },
   "anchor.none": {
    "text": "记录已入日志并签名，但日志头尚未锚定上链。",
    "hint": "请稍后重新获取证明包：crossproof bundle 记录编号 -o 文件。"
   },
   "anchor.not-final": {
    "text": "按信任文件的规则，该区块尚未最终确定。",
    "hint": "请几分钟后再次验证。"
   },
   "anchor.not-on-chain": {
    "text": "合约中没有这一锚定。",
    "hint": "锚定被改动或从未存在。请勿依赖本证明包，并向日志运营方查询。"
   },
   "anchor.other-head": {
    "text": "锚定的日志头与检查点不符。",
    "hint": "证明包生成后被改动，或在传输中损坏。请向发送方重新索取。"
   },
   "anchor.other-log": {
    "text": "该锚定属于合约中的另一日志。",
    "hint": "可能有人以同名开设日志。请勿依赖本证明包，并向日志运营方查询。"
   },
   "anchor.sandbox": {
    "text": "证明包与信任文件对该链是否为沙盒链说法不一。",
    "hint": "证明包生成后被改动，或在传输中损坏。请向发送方重新索取。"
   },
   "anchor.transaction": {
    "text": "锚定交易位于另一区块。",
    "hint": "证明包生成后被改动，或在传输中损坏。请向发送方重新索取。"
   },
   "anchor.unpinned": {
    "text": "信任文件未固定该锚定，也未询问任何节点。",
    "hint": "请联网验证（不加 --offline，或加 --rpc 地址），或先固定一次：crossproof trust pin 证明包。"
   },
   "attestation.deposit": {
    "text": "所示清单不是所存证的内容。",
    "hint": "证明包生成后被改动，或在传输中损坏。请向发送方重新索取。"
   },
   "attestation.incomplete": {
    "text": "证明缺少其结论所要求的内容。",
    "hint": "须由出具方另行出具；请联系证明包持有人。"
   },
   "attestation.later": {
    "text": "证明晚于所问的时间出具。",
    "hint": "请向持有人询问是否有更早的证明包。"
   },
   "attestation.method": {
    "text": "证明未完整说明核查方法。",
    "hint": "须由出具方另行出具；请联系证明包持有人。"
   },
   "attestation.other-stage": {
    "text": "该证明属于另一阶段。",
    "hint": "证明包生成后被改动，或在传输中损坏。请向发送方重新索取。"
   },
   "attestation.period": {
    "text": "该证明在任何时间都无效。",
    "hint": "须由出具方另行出具；请联系证明包持有人。"
   },
   "attestation.retention": {
    "text": "存证内容没有保存期限。",
    "hint": "须由出具方另行出具；请联系证明包持有人。"
   },
   "attestation.revoked": {
    "text": "出具方已将其撤销。",
    "hint": "请勿依赖；请向证明包持有人索取新的证明。"
   },
   "attestation.sd-jwt": {
    "text": "不是此处可读取的 SD-JWT。",
    "hint": "证明包生成后被改动，或在传输中损坏。请向发送方重新索取。"
   },
   "attestation.suspended": {
    "text": "出具方已将其中止。",
    "hint": "请在中止解除后再行验证。"
   },
   "attestation.type": {
    "text": "证明类型未知。",
    "hint": "本程序的较新版本或可识别。"
   },
   "bundle.entry-size": {
    "text": "条目长度超出日志限度。",
    "hint": "证明包生成后被改动，或在传输中损坏。请向发送方重新索取。"
   },
   "bundle.size": {
    "text": "证明包大小超出限度。",
    "hint": "证明包生成后被改动，或在传输中损坏。请向发送方重新索取。"
   },
   "chain.gone": {
    "text": "锚定所在的沙盒链已不存在：内置链随进程结束而消失。",
    "hint": "请获取锚定在现有链上的证明包。沙盒链对他人没有证明力。"
   },
   "chain.other": {
    "text": "所询问的节点属于另一条链或另一合约。",
    "hint": "请检查信任文件中的节点地址或 --rpc。"
   },
   "chain.pruned": {
    "text": "合约保有该锚点，但节点已不再保留其区块。",
    "hint": "请询问保留全部区块的节点：--rpc 网址。"
   },
   "chain.unavailable": {
    "text": "无法向任何节点查询该锚定。",
    "hint": "请稍后再试，或用 --rpc 指定其他节点。"
   },
   "chain.unknown": {
    "text": "信任文件未列出该链及合约。",
    "hint": "如信任它们，请加入信任文件。"
   },
   "checkpoint.malformed": {
    "text": "签名文本不是检查点。",
    "hint": "证明包生成后被改动，或在传输中损坏。请向发送方重新索取。"
   },
   "checkpoint.no-operator": {
    "text": "检查点旁尚无运营方的签名：日志尚未连上其区块链。",
    "hint": "请稍后重新获取证明包：crossproof bundle 记录编号 -o 文件。"
   },
   "checkpoint.origin": {
    "text": "检查点由另一日志的密钥签名。",
    "hint": "证明包生成后被改动，或在传输中损坏。请向发送方重新索取。"
   },
   "claims.leaf": {
    "text": "所述对象不是日志的叶。",
    "hint": "须由出具方另行出具；请联系证明包持有人。"
   },
   "disclosure.malformed": {
    "text": "披露内容格式错误。",
    "hint": "证明包生成后被改动，或在传输中损坏。请向发送方重新索取。"
   },
   "disclosure.misplaced": {
    "text": "披露内容与其摘要所在位置不符。",
    "hint": "证明包生成后被改动，或在传输中损坏。请向发送方重新索取。"
   },
   "disclosure.not-concealable": {
    "text": "披露内容涉及此类记录不得隐藏的字段。",
    "hint": "请勿依赖此记录；请提交方公开该字段后重新登记。"
   },
   "disclosure.unreferenced": {
    "text": "披露内容不对应记录中的任何摘要：被改动或属于其他记录。",
    "hint": "证明包生成后被改动，或在传输中损坏。请向发送方重新索取。"
   },
   "entry.other-kind": {
    "text": "该条目属于另一种类。",
    "hint": "证明包生成后被改动，或在传输中损坏。请向发送方重新索取。"
   },
   "entry.unsound": {
    "text": "记录本身未通过验证，无从比对文件。",
    "hint": "请看上面的检查项。"
   },
   "file.changed": {
    "text": "文件与记录的不一致。",
    "hint": "请与所有者的原件比对；哪怕改动一个字节也会在此显示。"
   },
   "file.digest": {
    "text": "文件的摘要与记录不符。",
    "hint": "请与所有者的原件比对；哪怕改动一个字节也会在此显示。"
   },
   "file.not-given": {
    "text": "记录列有该文件，但未提供。",
    "hint": "请在命令行给出该文件，或使用 --without-files。"
   },
   "file.not-named": {
    "text": "记录中没有这一文件。",
    "hint": "请确认证明包与文件是否对应。"
   },
   "file.size": {
    "text": "文件大小与记录不符。",
    "hint": "证明包生成后被改动，或在传输中损坏。请向发送方重新索取。"
   },
   "file.waived": {
    "text": "按要求未检查（--without-files）。",
    "hint": "提供该文件即可检查。"
   },
   "fingerprint.malformed": {
    "text": "文件指纹格式错误。",
    "hint": "证明包生成后被改动，或在传输中损坏。请向发送方重新索取。"
   },
   "json.depth": {
    "text": "嵌套过深。",
    "hint": "证明包生成后被改动，或在传输中损坏。请向发送方重新索取。"
   },
   "json.duplicate-name": {
    "text": "同一对象内名称重复。",
    "hint": "证明包生成后被改动，或在传输中损坏。请向发送方重新索取。"
   },
   "json.float": {
    "text": "记录中的数值不是整数。",
    "hint": "证明包生成后被改动，或在传输中损坏。请向发送方重新索取。"
   },
   "json.integer-range": {
    "text": "整数超出 2^53-1。",
    "hint": "证明包生成后被改动，或在传输中损坏。请向发送方重新索取。"
   },
   "json.invalid": {
    "text": "不是 JSON。",
    "hint": "证明包生成后被改动，或在传输中损坏。请向发送方重新索取。"
   },
   "json.number-range": {
    "text": "数值超出范围。",
    "hint": "证明包生成后被改动，或在传输中损坏。请向发送方重新索取。"
   },
   "json.surrogate": {
    "text": "字符串含有不成对的代理项。",
    "hint": "证明包生成后被改动，或在传输中损坏。请向发送方重新索取。"
   },
   "json.type": {
    "text": "存在 JSON 没有的类型。",
    "hint": "证明包生成后被改动，或在传输中损坏。请向发送方重新索取。"
   },
   "jwk.malformed": {
    "text": "不是此处使用的密钥。",
    "hint": "请使用 P-256 或 Ed25519 密钥。"
   },
   "jws.malformed": {
    "text": "签名格式不正确。",
    "hint": "证明包生成后被改动，或在传输中损坏。请向发送方重新索取。"
   },
   "jws.signature": {
    "text": "该签名并非该密钥对此文本所作。",
    "hint": "证明包生成后被改动，或在传输中损坏。请向发送方重新索取。"
   },
   "jws.too-long": {
    "text": "签名及其内容超出日志所能容纳的长度。",
    "hint": "须由出具方另行出具；请联系证明包持有人。"
   },
   "key.unknown": {
    "text": "密钥既未随签名附上，也不在信任文件中。",
    "hint": "如信任其所有者，请将该机构加入信任文件。"
   },
   "log.closed": {
    "text": "该日志已永久关闭。此前的锚定仍然有效，但不能再添加记录。",
    "hint": "新记录在其他日志中：请向日志运营方查询。"
   },
   "log.continued": {
    "text": "该日志已永久关闭，并指明了接续的日志。此前的锚定仍然有效。",
    "hint": "新记录在接续的日志中；如信任它，请加入信任文件。"
   },
   "log.frozen": {
    "text": "该日志已冻结：剩余运营方不足以签名。此前的锚定仍然有效，但不能再添加记录。",
    "hint": "请向日志运营方询问由哪个日志接续。"
   },
   "log.no-id": {
    "text": "信任文件未写明合约中该日志的编号。",
    "hint": "请向日志运营方取得日志编号，加入信任文件。"
   },
   "log.struck": {
    "text": "该日志有运营方因签署两份不同的历史而被除名。此前的锚定仍然有效。",
    "hint": "请向日志各运营方了解情况：crossproof audit 会列出时间。"
   },
   "log.unknown": {
    "text": "信任文件未列出该日志，无法判断其签名。",
    "hint": "如信任该日志，请向其运营方（而非从本证明包）取得来源名和密钥，加入信任文件。"
   },
   "manifest.other-submitter": {
    "text": "签署批次的并非出境方。",
    "hint": "请询问出境方是否委托他人提交。"
   },
   "members.malformed": {
    "text": "证明包缺少成员，或含有未知、不合规的成员。",
    "hint": "证明包生成后被改动，或在传输中损坏。请向发送方重新索取。"
   },
   "merkle.hash": {
    "text": "哈希值不是 32 字节。",
    "hint": "证明包生成后被改动，或在传输中损坏。请向发送方重新索取。"
   },
   "merkle.inclusion": {
    "text": "记录的路径得到另一个根：记录、路径或检查点被改动。",
    "hint": "证明包生成后被改动，或在传输中损坏。请向发送方重新索取。"
   },
   "merkle.index": {
    "text": "记录的序号超出日志范围。",
    "hint": "证明包生成后被改动，或在传输中损坏。请向发送方重新索取。"
   },
   "merkle.proof-length": {
    "text": "路径长度与记录在日志中的位置不符。",
    "hint": "证明包生成后被改动，或在传输中损坏。请向发送方重新索取。"
   },
   "merkle.size": {
    "text": "日志大小超出范围。",
    "hint": "证明包生成后被改动，或在传输中损坏。请向发送方重新索取。"
   },
   "none": {
    "text": "除记录本身外没有另行披露的内容。",
    "hint": "无需处理。"
   },
   "note.ambiguous-key": {
    "text": "两个受信密钥无法区分。",
    "hint": "证明包生成后被改动，或在传输中损坏。请向发送方重新索取。"
   },
   "note.malformed": {
    "text": "检查点不是签名文本。",
    "hint": "证明包生成后被改动，或在传输中损坏。请向发送方重新索取。"
   },
   "note.signature": {
    "text": "签名与该检查点不符。",
    "hint": "证明包生成后被改动，或在传输中损坏。请向发送方重新索取。"
   },
   "note.unsigned": {
    "text": "检查点没有信任文件所列密钥的签名。",
    "hint": "证明包生成后被改动，或在传输中损坏。请向发送方重新索取。"
   },
   "note.verifier-key": {
    "text": "验证密钥格式错误。",
    "hint": "证明包生成后被改动，或在传输中损坏。请向发送方重新索取。"
   },
   "organisation.malformed": {
    "text": "机构信息格式不正确。",
    "hint": "请向来源重新取得信任文件。"
   },
   "organisation.other": {
    "text": "该密钥属于另一机构。",
    "hint": "请勿相信其自称的身份。"
   },
   "organisation.unknown": {
    "text": "信任文件未说明该密钥属于谁。",
    "hint": "如信任该机构，请将其及其密钥加入信任文件。"
   },
   "other": {
    "text": "未通过；旁边的代码说明原因。",
    "hint": "代码说明见 docs/codes.md。"
   },
   "pdf.attachment": {
    "text": "该 PDF 中没有恰好一个证明包。",
    "hint": "请使用签发时的原始 PDF：打印或转换会丢失证明包。"
   },
   "pdf.format": {
    "text": "无法读取该 PDF。",
    "hint": "请使用签发时的原始 PDF。"
   },
   "pdf.size": {
    "text": "该 PDF 过大。",
    "hint": "请使用签发时的原始 PDF。"
   },
   "plan.absent": {
    "text": "记录指明了所属计划，但证明包未附该计划。",
    "hint": "请索取较新的证明包：crossproof bundle 记录编号 -o 文件。"
   },
   "plan.other": {
    "text": "证明包中的计划不是记录所指明的计划。",
    "hint": "证明包生成后被改动，或在传输中损坏。请向发送方重新索取。"
   },
   "receipt.differs": {
    "text": "接收方称收到的内容不一致。",
    "hint": "请与接收方核对文件。"
   },
   "receipt.later": {
    "text": "该回执在所询问的时间之后签署。",
    "hint": "如需计入，请按较晚的时间验证。"
   },
   "receipt.other": {
    "text": "该回执属于另一次传输。",
    "hint": "证明包生成后被改动，或在传输中损坏。请向发送方重新索取。"
   },
   "receipt.outcome": {
    "text": "回执结论与其所列摘要不符。",
    "hint": "请向接收方索取新的回执。"
   },
   "receipt.stranger": {
    "text": "出具回执者并非该次传输的接收方。",
    "hint": "请勿依赖该回执。"
   },
   "record.stopped": {
    "text": "监管机构已予叫停。",
    "hint": "请勿继续；请咨询监管机构。"
   },
   "stage.absent": {
    "text": "此处未见该阶段的证明。",
    "hint": "请向记录持有人索取附有该证明的证明包。"
   },
   "stage.alone": {
    "text": "此处未见须与该阶段比对的记录。",
    "hint": "请向记录持有人索取附有该记录的证明包。"
   },
   "stage.broken": {
    "text": "记录之间的规则不成立。",
    "hint": "请比对预期与实际；须由出境方以新记录更正。"
   },
   "statement.date": {
    "text": "记录中的日期格式错误。",
    "hint": "证明包生成后被改动，或在传输中损坏。请向发送方重新索取。"
   },
   "statement.hash": {
    "text": "记录中的哈希值格式错误。",
    "hint": "证明包生成后被改动，或在传输中损坏。请向发送方重新索取。"
   },
   "statement.jurisdiction": {
    "text": "记录中的法域代码格式错误。",
    "hint": "证明包生成后被改动，或在传输中损坏。请向发送方重新索取。"
   },
   "statement.jws": {
    "text": "记录中的签名格式不正确。",
    "hint": "证明包生成后被改动，或在传输中损坏。请向发送方重新索取。"
   },
   "statement.kind": {
    "text": "验证程序不认识该记录的种类。",
    "hint": "证明包生成后被改动，或在传输中损坏。请向发送方重新索取。"
   },
   "statement.member-name": {
    "text": "记录的成员名不是 ASCII。",
    "hint": "证明包生成后被改动，或在传输中损坏。请向发送方重新索取。"
   },
   "statement.missing": {
    "text": "记录缺少成员。",
    "hint": "证明包生成后被改动，或在传输中损坏。请向发送方重新索取。"
   },
   "statement.not-canonical": {
    "text": "记录不是规范形式。",
    "hint": "证明包生成后被改动，或在传输中损坏。请向发送方重新索取。"
   },
   "statement.period": {
    "text": "记录中的期间格式错误。",
    "hint": "证明包生成后被改动，或在传输中损坏。请向发送方重新索取。"
   },
   "statement.record-id": {
    "text": "记录编号格式错误。",
    "hint": "证明包生成后被改动，或在传输中损坏。请向发送方重新索取。"
   },
   "statement.salt": {
    "text": "记录的盐值格式错误。",
    "hint": "证明包生成后被改动，或在传输中损坏。请向发送方重新索取。"
   },
   "statement.sd-digest": {
    "text": "隐藏成员的摘要格式错误。",
    "hint": "证明包生成后被改动，或在传输中损坏。请向发送方重新索取。"
   },
   "statement.time": {
    "text": "记录中的时间格式错误。",
    "hint": "证明包生成后被改动，或在传输中损坏。请向发送方重新索取。"
   },
   "statement.too-long": {
    "text": "记录长度超出日志限度。",
    "hint": "证明包生成后被改动，或在传输中损坏。请向发送方重新索取。"
   },
   "statement.type": {
    "text": "记录的成员取值不合规。",
    "hint": "证明包生成后被改动，或在传输中损坏。请向发送方重新索取。"
   },
   "statement.unknown-member": {
    "text": "记录含有其种类没有的成员。",
    "hint": "证明包生成后被改动，或在传输中损坏。请向发送方重新索取。"
   },
   "statement.version": {
    "text": "验证程序不认识该记录的版本。",
    "hint": "证明包生成后被改动，或在传输中损坏。请向发送方重新索取。"
   },
   "status-list.absent": {
    "text": "该证明有状态列表，但证明包中没有。",
    "hint": "请重新获取证明包，其中附有状态列表。"
   },
   "status-list.index": {
    "text": "状态列表中没有该位置。",
    "hint": "须由出具方另行出具；请联系证明包持有人。"
   },
   "status-list.malformed": {
    "text": "状态列表格式不正确。",
    "hint": "证明包生成后被改动，或在传输中损坏。请向发送方重新索取。"
   },
   "status-list.not-asked": {
    "text": "为无密钥的访问者查询状态列表的次数已足。",
    "hint": "请稍后再试。"
   },
   "status-list.other": {
    "text": "这是另一个状态列表。",
    "hint": "证明包生成后被改动，或在传输中损坏。请向发送方重新索取。"
   },
   "status-list.stranger": {
    "text": "状态列表不是由该证明的出具方签名。",
    "hint": "如该密钥也属于出具方，请将其加入信任文件。"
   },
   "status-list.time": {
    "text": "状态列表未涵盖该时间。",
    "hint": "请重新获取证明包以取得当日列表，或用 --at 询问列表当日的状态。"
   },
   "status-list.unreachable": {
    "text": "无法取得出具方的状态列表。",
    "hint": "请稍后再试。"
   },
   "status.action": {
    "text": "不能对此类记录作此表述。",
    "hint": "证明可撤销、暂停和恢复；传输和计划可叫停和恢复。"
   },
   "status.address-unknown": {
    "text": "状态列表的地址不在信任文件中，因此未查询。",
    "hint": "如该地址确属出具方，请将其加入信任文件。"
   },
   "status.compromise": {
    "text": "只有撤销才能以密钥泄露为由。",
    "hint": "须由出具方另行出具；请联系证明包持有人。"
   },
   "status.no-list": {
    "text": "该证明不在任何状态列表中，而信任文件要求有。",
    "hint": "请向出具方索取列入状态列表的证明，或修改信任文件的要求。"
   },
   "status.no-controller": {
    "text": "认可登记合约与信任文件均未将该账户列为签发密钥的控制账户。",
    "hint": "读者仅采信认可中所列控制账户在证明登记合约中的表述。"
   },
   "status.no-regulator": {
    "text": "信任文件未载明该密钥属于任一方的监管机构。",
    "hint": "只有验证方的信任文件如此载明时，停止令才会被采信。"
   },
   "status.none": {
    "text": "没有来源说明其后续状态；证明包无法证明未有任何状态变更。",
    "hint": "请询问出具方，或向日志查询其后的状态变更。"
   },
   "status.order": {
    "text": "该状态不能接在前一状态之后。",
    "hint": "请询问发布者。"
   },
   "status.registry-absent": {
    "text": "信任文件要求查询 AttestationRegistry，但未能查询。",
    "hint": "请用该链的节点核验，并在信任文件中写明合约地址。"
   },
   "status.stranger": {
    "text": "该密钥并非签发此证明的密钥，且此处无从得知两者同属一个组织。",
    "hint": "仅当读者的信任文件载明两个密钥同属签发者时，此表述才有效。"
   },
   "status.unavailable": {
    "text": "无法查询其是否被叫停。",
    "hint": "请稍后再试，或用 --rpc 指定其他节点。"
   },
   "x5c.anchored-later": {
    "text": "签名所称时间内签名者的证书有效，但在其被锚定时已无效。",
    "hint": "请索取锚定时间更早的证明包。"
   },
   "x5c.chain": {
    "text": "签名者的证书不能按规则追溯到受信任的机构。",
    "hint": "请向签名者索取签名时有效的证书。"
   },
   "x5c.key": {
    "text": "证书中的密钥不是签名所用的密钥。",
    "hint": "请勿依赖所称的签名者身份。"
   },
   "x5c.name": {
    "text": "受信任的机构将该密钥认证给了他人。",
    "hint": "请将信任文件中的机构名称与证书中的名称核对。"
   },
   "x5c.unread": {
    "text": "证书的种类不是本页面所读取的，因此无法判断是谁的密钥签名。",
    "hint": "请用 crossproof verify 核验同一证明包，它能读取该证书。"
   }
  },
  "stages": {
   "pre-assessment": "事前评估",
   "backup": "事中备份存证",
   "post-check": "事后核查"
  },
  "claims": {
   "at": "时间",
   "authority": "主管机关",
   "backup": "所核查的备份",
   "by": "执行人",
   "ceilings": "数量上限",
   "checked_at": "核查时间",
   "class": "级别",
   "conditions": "附加条件",
   "corrective_action": "整改措施",
   "count": "项数",
   "credentialSubject": "对象",
   "custodian": "保管方",
   "data_items": "数据项",
   "deposit": "存证内容",
   "deposited_at": "存证时间",
   "exp": "有效期止",
   "filing": "备案",
   "findings": "发现",
   "iat": "出具时间",
   "id": "所述记录的叶哈希",
   "iss": "出具方",
   "items": "清单",
   "jurisdiction": "认可机构所属法域",
   "kind": "全量或抽样",
   "legal_basis": "法律依据",
   "method": "方法",
   "name": "名称",
   "nbf": "有效期起",
   "number": "编号",
   "outcome": "结论",
   "personal": "个人信息",
   "place": "存放地点",
   "population": "总体数量",
   "pre_assessment": "所核查的事前评估",
   "reasons": "理由",
   "recipient": "接收方",
   "record_id": "所述记录",
   "restore_check": "恢复检查",
   "retained_until": "保存至",
   "root": "清单根哈希",
   "route": "路径",
   "rule": "规则",
   "rule_set": "规则版本",
   "scenario": "场景",
   "seed": "随机种子",
   "sensitive": "敏感",
   "size": "大小",
   "status": "状态列表",
   "to": "目的地"
  },
  "certificate": {
   "title": "跨境数据传输备案存证证明",
   "title-plan": "跨境数据传输计划备案存证证明",
   "verdict-verified": "验证通过：所作的各项检查均已通过。",
   "verdict-undetermined": "无法确定：未发现错误，但并非各项都能检查。",
   "as-of": "截至",
   "sandbox": "锚定在沙盒链上：仅供试用，对他人没有证明力。",
   "stages": "案卷各阶段",
   "record": "记录",
   "files": "文件及其摘要",
   "anchor": "区块链锚定",
   "how": "如何验证",
   "meaning": "本证明说明什么、不说明什么",
   "checks": "所作的检查",
   "plan": "计划",
   "transfer": "传输",
   "receipt": "接收回执",
   "absent": "证明包中没有",
   "record-id": "记录编号",
   "log": "日志",
   "index": "日志中的序号",
   "leaf": "叶哈希",
   "occurred-at": "传输时间",
   "period": "期间",
   "exporter": "出境方",
   "recipient": "接收方",
   "route": "自、至",
   "scenario": "场景",
   "data-items": "数据项",
   "legal-basis": "法律依据",
   "supersedes": "所取代的记录",
   "issuer": "出具方",
   "key": "密钥",
   "issued-at": "出具时间",
   "outcome": "结论",
   "valid": "有效期",
   "filing": "备案机关",
   "deposited-at": "存证时间",
   "retained-until": "保存至",
   "restore-check": "恢复检查",
   "checked-at": "核查时间",
   "method": "方法",
   "purpose": "用途",
   "chain": "区块链",
   "genesis": "创世区块",
   "contract": "合约",
   "block": "区块高度",
   "block-hash": "区块哈希",
   "block-time": "区块时间",
   "transaction": "交易",
   "head": "日志大小",
   "no-anchor": "尚未锚定：目前只有日志自己的签名覆盖该记录。",
   "anchor-unchecked": "以证明包所述为准，未能核实。",
   "concealed": "该记录有未披露的内容，此处不予显示。",
   "more": "另有 {count} 项，所附证明包中均有",
   "cut": "另有 {count} 个字符",
   "files-unseen": "出具本页时未查看任何文件。持有文件者可自行比对摘要。",
   "missing-glyphs": "字体中没有的字符以其编码表示，如 [U+20BB7]。",
   "step-attached": "证明包就在本 PDF 之中：附件 {name}。",
   "step-command": "在您自己的计算机上，用您信任的信任文件验证：",
   "step-page": "或打开以下网页，交给它本 PDF 和文件：",
   "step-paper": "仅凭纸面不能证明任何事：纸面可以被复制或篡改。以附件为准。",
   "scan": "扫码查看记录",
   "proves": "自锚定的区块时间起，该记录未被改动，且当时已在日志之中。各项证明均以所示密钥签名；出具方名称为密钥持有者自述。",
   "proves-unanchored": "该记录在以日志密钥签名的日志之中。没有经核实的锚定，因此不能说明自何时起未被改动。",
   "proves-not": "本证明不说明记录内容属实，不说明没有遗漏，也不说明此后没有新的情况。本证明不是行政许可，不主张任何法律效力。",
   "values": {
    "approved": "同意",
    "conditional": "有条件同意",
    "rejected": "不同意",
    "consistent": "一致",
    "deviating": "有偏差",
    "restored": "已恢复",
    "failed": "失败",
    "matches": "已接收，一致",
    "differs": "不一致",
    "full": "全量",
    "sample": "抽样：{population} 项中 {size} 项",
    "general": "一般数据",
    "important": "重要数据",
    "core": "核心数据",
    "personal": "个人信息",
    "sensitive": "敏感个人信息"
   },
   "root": "日志根哈希",
   "not-known": "未能确定“{check}”：{reason}"
  },
  "states": {
   "missing": "缺失",
   "in-order": "符合",
   "wrong": "不符",
   "undetermined": "无法判定"
  },
  "flags": {
   "no-pre-assessment": "未作事前评估",
   "not-covered": "不在事前评估范围内",
   "ceiling-near": "已接近计划的上限",
   "ceiling-passed": "已超出计划的上限",
   "backup-overdue": "备份逾期",
   "post-check-overdue": "事后核查逾期",
   "deviation": "事后核查发现偏差",
   "revoked": "有证明已被撤销或暂停",
   "stop-order": "监管机构已叫停",
   "received-otherwise": "收到的与发出的不一致",
   "receipt-missing": "缺少接收方回执"
  },
  "said": {
   "revoke": "撤销",
   "suspend": "暂停",
   "reinstate": "恢复",
   "stop": "叫停",
   "matches": "已接收，一致",
   "differs": "收到的不一致"
  },
  "page": {
   "title": "验证记录",
   "lead": "放入证明包及其所证明的文件。一切均在本设备上计算，文件不会离开本设备。",
   "skip": "跳至正文",
   "nav": "页面",
   "nav.verify": "验证",
   "nav.records": "记录",
   "nav.log": "日志",
   "nav.desk": "档案",
   "nav.docs": "API 文档",
   "language": "语言",
   "theme": "外观",
   "theme.auto": "跟随系统",
   "theme.light": "浅色",
   "theme.dark": "深色",
   "drop": "将证明包及其文件拖放到此处",
   "drop.or": "或",
   "drop.choose": "选择文件",
   "drop.hint": "证明包以 .bundle.json 结尾，也附在 PDF 证书之中。亦可放入 trust.json。",
   "chosen": "已提供的文件",
   "bundle": "证明包",
   "file": "文件",
   "hashing": "已计算 {percent}%",
   "hashed": "已计算 SHA-256",
   "unreadable": "无法读取该文件。",
   "remove": "移除 {name}",
   "no-bundle": "尚缺证明包，即随文件一同收到、以 .bundle.json 结尾的文件。",
   "pdf.none": "该 PDF 未附证明包，按记录所指的文件处理。",
   "meant.other": "此证明包属于另一条记录，并非链接所指的 {id}（叶 {leaf}）；下方结论与链接所指的记录无关。",
   "meant.same": "这正是链接所指记录 {id} 的证明包。",
   "meant.wanted": "此链接指向记录 {id}（叶 {leaf}）。请放入其证明包，或印有该二维码的 PDF。",
   "pdf.two": "该 PDF 附有多个证明包，无法判断所指为何，故均不采用。",
   "clear": "重新开始",
   "believed": "信任依据",
   "trust.server": "本服务器的信任文件",
   "trust.server.note": "若服务器就其日志作假，此处亦会作假。请与另行取得的密钥比对，或使用您自己的信任文件。",
   "trust.own": "您的信任文件 {name}",
   "trust.none": "尚无信任文件。请选择您收到的信任文件：没有它便无从判断。",
   "trust.replace": "使用其他信任文件",
   "trust.back": "恢复使用本服务器的",
   "trust.refused": "这不是信任文件：{reason}",
   "trust.log": "日志",
   "trust.key": "密钥",
   "trust.chain": "区块链",
   "trust.nodes": "节点",
   "trust.pins": "已固定的锚定",
   "trust.known": "机构",
   "sandbox": "沙盒",
   "nodes": "用于查询区块链的节点",
   "nodes.hint": "每行一个地址。由本浏览器直接查询，代替信任文件所列节点。",
   "nodes.refused": "不是节点地址：{address}",
   "nodes.none": "无",
   "nodes.agree": "{count} 个节点中须有 {agree} 个一致",
   "without-files": "仅验证记录，不验证文件",
   "result": "结果",
   "working": "正在检查…",
   "verified.lead": "所检查的各项均成立。",
   "failed.lead": "存在错误。证明包所述内容一律不作为真实内容显示。",
   "failed.file.lead": "记录本身有效，但您提供的文件与其不符。",
   "undetermined.lead": "尚未发现错误，但有的事项无法确定。",
   "next": "下一步",
   "next.verified": "请将证明包与文件一并保存：可随时再次验证，无需本服务器。",
   "checks": "检查项",
   "checks.count": "{verified} 项通过，{failed} 项失败，{undetermined} 项未确定，{skipped} 项未检查",
   "expected": "应为",
   "found": "实为",
   "code": "代码",
   "record": "记录内容",
   "record.id": "记录编号",
   "record.scenario": "场景",
   "record.exporter": "出境方",
   "record.recipient": "接收方",
   "record.way": "起止法域",
   "record.time": "发生时间",
   "record.items": "数据",
   "record.all": "已披露的完整记录",
   "anchored": "锚定",
   "anchored.at": "链 {chain} 区块 {block}，{time}",
   "anchored.none": "尚未锚定",
   "log.place": "{origin} 第 {index} 条",
   "as-of": "截至 {time}",
   "asked.none": "未查询区块链。",
   "asked.pin": "您的信任文件已固定该锚定，因此未查询节点。",
   "asked.nodes": "直接查询：{nodes}",
   "server.ask": "向本服务器查询该锚定",
   "server.says": "本服务器称其已锚定该日志头（{state}）。此为其一面之词，不计入以上结果。",
   "server.denies": "本服务器称没有该锚定。此为其一面之词，不计入以上结果。",
   "server.silent": "目前无法向本服务器查询。",
   "save.report": "保存报告",
   "save.page": "将本页保存为单个文件",
   "save.page.note": "所保存的页面无需任何服务器，可在磁盘或存储盘上验证。",
   "share": "复制含证明包的链接",
   "share.done": "链接已复制。证明包位于 # 之后，不会发送给任何服务器。",
   "share.too-long": "证明包过大，无法放入链接，请发送文件。",
   "share.failed": "无法复制链接。",
   "share.bad": "链接中没有可读取的证明包，请索取文件。",
   "print": "打印",
   "command": "命令行中的同一验证",
   "noscript": "本页在您的浏览器中完成全部计算，需要 JavaScript。命令行：crossproof verify 证明包 文件… --trust trust.json",
   "defect": "这是本页的缺陷，与您提供的内容无关，请予反馈：{reason}",
   "footer": "开放源代码，无 Cookie，不连接外部网站。",
   "hint.accreditation.not-asked": "请查看“信任依据”：信任文件写明该链的 AttestorRegistry 并有节点时，即会查询区块链。",
   "hint.accreditation.unavailable": "请稍后再试，或在“信任依据”中指定其他节点。",
   "hint.anchor.none": "请一分钟后向持有人重新索取证明包。",
   "hint.anchor.unpinned": "请在“信任依据”中指定该链的节点，或使用已固定该锚定的信任文件。",
   "hint.chain.other": "请检查“信任依据”中的节点地址。",
   "hint.chain.pruned": "请在“信任依据”中指定保留全部区块的节点。",
   "hint.chain.unavailable": "请稍后再试，或在“信任依据”中指定其他节点。",
   "hint.checkpoint.no-operator": "请一分钟后向持有人重新索取证明包。",
   "hint.file.not-given": "请一并放入该文件，或仅验证记录。",
   "hint.file.waived": "放入该文件即可检查。",
   "hint.log.struck": "请向日志各运营方了解情况。",
   "hint.plan.absent": "请向持有人索取较新的证明包。",
   "hint.status-list.time": "请向持有人重新索取证明包，其中附有当日列表。"
  }
 }
};

export const VALUES = {
 "codes": [
  "ES256",
  "Ed25519",
  "EdDSA",
  "accredited",
  "application/json",
  "application/x-ndjson",
  "approved",
  "assessor",
  "attest",
  "attestation",
  "audit",
  "backup",
  "checker",
  "compromised",
  "conditional",
  "consistent",
  "custodian",
  "deviating",
  "differs",
  "enterprise",
  "exporter",
  "failed",
  "jurisdiction",
  "manifest",
  "matches",
  "month",
  "newest",
  "oldest",
  "plain",
  "plan",
  "post-check",
  "pre-assessment",
  "read",
  "reader",
  "receipt",
  "recipient",
  "regulate",
  "regulator",
  "reinstate",
  "reinstated",
  "rejected",
  "restored",
  "revoke",
  "revoked",
  "scenario",
  "status",
  "stop",
  "submit",
  "suspend",
  "suspended",
  "trail",
  "transfer",
  "urn:crossproof:attestation:backup:1",
  "urn:crossproof:attestation:post-check:1",
  "urn:crossproof:attestation:pre-assessment:1"
 ],
 "zh": {
  "-{1} to {2}": "-{1} 至 {2}",
  "0 to {1}": "0 至 {1}",
  "0x and {1} hexadecimal digits": "0x 加 {1} 位十六进制数字",
  "0x{1} reverted": "0x{1} 被撤回",
  "1 to {1} lines": "1 至 {1} 行",
  "8 lower-case hexadecimal digits": "8 位小写十六进制数字",
  "API keys are needed here now": "此处现已要求 API 密钥",
  "Authorization: Bearer, with an API key or a token that is taken here": "Authorization: Bearer，附 API 密钥或此处接受的令牌",
  "CROSSPROOF_PUBLIC_URL, or a loopback address": "CROSSPROOF_PUBLIC_URL，或本机回环地址",
  "Expected `{1}` <= {2}": "应为不大于 {2} 的 `{1}`",
  "Expected `{1}` >= {2}": "应为不小于 {2} 的 `{1}`",
  "Expected `{1}` matching regex {2}": "应为符合正则 {2} 的 `{1}`",
  "Expected `{1}` of length <= {2}": "应为长度不大于 {2} 的 `{1}`",
  "Expected `{1}` of length >= {2}": "应为长度不小于 {2} 的 `{1}`",
  "Expected `{1}`, got `{2}`": "应为 `{1}`，实为 `{2}`",
  "Expecting property name enclosed in double quotes": "缺少双引号括起的名称",
  "Expecting value": "缺少值",
  "Expecting {1} delimiter": "缺少分隔符 {1}",
  "Extra data": "多余的数据",
  "HTTP 410: its receiver wants nothing more": "HTTP 410：接收端不再接收",
  "HTTP status {1}": "HTTP 状态 {1}",
  "Illegal trailing comma before end of array": "数组末尾有多余的逗号",
  "Illegal trailing comma before end of object": "对象末尾有多余的逗号",
  "Invalid \\escape": "转义无效",
  "Invalid \\uXXXX escape": "\\uXXXX 转义无效",
  "Invalid control character at": "控制字符无效",
  "Invalid enum value {1}": "无此枚举值 {1}",
  "U+{1} in {2}": "{2} 中的 U+{1}",
  "Unicode scalar values": "Unicode 标量值",
  "Unterminated string starting at": "字符串未结束",
  "Write fractions as strings.": "请将小数写成字符串。",
  "Write larger numbers as strings.": "请将更大的数写成字符串。",
  "a JSON object": "JSON 对象",
  "a JWT and its disclosures, each with ~ behind it, without key binding": "JWT 及其披露项，每项之后有 ~，不含密钥绑定",
  "a UUIDv7 in lower-case letters": "小写 UUIDv7",
  "a backup of this transfer, logged before": "先已入日志的该次传输的备份存证",
  "a block of {1} or before": "{1} 或更早的区块",
  "a certificate as it was issued": "签发时的原始证书",
  "a certificate that is not valid for this host": "证书对该主机无效",
  "a chain id and a block 0": "链编号与创世区块",
  "a compact JWS": "紧凑格式的 JWS",
  "a control character or a lone surrogate": "控制字符或不成对的代理项",
  "a decimal number without leading zeros": "没有前导零的十进制数",
  "a head that contains its last one, of size {1}": "包含其上一个日志头（大小 {1}）的日志头",
  "a head that contains {1}": "包含 {1} 的日志头",
  "a key": "密钥",
  "a key that signed one growing history": "只签署过同一份增长历史的密钥",
  "a line after the blank one that is not a signature": "空行之后有非签名的行",
  "a list signed by a key of {1}": "由 {1} 的密钥签名的列表",
  "a log that the trust file names": "信任文件所列的日志",
  "a member has a wrong value: {1}": "成员取值不合规：{1}",
  "a member is missing: {1}": "缺少成员：{1}",
  "a member is not of this kind: {1}": "该种类没有此成员：{1}",
  "a member name is not ASCII: {1}": "成员名不是 ASCII：{1}",
  "a name of at most {1} characters": "不超过 {1} 个字符的名称",
  "a name that cannot be looked up": "无法解析该名称",
  "a number is not a finite double": "数值不是有限的双精度数",
  "a number is not an integer: {1}": "数值不是整数：{1}",
  "a part of one, or more": "其一部分，或更多",
  "a plan": "计划",
  "a plan that you have logged": "您已登记的计划",
  "a plan, leaf {1}": "计划，叶 {1}",
  "a public key as a JWK": "JWK 格式的公钥",
  "a report in which nothing failed": "没有失败项的报告",
  "a schema-less URL like example.com/log, no spaces, no plus": "不带协议的 URL，如 example.com/log，不含空格和加号",
  "a signature by {1}": "{1} 的签名",
  "a signature of {1}": "{1} 的签名",
  "a signature over this text by {1}": "{1} 对此文本的签名",
  "a size of at most {1}": "不超过 {1} 的大小",
  "a status list": "状态列表",
  "a status list of at most {1} bytes, in {2} seconds": "{2} 秒内取得的、不超过 {1} 字节的状态列表",
  "a string": "字符串",
  "a string has a lone surrogate": "字符串含有不成对的代理项",
  "a string of at most {1} characters": "不超过 {1} 个字符的字符串",
  "a tile of the checkpoint's size": "检查点大小所对应的图块",
  "a time at most {1} seconds away": "相差不超过 {1} 秒的时间",
  "a time before {1}": "早于 {1} 的时间",
  "a time from {1} until before {2}": "自 {1} 起、早于 {2} 的时间",
  "a time up to {1}": "不晚于 {1} 的时间",
  "a trail of every access": "每次访问的轨迹",
  "a transfer or a plan": "传输或计划",
  "a tree that is not empty": "非空的树",
  "a {1}, leaf {2}": "{1}，叶 {2}",
  "accredited for {1} at {2}": "于 {2} 就 {1} 获认可",
  "accredited still when it was first anchored, {1}": "首次锚定（{1}）时仍获认可",
  "action {1}": "操作 {1}",
  "algorithm 1 (Ed25519) and {1} bytes": "算法 1（Ed25519）加 {1} 字节",
  "an API key, or a session that began with one": "API 密钥，或以其开始的会话",
  "an IEEE 754 double": "IEEE 754 双精度数",
  "an ISO 3166-1 alpha-2 code such as CN or HK": "ISO 3166-1 两位字母代码，如 CN、HK",
  "an X.509 certificate in DER, as base64": "DER 格式的 X.509 证书（base64）",
  "an active log": "活动的日志",
  "an answer of 2xx from {1}": "{1} 的 2xx 应答",
  "an answer of AttestationRegistry": "AttestationRegistry 的应答",
  "an array element": "数组元素",
  "an array element: {1}": "数组元素：{1}",
  "an array of at most {1}": "至多 {1} 项的数组",
  "an array of names and indexes": "由名称和下标组成的数组",
  "an error": "错误",
  "an http or https address": "http 或 https 地址",
  "an id that nobody has used, or the very record that you logged under it": "无人使用的编号，或您以该编号登记的同一记录",
  "an id, and at least one role": "编号，以及至少一个角色",
  "an index above {1}": "大于 {1} 的序号",
  "an index below {1}": "小于 {1} 的序号",
  "an integer": "整数",
  "an integer is out of range": "整数超出范围",
  "an integer is out of range; expected {1} to {2}": "整数超出范围；应为 {1} 至 {2}",
  "an integer {1} to {2}": "{1} 至 {2} 的整数",
  "an object": "对象",
  "an object as header": "对象（作为头部）",
  "an object as payload": "对象（作为载荷）",
  "an object has the same name twice": "同一对象内名称重复",
  "another key": "另一密钥",
  "another one": "另一个",
  "another text": "另一文本",
  "another, or none": "另一个，或没有",
  "any known key": "任一已知密钥",
  "at least one character, no spaces, no plus, no control characters": "至少一个字符，不含空格、加号和控制字符",
  "at least {1} entries": "至少 {1} 个条目",
  "at least {1} lines, each ended": "至少 {1} 行，每行均有换行符",
  "at least {1} of the chain's coin, the most that it may cost": "至少 {1} 链上货币，即可能的最高费用",
  "at most {1}": "至多 {1}",
  "at most {1} at once without an API key": "无 API 密钥时同时至多 {1} 个",
  "at most {1} bytes": "至多 {1} 字节",
  "at most {1} characters": "至多 {1} 个字符",
  "at most {1} characters, the signature included": "至多 {1} 个字符（含签名）",
  "at most {1} entries": "至多 {1} 个条目",
  "at most {1} for a unit of gas": "每单位燃料至多 {1}",
  "at most {1} levels": "至多 {1} 层",
  "at most {1} minutes ahead": "至多超前 {1} 分钟",
  "attestation {1}, leaf {2}": "证明 {1}，叶 {2}",
  "base64": "base64 编码",
  "base64 of at most {1} bytes": "不超过 {1} 字节的 base64",
  "base64url, a point, base64url": "base64url、一个点、base64url",
  "block {1}": "区块 {1}",
  "block {1} to be final ({2})": "区块 {1} 终局（{2}）",
  "byte 0x{1} at {2}": "位置 {2} 的字节 0x{1}",
  "bytes": "字节",
  "cert is not valid at validation time": "证书在验证时点无效",
  "certificate {1}: {2}": "证书 {1}：{2}",
  "certificates as base64": "base64 格式的证书",
  "chain id {1}": "链编号 {1}",
  "chain {1}, genesis {2}, contract {3}": "链 {1}，创世区块 {2}，合约 {3}",
  "closed, {1}": "已关闭，{1}",
  "code at 0x{1}": "0x{1} 处的代码",
  "committed: {1}, block {2}, chain {3}": "已载入：{1}，区块 {2}，链 {3}",
  "did:jwk: and a key": "did:jwk: 加密钥",
  "did:web: and a host, a port or path behind it at will": "did:web: 加主机，其后可有端口或路径",
  "each key once, and when they were fetched": "每个密钥一次，并注明取得时间",
  "each role, jurisdiction and key once": "每个角色、法域和密钥各一次",
  "each root once, at least one": "每个根证书一次，至少一个",
  "exp after nbf, {1}": "exp 晚于 nbf，即 {1}",
  "header, payload and signature in base64url, with points between": "base64url 的头部、载荷和签名，以点分隔",
  "https://HOST[:PORT]/PATH in lower case, nothing escaped; or http to loopback": "小写的 https://主机[:端口]/路径，不含转义；回环地址可用 http",
  "iat after {1}": "晚于 {1} 的 iat",
  "instant, finalized, or confirmations:N with N at most {1}": "instant、finalized 或 confirmations:N（N 至多 {1}）",
  "instant, finalized, or {1}N with N at most {2}": "instant、finalized 或 {1}N（N 至多 {2}）",
  "issued at {1} or before": "于 {1} 或之前出具",
  "it does not speak TLS as it should": "TLS 连接不正常",
  "it is closed": "已关闭",
  "it refuses connections": "拒绝连接",
  "it to start with {1}": "以 {1} 开头",
  "its certificate is not taken: {1}": "其证书不被接受：{1}",
  "its digest in the document": "文档中有其摘要",
  "its name is not known": "无法解析其名称",
  "its plan": "其计划",
  "jurisdictions where the scope regulate is given, and nowhere else": "仅在具有 regulate 权限时列出的法域",
  "key id": "密钥编号",
  "key id {1}, which does not verify": "密钥编号 {1}，验证不通过",
  "key name": "密钥名称",
  "kty EC with crv P-256, or kty OKP with crv Ed25519": "kty 为 EC 且 crv 为 P-256，或 kty 为 OKP 且 crv 为 Ed25519",
  "lease {1}": "租约 {1}",
  "levels of {1} bytes": "每层 {1} 字节",
  "line {1}": "第 {1} 行",
  "more": "更多",
  "nested too deeply": "嵌套过深",
  "no Content-Encoding": "不带 Content-Encoding",
  "no TLS": "没有 TLS",
  "no answer": "没有应答",
  "no answer in time": "超时未应答",
  "no answer that can be read": "没有可读取的应答",
  "no block": "无此区块",
  "no block that is": "没有这样的区块",
  "no checkpoint, or one that this log has signed and extends": "没有检查点，或由本日志签名并延续的检查点",
  "no commitment, or another one": "没有载入，或载入的是另一个",
  "no connection": "无法连接",
  "no further members": "没有其他成员",
  "no name": "无名称",
  "no order": "无指令",
  "no plan": "无计划",
  "no scope": "无权限",
  "nobody may be asked": "不得查询任何来源",
  "none": "无",
  "not JSON": "不是 JSON",
  "not UTF-8": "不是 UTF-8",
  "not a UUID: {1}": "不是 UUID：{1}",
  "not a key that is used here": "不是此处使用的密钥",
  "not all of them": "并非全部",
  "not base64url": "不是 base64url",
  "not in this block": "不在此区块中",
  "nothing": "无",
  "nothing concealed here": "此处没有隐藏内容",
  "nothing more": "再无其他",
  "old {1}": "旧大小 {1}",
  "one at least": "至少一个",
  "one attachment *{1}": "一个附件 *{1}",
  "one compressed list": "一个压缩列表",
  "one of {1}, in epoch {2}": "第 {2} 期的 {1} 之一",
  "one that holds as of {1}": "于 {1} 有效",
  "one within {1} seconds": "{1} 秒内的应答",
  "other text": "其他文本",
  "others, of {1}": "属于 {1} 的其他地址",
  "plan {1}, leaf {2}": "计划 {1}，叶 {2}",
  "population, size and seed of a sample": "抽样的总体数量、样本数量和随机种子",
  "public addresses alone": "仅公网地址",
  "public key": "公钥",
  "public key: not canonical, or of small order": "公钥：非规范形式，或为小阶点",
  "retained_until after {1}": "晚于 {1} 的 retained_until",
  "root {1} at size {2}": "大小 {2} 时根为 {1}",
  "root {1} at size {2}, block {3}": "大小 {2} 时根为 {1}，区块 {3}",
  "row {1} with the hash {2}": "第 {1} 行，哈希 {2}",
  "sandbox {1}": "沙盒：{1}",
  "sequence {1}": "序号 {1}",
  "signed note: a signature": "签名文本的签名",
  "size {1} in block {2}": "大小 {1}，区块 {2}",
  "size {1}, root {2}": "大小 {1}，根 {2}",
  "somebody": "某人",
  "something else": "其他内容",
  "soon": "不久",
  "stop or reinstate": "stop 或 reinstate",
  "the API key that it was made with is over": "创建它的 API 密钥已失效",
  "the algorithm {1} and {2} bytes": "算法 {1} 加 {2} 字节",
  "the block of an anchor that the contract holds, {1}": "合约所载锚定的区块，{1}",
  "the committed code at 0x{1}": "0x{1} 处的约定代码",
  "the connection ended before the answer did": "应答未完，连接已断开",
  "the hash {1}": "哈希 {1}",
  "the issuer's status list": "出具方的状态列表",
  "the key that is to sign": "将要签名的密钥",
  "the ledger itself": "账本自身",
  "the letters A-Z a-z 0-9 - _ without ": "字母 A-Z a-z、数字 0-9、- 和 _，不含填充",
  "the letters A-Z a-z 0-9 - _ without padding": "字母 A-Z a-z、数字 0-9、- 和 _，不含填充",
  "the name or thumbprint of a key of your organisation": "贵单位某个密钥的名称或指纹",
  "the number {1} inside": "其中的编号 {1}",
  "this machine's own addresses alone": "仅本机地址",
  "this member": "此成员",
  "three parts, base64url, between points": "三部分 base64url，以点分隔",
  "transfer {1}, leaf {2}": "传输 {1}，叶 {2}",
  "true or false": "true 或 false",
  "trust file: too large": "信任文件过大",
  "two letters": "两个字母",
  "until {1}": "至 {1}",
  "up to {1}": "至多 {1}",
  "valid": "有效",
  "verifier key: the key id does not belong to this name and key": "验证密钥：密钥编号与名称和密钥不符",
  "webhook.forbidden: {1}": "不得访问该地址：{1}",
  "webhook.undelivered: {1}": "未送达：{1}",
  "what an answer gave as `next`": "应答中的 `next` 值",
  "what may follow {1}": "可接在 {1} 之后的状态",
  "what this page had given out": "本页所给出的内容",
  "x5c: a list of {1} to {2} certificates": "x5c：{1} 至 {2} 个证书的列表",
  "x5c: certificates as base64": "x5c：base64 格式的证书",
  "zlib's compressed bytes": "zlib 压缩的字节",
  "{1} after {2}": "{2} 之后的 {1}",
  "{1} and 64 hexadecimal digits": "{1} 加 64 位十六进制数字",
  "{1} and {2} to {3} bytes in base64": "{1} 加 {2} 至 {3} 字节的 base64",
  "{1} at character {2}": "{1}（第 {2} 个字符）",
  "{1} bytes": "{1} 字节",
  "{1} bytes a second, and all of it within {2} seconds": "每秒 {1} 字节，且全部在 {2} 秒内",
  "{1} bytes as RFC 8785 has them": "RFC 8785 规范形式的 {1} 字节",
  "{1} bytes in base64url": "{1} 字节的 base64url",
  "{1} bytes, and at most {2}": "{1} 字节，且至多 {2}",
  "{1} bytes, the same in base64url, or DER": "{1} 字节、其 base64url 或 DER",
  "{1} characters": "{1} 个字符",
  "{1} entries": "{1} 个条目",
  "{1} further bytes": "另有 {1} 字节",
  "{1} hashes": "{1} 个哈希",
  "{1} hexadecimal digits": "{1} 位十六进制数字",
  "{1} items, root {2}": "{1} 项，根 {2}",
  "{1} lines": "{1} 行",
  "{1} lower-case hexadecimal digits": "{1} 位小写十六进制数字",
  "{1} minutes ahead": "超前 {1} 分钟",
  "{1} of leaf {2}": "叶 {2} 的 {1}",
  "{1} operators": "{1} 个运营方",
  "{1} or more": "{1} 或更多",
  "{1} other bytes": "{1} 字节，内容不同",
  "{1} parts": "{1} 部分",
  "{1} rows": "{1} 行",
  "{1} rows, as entry {2} of the log has it": "{1} 行，以日志第 {2} 条所载为准",
  "{1} seconds": "{1} 秒",
  "{1} topics, {2} bytes": "{1} 个主题，{2} 字节",
  "{1} waiting": "{1} 个等待中",
  "{1}, as entry {2} of the log has it": "{1}，以日志第 {2} 条所载为准",
  "{1}, key {2}, {3}": "{1}，密钥 {2}，{3}",
  "{1}, leaf {2}": "{1}，叶 {2}",
  "{1}, the lines before it": "{1}，即其前各行",
  "{1}, {2} bytes": "{1}，{2} 字节",
  "{1}: a key of another log": "{1}：属于另一日志的密钥",
  "{1}: base64 with stray bits at its end": "{1}：base64 末尾有多余的位",
  "{1}: named twice": "{1}：重复列出",
  "{1}: not base64": "{1}：不是 base64",
  "{1}; expected {2}": "{1}；应为 {2}",
  "{1}; expected {2}; found {3}": "{1}；应为 {2}；实为 {3}",
  "{1}; found {2}": "{1}；实为 {2}"
 }
};
