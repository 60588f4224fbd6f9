"""Measure and print the README's figures, part by part; see `scripts/bench`."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from scripts.benchmarks.appending import appending
from scripts.benchmarks.attestations import attestations
from scripts.benchmarks.auditing import auditing
from scripts.benchmarks.cold import cold
from scripts.benchmarks.growth import growth
from scripts.benchmarks.ingest import ingest, memory
from scripts.benchmarks.measure import TABLE_HEAD, Figure, Options, load, machine
from scripts.benchmarks.proving import proving
from scripts.benchmarks.publishing import publishing
from scripts.benchmarks.reads import reads
from scripts.benchmarks.singles import singles
from scripts.benchmarks.writers import writers

PARTS: dict[str, Callable[[Options], list[Figure]]] = {
    "ingest": ingest,
    "singles": singles,
    "publishing": publishing,
    "writers": writers,
    "appending": appending,
    "memory": memory,
    "proving": proving,
    "reads": reads,
    "cold": cold,
    "attestations": attestations,
    "audit": auditing,
    "growth": growth,
}
# What takes longer than all others together.
_LONG_ALONE = {"growth"}


def main() -> int:
    """Run the parts that are asked for, print each one's table, write all as JSON where asked."""
    parser = argparse.ArgumentParser(
        prog="scripts/bench",
        description="Measure the figures of the README.",
        epilog="Parts: " + ", ".join(PARTS),
    )
    parser.add_argument(
        "parts",
        nargs="*",
        metavar="PART",
        help="what to measure; all if not given, but for growth without --long",
    )
    parser.add_argument("--runs", type=int, default=5, help="rounds of each part")
    parser.add_argument(
        "--long",
        action="store_true",
        help="large logs: 2,000,000 records that grow and are read, 1,000,000 audited",
    )
    parser.add_argument("--records", type=int, help="size of the logs that are read, audited, grow")
    parser.add_argument(
        "--processes", type=int, default=os.cpu_count() or 1, help="processes of an audit"
    )
    parser.add_argument("--json", type=Path, help="write the figures there too")
    given = parser.parse_args()
    if unknown := set(given.parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    options = Options(given.runs, given.long, given.records, given.processes)
    parts = given.parts or [name for name in PARTS if given.long or name not in _LONG_ALONE]

    named = machine()
    print(", ".join(f"{name} {value}" for name, value in named.items()), flush=True)
    report = {}
    for name in parts:
        report[name] = _run(name, options)
        if given.json:
            value = {"machine": named, "options": asdict(options), "parts": report}
            given.json.write_text(json.dumps(value, indent=2) + "\n", "utf-8")
    failed = [name for name, part in report.items() if "failed" in part]
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def _run(name: str, options: Options) -> dict[str, object]:
    """Measure a part; one that fails is told, and takes no other with it."""
    before, started = load(), time.perf_counter()
    try:
        figures = PARTS[name](options)
    except Exception as error:  # noqa: BLE001 - whatever it is, the other parts are measured
        traceback.print_exc()
        return {"failed": repr(error)}
    took = time.perf_counter() - started
    print(f"\n{name}: {took:.0f} s, load {before} before and {load()} after\n\n{TABLE_HEAD}")
    for figure in figures:
        print(figure.row(), flush=True)
    return {"seconds": took, "load": before, "figures": [asdict(figure) for figure in figures]}


if __name__ == "__main__":
    sys.exit(main())
