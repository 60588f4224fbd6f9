"""News: what happens to records, told to those who may see them and want to hear of it.

    Herald.follow()     log and anchors, followed  →  messages that wait, in the store
    Courier.round()     messages that wait         →  delivered to their webhooks, or given up

One process does both for all (see `lease`). Messages are written where the follower's place moves,
in one transaction: whatever dies, nothing is left out, and each is sent until it is taken. So a
receiver may hear the same twice, and knows it by its id.
"""

from __future__ import annotations

from ledger.news.audience import Audience
from ledger.news.courier import Courier, Outcome
from ledger.news.herald import Herald
from ledger.news.topic import Topic

__all__ = ["Audience", "Courier", "Herald", "Outcome", "Topic"]
