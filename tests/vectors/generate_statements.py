"""Make the vectors canonical.json, statement.json and disclosure.json.

    python tests/vectors/generate_statements.py           write them
    python tests/vectors/generate_statements.py --check   exit 1 where the committed ones differ

Nothing here calls the code under test. Canonical bytes are written down by hand or by json.dumps,
which sorts ASCII names as RFC 8785 does; hashes come from hashlib. Parties and papers are examples.
"""

from __future__ import annotations

import json
import sys
from base64 import urlsafe_b64encode
from copy import deepcopy
from hashlib import sha256
from pathlib import Path
from typing import Any

_HERE = Path(__file__).resolve().parent
_BIG = 2**53


def main() -> None:
    """Write the files, or compare."""
    made = {"canonical": _canonical(), "statement": _statement(), "disclosure": _disclosure()}
    stale = []
    for name, value in made.items():
        path = _HERE / f"{name}.json"
        text = json.dumps(value, indent=1, ensure_ascii=False) + "\n"
        if sys.argv[1:] == ["--check"]:
            if not path.is_file() or path.read_text("utf-8") != text:
                stale.append(path.name)
        else:
            path.write_text(text, "utf-8")
    if stale:
        sys.exit(f"stale: {', '.join(stale)}; run {Path(__file__).name}")


def _dump(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _hash(seed: str) -> str:
    return sha256(f"crossproof test vectors, {seed}".encode()).hexdigest()


def _base64url(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


# canonical.json


def _canonical() -> dict[str, Any]:
    pairs = {
        b" [ ] ": b"[]",
        b'{"b":1,"a":2}': b'{"a":2,"b":1}',
        b'{"B":1,"a":2,"_sd":3}': b'{"B":1,"_sd":3,"a":2}',
        b'"\\u20ac\\u0024\\u000F\\u000aA\'\\u0042\\u0022\\u005c\\\\\\"\\/"': (
            '"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"'.encode()
        ),
        b'"\\ud83d\\ude00\\u007f"': '"😀\x7f"'.encode(),
        # Names sort by UTF-16 units: an astral name stands before U+FB33.
        '{"\\ufb33":1,"😀":2}'.encode(): '{"😀":2,"\ufb33":1}'.encode(),
        # Composed and decomposed stay two names: nothing is normalised.
        '{"\u00e9":1,"e\u0301":2}'.encode(): '{"e\u0301":2,"\u00e9":1}'.encode(),
        b"-0": b"0",
        b"-0.0": b"0",
        b"1.0": b"1",
        b"1e1": b"10",
        b"1e21": b"1e+21",
        b"1e20": b"100000000000000000000",
        b"0.000001": b"0.000001",
        b"0.0000001": b"1e-7",
        b"4.50": b"4.5",
        b"333333333.33333329": b"333333333.3333333",
        b"5e-324": b"5e-324",
        b"9007199254740991": b"9007199254740991",
        b'[null,true,false,"",{},[]]': b'[null,true,false,"",{},[]]',
    }
    malformed = {
        b"": "json.invalid",
        b"{": "json.invalid",
        b"[1,]": "json.invalid",
        b"{} {}": "json.invalid",
        b"NaN": "json.invalid",
        b"-Infinity": "json.invalid",
        b"\xef\xbb\xbf{}": "json.invalid",
        b'"\xff"': "json.invalid",
        b'"\xed\xa0\x80"': "json.invalid",
        b'"\t"': "json.invalid",
        b'{"a":1,"\\u0061":2}': "json.duplicate-name",
        b'["\\ud800"]': "json.surrogate",
        b'{"\\udc00":1}': "json.surrogate",
        b"9007199254740992": "json.integer-range",
        b"1e400": "json.number-range",
        b"[" * 1000 + b"]" * 1000: "json.depth",
    }
    return {
        "origin": "generate_statements.py; input and output as hexadecimal bytes",
        "canonical": [{"input": i.hex(), "output": o.hex()} for i, o in pairs.items()],
        "malformed": [{"input": i.hex(), "code": code} for i, code in malformed.items()],
    }


# statement.json


_REFERENCE = {
    "record_id": "019a8f00-1234-7abc-9def-0123456789ab",
    "leaf_hash": _hash("a plan's leaf"),
}
_MINIMAL: dict[str, Any] = {
    "kind": "transfer",
    "v": 1,
    "record_id": "019aa5d1-7c00-7123-8abc-def012345678",
    "salt": "AAECAwQFBgcICQoLDA0ODw",
    "occurred_at": "2026-11-21T08:15:00Z",
    "exporter": {"id": "example:exporter"},
    "recipient": {"id": "example:recipient"},
    "from": "CN",
    "to": "HK",
    "scenario": "credit-reference",
    "data_items": [
        {"name": "credit report", "class": "general", "personal": True, "sensitive": False}
    ],
}
_FULL: dict[str, Any] = {
    **_MINIMAL,
    "occurred_at": "2026-11-21T08:15:59.123456789Z",
    "exporter": {"id": "example:exporter", "name": "示例数据有限公司", "country": "CN"},
    "recipient": {
        "id": "example:recipient",
        "name": "Example Research Ltd",
        "country": "HK",
        "address": "1 Example Road",
        "contact": "privacy@recipient.example",
    },
    "onward_recipients": [{"id": "example:onward", "country": "SG"}],
    "data_items": [
        {
            "name": "credit report",
            "class": "general",
            "personal": True,
            "sensitive": True,
            "deidentified": False,
            "description": "report of a small business's owner",
            "necessity": "asked for by the lender",
        },
        {"name": "seismic survey", "class": "important", "personal": False, "sensitive": False},
    ],
    "persons": {
        "personal": 120,
        "sensitive": 7,
        "year_personal": 99_999,
        "year_sensitive": 9_999,
        "as_of": "2026-11-21T00:00:00Z",
        "method": "distinct, by keyed hash of the identity number",
    },
    "purpose": "loan application of the persons concerned",
    "channel": {"id": "example:channel", "endpoints": ["2001:db8::1", "sftp.recipient.example"]},
    "storage_place": {"jurisdiction": "HK", "place": "Example data centre"},
    "retention": {"from": "2026-11-21", "until": "2029-11-21", "end_action": "delete"},
    "legal_basis": {
        "route": "standard-contract",
        "rule": "R12",
        "rule_set": "2026-01",
        "list": {"zone": "example-zone", "edition": "2025", "row": "3.1.4"},
        "filing": {
            "kind": "standard-contract",
            "authority": "example:authority",
            "number": "EX-2026-0001",
            "valid_from": "2026-01-01",
            "valid_until": "2028-12-31",
            "digests": {"sha-256": _hash("filing")},
        },
        "certificate": {"body": "example:body", "digests": {"sha-256": _hash("certificate")}},
        "contract": {
            "kind": "gba",
            "effective_on": "2026-01-01",
            "digests": {"sha-256": _hash("contract"), "sm3": _hash("contract, as SM3")},
        },
        "consent": {"separate": True, "digests": {"sha-256": _hash("consent")}},
        "pia": {
            "made_on": "2025-12-01",
            "conclusion": "acceptable",
            "keep_until": "2028-12-01",
            "digests": {"sha-256": _hash("pia")},
        },
        "evidence": [{"sha-256": _hash("evidence")}],
    },
    "files": [
        {"name": "报告.pdf", "size": _BIG - 1, "digests": {"sha-256": _hash("file")}},
        {"size": 0, "digests": {"sha-256": sha256().hexdigest(), "sm3": _hash("SM3 of a file")}},
    ],
    "origin_label": {
        "place": "Shenzhen",
        "system": "example core system",
        "producer": "example:producer",
        "produced_at": "2026-11-20T23:59:59Z",
        "label": {"sha-256": _hash("label")},
    },
    "software": {
        "name": "example-client",
        "version": "1.2.3",
        "publisher": "example:publisher",
        "build": {"sha-256": _hash("build")},
    },
    "parents": [_REFERENCE],
    "covered_by": {
        "plan": _REFERENCE,
        "sequence": 7,
        "persons": {"personal": 840, "sensitive": 7},
    },
    "supersedes": _REFERENCE,
}
_TYPICAL = _MINIMAL | {
    name: _FULL[name]
    for name in ("recipient", "persons", "purpose", "retention", "files", "parents", "covered_by")
}
_PLAN: dict[str, Any] = {
    **{name: _MINIMAL[name] for name in _MINIMAL if name not in {"kind", "occurred_at"}},
    "kind": "plan",
    "ceilings": {"transfers": 100, "personal": 10_000, "sensitive": 0, "bytes": _BIG - 1},
    "period": {"from": "2026-01-01", "until": "2026-12-31"},
}
_CONCEALED: dict[str, Any] = {
    **_MINIMAL,
    "recipient": {"id": "example:recipient", "_sd": [_base64url(sha256(b"name").digest())]},
    "_sd": [_base64url(sha256(b"purpose").digest()), _base64url(sha256(b"a decoy").digest())],
    "_sd_alg": "sha-256",
}


def _with(path: str, value: Any) -> bytes:
    """Change one member of a transfer; `...` takes it away."""
    changed = deepcopy(_TYPICAL)
    *parents, name = path.split("/")
    place: Any = changed
    for parent in parents:
        place = place[int(parent)] if isinstance(place, list) else place[parent]
    if value is ...:
        del place[name]
    else:
        place[name] = value
    return _dump(changed)


# A signature's form is all that the log looks at: these are signed by nobody.
_NO_JWS = {
    "two parts": "e30.e30",
    "four parts": "e30.e30.AAAA.AAAA",
    "an empty part": "e30..AAAA",
    "other letters": "e30.e+0.AAAA",
    "padding": "e30=.e30.AAAA",
    "a line break at its end": "e30.e30.AAAA\n",
}


def _signed(kind: str) -> dict[str, Any]:
    return {
        "kind": kind,
        "v": 1,
        "record_id": _MINIMAL["record_id"],
        "salt": _MINIMAL["salt"],
        "jws": f"{_base64url(b'{}')}.{_base64url(kind.encode())}.{_base64url(bytes(64))}",
    }


def _statement() -> dict[str, Any]:
    valid = {
        "minimal": _MINIMAL,
        "full": _FULL,
        "plan": _PLAN,
        "concealed": _CONCEALED,
        **{kind: _signed(kind) for kind in ("attestation", "manifest", "receipt", "status")},
    }
    refused = {
        **{
            f"jws of {what}": (_dump({**_signed("receipt"), "jws": text}), "statement.jws")
            for what, text in _NO_JWS.items()
        },
        "no jws": (_dump({**_signed("status"), "jws": None}), "statement.type"),
        "jws in a transfer": (_with("jws", "e30.e30.AAAA"), "statement.unknown-member"),
        "not JSON": (b"{", "json.invalid"),
        "cut in half": (_dump(_FULL)[:600], "json.invalid"),
        "an array": (b"[]", "statement.type"),
        "duplicate name": (b'{"v":1,' + _dump(_MINIMAL)[1:], "json.duplicate-name"),
        "duplicate nested name": (
            _dump(_MINIMAL).replace(b'{"id"', b'{"id":"other","id"', 1),
            "json.duplicate-name",
        ),
        "float": (_with("files/0/size", 1.5), "json.float"),
        "integral float": (_with("files/0/size", 1.0), "json.float"),
        "integer of 2^53": (_with("files/0/size", _BIG), "json.integer-range"),
        "lone surrogate": (
            _dump(_MINIMAL).replace(b"credit-reference", b"\\ud800"),
            "json.surrogate",
        ),
        "member name not ASCII": (_with("naïve", 1), "statement.member-name"),
        "no kind": (_with("kind", ...), "statement.kind"),
        "unknown kind": (_with("kind", "invoice"), "statement.kind"),
        "kind of a wrong type": (_with("kind", ["transfer"]), "statement.kind"),
        "version 2": (_with("v", 2), "statement.version"),
        "no salt": (_with("salt", ...), "statement.missing"),
        "no recipient id": (_with("recipient/id", ...), "statement.missing"),
        "unknown member": (_with("note", "x"), "statement.unknown-member"),
        "unknown nested member": (_with("exporter/vat", "x"), "statement.unknown-member"),
        "null for absent": (_with("purpose", None), "statement.type"),
        "text for a number": (_with("files/0/size", "1"), "statement.type"),
        "empty text": (_with("purpose", ""), "statement.type"),
        "identifier too long": (_with("scenario", "s" * 257), "statement.type"),
        "negative count": (_with("persons/personal", -1), "statement.type"),
        "unknown class": (_with("data_items/0/class", "secret"), "statement.type"),
        "no data items": (_with("data_items", []), "statement.type"),
        "sequence 0": (_with("covered_by/sequence", 0), "statement.type"),
        "_sd_alg of SHA-512": (_with("_sd_alg", "sha-512"), "statement.type"),
        "digest in _sd cut": (_with("_sd", ["x" * 42]), "statement.type"),
        "record_id in capitals": (
            _with("record_id", _FULL["record_id"].upper()),
            "statement.record-id",
        ),
        "record_id without dashes": (
            _with("record_id", _FULL["record_id"].replace("-", "")),
            "statement.record-id",
        ),
        "record_id of version 4": (
            _with("record_id", "019aa5d1-7c00-4123-8abc-def012345678"),
            "statement.record-id",
        ),
        "record_id no UUID": (_with("record_id", "1"), "statement.record-id"),
        "parent's record_id in capitals": (
            _with("parents/0/record_id", _REFERENCE["record_id"].upper()),
            "statement.record-id",
        ),
        "salt of 15 bytes": (_with("salt", _base64url(bytes(15))), "statement.salt"),
        "salt with stray bits": (_with("salt", "A" * 21 + "B"), "statement.salt"),
        "digest in capitals": (
            _with("files/0/digests/sha-256", _hash("file").upper()),
            "statement.hash",
        ),
        "digest cut": (_with("files/0/digests/sha-256", _hash("file")[:62]), "statement.hash"),
        "digest with a space": (
            _with("files/0/digests/sha-256", _hash("file")[:62] + " a"),
            "statement.hash",
        ),
        "jurisdiction in lower case": (_with("to", "hk"), "statement.jurisdiction"),
        "jurisdiction of three letters": (
            _with("recipient/country", "HKG"),
            "statement.jurisdiction",
        ),
        "time with an offset": (
            _with("occurred_at", "2026-11-21T08:15:00+08:00"),
            "statement.time",
        ),
        "time without seconds": (_with("occurred_at", "2026-11-21T08:15Z"), "statement.time"),
        "time on 30 February": (_with("occurred_at", "2026-02-30T00:00:00Z"), "statement.time"),
        "leap second": (_with("occurred_at", "2016-12-31T23:59:60Z"), "statement.time"),
        "hour 24": (_with("occurred_at", "2026-11-21T24:00:00Z"), "statement.time"),
        "date with a time": (
            _with("retention/until", "2029-11-21T00:00:00Z"),
            "statement.date",
        ),
        "period backwards": (_with("retention/until", "2026-11-20"), "statement.period"),
    }
    return {
        "origin": "generate_statements.py",
        "valid": [
            {
                "name": name,
                "kind": value["kind"],
                "record_id": value["record_id"].replace("-", ""),
                "entry": _dump(value).decode(),
                "leaf_hash": sha256(b"\0" + _dump(value)).hexdigest(),
            }
            for name, value in valid.items()
        ],
        "malformed": [
            {"name": name, "input": data.decode(), "code": code}
            for name, (data, code) in refused.items()
        ],
    }


# disclosure.json


def _disclose(*parts: Any) -> tuple[str, str]:
    text = _base64url(_dump(list(parts)))
    return text, _base64url(sha256(text.encode()).digest())


def _disclosure() -> dict[str, Any]:
    foreign, _ = _disclose("AAAAAAAAAAAAAAAAAAAAAA", "name", "Other")
    salts = [_base64url(sha256(f"salt {i}".encode()).digest()[:16]) for i in range(4)]
    name, name_digest = _disclose(salts[0], "name", "Example Research Ltd")
    element, element_digest = _disclose(salts[1], "SG")
    inner, inner_digest = _disclose(salts[2], "city", "香港")
    outer, outer_digest = _disclose(salts[3], "address", {"_sd": [inner_digest], "code": 1})
    return {
        "origin": "generate_statements.py",
        "members": {
            "name": "Example Research Ltd",
            "places": ["HK", "SG"],
            "address": {"city": "香港", "code": 1},
        },
        "paths": ["name", ["places", 1], "address", ["address", "city"]],
        "disclosures": [name, element, outer, inner],
        # Drawn for the deepest paths first.
        "salts": [salts[1], salts[2], salts[0], salts[3]],
        "concealed": {
            "places": ["HK", {"...": element_digest}],
            "_sd": sorted([name_digest, outer_digest]),
            "_sd_alg": "sha-256",
        },
        "revealed": [
            {"disclosures": [], "value": {"places": ["HK"]}},
            {"disclosures": [element], "value": {"places": ["HK", "SG"]}},
            {"disclosures": [outer], "value": {"places": ["HK"], "address": {"code": 1}}},
            {
                "disclosures": [inner, outer],
                "value": {"places": ["HK"], "address": {"code": 1, "city": "香港"}},
            },
        ],
        "unreferenced": [
            {"why": "inside one that is not shown", "disclosures": [inner]},
            {
                "why": "of another document",
                "disclosures": [foreign],
            },
        ],
    }


if __name__ == "__main__":
    main()
