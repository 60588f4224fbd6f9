"""Keys of external signers: anvil as a real one, and others that fail, refuse and lie."""

from __future__ import annotations

import json
import logging
import ssl
import time
import traceback
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from threading import Event
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.chain import Account, Chain
from ledger.errors import ConfigurationError, LedgerError, UnavailableError
from ledger.evm_key import ORDER, TypedData, recover
from ledger.head_signature import HeadDomain
from ledger.local_key import LocalKey
from ledger.remote_key import RemoteKey
from ledger.signer_rpc import MAX_ANSWER_SIZE, SignerRpc
from tests.anvil import Anvil, anvil, free_port
from tests.rpc_server import Reply, saying
from tests.signer import (
    Signer,
    Signs,
    answering,
    as_clef,
    as_web3signer,
    by,
    dev_key,
    refusing,
    serving_signer,
    unknown,
)

__all__ = ["anvil"]

pytestmark = pytest.mark.chain

KEY, OTHER = dev_key(5), dev_key(6)
CHAIN_ID = 31337
LARGE_SIZE = 2**63 - 1
HEAD = HeadDomain(CHAIN_ID, b"\x22" * 20, b"\x33" * 32, epoch=2**64 - 1).typed_data(
    LARGE_SIZE, b"\x44" * 32
)
CALL: dict[str, Any] = {
    "chainId": CHAIN_ID,
    "nonce": 7,
    "gas": 90_000,
    "value": 0,
    "data": b"\x01\x02" * 50,
    "maxFeePerGas": 2_000_000_000,
    "maxPriorityFeePerGas": 1_000_000_000,
    "to": b"\xab" * 20,
}
LEGACY = {
    **{name: value for name, value in CALL.items() if not name.startswith("max")},
    "gasPrice": 3_000_000_000,
}
CREATION = {name: value for name, value in CALL.items() if name != "to"}
SECONDS = 0.5


@pytest.fixture
def signer(anvil: Anvil) -> Iterator[Signer]:
    with serving_signer(by(anvil)) as served:
        yield served


def key_of(signer: Signer, **changed: Any) -> RemoteKey:
    return RemoteKey.connect(signer.named(KEY), **{"timeout": 30, "rest": 0, **changed})


def failure(key: RemoteKey, fields: dict[str, Any] | None = None) -> LedgerError:
    with pytest.raises(LedgerError) as caught:
        _ = key.sign_typed_data(HEAD) if fields is None else key.sign_transaction(fields)
    return caught.value


# What signers sign


@pytest.mark.parametrize("fields", [CALL, LEGACY, CREATION], ids=["call", "legacy", "creation"])
@pytest.mark.parametrize("dialect", [lambda signs: signs, as_web3signer, as_clef])
def test_transaction_is_the_one_that_the_same_key_makes_here(
    anvil: Anvil, signer: Signer, dialect: Callable[[Signs], Signs], fields: dict[str, Any]
) -> None:
    signer.sign(dialect(by(anvil)))
    key = key_of(signer)
    assert key.sign_transaction(fields) == KEY.sign_transaction(fields)
    assert key.sign_transaction({**fields, "nonce": 0}) == KEY.sign_transaction(
        {**fields, "nonce": 0}
    )


@pytest.mark.parametrize("dialect", [lambda signs: signs, as_web3signer, as_clef])
def test_typed_data_is_signed_over_our_own_digest(
    anvil: Anvil, signer: Signer, dialect: Callable[[Signs], Signs]
) -> None:
    signer.sign(dialect(by(anvil)))
    signature = key_of(signer).sign_typed_data(HEAD)
    assert signature == KEY.sign_typed_data(HEAD)
    assert recover(HEAD.digest, signature) == KEY.address


def test_name_that_a_signer_knows_is_kept_to(anvil: Anvil, signer: Signer) -> None:
    signer.sign(as_clef(by(anvil)))
    key = key_of(signer)
    for _ in range(3):
        key.sign_typed_data(HEAD)
    assert [method for method, _ in signer.asked] == [
        "eth_signTypedData",
        "eth_signTypedData_v4",
        *["account_signTypedData"] * 3,
    ]


def test_signer_that_was_replaced_by_another_kind_is_asked_its_own_way(
    anvil: Anvil, signer: Signer
) -> None:
    key = key_of(signer)
    key.sign_typed_data(HEAD)
    signer.sign(as_clef(by(anvil)))
    assert failure(key).code == "signer.refused"
    assert key.sign_typed_data(HEAD) == KEY.sign_typed_data(HEAD)


def test_chain_takes_what_a_signer_has_signed(anvil: Anvil, signer: Signer) -> None:
    account = Account(key_of(signer))
    with Chain.connect(anvil.url) as chain:
        signed = chain.node.sign(account, to=b"\xcd" * 20, data=b"\x05")
        chain.node.send(signed.raw)
        receipt = chain.node.wait(signed.hash)
    assert receipt.succeeded
    assert signed.sender == KEY.address


def test_v_counted_from_zero_is_the_same_signature(anvil: Anvil, signer: Signer) -> None:
    signer.sign(changing(by(anvil), lambda value: value[:-1] + bytes([value[-1] - 27])))
    assert key_of(signer).sign_typed_data(HEAD) == KEY.sign_typed_data(HEAD)


# Whose account


@pytest.mark.parametrize("dialect", [lambda signs: signs, as_clef])
def test_only_account_is_taken_where_none_is_named(
    signer: Signer, dialect: Callable[[Signs], Signs]
) -> None:
    signer.sign(dialect(lambda _, __: {"result": [f"0x{KEY.address.hex()}"]}))
    assert RemoteKey.connect(signer.url).address == KEY.address


@pytest.mark.parametrize("accounts", [[], [f"0x{KEY.address.hex()}", f"0x{OTHER.address.hex()}"]])
def test_one_of_many_accounts_or_of_none_is_not_chosen(signer: Signer, accounts: list[str]) -> None:
    signer.sign(lambda _, __: {"result": accounts})
    with pytest.raises(ConfigurationError) as caught:
        RemoteKey.connect(signer.url)
    assert caught.value.code == "signer.accounts"
    assert f"{len(accounts)} there" in str(caught.value)


@pytest.mark.parametrize("listed", [{}, "0x", ["0x"], [7], None])
def test_accounts_that_are_none_are_the_signers_fault(signer: Signer, listed: object) -> None:
    signer.sign(lambda _, __: {"result": listed})
    with pytest.raises(UnavailableError) as caught:
        RemoteKey.connect(signer.url)
    assert caught.value.code == "signer.malformed"


@pytest.mark.parametrize(
    "url",
    [
        "", "signer.example", "ftp://signer.example", "http://", "http://a:port", "http://[::1",
        "http://a#0x12", f"http://a#{'g' * 40}", f"http://a#0x{'1' * 40}#",
    ],
)  # fmt: skip
def test_url_that_names_no_signer_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        RemoteKey.connect(url)
    assert caught.value.code == "signer.url"


@given(st.text())
def test_any_url_is_taken_or_refused(text: str) -> None:
    for url in (text, f"http://{text}", f"https://{text}"):
        with suppress(ConfigurationError):
            SignerRpc(url.partition("#")[0], timeout=1)


# Signers that lie


def changing(signs: Signs, change: Callable[[bytes], bytes]) -> Signs:
    """Change the bytes of what a signer has signed."""

    def lie(method: str, parameters: list[Any]) -> dict[str, Any]:
        answer = signs(method, parameters)
        if isinstance(answer.get("result"), str):
            changed = change(bytes.fromhex(answer["result"][2:]))
            return {**answer, "result": f"0x{changed.hex()}"}
        return answer

    return lie


def asking_for(signs: Signs, **changed: str) -> Signs:
    """Have something else signed than what was asked for."""

    def lie(method: str, parameters: list[Any]) -> dict[str, Any]:
        asked = {**parameters[0], **changed}
        return signs(method, [{name: value for name, value in asked.items() if value != ""}])

    return lie


def mirrored(signature: bytes) -> bytes:
    s = ORDER - int.from_bytes(signature[32:64], "big")
    return signature[:32] + s.to_bytes(32, "big") + bytes([27 + 28 - signature[64]])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("nonce", "0x8"), ("value", "0x1"), ("gas", "0x15f91"), ("data", "0x0103"),
        ("to", "0x" + "ac" * 20), ("to", ""), ("maxFeePerGas", "0x77359401"),
        ("maxPriorityFeePerGas", "0x3b9aca01"),
    ],
)  # fmt: skip
def test_transaction_with_another_field_is_refused(
    anvil: Anvil, signer: Signer, field: str, value: str
) -> None:
    changed = {field: value, "input": value} if field == "data" else {field: value}
    signer.sign(asking_for(by(anvil), **changed))
    error = failure(key_of(signer), CALL)
    assert isinstance(error, ConfigurationError)
    assert error.code == "signer.other"
    assert error.expected is not None
    assert error.expected.split()[0] == field
    assert error.found is not None


def test_transaction_with_an_access_list_is_refused(anvil: Anvil, signer: Signer) -> None:
    listed: Any = [{"address": "0x" + "ab" * 20, "storageKeys": ["0x" + "00" * 32]}]
    signer.sign(asking_for(by(anvil), accessList=listed))
    error = failure(key_of(signer), CALL)
    assert error.code == "signer.other"
    assert str(error.expected).startswith("accessList")


def test_transaction_of_another_kind_of_fee_is_refused(anvil: Anvil, signer: Signer) -> None:
    legacy = asking_for(by(anvil), maxFeePerGas="", maxPriorityFeePerGas="", gasPrice="0x77359400")
    signer.sign(legacy)
    assert failure(key_of(signer), CALL).code == "signer.other"


@pytest.mark.parametrize("fields", [CALL, LEGACY])
def test_transaction_for_another_chain_is_refused(signer: Signer, fields: dict[str, Any]) -> None:
    """As Web3Signer makes them that was started with another --chain-id."""
    raw = KEY.sign_transaction({**fields, "chainId": 1})
    signer.sign(lambda _, __: {"result": f"0x{raw.hex()}"})
    error = failure(key_of(signer), fields)
    assert (error.code, error.expected, error.found) == (
        "signer.other", f"chainId {CHAIN_ID}", "chainId 1"
    )  # fmt: skip


def test_signature_of_another_key_is_refused(anvil: Anvil, signer: Signer) -> None:
    other = f"0x{OTHER.address.hex()}"

    def lie(method: str, parameters: list[Any]) -> dict[str, Any]:
        if method == "eth_signTransaction":
            return by(anvil)(method, [{**parameters[0], "from": other}])
        return by(anvil)(method, [other, parameters[1]])

    signer.sign(lie)
    for fields in (None, CALL, LEGACY):
        error = failure(key_of(signer), fields)
        assert error.code == "signer.other"
        assert error.found == f"one by {other}"


def test_signature_over_another_head_is_refused(anvil: Anvil, signer: Signer) -> None:
    def lie(method: str, parameters: list[Any]) -> dict[str, Any]:
        data = json.loads(parameters[1])
        data["message"]["size"] = str(LARGE_SIZE - 1)
        return by(anvil)(method, [parameters[0], json.dumps(data)])

    signer.sign(lie)
    assert failure(key_of(signer)).code == "signer.other"


@pytest.mark.parametrize("change", [mirrored, lambda value: bytes(64) + value[64:]])
def test_signature_that_no_contract_takes_is_refused(
    anvil: Anvil, signer: Signer, change: Callable[[bytes], bytes]
) -> None:
    signer.sign(changing(by(anvil), change))
    error = failure(key_of(signer))
    assert (error.code, error.found) == ("signer.other", "none that would be taken")


def test_transaction_with_s_in_the_upper_half_is_refused(signer: Signer) -> None:
    """Nodes would not take it (EIP-2), and its hash would not be ours."""
    raw = KEY.sign_transaction(CALL)
    # Where neither number is shorter than 32 bytes, s is the end, r before it, and the parity.
    s = (ORDER - int.from_bytes(raw[-32:], "big")).to_bytes(32, "big")
    parity = b"\x01" if raw[-67:-66] == b"\x80" else b"\x80"
    lie = raw[:-67] + parity + raw[-66:-32] + s
    assert len(lie) == len(raw)
    signer.sign(lambda _, __: {"result": f"0x{lie.hex()}"})
    error = failure(key_of(signer), CALL)
    assert (error.code, error.found) == ("signer.other", "none that would be taken")


@pytest.mark.parametrize(
    "result",
    [None, 7, [], {}, "", "0x", "0x1", "0xzz", "0x02", "0x" + "00" * 65, {"raw": None}, {"tx": {}}],
)
@pytest.mark.parametrize("fields", [None, CALL])
def test_answer_that_is_no_signature_is_refused(
    signer: Signer, result: object, fields: dict[str, Any] | None
) -> None:
    signer.sign(lambda _, __: {"result": result})
    assert failure(key_of(signer), fields).code in {"signer.malformed", "signer.other"}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.from_regex(r"0x([0-9a-f]{2}){0,80}"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(json_values | st.fixed_dictionaries({"raw": json_values}))
def test_any_answer_is_an_error_and_never_a_signature(answer: object) -> None:
    key = RemoteKey(SignerRpc("http://127.0.0.1:1", timeout=1), KEY.address)
    with pytest.raises(LedgerError):
        key._typed_signature(answer, HEAD.digest)
    with pytest.raises(LedgerError):
        key._transaction(answer, CALL)


# Signers that say no, or nothing


def test_refusal_is_told_with_its_reason(signer: Signer) -> None:
    signer.sign(lambda _, __: refusing("Request denied\n\x1b[31m" + "x" * 1000))
    for fields in (None, CALL):
        error = failure(key_of(signer), fields)
        assert isinstance(error, ConfigurationError)
        assert error.code == "signer.refused"
        assert error.found is not None
        assert "Request denied\\n" in error.found
        assert "(-32000)" in error.found
        assert len(error.found) < 300


def test_refusal_with_a_status_of_its_own_is_one(signer: Signer) -> None:
    signer.reply = answering(lambda _, __: refusing("Invalid params", code=-32602), status=400)
    assert failure(key_of(signer), CALL).code == "signer.refused"


def test_account_that_anvil_does_not_have_is_refused(signer: Signer) -> None:
    stranger = RemoteKey.connect(signer.named(LocalKey(b"\7" * 32)), rest=0)
    assert failure(stranger).code == "signer.refused"
    assert failure(stranger, CALL).code == "signer.refused"


def test_signer_without_the_method_refuses(signer: Signer) -> None:
    signer.sign(lambda _, __: unknown())
    assert failure(key_of(signer)).code == "signer.refused"
    assert len(signer.asked) == 3


def test_fault_within_a_signer_is_no_refusal(signer: Signer) -> None:
    signer.sign(
        lambda method, _: refusing("vault", code=-32603) if method.endswith("v4") else unknown()
    )
    error = failure(key_of(signer))
    assert isinstance(error, UnavailableError)
    assert (error.code, error.found) == ("signer.failed", "'vault' (-32603)")


def endless(handler: BaseHTTPRequestHandler, _: bytes) -> None:
    handler.send_response(200)
    handler.end_headers()
    handler.close_connection = True
    for __ in range(2 * MAX_ANSWER_SIZE // 1024):
        handler.wfile.write(b" " * 1024)


def cut_short(handler: BaseHTTPRequestHandler, _: bytes) -> None:
    handler.send_response(200)
    handler.send_header("content-length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"result"')
    handler.close_connection = True


def compressed(handler: BaseHTTPRequestHandler, _: bytes) -> None:
    assert handler.headers["accept-encoding"] == "identity"
    handler.send_response(200)
    handler.send_header("content-encoding", "gzip")
    handler.send_header("content-length", "2")
    handler.end_headers()
    handler.wfile.write(b"\x1f\x8b")


@pytest.mark.parametrize(
    ("reply", "code", "found"),
    [
        (saying(b"oops", status=500), "signer.unreachable", "HTTP status 500"),
        (saying(b'{"result": "0x"}', status=503), "signer.unreachable", "HTTP status 503"),
        (saying(b"", status=403), "signer.unreachable", "HTTP status 403"),
        (saying(b'{"result": "0x"}', status=404), "signer.unreachable", "HTTP status 404"),
        (saying(b"", status=302, location="http://x/"), "signer.unreachable", "HTTP status 302"),
        (cut_short, "signer.unreachable", "the connection ended before the answer did"),
        (endless, "signer.malformed", "more"),
        (compressed, "signer.malformed", None),
        (saying(b"<html>"), "signer.malformed", None),
        (saying(b""), "signer.malformed", None),
        (saying(b"[" * 100_000), "signer.malformed", None),
        (saying(b"[]"), "signer.malformed", "[]"),
        (saying(b"{}"), "signer.malformed", "{}"),
        (saying(b'{"error": null}'), "signer.malformed", None),
        (saying(b'{"error": {"code": [], "message": {}}}'), "signer.malformed", None),
        (saying(b'{"error": "no", "result": "0x"}'), "signer.malformed", None),
    ],
)
def test_signer_that_fails_could_not_be_asked(
    signer: Signer, reply: Reply, code: str, found: str | None
) -> None:
    signer.reply = reply
    error = failure(key_of(signer))
    assert isinstance(error, UnavailableError)
    assert error.code == code, error
    assert found in {None, error.found}
    # Nobody was sent anywhere else.
    assert len(signer.asked) == 1


def test_signer_that_is_not_there_could_not_be_asked() -> None:
    key = RemoteKey.connect(f"http://127.0.0.1:{free_port()}#0x{KEY.address.hex()}")
    assert failure(key).code == "signer.unreachable"
    assert failure(key, CALL).code == "signer.unreachable"


def silent_until(over: Event) -> Reply:
    def reply(handler: BaseHTTPRequestHandler, _: bytes) -> None:
        over.wait(30)
        handler.close_connection = True

    return reply


def test_signer_that_never_answers_is_not_waited_for(signer: Signer) -> None:
    over = Event()
    signer.reply = silent_until(over)
    started = time.monotonic()
    error = failure(key_of(signer, timeout=SECONDS))
    over.set()
    assert (error.code, error.found) == ("signer.unreachable", "no answer in time")
    assert SECONDS <= time.monotonic() - started < 20


def test_signer_that_sends_a_byte_now_and_then_is_not_waited_for(signer: Signer) -> None:
    over = Event()

    def trickling(handler: BaseHTTPRequestHandler, _: bytes) -> None:
        handler.send_response(200)
        handler.end_headers()
        handler.close_connection = True
        while not over.wait(SECONDS / 10):
            handler.wfile.write(b" ")
            handler.wfile.flush()

    signer.reply = trickling
    error = failure(key_of(signer, timeout=SECONDS))
    over.set()
    assert (error.code, error.found) == ("signer.malformed", "more")


def test_tls_signer_whom_nobody_vouches_for_is_not_asked(signer: Signer) -> None:
    key = RemoteKey.connect(signer.named(KEY).replace("http:", "https:"), rest=0)
    assert failure(key).code == "signer.unreachable"
    assert not signer.asked
    assert key._rpc._tls.verify_mode is ssl.CERT_REQUIRED


# A signer that has failed


def test_signer_that_has_failed_is_left_alone_for_a_while_and_tried_again(
    anvil: Anvil, signer: Signer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    signer.reply = saying(b"", status=500)
    key = key_of(signer, rest=SECONDS)
    first = failure(key)
    for _ in range(5):
        again = failure(key)
        assert (type(again), str(again)) == (type(first), str(first))
        assert again is not first
    assert len(signer.asked) == 1
    signer.sign(by(anvil))
    deadline = time.monotonic() + 30
    while True:
        try:
            signature = key.sign_typed_data(HEAD)
            break
        except UnavailableError:
            assert time.monotonic() < deadline
    assert signature == KEY.sign_typed_data(HEAD)
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]


def test_signer_that_takes_long_to_fail_is_left_alone_for_long(signer: Signer) -> None:
    """Or it would hold each checkpoint up by all of its timeout."""
    over = Event()
    signer.reply = silent_until(over)
    key = key_of(signer, timeout=SECONDS, rest=0.01)
    failure(key)
    over.set()
    (rest,) = key._rests.values()
    assert rest.until - time.monotonic() > 5 * SECONDS


def test_signer_that_refuses_transactions_signs_heads_all_the_same(
    anvil: Anvil, signer: Signer
) -> None:
    signs = by(anvil)
    signer.sign(
        lambda name, asked: refusing("no") if name == "eth_signTransaction" else signs(name, asked)
    )
    key = key_of(signer, rest=1000)
    assert failure(key, CALL).code == "signer.refused"
    assert key.sign_typed_data(HEAD) == KEY.sign_typed_data(HEAD)
    assert failure(key, CALL).code == "signer.refused"
    assert [method for method, _ in signer.asked].count("eth_signTransaction") == 1


# Secrets


def test_what_a_url_hides_is_sent_to_the_signer_and_told_to_nobody(
    signer: Signer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    place = signer.url.removeprefix("http://")
    url = f"http://us%65r:pa%40ss@{place}/p4th?token=t0ken#0x{KEY.address.hex()}"
    key = RemoteKey.connect(url, rest=0)
    assert key.sign_typed_data(HEAD) == KEY.sign_typed_data(HEAD)
    told = f"{key!r}{key}"
    for reply in (saying(b"", status=500), saying(b"?"), answering(lambda _, __: refusing("no"))):
        signer.reply = reply
        error = failure(key, CALL)
        told += "".join(traceback.format_exception(error)) + f"{error!r}{error.args}"
    told += "".join(traceback.format_exception(failure(
        RemoteKey.connect(url.replace(place, "127.0.0.1:1"), rest=0)
    )))  # fmt: skip
    told += caplog.text
    assert place in told
    for secret in ("pa%40ss", "pa@ss", "t0ken", "p4th", b64encode(b"user:pa@ss").decode()):
        assert secret not in told
    assert signer.authorizations[0] == f"Basic {b64encode(b'user:pa@ss').decode()}"


def test_typed_data_is_not_changed_by_being_signed(signer: Signer) -> None:
    before = json.dumps(HEAD.value)
    key_of(signer).sign_typed_data(TypedData(HEAD.digest, HEAD.value))
    assert json.dumps(HEAD.value) == before
