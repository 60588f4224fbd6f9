"""Topics: what a webhook can be told of.

    record.logged … record.final      a record has reached a state (`log.State`)
    record.attested                   a stage of a transfer or plan was attested
    record.received                   a party of a transfer has signed for it
    record.stopped, record.released   a regulator's order was placed, or lifted
    attestation.revoked, …            what became of one: revoked, suspended, reinstated
    anchor.gone                       a chain took anchors back: what was anchored is so no more
    webhook.test                      somebody has asked for it

Of what others say, only what counts is told: a stop by a regulator of either side, a revocation by
whoever attested. That is what a dossier shows; a stranger's word changes nothing.
"""

from __future__ import annotations

from enum import StrEnum

__all__ = ["SAID", "SUBSCRIBED", "Topic"]


class Topic(StrEnum):
    """What a message is about: its `type`."""

    LOGGED = "record.logged"
    PUBLISHED = "record.published"
    ANCHORED = "record.anchored"
    FINAL = "record.final"
    ATTESTED = "record.attested"
    RECEIVED = "record.received"
    STOPPED = "record.stopped"
    RELEASED = "record.released"
    REVOKED = "attestation.revoked"
    SUSPENDED = "attestation.suspended"
    REINSTATED = "attestation.reinstated"
    GONE = "anchor.gone"
    TEST = "webhook.test"


# What others say of a record.
SAID = frozenset(
    {
        Topic.ATTESTED, Topic.RECEIVED, Topic.STOPPED, Topic.RELEASED, Topic.REVOKED,
        Topic.SUSPENDED, Topic.REINSTATED,
    }
)  # fmt: skip
# What can be asked for; a test comes to whoever asks for one.
SUBSCRIBED = tuple(topic for topic in Topic if topic is not Topic.TEST)
