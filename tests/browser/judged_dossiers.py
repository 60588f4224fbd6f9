"""Cases of whole dossiers: rules, accreditations, statuses, lists, and who handed in what."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from ledger import accreditation_fact, base64url, manifest, receipt, status_list
from ledger.accreditation import Change, Standing
from ledger.attestation import Stage
from ledger.bundle import FirstAnchor, LoggedAttestation
from ledger.canonical import canonicalize
from ledger.jwk import PrivateKey
from ledger.kinds.members import Digests
from ledger.merkle import inclusion_proof
from ledger.organisation import Organisation, Role
from ledger.receipt import Received
from ledger.status import Action
from ledger.status_list import Statuses, TokenStatus
from ledger.trust import Source, TrustedStatuses
from tests.browser.judged import Case, case
from tests.browser.mangled import signed_text
from tests.covered_transfer import ISSUED, KEY
from tests.logged_dossier import (
    EXPORTER,
    LATER,
    ORGANISATIONS,
    RECIPIENT,
    REGULATOR,
    STRANGER,
    LoggedDossier,
    accredited,
)
from tests.samples import BLOCK_TIME, SampleLog

_RECEIVED = Received(size=3, digests=Digests(sha_256="ab" * 32))
_LIST = "https://status.example/1"
_NO_RECORD = "019aa2f0-0000-7000-8000-00000000000f"

_CHANGES: tuple[dict[str, Any], ...] = (
    {},
    {"transfer/to": "MO"},
    {"plan/scenario": "other"},
    {"transfer/scenario": "other"},
    {"transfer/occurred_at": "2025-10-30T00:00:00Z"},
    {"transfer/occurred_at": "2030-01-01T00:00:00Z"},
    {"transfer/occurred_at": "0001-01-01T00:00:00Z"},
    {"pre_assessment/credentialSubject/outcome": "rejected"},
    {"pre_assessment/credentialSubject/outcome": "approved"},
    {"pre_assessment/exp": ISSUED + 1},
    {"pre_assessment/iat": ISSUED + 10**6},
    {"pre_assessment/exp": 2**53 - 1, "pre_assessment/nbf": 2**52},
    {"pre_assessment/credentialSubject/recipient": "hkbr:0"},
    {"pre_assessment/credentialSubject/to": "SG"},
    {"pre_assessment/credentialSubject/ceilings": {"personal": 999}},
    {"pre_assessment/credentialSubject/ceilings": {"transfers": 2}},
    {"transfer/covered_by": ...},
    {"transfer/covered_by/persons/sensitive": 7, "plan/ceilings": {"sensitive": 6}},
    {"transfer/exporter": {"id": "uscc:other"}},
    {"plan/from": "HK", "plan/to": "CN"},
    {"transfer/data_items/0/sensitive": True},
    {"transfer/data_items/0/name": "名字"},
    {"backup/credentialSubject/retained_until": "2026-01-01"},
    {"backup/credentialSubject/retained_until": "2028-11-20"},
    {
        "backup/credentialSubject/deposited_at": "2024-02-29T00:00:00Z",
        "backup/credentialSubject/retained_until": "2027-02-27",
    },
    {
        "backup/credentialSubject/deposited_at": "2024-02-29T00:00:00Z",
        "backup/credentialSubject/retained_until": "2027-02-28",
    },
    {"backup/credentialSubject/deposited_at": "2025-12-21T08:00:00Z"},
    {"backup/credentialSubject/restore_check": {"at": "2025-11-21T09:00:00Z", "outcome": "failed"}},
    {"backup/jurisdiction": "HK"},
    {"backup/iat": 10},
    {"post_check/iat": ISSUED},
    {"post_check/credentialSubject/outcome": "deviating"},
    {"post_check/credentialSubject/checked_at": "2027-11-22T08:00:00Z"},
    {"post_check/credentialSubject/checked_at": "2025-11-20T08:00:00Z"},
    {"post_check/credentialSubject/backup/leaf_hash": "ee" * 32},
    {"post_check/credentialSubject/pre_assessment": ...},
    {"post_check/credentialSubject/pre_assessment/record_id": _NO_RECORD},
    {"post_check/credentialSubject/record_id": _NO_RECORD},
    {"backup/credentialSubject/id": "urn:crossproof:leaf:" + "0" * 64},
)


def dossiers() -> Iterator[Case]:
    """Give every case of a dossier."""
    for part in (_dossiers, _statuses, _lists, _facts, _webs, _handed):
        yield from part()


def _dossiers() -> Iterator[Case]:
    """Dossiers: in order, each rule broken, in other orders, parts missing, accreditations."""
    for number, change in enumerate(_CHANGES):
        whole = LoggedDossier(change)
        yield case(f"dossier {number}", whole.bundle(), whole.trust())
    plain = LoggedDossier()
    orders = (
        ("pre_assessment", "plan", "transfer", "backup", "post_check"),
        ("plan", "transfer", "pre_assessment", "backup", "post_check"),
        ("plan", "pre_assessment", "backup", "transfer", "post_check"),
        ("plan", "pre_assessment", "transfer", "post_check", "backup"),
    )
    for order in orders:
        other = LoggedDossier(order=order)
        yield case(f"order {order}", other.bundle(), other.trust())
    for absent in ("plan", "pre_assessment", "backup", "post_check"):
        for required in ((), tuple(Stage)):
            shorter = plain.bundle(without=(absent,))
            yield case(f"without {absent}", shorter, plain.trust(), required=required)
    swapped = plain.bundle()
    pre, backup = (swapped.attestations[stage] for stage in (Stage.PRE_ASSESSMENT, Stage.BACKUP))
    crossed = {**swapped.attestations, Stage.PRE_ASSESSMENT: backup, Stage.BACKUP: pre}
    yield case("stages swapped", replace(swapped, attestations=crossed), plain.trust())
    assert swapped.plan is not None
    as_plan = replace(swapped, plan=pre.entry)
    yield case("an attestation as the plan", as_plan, plain.trust())
    as_record = replace(swapped, entry=swapped.plan, plan=swapped.entry)
    yield case("plan and record swapped", as_record, plain.trust())
    as_attestation = {**swapped.attestations, Stage.BACKUP: LoggedAttestation(swapped.plan)}
    yield case("a plan as the backup", replace(swapped, attestations=as_attestation), plain.trust())
    for name, said in {
        "suspended": Change(ISSUED, Standing.SUSPENDED),
        "revoked": Change(ISSUED, Standing.REVOKED),
        "revoked later": Change(BLOCK_TIME, Standing.REVOKED),
        "compromised": Change(LATER, Standing.COMPROMISED, from_=BLOCK_TIME - 1),
        "compromised after": Change(LATER, Standing.COMPROMISED, from_=BLOCK_TIME + 1),
        "compromised at first": Change(LATER, Standing.COMPROMISED, from_=1),
        "for another stage": Change(2, Standing.ACCREDITED, frozenset({Stage.BACKUP}), 2, LATER),
    }.items():
        yield case(f"accreditation {name}", plain.bundle(), plain.trust(accredited(said)))
    again = accredited(
        Change(ISSUED - 9, Standing.SUSPENDED), Change(ISSUED - 8, Standing.REINSTATED)
    )
    yield case("accreditation reinstated", plain.bundle(), plain.trust(again))
    unknown = replace(plain.trust(), accreditations=())
    yield case("accreditation unknown", plain.bundle(), unknown)
    yield case("no anchor for a dossier", replace(plain.bundle(), anchor=None), plain.trust())
    for at in (1_000_000_000, ISSUED - 700, ISSUED - 500, ISSUED, BLOCK_TIME, BLOCK_TIME + 1):
        then = datetime.fromtimestamp(at, UTC)
        yield case(f"dossier asked at {at}", plain.bundle(), plain.trust(), now=then)
    yield from _first_anchors(plain)
    strangers = LoggedDossier({"backup/jurisdiction": "HK"})
    yield case("another jurisdiction", strangers.bundle(), strangers.trust())
    for owner in ("uscc:91440300MA5ASSESS1", "somebody"):
        known = Organisation(owner, frozenset({Role.ASSESSOR}), (KEY.public,))
        whose = replace(plain.trust(), organisations=(*plain.trust().organisations, known))
        yield case(f"issuers' key is of {owner}", plain.bundle(), whose)
    unowned = LoggedDossier()
    yield case("no organisation", unowned.bundle(), replace(unowned.trust(), organisations=()))


def _first_anchors(whole: LoggedDossier) -> Iterator[Case]:
    """First anchors: pinned and not, of another tree, log and chain."""
    bundle, log = whole.bundle(), whole.log
    backup = bundle.attestations[Stage.BACKUP].entry
    early = SampleLog(log.entries[: backup.index + 1], log.signer)
    anchor = replace(
        early.anchor,
        transaction=b"\x14" * 32,
        block_number=6,
        block_hash=b"\x15" * 32,
        block_time=BLOCK_TIME - 5,
    )
    path = tuple(inclusion_proof(early.leaves, backup.index))
    base = whole.trust()
    pinned = replace(base, anchors=(*base.anchors, anchor))
    for name, first in {
        "right": FirstAnchor(anchor, path),
        "short": FirstAnchor(anchor, path[:-1]),
        "root": FirstAnchor(replace(anchor, root=b"\x01" * 32), path),
        "log": FirstAnchor(replace(anchor, log_id=b"\x01" * 32), path),
        "chain": FirstAnchor(replace(anchor, chain=replace(anchor.chain, chain_id=2)), path),
    }.items():
        shown = {**bundle.attestations, Stage.BACKUP: LoggedAttestation(backup, first)}
        for believed in (pinned, base):
            yield case(f"first anchor: {name}", replace(bundle, attestations=shown), believed)


def _statuses() -> Iterator[Case]:
    """Statuses: each action by each speaker, orders of them, times of them."""
    speakers = {"issuer": KEY, "regulator": REGULATOR, "stranger": STRANGER, "exporter": EXPORTER}
    for who, key in speakers.items():
        for action in Action:
            for about in ("transfer", "plan", "pre_assessment", "backup"):
                whole = LoggedDossier()
                whole.say(about, action, key)
                yield case(f"{who}: {action} of {about}", whole.bundle(), whole.trust())
    sequences: tuple[tuple[Action, ...], ...] = (
        (Action.SUSPEND, Action.REINSTATE),
        (Action.SUSPEND, Action.SUSPEND),
        (Action.REVOKE, Action.REINSTATE),
        (Action.SUSPEND, Action.REINSTATE, Action.REVOKE),
        (Action.STOP, Action.REINSTATE),
        (Action.STOP, Action.REVOKE),
    )
    for actions in sequences:
        for about, key in (("backup", KEY), ("transfer", REGULATOR)):
            whole = LoggedDossier()
            for action in actions:
                whole.say(about, action, key)
            yield case(f"{actions} of {about}", whole.bundle(), whole.trust())
    for said_at in (0, ISSUED, LATER + 10**6):
        for since in (None, 1, BLOCK_TIME, BLOCK_TIME + 1):
            whole = LoggedDossier()
            whole.say("pre_assessment", Action.REVOKE, at=said_at, compromised_since=since)
            yield case(f"revoked at {said_at}, since {since}", whole.bundle(), whole.trust())


def _lists() -> Iterator[Case]:
    """Status lists: each status, of other times, absent, by strangers, damaged."""

    def listed(
        statuses: Statuses,
        key: PrivateKey = KEY,
        *,
        idx: int = 9,
        uri: str = _LIST,
        exp: int = 86_400,
    ) -> LoggedDossier:
        place = {"status_list": {"idx": idx, "uri": _LIST}}
        whole = LoggedDossier({"backup/status": place})
        waiting = status_list.draft(
            key.public,
            statuses,
            address=uri,
            issued_at=LATER - 60,
            expires_at=LATER + exp,
            time_to_live=60,
        )
        whole.status_lists = (waiting.sign(key).text,)
        return whole

    for told in (*TokenStatus, 3):
        for bits in (2, 4, 8):
            whole = listed(Statuses.of({9: told}, size=5_000, bits=bits))
            yield case(f"status list says {told} in {bits}", whole.bundle(), whole.trust())
    clean = Statuses.of({}, size=16)
    noise = random.Random(7)  # noqa: S311 - as above
    mixed = Statuses.of({i: noise.randrange(3) for i in range(3_000)}, size=3_000)
    for name, whole in {
        "beyond": listed(clean, idx=16),
        "huge index": listed(clean, idx=2**53 - 1),
        "stranger": listed(clean, STRANGER),
        "elsewhere": listed(clean, uri="https://x.example/"),
        "expired": listed(clean, exp=-1),
        "mixed": listed(mixed),
    }.items():
        yield case(f"status list {name}", whole.bundle(), whole.trust())
    whole = listed(clean)
    bundle, trust = whole.bundle(), whole.trust()
    text = whole.status_lists[0]
    packed = json.loads(base64url.decode(text.split(".")[1]))["status_list"]["lst"]
    raw = base64url.decode(packed)
    stored = b"\x78\x01\x01" + b"\x04\x00\xfb\xff" + bytes(4) + b"\x00\x04\x00\x01"
    for name, lst in {
        "cut": raw[:-3],
        "longer": raw + b"x",
        "damaged": raw[:4] + b"\xff" + raw[5:],
        "none": b"",
        "sum": raw[:-1] + bytes([raw[-1] ^ 1]),
        "header": b"\x79" + raw[1:],
        "stored": stored,
        "stored wrongly": stored[:5] + b"\x00" + stored[6:],
        "type": b"\x78\x9c\x07",
        "one": b"\x78",
    }.items():
        claims = {
            "sub": _LIST,
            "iat": LATER - 60,
            "status_list": {"bits": 2, "lst": base64url.encode(lst)},
        }
        signed = signed_text(KEY, {"typ": "statuslist+jwt"}, canonicalize(claims))
        yield case(f"status list {name}", replace(bundle, status_lists=(signed,)), trust)
    sources = (
        TrustedStatuses(),
        TrustedStatuses(required=frozenset()),
        TrustedStatuses(required=frozenset(Source)),
        TrustedStatuses(("https://status.example/",), frozenset({Source.LIST})),
        TrustedStatuses(("https://elsewhere.example/",), frozenset({Source.LIST})),
        TrustedStatuses((_LIST,), frozenset(), whole["backup"].kind),
    )
    for rules in sources:
        ruled = replace(trust, status_sources=(rules,))
        for carried in (bundle, replace(bundle, status_lists=())):
            yield case(f"statuses by {rules}", carried, ruled)
    for lists in ((), ("x",), ("not a list", text), (text, "not a list"), (text + "A",)):
        yield case(f"status lists {len(lists)}", replace(bundle, status_lists=lists), trust)


def _facts() -> Iterator[Case]:
    """Accreditation facts: by whom, until when, against what else is known, damaged."""
    authority = ORGANISATIONS[2].id
    other = Change(2, Standing.REVOKED)

    def fact(
        key: PrivateKey = REGULATOR,
        issuer: str = authority,
        *changes: Change,
        issued: int = LATER - 60,
        until: int = LATER + 60,
    ) -> str:
        about = accredited(*changes)
        waiting = accreditation_fact.draft(
            key.public, about, issuer=issuer, issued_at=issued, expires_at=until
        )
        return waiting.sign(key).text

    whole = LoggedDossier()
    bundle, known = whole.bundle(), whole.trust()
    unknown = replace(known, accreditations=())
    good, header, later = fact(), fact().split(".", 1), fact(issued=LATER - 30)
    for name, texts in {
        "good": (good,),
        "of a revoked key": (fact(REGULATOR, authority, other),),
        "newer one counts": (fact(REGULATOR, authority, other), later),
        "newer one counts, whatever the order": (later, fact(REGULATOR, authority, other)),
        "last of one moment": (good, fact(REGULATOR, authority, other)),
        "over": (fact(until=LATER),),
        "stranger": (fact(STRANGER),),
        "exporter": (fact(EXPORTER, ORGANISATIONS[0].id),),
        "other issuer": (fact(REGULATOR, "other"),),
        "damaged": (good[:-4] + "AAAA",),
        "no fact": ("x",),
        "other header": (f"e30.{header[1]}",),
        "too many": (good,) * 17,
    }.items():
        carried = replace(bundle, accreditations=texts)
        for believed in (known, unknown):
            yield case(f"accreditation fact: {name}", carried, believed)


def _webs() -> Iterator[Case]:
    """Organisations whose keys a did:web brought: as fetched, not fetched, no did:web at all."""
    whole = LoggedDossier()
    whole.submit()
    bundle, trust = whole.bundle(), whole.trust()
    jwk = EXPORTER.public.to_jwk()
    for number, web in enumerate(
        (
            {"did": "did:web:a.example", "fetched_at": 1, "keys": [jwk]},
            {"did": "did:web:a.example%3A8443:x:y", "fetched_at": 1, "keys": [jwk]},
            {"did": "did:web:a.example"},
            {"did": "did:web:a.example", "keys": [jwk]},
            {"did": "did:web:a.example", "fetched_at": 1, "keys": [jwk, jwk]},
            {"did": "did:web:a.example", "fetched_at": -1, "keys": []},
            {"did": "did:web:a/b", "fetched_at": 1, "keys": [jwk]},
            {"did": "did:web:" + "a" * 1_020},
            {"did": "did:web:ä"},
            {"did": "did:web:a.example", "fetched_at": 1, "keys": [{"kty": "RSA"}]},
            {"did": "did:web:a.example", "more": 1},
            {"did": 7},
        )
    ):
        for keys in ([], [jwk]):
            value = trust.to_value()
            value["organisations"][0] |= {"keys": keys, "web": web}
            yield case(f"did:web {number}", bundle, json.dumps(value).encode())
        # A key of two organisations would let either speak for the other.
        value["organisations"][1]["web"] = web
        yield case(f"did:web {number} of two", bundle, json.dumps(value).encode())


def _handed() -> Iterator[Case]:
    """Manifests and receipts."""
    exporter = ORGANISATIONS[0].id
    for key, iss in (
        (EXPORTER, exporter),
        (EXPORTER, "x"),
        (STRANGER, exporter),
        (RECIPIENT, ORGANISATIONS[1].id),
    ):
        whole = LoggedDossier()
        whole.submit(key, iss)
        yield case(f"manifest by {iss}", whole.bundle(), whole.trust())
    bundle = whole.bundle()
    assert bundle.manifest is not None
    for place in (
        manifest.Place(0, bundle.manifest.place.path),
        manifest.Place(99, ()),
        manifest.Place(bundle.manifest.place.index, ()),
    ):
        moved = replace(bundle, manifest=replace(bundle.manifest, place=place))
        yield case(f"manifest's place {place.index}", moved, whole.trust())
    recipient = ORGANISATIONS[1].id
    other = Received(size=4, digests=Digests(sha_256="ab" * 32))
    for key, iss, received in (
        (RECIPIENT, recipient, (_RECEIVED,)),
        (RECIPIENT, recipient, (other,)),
        (RECIPIENT, recipient, ()),
        (RECIPIENT, recipient, (_RECEIVED, _RECEIVED)),
        (STRANGER, recipient, (_RECEIVED,)),
        (EXPORTER, exporter, (_RECEIVED,)),
        (RECIPIENT, "x", (_RECEIVED,)),
    ):
        whole = LoggedDossier()
        whole.receive(*received, key=key, iss=iss)
        yield case(f"receipt by {iss}", whole.bundle(), whole.trust())
        before = datetime.fromtimestamp(ISSUED - 1, UTC)
        yield case(f"later receipt by {iss}", whole.bundle(), whole.trust(), now=before)
    lying = LoggedDossier()
    about = lying["transfer"]
    waiting = receipt.draft(
        RECIPIENT.public,
        issuer=recipient,
        issued_at=ISSUED,
        transfer=b"\x01" * 32,
        record_id=str(about.members.record_id),
        sent=[],
        received=[_RECEIVED],
        purpose="p",
        scope="s",
    )
    lying.add("receipt", waiting, RECIPIENT)
    yield case("receipt of another transfer", lying.bundle(), lying.trust())
