"""Other people's software on our attestations: what we issue it takes, what is wrong it refuses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ledger import base64url, status_list
from ledger.attestation import Attestation, Stage, draft
from ledger.disclosure import Path
from ledger.jwk import Curve, PrivateKey
from ledger.status_list import Statuses, TokenStatus
from tests.attestation_claims import claims_of
from tests.peer_verifier import PeerVerifier, start_peer_verifier

_LIST = "https://example.com/statuses/1"
_CONCEALED: dict[Stage, list[Path]] = {
    Stage.PRE_ASSESSMENT: ["conditions", "reasons", ("filing", "number")],
    Stage.BACKUP: [("deposit", "items"), ("place", "place")],
    Stage.POST_CHECK: ["findings", "corrective_action"],
}


@pytest.fixture(scope="module")
def peer() -> Iterator[PeerVerifier]:
    with start_peer_verifier() as started:
        yield started


def _issue(stage: Stage, key: PrivateKey, **claims: Any) -> tuple[Attestation, int]:
    """Issue an attestation; say when it is valid."""
    whole = {**claims_of(stage), **claims}
    waiting, disclosures = draft(key.public, whole, concealed=_CONCEALED[stage])
    return Attestation.read(waiting.sign(key).text, disclosures), whole["iat"] + 1


@pytest.mark.parametrize("curve", ["P-256", "Ed25519"])
@pytest.mark.parametrize("stage", Stage)
def test_peer_takes_each_stage_with_and_without_disclosures(
    peer: PeerVerifier, stage: Stage, curve: Curve
) -> None:
    key = PrivateKey.generate(curve)
    whole, now = _issue(stage, key)
    assert peer.verify(whole.to_sd_jwt(), key.public, now=now) == claims_of(stage)
    bare = Attestation.read(whole.jws.text)
    shown = peer.verify(bare.to_sd_jwt(), key.public, now=now)
    assert shown["vct"] == stage.vct
    assert shown != claims_of(stage)


@pytest.mark.parametrize("stage", Stage)
def test_peer_refuses_what_was_tampered_with(peer: PeerVerifier, stage: Stage) -> None:
    key = PrivateKey.generate()
    whole, now = _issue(stage, key)
    header, payload, signature = whole.jws.text.split(".")
    other = base64url.encode(base64url.decode(payload).replace(b'"CN"', b'"HK"', 1))
    disclosures = "".join(f"{text}~" for text in whole.disclosures)
    with pytest.raises(ValueError, match="Signature"):
        peer.verify(f"{header}.{other}.{signature}~{disclosures}", key.public, now=now)
    with pytest.raises(ValueError, match="Signature"):
        peer.verify(whole.to_sd_jwt(), PrivateKey.generate().public, now=now)


def test_peer_refuses_before_and_after_the_attestation_is_valid(peer: PeerVerifier) -> None:
    key = PrivateKey.generate()
    whole, _ = _issue(Stage.PRE_ASSESSMENT, key)
    claims = claims_of(Stage.PRE_ASSESSMENT)
    with pytest.raises(ValueError, match="expired"):
        peer.verify(whole.to_sd_jwt(), key.public, now=claims["exp"] + 1)
    with pytest.raises(ValueError, match="not"):
        peer.verify(whole.to_sd_jwt(), key.public, now=claims["nbf"] - 1)


@pytest.mark.parametrize("stage", Stage)
def test_peer_refuses_what_our_status_list_revokes_and_takes_what_it_does_not(
    peer: PeerVerifier, stage: Stage
) -> None:
    key = PrivateKey.generate()
    statuses = Statuses.of({5: TokenStatus.INVALID, 6: TokenStatus.SUSPENDED}, size=64)
    valid, now = _issue(stage, key, status={"status_list": {"idx": 4, "uri": _LIST}})
    token = (
        status_list.draft(
            key.public,
            statuses,
            address=_LIST,
            issued_at=now - 10,
            expires_at=now + 3_600,
            time_to_live=60,
        )
        .sign(key)
        .text
    )
    peer.verify(valid.to_sd_jwt(), key.public, now=now, lists={_LIST: token})
    for index in (5, 6):
        place = {"status_list": {"idx": index, "uri": _LIST}}
        other, _ = _issue(stage, key, status=place)
        with pytest.raises(ValueError, match=r"[Ss]tatus"):
            peer.verify(other.to_sd_jwt(), key.public, now=now, lists={_LIST: token})
