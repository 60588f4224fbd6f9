"""Two processes on one PostgreSQL beside one process, on a log of their own each, in turns."""

from __future__ import annotations

from contextlib import ExitStack

from ledger.chain import Account, Chain
from scripts.benchmarks.ingest import CONNECTIONS, post_all
from scripts.benchmarks.load import batches
from scripts.benchmarks.measure import Figure, Options, Rates, compared, once
from scripts.benchmarks.server import Server, serving
from scripts.benchmarks.singles import post_singly
from tests.anchored_log import funded_key, new_registry
from tests.anvil import start_anvil
from tests.postgres import running_server

__all__ = ["writers"]

_PROCESSES = {"two processes": "2", "one process": "1"}
# Of the large ones so many that a round lasts some seconds.
_BATCHES = ((5_000, 20), (50, 200))
_CLIENTS = 64


def writers(options: Options) -> list[Figure]:
    """Measure batches and single records; the first round warms up and does not count."""
    rounds: list[Rates] = []
    with ExitStack() as stack:
        postgres = stack.enter_context(running_server())
        node = stack.enter_context(start_anvil())
        servers: dict[str, Server] = {}
        for name, processes in _PROCESSES.items():
            with Chain.connect(node.url) as chain:
                key = funded_key(chain)
                contract = new_registry(chain, Account.from_key(key))
            settings = {
                "CHAIN_URLS": node.url,
                "CHAIN_CONTRACT": f"0x{contract.hex()}",
                "CHAIN_FINALITY": "instant",
                "OPERATOR_KEY": f"0x{key.hex()}",
                "WORKERS": processes,
            }
            servers[name] = stack.enter_context(
                serving(postgres.create_database(), settings=settings)
            )
        for number in range(options.runs + 1):
            rates: Rates = {}
            for name, server in servers.items():
                for size, count in _BATCHES:
                    what = (
                        f"PostgreSQL: records in batches of {size:,} over {CONNECTIONS} connections"
                    )
                    bodies = batches(count, size, first=number * count * size)
                    rates[what, name] = once(lambda: post_all(server, bodies))  # noqa: B023 - now
                what = f"PostgreSQL: single records, {_CLIENTS} clients"
                rates[what, name] = post_singly(server, _CLIENTS)[1].rate
            rounds.append(rates)
    return compared(rounds[1:], by=next(iter(_PROCESSES)))
