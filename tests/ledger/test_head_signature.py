"""The operator's signature over a head, against eth-account's EIP-712 and the contract itself."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Iterator

import pytest
from eth_account import Account as EthAccount
from eth_account.messages import encode_typed_data
from eth_hash.auto import keccak
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.chain import Account, Chain, Extension, Opening, query
from ledger.chain.registry import call_data, read_result
from ledger.checkpoint import Checkpoint
from ledger.deploy import sandbox
from ledger.errors import ConflictError
from ledger.evm_key import recover
from ledger.head_signature import HeadDomain, HeadSigner, log_id
from ledger.local_key import LocalKey
from ledger.note import open_note, sign

ORIGIN = "example.com/log"
KEY = bytes.fromhex("22" * 32)
ADMIN = Account.from_key(bytes.fromhex("33" * 32))
ROOT = bytes.fromhex("44" * 32)
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141

hashes = st.binary(min_size=32, max_size=32)
addresses = st.binary(min_size=20, max_size=20)
domains = st.builds(
    HeadDomain,
    chain_id=st.integers(1, 2**53 - 1),
    contract=addresses,
    log_id=hashes,
    epoch=st.integers(1, 2**64 - 1),
)
sizes = st.integers(1, 2**63 - 1)


@pytest.fixture(scope="module")
def chain() -> Iterator[Chain]:
    """A contract on which the log is open, its only operator being KEY."""
    with sandbox(ADMIN) as running:
        operator = Account.from_key(KEY).address
        opening = running.sign_open_log(ADMIN, Opening(ORIGIN, (operator,)))
        running.node.send(opening.raw)
        assert running.node.wait(opening.hash).succeeded
        yield running


@pytest.fixture(scope="module")
def domain(chain: Chain) -> HeadDomain:
    identity = chain.identity()
    return HeadDomain(identity.chain_id, identity.contract, log_id(ORIGIN, ADMIN.address))


def ask(chain: Chain, function: str, *arguments: object) -> bytes:
    assert chain.contract is not None
    data = chain.node.ask(query.call(chain.contract, call_data(function, *arguments)))
    return bytes(read_result(function, data)[0])


@given(domain=domains, size=sizes, root=hashes)
def test_digest_is_what_eth_account_computes(domain: HeadDomain, size: int, root: bytes) -> None:
    message = encode_typed_data(
        domain_data={
            "name": "Crossproof AnchorRegistry",
            "version": "1",
            "chainId": domain.chain_id,
            "verifyingContract": f"0x{domain.contract.hex()}",
        },
        message_types={
            "Head": [
                {"name": "logId", "type": "bytes32"},
                {"name": "epoch", "type": "uint64"},
                {"name": "size", "type": "uint64"},
                {"name": "root", "type": "bytes32"},
            ]
        },
        message_data={"logId": domain.log_id, "epoch": domain.epoch, "size": size, "root": root},
    )
    signed = EthAccount.sign_message(message, KEY)
    digest = domain.digest(size, root)
    assert digest == keccak(b"\x19" + message.version + message.header + message.body)
    # What signers elsewhere are sent is the same.
    data = domain.typed_data(size, root)
    assert data.digest == digest
    assert encode_typed_data(full_message=json.loads(json.dumps(data.value))) == message
    assert HeadSigner(ORIGIN, domain, LocalKey(KEY)).sign_head(size, root) == bytes(
        signed.signature
    )


@settings(max_examples=25)
@given(log=hashes, epoch=st.integers(0, 2**64 - 1), size=sizes, root=hashes)
def test_digest_is_what_the_contract_computes(
    chain: Chain, *, log: bytes, epoch: int, size: int, root: bytes
) -> None:
    identity = chain.identity()
    mine = HeadDomain(identity.chain_id, identity.contract, log, epoch)
    assert ask(chain, "headDigest", log, epoch, size, root) == mine.digest(size, root)


@settings(max_examples=25)
@given(origin=st.text(max_size=80), admin=addresses)
def test_log_id_is_what_the_contract_derives(chain: Chain, origin: str, admin: bytes) -> None:
    assert ask(chain, "logIdOf", origin, f"0x{admin.hex()}") == log_id(origin, admin)


def mirrored(signature: bytes) -> bytes:
    """The same signature with s in the upper half: OpenSSL and many libraries would take it."""
    s = ORDER - int.from_bytes(signature[32:64], "big")
    return signature[:32] + s.to_bytes(32, "big") + bytes([27 + 28 - signature[64]])


@pytest.mark.parametrize(
    ("change", "is_taken"),
    [
        (lambda s: s, True),
        (mirrored, False),
        (lambda s: s[:64] + bytes([s[64] - 27]), False),
        (lambda s: s[:64] + bytes([s[64] + 2]), False),
        (lambda s: s[:64] + bytes([55 - s[64]]), False),
        (lambda s: s[:64], False),
        (lambda s: s + b"\0", False),
        (lambda s: bytes(32) + s[32:], False),
        (lambda s: s[:32] + bytes(32) + s[64:], False),
        (lambda _: b"", False),
    ],
    ids=[
        "as signed",
        "s in the upper half",
        "v of 0 or 1",
        "v beyond 28",
        "the other v",
        "without v",
        "a byte too long",
        "r of zero",
        "s of zero",
        "empty",
    ],
)
def test_recover_takes_a_signature_exactly_where_the_contract_does(
    chain: Chain, domain: HeadDomain, change: object, *, is_taken: bool
) -> None:
    assert callable(change)
    signer = HeadSigner(ORIGIN, domain, LocalKey(KEY))
    signature = change(signer.sign_head(7, ROOT))
    assert (recover(domain.digest(7, ROOT), signature) == signer.address) is is_taken
    extension = Extension(domain.log_id, 7, ROOT, (), (signature,))
    if is_taken:
        assert chain.sign_anchor(ADMIN, extension).raw
    else:
        with pytest.raises(ConflictError):
            chain.sign_anchor(ADMIN, extension)


@given(digest=hashes, signature=st.binary(max_size=80) | st.binary(min_size=65, max_size=65))
def test_recover_any_bytes_gives_an_address_or_none(digest: bytes, signature: bytes) -> None:
    address = recover(digest, signature)
    assert address is None or len(address) == 20


def test_head_signer_its_line_opens_a_checkpoint_note(domain: HeadDomain) -> None:
    signer = HeadSigner(ORIGIN, domain, LocalKey(KEY))
    note = sign(Checkpoint(ORIGIN, 7, ROOT).text(), signer)
    opened = open_note(note, signer.verifier)
    assert [line.key_id for line in opened.verified] == [signer.key_id]


@pytest.mark.parametrize(
    "text", [Checkpoint(ORIGIN, 8, ROOT).text(), "no checkpoint\n", "", "\ud800"]
)
def test_head_verifier_another_text_is_not_signed(domain: HeadDomain, text: str) -> None:
    signer = HeadSigner(ORIGIN, domain, LocalKey(KEY))
    signature = signer.sign_head(7, ROOT)
    assert not signer.verifier.verify(text.encode(errors="surrogatepass"), signature)


def test_head_verifier_another_domain_is_another_key(domain: HeadDomain) -> None:
    """A head signed for one chain, contract, log or epoch counts nowhere else."""
    others = [
        HeadDomain(domain.chain_id + 1, domain.contract, domain.log_id),
        HeadDomain(domain.chain_id, b"\1" * 20, domain.log_id),
        HeadDomain(domain.chain_id, domain.contract, b"\1" * 32),
        HeadDomain(domain.chain_id, domain.contract, domain.log_id, epoch=2),
    ]
    text = Checkpoint(ORIGIN, 7, ROOT).text().encode()
    signature = HeadSigner(ORIGIN, domain, LocalKey(KEY)).sign(text)
    for other in others:
        verifier = HeadSigner(ORIGIN, other, LocalKey(KEY)).verifier
        assert verifier.key_id != HeadSigner(ORIGIN, domain, LocalKey(KEY)).key_id
        assert not verifier.verify(text, signature)


def test_head_verifier_string_holds_all_that_the_key_depends_on(domain: HeadDomain) -> None:
    verifier = HeadSigner(ORIGIN, domain, LocalKey(KEY)).verifier
    name, identifier, material = str(verifier).split("+", 2)
    assert (name, identifier) == (ORIGIN, verifier.key_id.hex())
    assert b64decode(material) == domain.material(verifier.address)


def test_head_signer_repr_shows_no_key(domain: HeadDomain) -> None:
    assert KEY.hex() not in repr(HeadSigner(ORIGIN, domain, LocalKey(KEY)))
    assert repr(KEY) not in repr(vars(HeadSigner(ORIGIN, domain, LocalKey(KEY))))
