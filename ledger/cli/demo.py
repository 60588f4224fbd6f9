"""`crossproof demo`: the main job on real files, then three ways to cheat and how each is caught.

Nothing is staged: the log, the chain with its contract, the bundles and the verifier are the ones
that `serve` and `verify` use. Where a cheat is not caught, or an honest bundle is not verified, the
demo fails.
"""

from __future__ import annotations

import shlex
import shutil
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from ledger.cli.console import EXIT_CODES, Style, put_json, say, show_report
from ledger.cli.files import fingerprint, write_file
from ledger.cli.options import AS_JSON
from ledger.errors import LedgerError, VerificationError
from ledger.report import Report, Status

if TYPE_CHECKING:
    from ledger.anchor import Anchor
    from ledger.fingerprint import Fingerprint
    from ledger.node import Node
    from ledger.trust import Trust

__all__ = ["demo"]

_BATCHES = 4
_BATCH = 250
_TRUST = "trust.json"
# Apart from what is true: whoever verifies all of *.bundle.json finds nothing false among them.
_TAMPERED = "tampered"
_FORGED = "forged.bundle.json"
_INDENT = "   "


class _Shown(NamedTuple):
    """A file that is recorded by itself: where it is, and what lies in the output directory."""

    source: Path
    fingerprint: Fingerprint
    copy: Path
    bundle: Path

    @property
    def changed_copy(self) -> Path:
        return self.copy.parent / _TAMPERED / self.copy.name

    @property
    def changed_bundle(self) -> Path:
        return self.bundle.parent / _TAMPERED / self.bundle.name


def demo(
    files: Annotated[
        list[Path] | None,
        typer.Argument(help="Files to record; data files of installed packages if none."),
    ] = None,
    *,
    output: Annotated[
        Path, typer.Option("--output", "-o", envvar="CROSSPROOF_OUTPUT", help="Where results go.")
    ] = Path("demo-output"),
    as_json: Annotated[bool, AS_JSON] = False,
) -> None:
    """Record, log, anchor, bundle and verify real files; then tamper, and verify again.

    Example: crossproof demo report.csv -o demo-output

    The ledger is one of its own, in a temporary directory: no setting touches it, nor it yours.
    """
    from ledger.cli.demo_data import DemoSettings, shown_files  # noqa: PLC0415
    from ledger.node import Node  # noqa: PLC0415 - web3 and the database, a second to import

    shown = _prepare(files or shown_files(), output)
    output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="crossproof-demo-") as directory:
        say("Crossproof demo: a ledger of its own, on an embedded sandbox chain", Style.BOLD)
        # Its workers are not started: each step is taken, and timed, here.
        node = Node.open(DemoSettings.load(data_dir=Path(directory)))
        try:
            record_ids = _record(node, shown)
            anchor = _anchor(node)
            trust = node.trust().pin(anchor)
            _bundle(node, shown, record_ids)
            write_file(output / _TRUST, trust.to_json())
            _verify(shown, trust, output)
            _tamper(node, shown[0], trust, output)
        finally:
            node.close()
    _by_hand(shown[0], output)
    if as_json:
        put_json(
            {
                "output": str(output),
                "trust": str(output / _TRUST),
                "anchored": anchor.size,
                "files": [{"file": str(f.copy), "bundle": str(f.bundle)} for f in shown],
            }
        )


def _prepare(files: Sequence[Path], output: Path) -> list[_Shown]:
    """Hash the files, and find for each a name that no other result has."""
    taken = {_TRUST, _TAMPERED, _FORGED}
    shown = []
    for path in files:
        number = 1
        name = path.name
        while not taken.isdisjoint(_results(name)):
            number += 1
            name = f"{number}-{path.name}"
        taken.update(_results(name))
        shown.append(_Shown(path, fingerprint(path), output / name, output / f"{name}.bundle.json"))
    return shown


def _results(name: str) -> set[str]:
    return {name, f"{name}.bundle.json"}


def _heading(text: str) -> None:
    say()
    say(text, Style.BOLD)


def _record(node: Node, shown: Sequence[_Shown]) -> list[bytes]:
    """Log batches of installed files, then each chosen file by itself."""
    from ledger.cli.demo_data import installed_files, transfer  # noqa: PLC0415
    from ledger.fingerprint import Fingerprint  # noqa: PLC0415
    from ledger.log import Submission  # noqa: PLC0415

    _heading("1. Record: files are hashed where they are, only statements are logged")
    started = time.perf_counter()
    fingerprints = [Fingerprint.of_file(path) for path in installed_files(_BATCHES * _BATCH)]
    size = sum(fingerprint.size for fingerprint in fingerprints)
    seconds = time.perf_counter() - started
    say(f"   hashed {len(fingerprints)} installed files, {size / 1e6:.1f} MB, in {seconds:.2f} s")
    statements = [transfer(fingerprint, scenario="software") for fingerprint in fingerprints]
    started = time.perf_counter()
    for start in range(0, len(statements), _BATCH):
        batch = statements[start : start + _BATCH]
        node.submit([Submission.of(s) for s in batch], submitter="demo")
    seconds = time.perf_counter() - started
    say(
        f"   logged {len(statements)} records in {_BATCHES} batches, each durable before its "
        f"answer: {len(statements) / seconds:,.0f} records/s"
    )
    record_ids = []
    for file in shown:
        statement = transfer(file.fingerprint, scenario="data-file")
        submission = Submission.of(statement)
        appended = node.submit([submission], submitter="demo")
        record_ids.append(statement.record_id)
        say(f"   logged {file.source.name} at index {appended.indexes[0]}")
    return record_ids


def _anchor(node: Node) -> Anchor:
    """Publish the head, and bring it onto the chain."""
    _heading("2. Publish and anchor: one signed head, one transaction for all of them")
    node.publish()
    head = node.log.head()
    say(f"   log {head.origin}, size {head.size}")
    say(f"   root {head.root.hex()}")
    started = time.perf_counter()
    while (anchored := node.newest_anchor()) is None:
        state = node.publisher.step()
        if state.error is not None:
            raise state.error
    anchor = anchored.anchor
    seconds = time.perf_counter() - started
    receipt = node.chain.node.receipt(anchor.transaction)
    gas = f"{receipt.gas_used:,}" if receipt else "unknown"
    say(f"   transaction 0x{anchor.transaction.hex()}")
    say(f"   block {anchor.block_number}, gas {gas} for {anchor.size} records, {seconds:.2f} s")
    return anchor


def _bundle(node: Node, shown: Sequence[_Shown], record_ids: Sequence[bytes]) -> None:
    """Write each record's bundle beside a copy of its file."""
    _heading("3. Bundle: one file carries all that a verifier needs")
    for file, record_id in zip(shown, record_ids, strict=True):
        if file.copy.resolve() != file.source.resolve():
            shutil.copyfile(file.source, file.copy)
        write_file(file.bundle, node.bundle(record_id).to_json())
        say(f"   {file.bundle}, {file.bundle.stat().st_size:,} bytes")


def _verify(shown: Sequence[_Shown], trust: Trust, output: Path) -> None:
    """Verify each: the first one's report whole, of the others the verdict."""
    from ledger.verify import verify  # noqa: PLC0415

    _heading(f"4. Verify: offline, believing {output / _TRUST} and nothing else")
    for file in shown:
        started = time.perf_counter()
        report = verify(file.bundle.read_bytes(), trust=trust, files=[file.copy])
        milliseconds = (time.perf_counter() - started) * 1000
        if file is shown[0]:
            show_report(report, f"{file.bundle.name} and {file.copy.name}", indent=_INDENT)
        else:
            say(f"   {file.bundle.name}: {report.verdict.value} in {milliseconds:.1f} ms")
        _expect(report, Status.VERIFIED)


def _tamper(node: Node, file: _Shown, trust: Trust, output: Path) -> None:
    """Change the file, the bundle, and the history; show what catches each."""
    from ledger.cli.demo_forgery import change_file, forge, other_recipient  # noqa: PLC0415
    from ledger.verify import verify  # noqa: PLC0415

    raw = file.bundle.read_bytes()

    _heading("5. Tamper with the file: one byte")
    (output / _TAMPERED).mkdir(exist_ok=True)
    change_file(file.copy, file.changed_copy)
    report = verify(raw, trust=trust, files=[file.changed_copy])
    _show_failure(report, f"{file.bundle.name} and {_TAMPERED}/{file.changed_copy.name}")
    _expect(report, Status.FAILED, "file.digest")

    _heading("6. Tamper with the bundle: another recipient in the record")
    write_file(file.changed_bundle, other_recipient(raw))
    report = verify(file.changed_bundle.read_bytes(), trust=trust, files=[file.copy])
    _show_failure(report, f"{_TAMPERED}/{file.changed_bundle.name} and {file.copy.name}")
    _expect(report, Status.FAILED, "entry.inclusion")

    _heading("7. Forge history: the operator, with all keys, rewrites a record and signs anew")
    forgery = forge(node, raw)
    try:
        forgery.anchor()
    except LedgerError as error:
        say(f"   anchoring it: {error.message}; it says {error.found}")
    else:
        raise VerificationError("demo.forged", "the contract took a forged history")
    forged = output / _TAMPERED / _FORGED
    write_file(forged, forgery.bundle.to_json())
    report = verify(forged.read_bytes(), trust=trust, files=[file.copy])
    _show_failure(report, f"{_TAMPERED}/{forged.name} and {file.copy.name}, truly signed")
    _expect(report, Status.FAILED, "anchor.chain")


def _show_failure(report: Report, name: str) -> None:
    show_report(report, name, indent=_INDENT, brief=True)
    passed = sum(check.status is Status.VERIFIED for check in report.checks)
    say(f"{_INDENT}  ({passed} other checks passed)")


def _expect(report: Report, verdict: Status, code: str | None = None) -> None:
    """Fail the demo where a verdict, or the check that made it, is not the one to be shown."""
    failed = {check.code for check in report.checks if check.status is Status.FAILED}
    if report.verdict is not verdict or (code is not None and failed != {code}):
        raise VerificationError(
            "demo.unexpected",
            "the demo did not show what it should",
            expected=f"{verdict} {code or ''}".strip(),
            found=f"{report.verdict} {' '.join(sorted(failed))}".strip(),
        )


def _by_hand(file: _Shown, output: Path) -> None:
    _heading("By hand (crossproof is in .venv/bin), with the exit code in front:")
    for bundle, copy, code in (
        (file.bundle, file.copy, EXIT_CODES[Status.VERIFIED]),
        (file.bundle, file.changed_copy, EXIT_CODES[Status.FAILED]),
        (file.changed_bundle, file.copy, EXIT_CODES[Status.FAILED]),
        (output / _TAMPERED / _FORGED, file.copy, EXIT_CODES[Status.FAILED]),
    ):
        words = ["crossproof", "verify", bundle, copy, "--trust", output / _TRUST, "--offline"]
        say(f"   {code}  {shlex.join(str(word) for word in words)}")
