"""Cases with one thing changed at random: in a bundle, an entry, claims, a trust file."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from ledger import base64url
from ledger.accreditation import Change, Standing
from ledger.attestation import Stage
from ledger.attestation import draft as draft_attestation
from ledger.bundle import LoggedAttestation
from ledger.canonical import canonicalize
from ledger.disclosure import Path
from ledger.errors import MalformedError
from ledger.fingerprint import Fingerprint
from ledger.jwk import PrivateKey
from ledger.kinds.members import Digests
from ledger.receipt import Received
from ledger.statement import Statement
from ledger.status import Action
from tests.attestation_claims import claims_of
from tests.browser.judged import Case, case
from tests.covered_transfer import KEY
from tests.logged_dossier import (
    EXPORTER,
    LATER,
    ORGANISATIONS,
    RECIPIENT,
    LoggedDossier,
    accredited,
)
from tests.mutations import at, places, replaced, without
from tests.samples import SampleLog, transfer

_RECEIVED = Received(size=3, digests=Digests(sha_256="ab" * 32))
_SCALARS: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2**53 - 1, 1.0, 0.5, -0.0, 1e300, 1e-7, 123456789.125,
    "", "0x", "0x" + "00" * 32, "00" * 32, "FF" * 32, "AA==", "AB==", "finalized", "é", "\u200b",
    "it's", 'say "it"', "it's \"both\"", "line\nbreak", "\x7f", "😀", "x" * 300, [], {}, [1, "a"],
    {"a": None}, "CN", "2026-02-30", "2026-02-28", "2026-01-31T12:00:00Z", "0000-01-01",
    "0001-01-01T00:00:00Z", "019aa2f0-0000-7000-8000-000000000001",
    "019AA2F0-0000-7000-8000-000000000001", "019aa2f0-0000-4000-8000-000000000001",
)  # fmt: skip


def mangled(chance: random.Random, share: float) -> Iterator[Case]:
    """Give the cases, of those made at random a share."""
    for part in (_bundles, _entries, _claims, _trusts):
        yield from part(chance, share)


def _bundles(chance: random.Random, share: float) -> Iterator[Case]:
    """Bundles with one thing changed, anywhere."""
    whole = LoggedDossier()
    whole.submit()
    whole.receive(_RECEIVED, iss=ORGANISATIONS[1].id)
    whole.say("backup", Action.SUSPEND)
    whole.say("backup", Action.REINSTATE)
    bundle, trust = whole.bundle(), whole.trust()
    value = bundle.to_value()
    for number in range(int(400 * share)):
        changed = _changed(chance, value)
        text = json.dumps(changed, ensure_ascii=chance.random() < 0.5).encode(
            errors="surrogatepass"
        )
        yield case(f"mangled bundle {number}", text, trust)
    text = bundle.to_json().encode()
    for number in range(int(60 * share)):
        place = chance.randrange(len(text))
        flipped = text[:place] + bytes([text[place] ^ 1 << chance.randrange(8)]) + text[place + 1 :]
        yield case(f"bit of a bundle {number}", flipped, trust)


def _entries(chance: random.Random, share: float) -> Iterator[Case]:
    """Entries with one thing changed, canonical again, and in the log as they are."""
    whole = LoggedDossier()
    file = Fingerprint.of_bytes(b"1", name="a", sm3=True)
    basis = {
        "route": "standard-contract",
        "filing": {"kind": "k", "valid_from": "2026-01-01", "valid_until": "2027-01-01"},
        "contract": {"effective_on": "2026-01-01", "digests": {"sha-256": "ab" * 32}},
        "pia": {"made_on": "2026-01-01", "digests": {"sha-256": "ab" * 32}},
        "consent": {"separate": True, "digests": {"sha-256": "ab" * 32}},
    }
    full = transfer(
        file,
        legal_basis=basis,
        persons={"personal": 1, "as_of": "2026-01-31T12:00:00.5Z"},
        channel={"id": "c", "endpoints": ["a", "b"]},
        storage_place={"jurisdiction": "HK"},
        retention={"from": "2026-01-31", "until": "2027-01-31"},
        purpose="loan",
        onward_recipients=[{"id": "x", "country": "SG"}],
        software={"name": "n", "version": "1"},
        origin_label={"produced_at": "2026-01-31T12:00:00Z", "label": {"sha-256": "ab" * 32}},
        parents=[{"record_id": "019aa2f0-0000-7000-8000-000000000001", "leaf_hash": "ab" * 32}],
    )
    for name, entry in {
        "transfer": full.entry,
        "plan": whole["plan"].entry,
        "signed": whole["backup"].entry,
    }.items():
        value = json.loads(entry)
        for number in range(int(220 * share)):
            changed = _changed(chance, value)
            try:
                text = canonicalize(changed)
            except MalformedError:
                text = json.dumps(changed).encode()
            if len(text) > 60_000:
                continue
            log = SampleLog([full.entry, text])
            yield case(f"mangled {name} {number}", log.bundle(1), log.trust())


def _claims(chance: random.Random, share: float) -> Iterator[Case]:
    """Claims and headers with one thing changed, signed again and logged."""
    whole = LoggedDossier()
    whole.submit()
    whole.receive(_RECEIVED, iss=ORGANISATIONS[1].id)
    whole.say("backup", Action.REVOKE, compromised_since=5)
    makers: dict[str, tuple[str, PrivateKey]] = {
        "pre_assessment": (whole["pre_assessment"].value["jws"], KEY),
        "backup": (whole["backup"].value["jws"], KEY),
        "post_check": (whole["post_check"].value["jws"], KEY),
        **{
            kind: (said.value["jws"], key)
            for (kind, said), key in zip(whole.more, (EXPORTER, RECIPIENT, KEY), strict=True)
        },
    }
    for name, (jws, key) in makers.items():
        header, payload = (json.loads(base64url.decode(part)) for part in jws.split(".")[:2])
        for number in range(int(90 * share)):
            if number % 6:
                signed = signed_text(key, header, _written(_changed(chance, payload)))
            else:
                signed = signed_text(key, _changed(chance, header), canonicalize(payload))
            kind = name if name in {"manifest", "receipt", "status"} else "attestation"
            yield from _resigned(f"mangled claims of {name} {number}", name, kind, signed)
    yield from _sd_jwts()


def _sd_jwts() -> Iterator[Case]:
    """Attestations with concealed parts: shown, partly shown, changed."""
    concealed: dict[Stage, list[Path]] = {
        Stage.PRE_ASSESSMENT: ["conditions", "reasons", ("filing", "number")],
        Stage.BACKUP: [
            ("deposit", "items"),
            ("custodian", "name"),
            ("deposit", "items", 0, "name"),
        ],
        Stage.POST_CHECK: ["findings", "corrective_action"],
    }
    for stage, paths in concealed.items():
        waiting, texts = draft_attestation(KEY.public, claims_of(stage), concealed=paths)
        jws = waiting.sign(KEY).text
        wrong = base64url.encode(canonicalize(["s", "items", [{"size": 1}]]))
        for number, shown in enumerate(
            ([], texts, texts[:1], texts[1:], [*texts, texts[0]], [wrong])
        ):
            name = stage.value.replace("-", "_")
            yield from _resigned(
                f"concealed {name} {number}", name, "attestation", jws, tuple(shown)
            )
    claims = claims_of(Stage.BACKUP)
    claims["credentialSubject"]["deposit"]["root"] = "00" * 32
    jws = signed_text(KEY, _header(KEY), canonicalize(claims))
    yield from _resigned("another deposit", "backup", "attestation", jws)


def _resigned(
    name: str, record: str, kind: str, jws: str, disclosures: tuple[str, ...] = ()
) -> Iterator[Case]:
    """Log a signed text in place of what a dossier has there."""
    try:
        said = Statement.build({"kind": kind, "jws": jws})
    except MalformedError:
        return
    whole = LoggedDossier()
    whole.submit()
    whole.receive(_RECEIVED, iss=ORGANISATIONS[1].id)
    whole.say("backup", Action.SUSPEND)
    if kind == "attestation":
        whole.records[record] = said
    else:
        whole.more = [(k, said if k == kind else other) for k, other in whole.more]
    bundle = whole.bundle()
    if disclosures:
        stage = Stage(record.replace("_", "-"))
        shown = replace(bundle.attestations[stage].entry, disclosures=disclosures)
        attested = {**bundle.attestations, stage: LoggedAttestation(shown)}
        bundle = replace(bundle, attestations=attested)
    yield case(name, bundle, whole.trust())


def _trusts(chance: random.Random, share: float) -> Iterator[Case]:
    """Trust files with one thing changed."""
    whole = LoggedDossier()
    revoked = Change(LATER, Standing.REVOKED)
    compromised = Change(LATER, Standing.COMPROMISED, from_=LATER - 5)
    trust = whole.trust(accredited(revoked, compromised))
    chain = replace(trust.chains[0], rpc=("https://a.example/", "http://b.example:8545/x"), agree=2)
    value = replace(trust, chains=(chain,)).to_value()
    bundle = whole.bundle()
    for number in range(int(300 * share)):
        yield case(f"mangled trust {number}", bundle, json.dumps(_changed(chance, value)).encode())
    for url in (
        "",
        "ftp://a",
        "https://",
        "http://a:0",
        "http://a:65536",
        "http://a:x",
        "http://a b",
        "http://[::1]:8545/",
        "HTTPS://A.example",
        "http://u:p@a/",
        "http://é",
        "http://a?x",
        "https://a.example",
        "https://a.example.",
        "https://a.example:443/",
        "http://a\t",
    ):
        listed = replaced(value, ("chains", 0, "rpc"), ["https://a.example", url])
        yield case(f"node {url}", bundle, json.dumps(listed).encode())
    for policy in (
        "instant",
        "finalized",
        "confirmations:0",
        "confirmations:07",
        "confirmations:",
        "confirmations:100001",
        "confirmations:12",
        "soon",
        "confirmations:٣",
    ):
        changed = replaced(value, ("chains", 0, "finality"), policy)
        yield case(f"finality {policy}", bundle, json.dumps(changed).encode())


def _changed(chance: random.Random, value: Any) -> Any:
    """Change one thing in a JSON value: leave out, add, replace or respell."""
    place = chance.choice(places(value))
    here = at(value, place)
    change: Callable[[], Any] = chance.choice(
        [
            lambda: without(value, place) if place else {},
            lambda: replaced(value, place, chance.choice(_SCALARS)),
            lambda: replaced(value, place, _grown(chance, here)),
            lambda: replaced(value, place, _respelt(chance, here)),
            lambda: replaced(value, place, _respelt(chance, here)),
        ]
    )
    return change()


def _grown(chance: random.Random, here: Any) -> Any:
    if isinstance(here, dict):
        name = chance.choice(["x", "é", "record_id", "_sd", "...", "_sd_alg", "name", "size"])
        return {**here, name: chance.choice(_SCALARS)}
    if isinstance(here, list):
        return [*here, *here[-1:]] if chance.random() < 0.5 else [*here, chance.choice(_SCALARS)]
    return chance.choice(_SCALARS)


def _respelt(chance: random.Random, here: Any) -> Any:
    if isinstance(here, bool):
        return chance.choice([not here, int(here), str(here).lower()])
    if isinstance(here, int):
        return chance.choice([float(here), str(here), here + 1, here - 1, -here, here * 2**40])
    if isinstance(here, str):
        cut = chance.randrange(len(here) + 1)
        letter = chance.choice("A0+/=_-.é\n\x00 ~'😀")
        return chance.choice(
            [
                here.upper(),
                f" {here}",
                f"{here}\n",
                f"{here}=",
                here[2:],
                f"0x{here}",
                here[:cut],
                here[:cut] + letter + here[cut + 1 :],
                here[:cut] + letter + here[cut + 1 :],
            ]
        )
    return chance.choice(_SCALARS)


def _written(value: Any) -> bytes:
    try:
        return canonicalize(value)
    except MalformedError:
        return json.dumps(value).encode()


def _header(key: PrivateKey) -> dict[str, Any]:
    return {"alg": "ES256", "jwk": key.public.to_jwk(), "typ": "dc+sd-jwt"}


def signed_text(key: PrivateKey, header: Any, payload: bytes) -> str:
    """Sign whatever it is."""
    if isinstance(header, dict):
        header = {"alg": "ES256", "jwk": key.public.to_jwk(), **header}
    head = f"{base64url.encode(json.dumps(header).encode())}.{base64url.encode(payload)}"
    return f"{head}.{base64url.encode(key.sign(head.encode()))}"
