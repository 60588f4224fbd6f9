"""The verifier: a bundle, the files, and a trust file in; a report out.

It needs no server, no database, no settings and no network, and a test holds it to that: what
must be asked of a chain, or of a server that has status lists, is asked through what the caller
hands in, whose addresses come from the trust file alone. The order is fixed:

    bundle     it is of the format
    log        its origin is trusted, and a trusted key signed the checkpoint
    record     its exact bytes hash to a leaf on the path to the checkpoint's root; only then are
               they parsed: canonical, of a known kind, disclosures in the document
    plan       likewise, and it is the plan that the transfer names
    manifest   likewise, and the record is in the batch that its exporter signed
    statuses   likewise; what became of attestation, transfer and plan
    facts      what authorities say of attestors, for where nobody can be asked
    stages     likewise; who attested, accredited when he did, and each rule between the records
    receipts   likewise; by a recipient, whose digests are the record's
    anchor     the checkpoint's head, on a trusted chain, pinned or asked for
    files      each file that the record names is there and matches, and no other is

Everything that fails is told; nothing that a failed record says is shown as true.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from pathlib import Path

from ledger.accreditation import AccreditationSource
from ledger.anchor import ChainSource
from ledger.attestation import Stage
from ledger.bundle import Bundle
from ledger.checkpoint import parse_checkpoint
from ledger.disclosure import reveal
from ledger.errors import MalformedError
from ledger.fingerprint import Fingerprint
from ledger.report import Check, Report, Status
from ledger.stages import CLOCK_SKEW
from ledger.status_source import StatusListSource, StatusRegistry
from ledger.trust import Trust
from ledger.verify.anchored import check_anchor
from ledger.verify.attested import check_attestations
from ledger.verify.case import AsOf, Case
from ledger.verify.files import check_files
from ledger.verify.handed_over import check_manifest, check_receipts
from ledger.verify.heads import CheckedHeads
from ledger.verify.logged import check_entry, check_plan
from ledger.verify.standing import check_words
from ledger.verify.vouched import Vouched, check_facts

__all__ = ["CheckedHeads", "verify"]

FileToCheck = Fingerprint | str | os.PathLike[str]


def verify(
    bundle: Bundle | bytes | str,
    *,
    trust: Trust,
    files: Iterable[FileToCheck] = (),
    chain: ChainSource | None = None,
    now: datetime | None = None,
    without_files: bool = False,
    accreditations: AccreditationSource | None = None,
    status_lists: StatusListSource | None = None,
    registry: StatusRegistry | None = None,
    required: Collection[Stage] = (),
    heads: CheckedHeads | None = None,
) -> Report:
    """Check a bundle against what `trust` believes; always return a report.

    `files` are fingerprints, or paths that are hashed here. Without `chain` an anchor counts only
    where the trust file pins it. `now` is the time that is asked about, the present by default: an
    anchor made after it says nothing about it. `accreditations` is asked who was accredited, the
    trust file by default; `status_lists` for lists at addresses that the trust file names, and
    `registry` what was said on the chain. Stages that are `required` and that the bundle does not
    show leave the verdict undetermined. Whoever verifies many bundles hands in the same `heads`
    each time, and each checkpoint's signatures are checked once.
    """
    as_of = now or datetime.now(UTC)
    latest = int(as_of.timestamp()) + (CLOCK_SKEW if now is None else 0)
    if not isinstance(bundle, Bundle):
        try:
            bundle = Bundle.from_json(bundle)
        except MalformedError as error:
            return Report((Check.failed("bundle.format", error),), as_of)
    checks = [Check.verified("bundle.format")]
    fingerprints = [
        f if isinstance(f, Fingerprint) else Fingerprint.of_file(Path(f)) for f in files
    ]
    try:
        claimed = parse_checkpoint(bundle.checkpoint)
    except MalformedError as error:
        return Report((*checks, Check.failed("checkpoint.signature", error)), as_of)

    log = trust.log(claimed.origin)
    heads = heads or CheckedHeads()
    checks += heads.check(bundle.checkpoint, claimed, trust, anchored=bundle.anchor is not None)
    entry_checks, statement = check_entry("entry", bundle.entry, claimed)
    checks += entry_checks
    plan_checks, plan = check_plan(bundle.plan, statement, claimed)
    checks += plan_checks
    fact_checks, facts = check_facts(bundle.accreditations, trust, as_of)
    checks += fact_checks
    case = Case(
        bundle=bundle,
        head=claimed,
        trust=trust,
        log=log,
        chain=chain,
        accreditations=AsOf(Vouched(accreditations or trust, facts), latest),
        status_lists=status_lists,
        registry=registry,
        as_of=as_of,
        latest=latest,
    )
    checks += check_manifest(case, statement)
    word_checks, words = check_words(case)
    checks += word_checks
    checks += check_attestations(case, statement, plan, words, required=frozenset(required))
    checks += check_receipts(case, statement)
    checks += check_anchor(bundle.anchor, claimed, log, trust=trust, chain=chain, now=now)
    sound = all(check.status is not Status.FAILED for check in checks)
    checks += check_files(statement, fingerprints, without_files=without_files)
    shown = None
    if sound and log is not None and statement is not None:
        shown = reveal(statement.value, bundle.entry.disclosures)
    return Report(
        tuple(checks),
        as_of,
        origin=claimed.origin,
        index=bundle.entry.index,
        anchor=bundle.anchor,
        statement=shown,
    )
