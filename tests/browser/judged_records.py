"""Cases of a record alone: its files, its anchor and checkpoint, its text, its disclosures."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from ledger import base64url
from ledger.canonical import canonicalize
from ledger.disclosure import conceal
from ledger.fingerprint import Fingerprint
from ledger.note import sign
from ledger.statement import Statement
from tests.browser.judged import Case, case
from tests.samples import BLOCK_TIME, SampleLog, sample_log, transfer

_RAW = (
    "", " ", "\ufeff{}", "[", "[1", "[1,", "[1,]", "{", '{"a"', '{"a":', '{"a":1', '{"a":1,',
    '{"a":1,}', "{a:1}", '{"a" 1}', '{"a":1 "b"}', "nul", "NaN", "-Infinity", "[Infinity]", "-",
    "01", "1.", "1e", "[1.e5]", "+1", '"a', '"\\', '"\\x"', '"\\u12"', '"\\u12G4"', '"a\nb"',
    '"\\ud800"', '["ok","\\udc00x"]', '{"\\ud83d":1}', "1e400", "9007199254740992", "1" * 5000,
    "{} {}", "tru", "[[[", '{"a":1,"a":2}', '{"x":{"b":1,"b":1}}', "[" * 129 + "]" * 129,
    '{"a":' * 200, '"' + "[" * 200 + '"', "null", "[]", '"text"', "-9007199254740993", "[1 2]",
    '["\\u00e9" é]', '"😀" x', "-0", "[-0.0]", '{"\\u0000": 1}',
)  # fmt: skip
_NOT_UTF8 = (b"\xff", b'{"a":"\xc3"}', b'"\xed\xa0\x80"', b'"\xf4\x90\x80\x80"', b'"\xe0\x80\x80"',
             b"abc\xc0\xaf", b'"\xf0\x9f\x98"', b'"\xe4\xb8"')  # fmt: skip


def records() -> Iterator[Case]:
    """Give every case of a record alone."""
    for part in (_files, _anchors, _texts, _disclosures):
        yield from part()


def _files() -> Iterator[Case]:
    """Files: there, changed, missing, unnamed, twice, of other sizes and with other algorithms."""
    one, two = (Fingerprint.of_bytes(data, name=name) for name, data in (("a", b"1"), ("b", b"2")))
    hidden = Fingerprint.of_bytes(b"3")
    both = Fingerprint.of_bytes(b"4", name="四.txt", sm3=True)
    log = sample_log(transfer(one, two, hidden, both))
    bundle, trust = log.bundle(2), log.trust()
    wrong = replace(one, digests={"sha-256": "cd" * 32})
    half = replace(both, digests={**both.digests, "sm3": "00" * 32})
    given: tuple[tuple[Fingerprint, ...], ...] = (
        (),
        (one,),
        (one, two, hidden, both),
        (one, one, two, hidden, both),
        (wrong,),
        (wrong, two, hidden, both),
        (replace(one, size=9), two, hidden, both),
        (one, two, half),
        (one, two, hidden, replace(both, digests={"sha-256": both.digests["sha-256"]})),
        (replace(two, name="a"), replace(one, name="b"), hidden, both),
        (one, two, hidden, both, replace(wrong, name="stranger")),
        (one, two, both, replace(wrong, name=None)),
        (wrong, replace(wrong, name="z")),
    )
    for number, files in enumerate(given):
        for waived in (True, False):
            yield case(f"files {number} {waived}", bundle, trust, files=files, without_files=waived)
    unsound = replace(bundle, entry=replace(bundle.entry, index=1))
    yield case("files of an unsound record", unsound, trust, files=(one, hidden))


def _anchors() -> Iterator[Case]:
    """Anchors: pinned, not, none, of another head, log, chain, sandbox, time; and checkpoints."""
    log = sample_log(transfer())
    bundle, trust = log.bundle(2), log.trust()
    anchor = log.anchor
    unpinned = log.trust(pinned=False)
    yield case("pinned", bundle, trust)
    yield case("unpinned", bundle, unpinned)
    yield case("no anchor", replace(bundle, anchor=None), trust)
    bare = replace(bundle, anchor=None, checkpoint=sign(log.checkpoint.text(), log.signer))
    yield case("no operator yet", bare, trust)
    yield case("no operator", replace(bare, anchor=anchor), trust)
    yield case(
        "log's key absent",
        replace(bundle, checkpoint=sign(log.checkpoint.text(), log.operator)),
        trust,
    )
    changes: dict[str, dict[str, Any]] = {
        "size": {"size": 9},
        "root": {"root": b"\x09" * 32},
        "log": {"log_id": b"\x09" * 32},
        "transaction": {"transaction": b"\x09" * 32},
        "number": {"block_number": 9},
        "block": {"block_hash": b"\x09" * 32},
        "time": {"block_time": BLOCK_TIME + 1},
        "milliseconds": {"block_time": BLOCK_TIME * 1000 + 5},
        "sandbox": {"sandbox": True},
        "chain": {"chain": replace(anchor.chain, chain_id=5)},
        "contract": {"chain": replace(anchor.chain, contract=b"\x09" * 20)},
        "genesis": {"chain": replace(anchor.chain, genesis_hash=b"\x09" * 32)},
        "restarted": {"chain": replace(anchor.chain, genesis_hash=b"\x09" * 32), "sandbox": True},
    }
    sandboxed = replace(unpinned, chains=(replace(unpinned.chains[0], sandbox=True),))
    for name, change in changes.items():
        for believed in (trust, unpinned, sandboxed):
            changed = replace(bundle, anchor=replace(anchor, **change))
            yield case(f"anchor's {name}", changed, believed)
    for offset in (-1, 0, 1):
        at_time = datetime.fromtimestamp(BLOCK_TIME + offset, UTC)
        yield case(f"asked at {offset}", bundle, trust, now=at_time)
    nameless = replace(trust, logs=(replace(trust.logs[0], log_id=None),))
    yield case("log without an id", bundle, nameless)
    other = SampleLog(log.entries)
    yield case("another key of that name", bundle, other.trust())
    stranger = replace(trust, logs=())
    yield case("unknown log", bundle, stranger)
    renamed = replace(bundle, checkpoint=bundle.checkpoint.replace("example.com/log\n", "x.y/z\n"))
    yield case("another origin under known keys", renamed, trust)
    for number in range(0, len(bundle.checkpoint), 7):
        text = bundle.checkpoint
        flipped = text[:number] + chr(ord(text[number]) ^ 1) + text[number + 1 :]
        yield case(f"checkpoint's character {number}", replace(bundle, checkpoint=flipped), trust)
    for name, note in {
        "extension": log.checkpoint.text() + "more\n",
        "size 0": "example.com/log\n0\nAAAA\n",
        "leading zero": "example.com/log\n07\nAAAA\n",
        "huge": f"example.com/log\n{2**63}\nAAAA\n",
        "two lines": "example.com/log\n7\n",
        "blank": "\n7\nAAAA\n",
        "plus": "a+b\n7\nAAAA\n",
        "short root": "example.com/log\n7\nAAAA\n",
        "space": "a b\n7\nAAAA\n",
    }.items():
        yield case(f"note of {name}", replace(bundle, checkpoint=sign(note, log.signer)), trust)


def _texts() -> Iterator[Case]:
    """What is no JSON, as the bundle, and logged as an entry."""
    trust = sample_log(transfer()).trust()
    raws = [*(text.encode() for text in _RAW), *_NOT_UTF8]
    for number, raw in enumerate(raws):
        yield case(f"bundle of no JSON {number}", raw, trust)
        log = SampleLog([transfer().entry, raw])
        yield case(f"entry of no JSON {number}", log.bundle(1), log.trust())
    entry = transfer().entry
    for name, text in {
        "spaced": entry.replace(b",", b", "),
        "reordered": json.dumps(
            dict(reversed(json.loads(entry).items())), separators=(",", ":")
        ).encode(),
        "escaped": entry.replace(b"report", rb"\u0072eport"),
        "newline": entry + b"\n",
        "long": entry[:-1] + b',"purpose":"' + b"x" * 66_000 + b'"}',
    }.items():
        log = SampleLog([entry, text])
        text_of = log.bundle(1)
        yield case(f"entry {name}", text_of, log.trust())


def _disclosures() -> Iterator[Case]:
    """Disclosures: right ones, wrong ones, of what must not be concealed."""
    members = json.loads(transfer(purpose="loan").entry)
    members["recipient"]["name"] = "Example Ltd"
    paths: tuple[Any, ...] = ("purpose", ("recipient", "name"))
    concealed, texts = conceal(members, paths)
    log = sample_log(Statement.build(concealed))
    bundle, trust = log.bundle(2), log.trust()
    forged = base64url.encode(canonicalize(["salt", "purpose", "other"]))
    lists: tuple[list[str], ...] = (
        texts,
        texts[:1],
        texts[1:],
        [*texts, texts[0]],
        [forged],
        ["not base64url!"],
        ["e30"],
        [base64url.encode(b'["salt","_sd",1]')],
        [base64url.encode(b"[1,2,3]")],
        ["A"],
        [""],
        [base64url.encode(b'["salt", "x"]')],
        [base64url.encode(b'["s","a",1e999]')],
        ["é"],
        [base64url.encode(b'["s","a",9007199254740993]')],
    )
    for number, disclosures in enumerate(lists):
        shown = bundle.with_disclosures(disclosures)
        yield case(f"disclosures {number}", shown, trust)
    # What the log did not see concealed by our own client: any digest can be logged.
    for name, path in {"scenario": "scenario", "to": "to", "kind": "kind"}.items():
        hidden, shown_texts = conceal({**members, name: members[name]}, [path])
        hidden = {**members, "_sd": hidden["_sd"]}
        taken = {k: v for k, v in hidden.items() if k != "purpose"}
        log = sample_log(Statement.build(taken))
        both = log.bundle(2).with_disclosures(shown_texts)
        yield case(f"a second {name} disclosed", both, log.trust())
    for name, value in {
        "purpose": 5,
        "persons": {"personal": -1},
        "unknown": 1,
        "retention": {},
    }.items():
        text = base64url.encode(canonicalize(["salt", name, value]))
        digest = base64url.encode(sha256(text.encode()).digest())
        plain = {k: v for k, v in members.items() if k != "purpose"}
        log = sample_log(Statement.build({**plain, "_sd": [digest]}))
        yield case(f"{name} disclosed wrongly", log.bundle(2).with_disclosures([text]), log.trust())
