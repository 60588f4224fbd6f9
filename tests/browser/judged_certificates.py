"""Cases of keys that only certificates tell: submitters, recipients, attestors, regulators."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from ledger import base64url
from ledger.canonical import canonicalize
from ledger.certificate_chain import Certificate
from ledger.jwk import PrivateKey
from ledger.jws import unsigned
from ledger.manifest import TYP
from ledger.merkle import root as root_of
from ledger.organisation import Certified, Organisation
from ledger.receipt import TYP as RECEIPT_TYP
from ledger.statement import Statement
from ledger.status import TYP as STATUS_TYP
from ledger.trust import Trust
from tests.browser.judged import Case, case
from tests.browser.mangled import signed_text
from tests.covered_transfer import ISSUED, KEY
from tests.logged_dossier import ORGANISATIONS, RECIPIENT, LoggedDossier
from tests.samples import BLOCK_TIME
from tests.vectors.generate_certificates import BETWEEN, RICH, ROOT, SIGNER, Issued, issue

NAME = ORGANISATIONS[0].id
_AT, _ANCHORED = (datetime.fromtimestamp(time, UTC) for time in (ISSUED, BLOCK_TIME))
_DAY = timedelta(days=1)
_URI = x509.UniformResourceIdentifier
_HELD = issue(
    ROOT, "held to names", more=[(x509.NameConstraints([x509.DNSName("example")], None), True)]
)


def certified() -> Iterator[Case]:
    """Give every case."""
    yield from _submitters()
    yield from _recipients()
    yield from _attestors()
    yield from _orders()
    yield from _trusts()


def _signer(name: str = NAME, by: Issued = ROOT, **how: Any) -> Issued:
    return issue(by, f"signer {name}", ca=False, names=[_URI(name)], **how)


def _key(issued: Issued) -> PrivateKey:
    assert isinstance(issued.key, ec.EllipticCurvePrivateKey)
    return PrivateKey(issued.key)


def _believing(whole: LoggedDossier, place: int, *roots: Issued, name: str | None = None) -> Trust:
    """Believe what a dossier needs, and of one organisation these roots instead of a key."""
    authorities = Certified(tuple(Certificate.read(root.text) for root in roots), name)
    organisations: list[Organisation] = list(ORGANISATIONS)
    organisations[place] = replace(organisations[place], keys=(), certified=authorities)
    return replace(whole.trust(), organisations=tuple(organisations))


def _submitters() -> Iterator[Case]:
    ended = _signer(until=_AT - _DAY)
    chains: dict[str, tuple[Sequence[Issued], dict[str, Any]]] = {
        "holds": ([SIGNER, BETWEEN], {}),
        "with its root": ([SIGNER, BETWEEN, ROOT], {}),
        "by its register": ([RICH], {"name": "NTRCN-1"}),
        "of another name": ([RICH], {"name": "NTRCN-2"}),
        "of no name": ([issue(ROOT, "nameless", ca=False)], {}),
        "ended": ([ended], {}),
        "ended before the anchor": ([_signer(until=_ANCHORED - _DAY)], {}),
        "not yet": ([_signer(since=_AT + _DAY)], {}),
        "not read": ([_signer(by=_HELD), _HELD], {}),
        "a link missing": ([SIGNER, ROOT], {}),
        "of nobody": ([_signer(by=issue(None, "root", seed="other"))], {}),
        "of another key": ([SIGNER, BETWEEN], {"key": KEY}),
        "beyond the calendar": ([SIGNER, BETWEEN], {"at": 2**53 - 1}),
        "renewed": (
            [SIGNER, BETWEEN],
            {"roots": [issue(None, "root", until=_AT - _DAY), ROOT]},
        ),
        "lapsed": ([SIGNER, BETWEEN], {"roots": [issue(None, "root", until=_AT - _DAY)]}),
    }
    for name, (chain, options) in chains.items():
        yield _submitted(name, [each.text for each in chain], chain[0], **options)
    for value in (None, [], ["AAAA"], [1], "x", [SIGNER.text] * 6, {"a": 1}, [f"{ROOT.text}\n"]):
        yield _submitted(f"no chain {value!a:.20}", value, SIGNER)
    # The certificate alone brings the key.
    yield _submitted("no key beside", [SIGNER.text, BETWEEN.text], SIGNER, alone=True)


def _submitted(
    what: str,
    x5c: Any,
    signer: Issued,
    *,
    roots: Sequence[Issued] = (ROOT,),
    key: PrivateKey | None = None,
    at: int = ISSUED,
    alone: bool = False,
    **options: Any,
) -> Case:
    whole = LoggedDossier()
    leaves = whole.leaves()
    claims = {"iss": NAME, "iat": at, "root": root_of(leaves).hex(), "count": len(leaves)}
    key = key or _key(signer)
    header = {"alg": "ES256", "typ": TYP, "x5c": x5c}
    if alone:
        parts = ".".join(base64url.encode(canonicalize(part)) for part in (header, claims))
        text = f"{parts}.{base64url.encode(key.sign(parts.encode()))}"
    else:
        text = signed_text(key, header, canonicalize(claims))
    # What is no chain is refused where a statement is built; a log may hold it all the same.
    said = _unbuilt("manifest", text)
    whole.more.append(("manifest", said))
    return case(f"submitter {what}", whole.bundle(), _believing(whole, 0, *roots, **options))


def _unbuilt(kind: str, jws: str) -> Statement:
    template = LoggedDossier()
    template.submit()
    value = json.loads(template.more[0][1].entry)
    entry = canonicalize({**value, "kind": kind, "jws": jws})
    return replace(template.more[0][1], entry=entry)


def _recipients() -> Iterator[Case]:
    for name, chain in {
        "holds": [_signer(ORGANISATIONS[1].id)],
        "not read": [_signer(ORGANISATIONS[1].id, by=_HELD), _HELD],
        "of another": [SIGNER, BETWEEN],
    }.items():
        whole = LoggedDossier()
        whole.receive(iss=ORGANISATIONS[1].id, key=RECIPIENT)
        payload = whole.more.pop()[1].value["jws"].split(".")[1]
        header = {"typ": RECEIPT_TYP, "x5c": [each.text for each in chain]}
        text = signed_text(_key(chain[0]), header, base64url.decode(payload))
        whole.more.append(("receipt", Statement.build({"kind": "receipt", "jws": text})))
        yield case(f"recipient {name}", whole.bundle(), _believing(whole, 1, ROOT))


def _attestors() -> Iterator[Case]:
    for name, chain in {
        "under a root": [_signer()],
        "of nobody": [_signer(by=issue(None, "root", seed="other"))],
        "not read": [_signer(by=_HELD), _HELD],
        "ended": [_signer(until=_AT - _DAY)],
    }.items():
        whole = LoggedDossier()
        payload = whole["backup"].value["jws"].split(".")[1]
        header = {"typ": "dc+sd-jwt", "x5c": [each.text for each in chain]}
        text = signed_text(_key(chain[0]), header, base64url.decode(payload))
        whole.records["backup"] = Statement.build({"kind": "attestation", "jws": text})
        yield case(f"attestor {name}", whole.bundle(), _believing(whole, 0, ROOT))


def _orders() -> Iterator[Case]:
    """Orders to stop: one that the page does not read must not pass for none."""
    for name, chain in {
        "holds": [_signer("cac")],
        "ended": [_signer("cac", until=_AT - _DAY)],
        "anchored late": [_signer("cac", until=_ANCHORED - _DAY)],
        "not read": [_signer("cac", by=_HELD), _HELD],
        "of another": [_signer("urn:other")],
    }.items():
        whole = LoggedDossier()
        about = whole["transfer"]
        claims = {
            "iss": "cac", "iat": ISSUED, "sub": f"urn:crossproof:leaf:{about.leaf_hash.hex()}",
            "record_id": str(about.members.record_id), "action": "stop", "reason": "because",
        }  # fmt: skip
        key = _key(chain[0])
        header = {"x5c": [each.text for each in chain]}
        waiting = unsigned(key.public, claims, typ=STATUS_TYP, header=header)
        whole.add("status", waiting, key)
        yield case(f"order {name}", whole.bundle(), _believing(whole, 2, ROOT))


def _trusts() -> Iterator[Case]:
    whole = LoggedDossier()
    value = whole.trust().to_value()
    longer = b64encode(ROOT.der + b"\0").decode()
    wrong: tuple[Any, ...] = (
        {}, [], None, {"roots": []}, {"roots": [ROOT.text, ROOT.text]}, {"roots": ["AAAA"]},
        {"roots": [1]}, {"roots": [longer]}, {"roots": [ROOT.text], "name": ""},
        {"roots": [ROOT.text], "url": "https://x"}, {"roots": [f"{ROOT.text}\n"]},
        {"roots": [ROOT.text], "name": "x" * 5000}, {"roots": [ROOT.text] * 101},
    )  # fmt: skip
    for number, authorities in enumerate(wrong):
        known = {**value["organisations"][0], "certified": authorities}
        text = json.dumps({**value, "organisations": [known]}).encode()
        yield case(f"no roots {number}", whole.bundle(), text)
