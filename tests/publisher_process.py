"""A publisher in a process of its own, to be killed: it stops for ever after a certain call.

Arguments: directory, URL, contract, sender's key, log's key, name of the call.
"""

from __future__ import annotations

import sys
from pathlib import Path

from ledger.chain import Chain
from ledger.note import Signer
from tests.anchored_log import AnchoredLog, Fuse, fused_publisher


def reached(call: str) -> None:
    sys.stdout.write(f"{call}\n")
    sys.stdout.flush()
    # Nobody writes anything: whoever started this kills it here.
    sys.stdin.read()


def main(*arguments: str) -> None:
    directory, url, contract, sender, signer, call = arguments
    chain = Chain.connect(url, contract=bytes.fromhex(contract))
    ledger = AnchoredLog(
        Path(directory), chain, bytes.fromhex(sender), signer=Signer.from_string(signer)
    )
    ledger.settle(fused_publisher(ledger, Fuse(call, reached)))


if __name__ == "__main__":
    main(*sys.argv[1:])
