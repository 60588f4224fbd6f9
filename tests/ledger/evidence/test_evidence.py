"""Evidence archives: written from a real log, checked by verify.py as a program of its own."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile
from base64 import b64decode, b64encode
from collections.abc import Callable
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from ledger.audit import audit
from ledger.evidence import PURPOSE, write_evidence
from ledger.evidence.proofs import Wrong, canonical, parse
from ledger.log import Log
from ledger.merkle import leaf_hash
from ledger.note import Signer, sign
from ledger.store import AnchorState
from ledger.trust import Trust, TrustedLog
from tests.log_home import NOW, SIGNER, anchor_of, append, sqlite_home
from tests.statement_load import statements

SPAN = range(600, 1_400)
SIZE = 2_100


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Log:
    log = sqlite_home(tmp_path_factory.mktemp("log")).open()
    made = statements()
    for count in (700, 500, 700, 200):
        append(log, list(islice(made, count)))
        log.publish(now=NOW)
    for size in (700, 1_200, 1_900):
        log.record_anchor(anchor_of(log, size), AnchorState.FINAL)
    assert log.head().size == SIZE
    return log


def trusting(log: Log, *, pinned: bool = True) -> Trust:
    known = TrustedLog(log.origin, (log.verifier,), bytes(32))
    sizes = (700, 1_200, 1_900)
    return Trust((known,), (), tuple(anchor_of(log, s) for s in sizes) if pinned else ())


def write(log: Log, path: Path, span: range = SPAN) -> Path:
    report = {"entries": audit(log, within=span).entries}
    write_evidence(log, path, within=span, trust=trusting(log), report=report, signer=SIGNER)
    return path


@pytest.fixture(scope="module")
def archive(log: Log, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(log, tmp_path_factory.mktemp("evidence") / "archive.zip")


@pytest.fixture
def unpacked(archive: Path, tmp_path: Path) -> Path:
    directory = tmp_path / "unpacked"
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(directory)
    return directory


@pytest.fixture
def trust(log: Log, tmp_path: Path) -> Path:
    path = tmp_path / "trust.json"
    path.write_text(trusting(log).to_json())
    return path


def run(program: Path, *arguments: object) -> tuple[int, str]:
    """Run a verify.py with a Python that sees nothing of ours, nor any installed package."""
    # Isolated, Python leaves the program's own directory out too, where curves.py lies.
    code = "import runpy,sys;p=sys.argv.pop(1);sys.path.insert(0,p.rpartition('/')[0]);"
    code += "sys.argv[0]=p;runpy.run_path(p,run_name='__main__')"
    words = [sys.executable, "-I", "-S", "-B", "-c", code, *map(str, (program, *arguments))]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stderr


def test_evidence_is_verified_by_python_alone(unpacked: Path, archive: Path, trust: Path) -> None:
    for place in (unpacked, archive):
        code, told = run(unpacked / "verify.py", place, "--trust", trust)
        assert code == 0, told
        assert "800 entries, 1 signatures" in told
        assert "3 anchors are of this history, 3 of them pinned" in told
        assert told.endswith("\nverified\n")


def test_evidence_is_the_same_bytes_for_the_same_span(
    log: Log, archive: Path, tmp_path: Path
) -> None:
    assert write(log, tmp_path / "again.zip").read_bytes() == archive.read_bytes()
    assert not list(tmp_path.glob("*.new"))
    assert archive.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "span", [range(0), range(SIZE), range(1), range(256, 512), range(2_099, SIZE)]
)
def test_evidence_of_any_span(log: Log, tmp_path: Path, span: range, unpacked: Path) -> None:
    made = write(log, tmp_path / "made.zip", span)
    (tmp_path / "trust").write_text(trusting(log).to_json())
    code, told = run(unpacked / "verify.py", made, "--trust", tmp_path / "trust")
    assert f"{len(span)} entries" in told
    # Behind the newest anchor there is none to pin.
    assert code == (3 if span.stop > 1_900 and span.start >= 1_900 else 0), told


def test_evidence_holds_no_more_than_the_span_needs(archive: Path) -> None:
    with zipfile.ZipFile(archive) as packed:
        tiles = [name for name in packed.namelist() if name.startswith("tile/")]
    # Leaf tiles 2 to 5 of the span; those of the anchor behind it and of the edge; one above.
    assert sorted(tiles) == [
        *(f"tile/0/00{n}" for n in (2, 3, 4, 5, 7)), "tile/0/008.p/52", "tile/1/000.p/8",
    ]  # fmt: skip


# What cannot be told


def test_evidence_with_its_own_trust_file_is_not_more_than_consistent(unpacked: Path) -> None:
    code, told = run(unpacked / "verify.py")
    assert (code, "undetermined trust: the archive's own trust file" in told) == (3, True)


def test_evidence_of_a_log_that_is_not_trusted(unpacked: Path, trust: Path) -> None:
    trust.write_text(Trust().to_json())
    code, told = run(unpacked / "verify.py", unpacked, "--trust", trust)
    assert (code, "does not name example.com/log" in told) == (3, True)


def test_evidence_whose_anchors_nobody_pinned(log: Log, unpacked: Path, trust: Path) -> None:
    trust.write_text(trusting(log, pinned=False).to_json())
    code, told = run(unpacked / "verify.py", unpacked, "--trust", trust)
    assert (code, "undetermined anchors" in told) == (3, True)


# What is wrong


def line_of(unpacked: Path, name: str, change: Callable[[dict[str, Any]], None]) -> None:
    (file,) = unpacked.glob(name)
    first, *rest = file.read_text().splitlines(keepends=True)
    value = json.loads(first)
    change(value)
    file.write_text(json.dumps(value) + "\n" + "".join(rest))


def replace_entry(unpacked: Path, change: Callable[[bytes], bytes]) -> None:
    def changed(value: dict[str, Any]) -> None:
        value["entry"] = b64encode(change(b64decode(value["entry"]))).decode()

    line_of(unpacked, "entries/*", changed)


def flip(unpacked: Path, name: str, byte: int) -> None:
    data = bytearray((unpacked / name).read_bytes())
    data[byte] ^= 1
    (unpacked / name).write_bytes(data)


def drop_line(unpacked: Path, name: str) -> None:
    (file,) = unpacked.glob(name)
    file.write_text("".join(file.read_text().splitlines(keepends=True)[1:]))


def other_root(value: dict[str, Any]) -> None:
    value["root"] = "0x" + "00" * 32


def other_note(unpacked: Path, name: str, signer: Signer) -> None:
    text = (unpacked / name).read_text().partition("\n\n")[0] + "\n"
    (unpacked / name).write_text(sign(text, signer))


TAMPERING: dict[str, tuple[Callable[[Path], Any], str]] = {
    "entry": (lambda p: replace_entry(p, lambda e: e.replace(b"Export", b"export")), "entry 600"),
    "missing entry": (lambda p: drop_line(p, "entries/*"), "entry 600 is missing"),
    "leaf tile": (lambda p: flip(p, "tile/0/003", 40), "tile/0/003 is not the tree's"),
    "upper tile": (lambda p: flip(p, "tile/1/000.p/8", 0), "the tiles lead to"),
    "edge tile": (lambda p: flip(p, "tile/0/008.p/52", 0), "the tiles lead to"),
    "short tile": (lambda p: (p / "tile/0/003").write_bytes(b"short"), "tile/0/003"),
    "checkpoint": (lambda p: flip(p, "checkpoint", 20), "checkpoint"),
    "checkpoint of a stranger": (
        lambda p: other_note(p, "checkpoint", Signer.generate("example.com/log")),
        "no key that the trust file names",
    ),
    "anchor": (lambda p: line_of(p, "anchors.jsonl", other_root), "another history"),
    "published checkpoint": (
        lambda p: line_of(p, "checkpoints.jsonl", lambda v: v.update(note="nothing")),
        "no key that the trust file names",
    ),
}  # fmt: skip


def signed_again(unpacked: Path) -> None:
    """List the files as they are now, and sign for them: the log's own operator cheats."""
    manifest = json.loads((unpacked / "manifest.json").read_text())
    for file in manifest["files"]:
        data = (unpacked / file["path"]).read_bytes()
        file.update(length=len(data), sha256=sha256(data).hexdigest())
    text = json.dumps(manifest)
    (unpacked / "manifest.json").write_text(text)
    digest = sha256(text.encode()).hexdigest()
    note = sign(f"{PURPOSE}\nexample.com/log\n{digest}\n", SIGNER)
    (unpacked / "manifest.note").write_text(note)


@pytest.mark.parametrize("what", TAMPERING)
def test_evidence_that_was_changed_fails_at_its_manifest_and_without_it(
    unpacked: Path, trust: Path, what: str
) -> None:
    change, told_of = TAMPERING[what]
    program = shutil.copytree(unpacked, trust.parent / "sound") / "verify.py"
    change(unpacked)
    code, told = run(program, unpacked, "--trust", trust)
    assert (code, "FAILED       manifest: " in told) == (1, True), told
    signed_again(unpacked)
    code, told = run(program, unpacked, "--trust", trust)
    assert (code, told_of in told) == (1, True), told


@pytest.mark.parametrize("change", ["more", "less", "unsigned", "foreign"])
def test_evidence_of_another_manifest_fails(unpacked: Path, trust: Path, change: str) -> None:
    program = shutil.copytree(unpacked, trust.parent / "sound") / "verify.py"
    if change == "more":
        (unpacked / "more.txt").write_text("more")
    elif change == "less":
        (unpacked / "report.json").unlink()
    elif change == "unsigned":
        flip(unpacked, "manifest.json", 5)
    else:
        other_note(unpacked, "manifest.note", Signer.generate("example.com/log"))
    code, told = run(program, unpacked, "--trust", trust)
    assert (code, "FAILED       manifest" in told) == (1, True), told


def test_evidence_with_an_entry_whose_signature_is_not_its_keys(
    log: Log, unpacked: Path, tmp_path: Path
) -> None:
    """Another log, whose tree is sound: only the signature inside the entry is not."""
    other = sqlite_home(tmp_path)
    made = other.open()
    attested = next(s for s in islice(statements(), 3) if b'"jws"' in s.entry)
    value = json.loads(attested.entry)
    head, payload, signature = value["jws"].split(".")
    value["jws"] = f"{head}.{payload}.{('A' if signature[0] != 'A' else 'B') + signature[1:]}"
    entry = canonical(value)
    append(made, [attested._replace(entry=entry)])
    made.publish(now=NOW)
    write_evidence(
        made, tmp_path / "x.zip", within=range(1), trust=trusting(log), report={}, signer=SIGNER
    )
    (tmp_path / "t").write_text(trusting(log).to_json())
    code, told = run(unpacked / "verify.py", tmp_path / "x.zip", "--trust", tmp_path / "t")
    assert (code, "entry 0: its signature is not that of the key" in told) == (1, True), told
    other.close()


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"nothing", b"PK\x05\x06" + bytes(18)])
def test_file_that_is_no_archive_fails(unpacked: Path, tmp_path: Path, data: bytes) -> None:
    (tmp_path / "file.zip").write_bytes(data)
    code, _ = run(unpacked / "verify.py", tmp_path / "file.zip")
    assert code == 1


def test_archive_that_is_not_there_cannot_be_used(unpacked: Path, tmp_path: Path) -> None:
    assert run(unpacked / "verify.py", tmp_path / "none.zip")[0] == 2
    assert run(unpacked / "verify.py", "--unknown")[0] == 2


def test_verifier_without_the_files_beside_it_gives_no_verdict(
    unpacked: Path, archive: Path, trust: Path, tmp_path: Path
) -> None:
    """Taken out alone, or run by a Python that leaves its directory out."""
    alone = tmp_path / "verify.py"
    alone.write_bytes((unpacked / "verify.py").read_bytes())
    code, told = run(alone, archive, "--trust", trust)
    assert (code, "proofs.py is not beside verify.py" in told) == (2, True), told


# Its own reading of JSON


@pytest.mark.parametrize(
    "text", ['{"a":1,"a":2}', "1.0", "1e3", "NaN", "9007199254740992", "[" * 100_000, "\ud800", ""]
)
def test_json_that_no_statement_is_is_refused(text: str) -> None:
    with pytest.raises(Wrong):
        parse(text.encode(errors="surrogatepass"))


def test_canonical_form_is_the_logs(log: Log) -> None:
    for entry in log.entries(0, 300):
        assert canonical(parse(entry)) == entry
    odd = '{"control":"\\u001f\\n\\"\\\\","last":"\u007f\u2028\U0001f600"}'.encode()
    assert canonical(parse(odd)) == odd
    assert leaf_hash(odd) != leaf_hash(odd + b" ")
