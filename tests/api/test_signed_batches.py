"""Signed batches through HTTP: bundles carry the manifest and the path, a verifier believes it."""

from __future__ import annotations

from dataclasses import replace

from ledger.bundle import Bundle
from ledger.organisation import Organisation, Role
from ledger.report import Status
from ledger.trust import Trust
from ledger.verify import verify
from tests.api.service import Service
from tests.samples import transfer
from tests.signed_batch import KEY, manifest, signed_lines


def test_bundles_of_a_signed_batch_say_who_handed_it_in(fresh: Service) -> None:
    statements = [transfer() for _ in range(5)]
    assert fresh.batch(signed_lines([s.entry for s in statements])).status_code == 201
    assert fresh.record(transfer().value).status_code == 201
    fresh.anchor()
    trust = Trust.from_json(fresh.get("/v1/trust").content)
    exporter = Organisation("example:exporter", frozenset({Role.ENTERPRISE}), (KEY.public,))
    for number in (0, 4):
        path = f"/v1/records/{statements[number].value['record_id']}/bundle"
        text = fresh.get(path, "shenzhen").content
        bundle = Bundle.from_json(text)
        assert bundle.anchor is not None
        assert bundle.manifest is not None
        assert bundle.manifest.place.index == number
        known = replace(trust.pin(bundle.anchor), organisations=(exporter,))
        report = verify(text, trust=known)
        assert report.verdict is Status.VERIFIED
        checks = {check.code: check.status for check in report.checks}
        assert checks["manifest.record"] is Status.VERIFIED
        assert checks["manifest.submitter"] is Status.VERIFIED


def test_manifest_of_another_batch_is_refused_with_line_and_code(fresh: Service) -> None:
    entries = [transfer().entry for _ in range(3)]
    lines = [entries[1], entries[0], entries[2], manifest(entries).entry]
    refused = fresh.batch(b"\n".join(lines))
    assert refused.status_code == 400
    assert (refused.json()["code"], refused.json()["line"]) == ("manifest.root", 4)
    assert fresh.size == 0
