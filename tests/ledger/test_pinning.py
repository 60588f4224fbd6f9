"""Pinning: what a report shows the chain to hold may be kept, and nothing of a false bundle."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from ledger.bundle import Bundle
from ledger.pinning import pinnable
from ledger.report import Report, Status
from ledger.trust import Trust
from tests.logged_dossier import LoggedDossier, with_first_anchor
from tests.samples import BLOCK_TIME, without_anchor


def _case() -> tuple[LoggedDossier, Bundle, Trust]:
    whole = LoggedDossier()
    return whole, *with_first_anchor(whole, block_time=BLOCK_TIME - 1)


def _sandbox(bundle: Bundle, trust: Trust) -> tuple[Bundle, Trust]:
    """Take all of it to be on a sandbox that nobody can ask."""
    value: Any = bundle.to_value()
    value["anchor"]["sandbox"] = True
    for attested in value["attestations"].values():
        if "first_anchor" in attested:
            attested["first_anchor"]["anchor"]["sandbox"] = True
    chains = tuple(replace(chain, sandbox=True) for chain in trust.chains)
    return Bundle.from_json(json.dumps(value)), replace(trust, chains=chains, anchors=())


def test_anchor_and_first_anchors_that_are_verified_may_be_kept() -> None:
    whole, bundle, trust = _case()
    report = whole.verify(bundle=bundle, trust=trust)
    assert report.verdict is Status.VERIFIED
    assert pinnable(bundle, report) == list(trust.anchors)


def test_first_anchor_that_nobody_confirmed_is_not_kept() -> None:
    whole, bundle, trust = _case()
    report = whole.verify(bundle=bundle, trust=replace(trust, anchors=trust.anchors[:1]))
    assert pinnable(bundle, report) == [bundle.anchor]


def test_anchors_are_kept_though_accreditations_are_unknown() -> None:
    whole, bundle, trust = _case()
    report = whole.verify(bundle=bundle, trust=replace(trust, accreditations=()))
    assert report.verdict is Status.UNDETERMINED
    assert pinnable(bundle, report) == list(trust.anchors)


def test_anchors_of_a_sandbox_are_kept_unasked_where_that_is_wanted() -> None:
    whole, bundle, trust = _case()
    bundle, trust = _sandbox(bundle, trust)
    report = whole.verify(bundle=bundle, trust=trust)
    assert pinnable(bundle, report) == []
    kept = pinnable(bundle, report, unasked=True)
    assert [anchor.size for anchor in kept] == [whole.log.anchor.size, _first_size(bundle)]


def test_nothing_of_another_chain_is_kept_unasked() -> None:
    whole, bundle, trust = _case()
    report = whole.verify(bundle=bundle, trust=replace(trust, anchors=()))
    assert pinnable(bundle, report, unasked=True) == []


def test_nothing_is_kept_of_a_bundle_of_which_anything_failed() -> None:
    whole, bundle, trust = _case()
    broken = replace(bundle, entry=replace(bundle.entry, index=0))
    assert pinnable(broken, whole.verify(bundle=broken, trust=trust)) == []


def test_nothing_is_kept_where_the_log_is_unknown_or_no_anchor_is_there() -> None:
    whole, bundle, trust = _case()
    unknown = whole.verify(bundle=bundle, trust=replace(trust, logs=()))
    assert pinnable(bundle, unknown) == []
    bare = without_anchor(bundle)
    assert pinnable(bare, whole.verify(bundle=bare, trust=trust)) == []


def test_nothing_is_kept_where_the_report_does_not_answer_for_the_bundle() -> None:
    _, bundle, trust = _case()
    assert pinnable(bundle, Report((), trust.anchors[0].time)) == []


def _first_size(bundle: Bundle) -> int:
    (size,) = (a.first.anchor.size for a in bundle.attestations.values() if a.first)
    return size
