"""Measure and print the README's tables of gas; see `scripts/gas-table`."""

from __future__ import annotations

import argparse

from scripts.gas import ours, peers
from scripts.gas.chain import Chain
from scripts.gas.figures import BATCHES, Figures
from tests.anvil import start_anvil

# Below this a price per record needs its decimals.
_WHOLE = 10


def main() -> None:
    """Measure all contracts on one chain and print two tables."""
    argparse.ArgumentParser(
        prog="scripts/gas-table", description="Measure the gas of our contracts beside others'."
    ).parse_args()
    with start_anvil("--accounts", "1") as anvil:
        chain = Chain.connect(anvil.url)
        measured = [
            ours.measure(chain),
            peers.measure_eas(chain),
            peers.measure_document_store(chain),
            peers.measure_evidence(chain),
        ]
    print("\n".join([*operations(measured), "", *batches(measured)]))


def operations(measured: list[Figures]) -> list[str]:
    """Lay the transactions out."""
    return [
        "| contract | one transaction | gas | each |",
        "|---|---|---|---|",
        *(
            f"| {item.whose} | {item.name} | {item.gas:,} | {item.gas / item.of:,.0f} |"
            for figures in measured
            for item in figures.operations
        ),
    ]


def batches(measured: list[Figures]) -> list[str]:
    """Lay the price of one record out, by the size of the batch that it comes in."""
    head = " | ".join(f"{records:,}" for records in BATCHES)
    return [
        f"| contract | gas per record in a batch of | {head} |",
        "|---|---|" + "---|" * len(BATCHES),
        *(
            f"| {way.whose} | {way.name} | {' | '.join(_price(way.total(n), n) for n in BATCHES)} |"
            for figures in measured
            for way in figures.ways
        ),
    ]


def _price(total: int, records: int) -> str:
    each = total / records
    return f"{each:,.0f}" if each >= _WHOLE else f"{each:.2g}"


if __name__ == "__main__":
    main()
