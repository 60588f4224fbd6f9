"""The trust file: the only thing that a verifier believes.

    {"mediaType": "application/vnd.crossproof.trust.v1+json",
     "logs": [{"origin": "example.com/log", "keys": ["example.com/log+…+…"],
               "operators": ["example.com/log+…+…"], "log_id": "0x…"}],
     "chains": [{"chain_id": 1, "genesis_hash": "0x…", "contract": "0x…", "sandbox": false,
                 "finality": "finalized", "rpc": ["https://…"], "agree": 1,
                 "attestors": "0x…",                 AttestorRegistry there, may be absent
                 "attestations": "0x…"}],            AttestationRegistry, likewise
     "anchors": [{…}],                                pinned: believed without asking anyone
     "organisations": [{"id": "uscc:…", "roles": ["enterprise"], "keys": [JWK]}],
     "accreditations": [{"jurisdiction": "CN", "key": "0x…", "changes": […]}],
     "status_sources": [{"issuer": "uscc:…", "lists": ["https://…/"], "required": ["list"]}]}

`finality` is "instant", "finalized" or "confirmations:N". `log_id` is the log's name in
the contract, hash(origin, admin): without it no anchor of the log can be believed, since anyone
may open a log of that origin under an address of his own. The last three, which may be absent, say
whose keys are whose, who may attest, and who says what became of it (see `organisation`,
`accreditation`, `statuses`). A bundle never widens a trust file. Published schema:
`schemas/trust.v1.schema.json`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

from ledger.accreditation import Accreditation
from ledger.anchor import Anchor, ChainIdentity
from ledger.canonical import parse
from ledger.errors import MalformedError, VerificationError
from ledger.members import Members
from ledger.organisation import Organisation
from ledger.trust.chain import TrustedChain, node_address
from ledger.trust.listing import MAX_LISTED, check_unique
from ledger.trust.log import TrustedLog
from ledger.trust.statuses import Source, TrustedStatuses

__all__ = [
    "MEDIA_TYPE",
    "Source",
    "Trust",
    "TrustedChain",
    "TrustedLog",
    "TrustedStatuses",
    "node_address",
]

MEDIA_TYPE = "application/vnd.crossproof.trust.v1+json"
MAX_TRUST_SIZE = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Trust:
    """What a verifier believes: logs, chains, anchors that were checked before, and who is who."""

    logs: tuple[TrustedLog, ...] = ()
    chains: tuple[TrustedChain, ...] = ()
    anchors: tuple[Anchor, ...] = ()
    organisations: tuple[Organisation, ...] = ()
    accreditations: tuple[Accreditation, ...] = ()
    status_sources: tuple[TrustedStatuses, ...] = ()

    @classmethod
    def from_json(cls, data: bytes | str) -> Trust:
        """Read a trust file; raise MalformedError for anything that is none."""
        raw = data if isinstance(data, bytes) else data.encode(errors="surrogatepass")
        if len(raw) > MAX_TRUST_SIZE:
            raise MalformedError(
                "trust.size",
                "trust file: too large",
                expected=f"at most {MAX_TRUST_SIZE} bytes",
                found=f"{len(raw)} bytes",
            )
        members = Members(parse(raw), "trust")
        members.literal("mediaType", MEDIA_TYPE)
        trust = cls(
            members.array("logs", TrustedLog.from_value, longest=MAX_LISTED),
            members.array("chains", TrustedChain.from_value, longest=MAX_LISTED),
            members.array("anchors", Anchor.from_value, longest=MAX_LISTED),
            members.listed("organisations", Organisation.from_value, longest=MAX_LISTED),
            members.listed("accreditations", Accreditation.from_value, longest=MAX_LISTED),
            members.listed("status_sources", TrustedStatuses.from_value, longest=MAX_LISTED),
        )
        members.end()
        check_unique(trust.logs, lambda log: log.origin, "trust.logs")
        check_unique(trust.chains, lambda chain: chain.identity, "trust.chains")
        # Two pins of one head differ or are the same: a contradiction, or noise.
        check_unique(trust.anchors, _head, "trust.anchors")
        check_unique(trust.organisations, lambda known: known.id, "trust.organisations")
        certified = tuple(known for known in trust.organisations if known.certified)
        check_unique(certified, lambda known: known.certified_name, "trust.organisations: a name")
        # A key of two organisations would let either speak for the other.
        keys = [key for known in trust.organisations for key in known.all_keys]
        check_unique(tuple(keys), lambda key: key.thumbprint.hex(), "trust.organisations: a key")
        check_unique(
            trust.accreditations,
            lambda known: (known.jurisdiction, known.key.hex()),
            "trust.accreditations",
        )
        check_unique(trust.status_sources, lambda known: known.issuer, "trust.status_sources")
        return trust

    def to_value(self) -> dict[str, Any]:
        """Write the trust file as a JSON value."""
        return {
            "mediaType": MEDIA_TYPE,
            "logs": [log.to_value() for log in self.logs],
            "chains": [chain.to_value() for chain in self.chains],
            "anchors": [anchor.to_value() for anchor in self.anchors],
            **{
                name: [known.to_value() for known in listed]
                for name, listed in (
                    ("organisations", self.organisations),
                    ("accreditations", self.accreditations),
                    ("status_sources", self.status_sources),
                )
                if listed
            },
        }

    def to_json(self) -> str:
        """Write the trust file as `from_json` reads it."""
        return json.dumps(self.to_value(), ensure_ascii=False, indent=2) + "\n"

    def log(self, origin: str) -> TrustedLog | None:
        """Find a log by its origin."""
        return next((log for log in self.logs if log.origin == origin), None)

    def chain(self, identity: ChainIdentity) -> TrustedChain | None:
        """Find a chain by its whole identity."""
        return next((chain for chain in self.chains if chain.identity == identity), None)

    def owner(self, thumbprint: bytes) -> Organisation | None:
        """Find the organisation that a key is of, by the key's thumbprint."""
        return next((known for known in self.organisations if known.key(thumbprint)), None)

    @property
    def asks_chain(self) -> bool:
        """Say that no chain is asked who is accredited: this is the trust file alone."""
        return False

    def accreditation(self, jurisdiction: str, key: bytes) -> Accreditation | None:
        """Find what an authority has said of a key, by its thumbprint."""
        names = (jurisdiction, key)
        found = (known for known in self.accreditations if (known.jurisdiction, known.key) == names)
        return next(found, None)

    def statuses_of(self, issuer: str) -> TrustedStatuses | None:
        """Find what is said of an issuer's statuses: by his name, else for everyone."""
        named = {known.issuer: known for known in self.status_sources}
        return named.get(issuer) or named.get(None)

    def allows_list(self, address: str) -> bool:
        """Say whether any issuer's list may be fetched from there."""
        return any(known.allows(address) for known in self.status_sources)

    def pin(self, anchor: Anchor) -> Trust:
        """Keep an anchor, for use offline; the caller has checked it.

        Raises VerificationError where another one of the same head is pinned.
        """
        if anchor in self.anchors:
            return self
        for pinned in self.anchors:
            field = anchor.contradicts(pinned)
            if field is not None:
                raise VerificationError(
                    "anchor.contradicts-pin",
                    "the trust file pins this anchor with another value",
                    expected=f"{field} {pinned.to_value()[field]}",
                    found=f"{field} {anchor.to_value()[field]}",
                )
        return replace(self, anchors=(*self.anchors, anchor))


def _head(anchor: Anchor) -> tuple[str, str, int]:
    return str(anchor.chain), anchor.log_id.hex(), anchor.size
