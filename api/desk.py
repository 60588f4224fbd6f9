"""Desks: what there is for verifications, apart for callers with a key and for anyone else.

Anyone may ask, so those without a key have room, threads and questions to the chain of their own,
and little of each: whatever they do, records, figures and verifications of others go on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from api.allowance import Allowance
from api.auth import Principal
from api.body import Intake
from api.facts import Facts
from api.registers import Registers
from api.workers import Workers
from ledger.accreditation import AccreditationSource
from ledger.anchor import ChainSource, LogStanding
from ledger.chain import Accreditations, RegisteredStatuses
from ledger.node import Node
from ledger.status_fetch import StatusFetcher
from ledger.trust import Trust

__all__ = ["Desk", "Desks"]

# Verifying is work for the processor: more threads would take it from those who record.
VERIFYING_THREADS = 2
WAITING_VERIFICATIONS = 100
KEYLESS_THREADS = 1
WAITING_KEYLESS = 16
# The largest bodies without a key, all together and of one address.
KEYLESS_BODIES_IN_MEMORY = 32
KEYLESS_BODIES_EACH = 4
# Each is some eight requests to every node; a bundle's anchor is asked about once in a while.
KEYLESS_QUESTIONS_PER_MINUTE = 30
# To the servers of status lists, and to the registries: some requests to every node.
KEYLESS_LISTS_PER_MINUTE = 30
KEYLESS_REGISTERS_PER_MINUTE = 60


@dataclass(frozen=True, slots=True)
class Desk:
    """How large a request may be here, where its body is kept, who verifies, whom they ask."""

    largest: int
    intake: Intake
    workers: Workers
    chain: ChainSource
    registers: Registers
    status_lists: StatusFetcher

    def accreditations(self, trust: Trust) -> AccreditationSource:
        """Say who tells who is accredited: the trust file, and AttestorRegistry where it stands."""
        # A node has one chain: its own.
        for chain in trust.chains:
            return Accreditations(trust, chain, self.registers)
        return trust

    def registry(self, trust: Trust) -> RegisteredStatuses | None:
        """Say who tells what AttestationRegistry holds, None where the node knows of none."""
        for chain in trust.chains:
            if chain.attestations is not None:
                return RegisteredStatuses(chain, chain.attestations, self.registers)
        return None


@dataclass(frozen=True, slots=True)
class Desks:
    """The two desks of a node."""

    known: Desk
    anyone: Desk

    @classmethod
    def open(cls, node: Node, intake: Intake, known: Trust) -> Self:
        """Set both up; callers with a key share `intake` with those who record.

        Status lists are fetched from the addresses that `known` names, and from no others.
        """
        settings, chain, log_id = node.settings, node.verifier_chain(), node.publisher.log_id

        def standing() -> LogStanding | None:
            governance = node.publisher.governance
            return None if governance is None else governance.standing

        with_key = Desk(
            settings.max_verification_bytes,
            intake,
            Workers("verify", threads=VERIFYING_THREADS, waiting=WAITING_VERIFICATIONS),
            Facts(chain, log_id=log_id, standing=standing),
            Registers(chain, allowance=Allowance(None)),
            StatusFetcher(known.allows_list),
        )
        anyone = Desk(
            settings.max_keyless_bytes,
            Intake(KEYLESS_BODIES_IN_MEMORY * settings.max_keyless_bytes, each=KEYLESS_BODIES_EACH),
            Workers("verify-keyless", threads=KEYLESS_THREADS, waiting=WAITING_KEYLESS),
            Facts(
                chain,
                log_id=log_id,
                per_minute=KEYLESS_QUESTIONS_PER_MINUTE,
                standing=standing,
            ),
            Registers(chain, allowance=Allowance(KEYLESS_REGISTERS_PER_MINUTE)),
            StatusFetcher(known.allows_list, may_ask=Allowance(KEYLESS_LISTS_PER_MINUTE).take),
        )
        return cls(with_key, anyone)

    def of(self, visitor: Principal | None) -> Desk:
        """Choose the desk for whoever asks."""
        return self.anyone if visitor is None else self.known

    def close(self) -> None:
        """Finish what is being verified, and take nothing more."""
        self.known.workers.close()
        self.anyone.workers.close()
