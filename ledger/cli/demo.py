"""`crossproof demo`: the main job on real files, then three ways to cheat and how each is caught.

Nothing is staged: the log, the chain with its contract, the bundles and the verifier are the ones
that `serve` and `verify` use. Where a cheat is not caught, or an honest bundle is not verified, the
demo fails.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ledger.cli.console import say, show_report, write_file
from ledger.errors import LedgerError, VerificationError
from ledger.report import Report, Status

if TYPE_CHECKING:
    from ledger.anchor import Anchor
    from ledger.node import Node
    from ledger.trust import Trust

__all__ = ["demo"]

_BATCHES = 4
_BATCH = 250
_FORGED = "forged.bundle.json"


def demo(
    files: Annotated[
        list[Path] | None,
        typer.Argument(help="Files to record; data files of installed packages if none."),
    ] = None,
    *,
    output: Annotated[
        Path, typer.Option("--output", "-o", envvar="CROSSPROOF_OUTPUT", help="Where results go.")
    ] = Path("demo-output"),
) -> None:
    """Record, log, anchor, bundle and verify real files; then tamper, and verify again.

    Example: crossproof demo report.csv -o demo-output
    """
    from ledger.cli.demo_data import shown_files  # noqa: PLC0415
    from ledger.node import Node  # noqa: PLC0415 - web3 and the database, a second to import
    from ledger.settings import Settings  # noqa: PLC0415

    chosen = files or shown_files()
    output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="crossproof-demo-") as directory:
        settings = Settings.load(data_dir=Path(directory), chain_urls=())
        node = Node.open(settings)
        try:
            say("Crossproof demo: a ledger of its own, on an embedded sandbox chain", "bold")
            record_ids = _record(node, chosen)
            anchor = _anchor(node)
            trust = node.trust().pin(anchor)
            copies = _bundle(node, chosen, record_ids, output)
            write_file(output / "trust.json", trust.to_json())
            _verify(copies, trust, output)
            _tamper(node, copies, trust, output)
        finally:
            node.close()
    _by_hand(copies, output)


def _record(node: Node, files: Sequence[Path]) -> list[bytes]:
    """Log batches of installed files, then each chosen file by itself."""
    from ledger.cli.demo_data import installed_files, transfer  # noqa: PLC0415
    from ledger.fingerprint import Fingerprint  # noqa: PLC0415
    from ledger.log import Submission  # noqa: PLC0415

    say("\n1. Record: files are hashed where they are, only statements are logged", "bold")
    started = time.perf_counter()
    fingerprints = [Fingerprint.of_file(path) for path in installed_files(_BATCHES * _BATCH)]
    size = sum(fingerprint.size for fingerprint in fingerprints)
    seconds = time.perf_counter() - started
    say(f"   hashed {len(fingerprints)} installed files, {size / 1e6:.1f} MB, in {seconds:.2f} s")
    statements = [transfer(fingerprint, scenario="software") for fingerprint in fingerprints]
    started = time.perf_counter()
    for start in range(0, len(statements), _BATCH):
        batch = statements[start : start + _BATCH]
        node.submit([Submission(s.record_id, s.entry) for s in batch], submitter="demo")
    seconds = time.perf_counter() - started
    say(
        f"   logged {len(statements)} records in {_BATCHES} batches, each durable before its "
        f"answer: {len(statements) / seconds:,.0f} records/s"
    )
    record_ids = []
    for path in files:
        statement = transfer(Fingerprint.of_file(path), scenario="data-file")
        submission = Submission(statement.record_id, statement.entry)
        appended = node.submit([submission], submitter="demo")
        record_ids.append(statement.record_id)
        say(f"   logged {path.name} at index {appended.indexes[0]}")
    return record_ids


def _anchor(node: Node) -> Anchor:
    """Publish the head, and bring it onto the chain."""
    say("\n2. Publish and anchor: one signed head, one transaction for all of them", "bold")
    node.publish()
    head = node.log.head()
    say(f"   log {head.origin}, size {head.size}")
    say(f"   root {head.root.hex()}")
    started = time.perf_counter()
    while not node.anchors():
        state = node.publisher.step()
        if state.error is not None:
            raise state.error
    anchor, _ = node.anchors()[-1]
    seconds = time.perf_counter() - started
    receipt = node.chain.node.receipt(anchor.transaction)
    gas = f"{receipt.gas_used:,}" if receipt else "unknown"
    say(f"   transaction 0x{anchor.transaction.hex()}")
    say(f"   block {anchor.block_number}, gas {gas} for {anchor.size} records, {seconds:.2f} s")
    return anchor


def _bundle(
    node: Node, files: Sequence[Path], record_ids: Sequence[bytes], output: Path
) -> list[tuple[Path, Path]]:
    """Write each record's bundle beside a copy of its file."""
    say("\n3. Bundle: one file carries all that a verifier needs", "bold")
    copies = []
    for path, record_id in zip(files, record_ids, strict=True):
        copy = output / path.name
        if copy.resolve() != path.resolve():
            shutil.copyfile(path, copy)
        bundle = output / f"{path.name}.bundle.json"
        write_file(bundle, node.bundle(record_id).to_json())
        say(f"   {bundle}, {bundle.stat().st_size:,} bytes")
        copies.append((bundle, copy))
    return copies


def _verify(copies: Sequence[tuple[Path, Path]], trust: Trust, output: Path) -> None:
    from ledger.verify import verify  # noqa: PLC0415

    say(f"\n4. Verify: offline, believing {output / 'trust.json'} and nothing else", "bold")
    for i, (bundle, file) in enumerate(copies):
        started = time.perf_counter()
        report = verify(bundle.read_bytes(), trust=trust, files=[file])
        milliseconds = (time.perf_counter() - started) * 1000
        if i == 0:
            show_report(report, f"   {bundle.name} and {file.name}", "en")
        else:
            say(f"   {bundle.name}: {report.verdict.value} in {milliseconds:.1f} ms")
        _expect(report, Status.VERIFIED)


def _tamper(node: Node, copies: Sequence[tuple[Path, Path]], trust: Trust, output: Path) -> None:
    """Change the file, the bundle, and the history; show what catches each."""
    from ledger.cli.demo_forgery import forge, other_recipient  # noqa: PLC0415
    from ledger.verify import verify  # noqa: PLC0415

    bundle, file = copies[0]
    raw = bundle.read_bytes()

    say("\n5. Tamper with the file: one bit of one byte", "bold")
    changed = output / f"changed-{file.name}"
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    changed.write_bytes(data)
    report = verify(raw, trust=trust, files=[changed])
    show_report(report, f"   {bundle.name} and {changed.name}", "en")
    _expect(report, Status.FAILED, "file.digest")

    say("\n6. Tamper with the bundle: another recipient in the record", "bold")
    changed = output / f"changed-{bundle.name}"
    write_file(changed, other_recipient(raw))
    report = verify(changed.read_bytes(), trust=trust, files=[file])
    show_report(report, f"   {changed.name} and {file.name}", "en")
    _expect(report, Status.FAILED, "entry.inclusion")

    say("\n7. Forge history: the operator, with all keys, rewrites a record and signs anew", "bold")
    forgery = forge(node, raw)
    try:
        forgery.anchor()
    except LedgerError as error:
        say(f"   the contract refuses: {error}")
    else:
        raise VerificationError("demo.forged", "the contract took a forged history")
    write_file(output / _FORGED, forgery.bundle.to_json())
    report = verify((output / _FORGED).read_bytes(), trust=trust, files=[file])
    show_report(report, f"   {_FORGED}, with a checkpoint that the log's key truly signed", "en")
    _expect(report, Status.FAILED, "anchor.chain")


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


def _by_hand(copies: Sequence[tuple[Path, Path]], output: Path) -> None:
    bundle, file = copies[0]
    trust = output / "trust.json"
    say("\nBy hand:", "bold")
    for given, beside in (
        (bundle, file),
        (bundle, output / f"changed-{file.name}"),
        (output / f"changed-{bundle.name}", file),
        (output / _FORGED, file),
    ):
        say(f"   crossproof verify {given} {beside} --trust {trust} --offline")
    say("   (crossproof is in .venv/bin; exit code 0 verified, 1 failed, 3 undetermined)")
