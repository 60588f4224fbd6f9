"""What this node believes, asked of its chain now and then and not for every caller.

Anyone may ask for the log's chain or have a bundle verified; if each of them made the node ask the
chain who it is, strangers could spend the operator's quota at a provider, and a chain that does
not answer would hold a thread for each of them until its timeout.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from time import monotonic

from ledger.errors import ConfigurationError, LedgerError, UnavailableError
from ledger.node import Node
from ledger.trust import MAX_TRUST_SIZE, Trust

__all__ = ["Beliefs", "load_known"]

REFRESH_SECONDS = 30.0
# A chain that was away is asked again sooner, by one caller at a time.
RETRY_SECONDS = 5.0


class Beliefs:
    """A node's trust, kept for a while. Methods may be called from any thread.

    `known` says who is who, who may attest, and who says what became of it: nothing of that is in
    the trust that a node offers to others.
    """

    def __init__(self, node: Node, known: Trust) -> None:
        self._node = node
        self._known_others = known
        self._lock = threading.Lock()
        # The lock owns these; it is never held while the chain is asked.
        self._trust: Trust | None = None
        self._error: LedgerError | None = None
        self._ask_at = 0.0
        self._asking = False

    def trust(self) -> Trust:
        """Say what to believe; raise LedgerError while the chain has never answered.

        A chain that has answered once keeps its name while it is away.
        """
        with self._lock:
            if self._asking or monotonic() < self._ask_at:
                return self._known()
            self._asking = True
        trust: Trust | None = None
        error: LedgerError | None = None
        try:
            trust = self._node.trust()
        except LedgerError as caught:
            error = caught
        finally:
            with self._lock:
                self._asking = False
                self._error = error
                self._trust = trust or self._trust
                self._ask_at = monotonic() + (REFRESH_SECONDS if trust else RETRY_SECONDS)
        with self._lock:
            return self._known()

    def for_verifying(self) -> Trust:
        """Say what to believe of others, too; raise LedgerError likewise."""
        known = self._known_others
        return replace(
            self.trust(),
            organisations=known.organisations,
            accreditations=known.accreditations,
            status_sources=known.status_sources,
        )

    def of_others(self) -> Trust:
        """Say who is who, whatever the chain: all that a dossier depends on."""
        return self._known_others

    def _known(self) -> Trust:
        if self._trust is not None:
            return self._trust
        raise self._error or UnavailableError(
            "chain.not-asked", "The chain is being asked who it is.", hint="Ask again in a moment."
        )


def load_known(path: Path | None) -> Trust:
    """Read the trust file that says who is who; raise ConfigurationError."""
    if path is None:
        return Trust()
    try:
        with path.open("rb") as file:
            return Trust.from_json(file.read(MAX_TRUST_SIZE + 1))
    except (OSError, LedgerError) as error:
        raise ConfigurationError(
            "settings.trust-file", f"trust file {path}: cannot be used", found=str(error)
        ) from error
