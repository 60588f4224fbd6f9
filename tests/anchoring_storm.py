"""Random faults against an anchored log on anvil, from a seed: kills, reorganisations, a bad line.

    scripts/anchoring-storm --faults 1000 --seed 1

Between two faults the log grows and the publisher takes a few steps. When the weather clears, the
chain's head must be the log's, each head anchored once, and all of it recorded. The process is
"killed" by an exception that nothing catches, after which log and publisher are opened anew from
what is on the disk; `test_crash` and `test_publisher` kill real processes.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.request import Request, urlopen

from ledger.chain import Account, Chain
from ledger.finality import Finality
from ledger.publisher import Status
from tests.anchored_log import (
    AnchoredLog,
    Fuse,
    KilledError,
    funded_key,
    fused_publisher,
    new_registry,
)
from tests.anvil import Anvil, start_anvil
from tests.rpc_server import send, serve

FAULTS = ("kill", "reorganise", "error", "nonsense", "lost reply", "silence", "no mining")
DEEPEST = 6
# Some reorganisations are deeper than that: what counted as final is gone then, too.
_FINALITY = "confirmations:3"
_MOST_CALLS = 24
_MOST_BAD_REQUESTS = 12
_STEPS = 3
_CALM_ROUNDS = 40


@dataclass
class Weather:
    """What happens to the next requests that go through the line to the node."""

    fault: str = ""
    left: int = 0
    seen: Counter[str] = field(default_factory=Counter)

    def strikes(self) -> bool:
        if self.left <= 0:
            return False
        self.left -= 1
        self.seen[self.fault] += 1
        return True


@contextmanager
def line(node: Anvil, weather: Weather) -> Iterator[str]:
    """Run what stands between the publisher and its node; yield its address."""

    def reply(handler: BaseHTTPRequestHandler, body: bytes) -> None:
        struck = weather.strikes()
        if struck and weather.fault == "silence":
            handler.close_connection = True
            return
        if struck and weather.fault == "error":
            send(handler, b"bad gateway", status=502)
            return
        if struck and weather.fault == "nonsense":
            send(handler, b'{"jsonrpc":"2.0","id":1,"result":"0xzz"}')
            return
        request = Request(node.url, body, {"content-type": "application/json"})  # noqa: S310
        with urlopen(request, timeout=30) as answer:  # noqa: S310 - to ourselves
            data = answer.read()
        if struck and weather.fault == "lost reply":
            # It was carried out, and nobody learns of it.
            handler.close_connection = True
            return
        send(handler, data)

    with serve(reply) as server:
        yield server.url


def storm(directory: Path, *, faults: int, seed: int) -> Counter[str]:
    """Let it rage, then hold what is left to what must be; give what struck how often."""
    chance = random.Random(seed)  # noqa: S311 - weather, no secret
    weather = Weather()
    with start_anvil("--no-mining") as node, line(node, weather) as url:
        node.rpc("evm_setAutomine", *[True])
        with Chain.connect(url, finality=Finality.parse(_FINALITY), timeout=5) as chain:
            key = funded_key(chain)
            contract = new_registry(chain, Account.from_key(key))
            ledger = AnchoredLog(directory / "log", chain.at(contract), key)
            assert ledger.settle().status is Status.IDLE
            # Nothing that happens later reaches back to the contract and the opened log.
            node.rpc("anvil_mine", hex(2 * DEEPEST))
            now = time.time()
            for _ in range(faults):
                _strike(chance, weather, node, ledger)
            weather.left = 0
            node.rpc("evm_setAutomine", *[True])
            _clear(node, ledger)
            check(ledger)
            ledger.close()
            weather.seen["seconds"] = round(time.time() - now)
    return weather.seen


def _strike(chance: random.Random, weather: Weather, node: Anvil, ledger: AnchoredLog) -> None:
    # Publishing asks the chain for the log's terms here; what it does without is held elsewhere.
    weather.left = 0
    ledger.publish(*(chance.randbytes(8) for _ in range(chance.randint(1, 3))))
    fault = chance.choice(FAULTS)
    node.rpc("evm_setAutomine", *[fault != "no mining"])
    if fault == "reorganise":
        weather.seen[fault] += 1
        node.rpc("anvil_reorg", chance.randint(1, DEEPEST), [])
    elif fault == "kill":
        _step_and_die(chance, weather, ledger)
    elif fault == "no mining":
        weather.seen[fault] += 1
    else:
        weather.fault, weather.left = fault, chance.randint(1, _MOST_BAD_REQUESTS)
    for _ in range(chance.randint(1, _STEPS)):
        ledger.publisher.step()
    node.rpc("anvil_mine", hex(chance.randint(1, 4)))


def _step_and_die(chance: random.Random, weather: Weather, ledger: AnchoredLog) -> None:
    def die(_: str) -> None:
        raise KilledError

    try:
        fused_publisher(ledger, Fuse(chance.randrange(_MOST_CALLS), die)).step()
    except KilledError:
        weather.seen["kill"] += 1
        ledger.reopen()


def _clear(node: Anvil, ledger: AnchoredLog) -> None:
    """Step and mine until nothing is on its way, and all that is published is anchored."""
    for _ in range(_CALM_ROUNDS):
        state = ledger.publisher.step()
        node.rpc("anvil_mine", "0x4")
        published = ledger.log.published()
        assert published is not None
        if state.status is Status.IDLE and state.anchored == published.size:
            return
    raise AssertionError(f"it does not come to rest: {state}")


def check(ledger: AnchoredLog) -> None:
    """Hold chain and store against each other and the log."""
    published, head = ledger.log.published(), ledger.chain.head(ledger.publisher.log_id)
    assert published is not None
    assert head is not None
    assert (head.size, head.root) == (published.size, published.root)
    sizes = [event.size for event in ledger.events()]
    assert sizes == sorted(set(sizes)), "a head was anchored twice"
    standing = [(size, state) for size, state in ledger.anchors() if state != "gone"]
    assert standing == [(size, "final") for size in sizes]
    assert not {state for _, state in ledger.attempts()} & {"prepared", "sent"}
    assert ledger.log.read_only_reason is None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--faults", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="crossproof-storm-") as directory:
        seen = storm(Path(directory), faults=options.faults, seed=options.seed)
    told = ", ".join(f"{name} {count}" for name, count in sorted(seen.items()))
    sys.stdout.write(
        f"seed {options.seed}, {options.faults} rounds: {told}; at rest, nothing twice\n"
    )


if __name__ == "__main__":
    main()
