"""Others' contracts, as their packages have them: EAS and TradeTrust; and evidence records.

Each record is named by 32 bytes, which is the least that any of them can be given.
"""

from __future__ import annotations

import json
import re
from hashlib import sha256
from typing import Any

from web3.contract import Contract
from web3.types import TxReceipt

from scripts.gas.chain import ROOT, Chain, build
from scripts.gas.figures import Figures, Operation, Way, in_chunks, once

__all__ = ["measure_document_store", "measure_eas", "measure_evidence"]

_MODULES = ROOT / "contracts" / "peers" / "node_modules"
_EAS = _MODULES / "@ethereum-attestation-service/eas-contracts/artifacts/contracts"
_STORE = (
    _MODULES / "@tradetrust-tt/document-store/dist/contracts/factories/DocumentStore__factory.js"
)
# As many as stay well below the 16,777,216 gas that a transaction may take on Osaka chains.
_CHUNK = 50
_HUNDRED = 100
_NOBODY = "0x" + "00" * 20
_NOTHING = bytes(32)


def measure_eas(chain: Chain) -> Figures:
    """Measure the Ethereum Attestation Service, its schema being one hash."""
    whose = "EAS 1.9.0"
    schemas = _deploy_eas(chain, "SchemaRegistry")
    eas = _deploy_eas(chain, "EAS", schemas.address)
    registered = chain.send(schemas.functions.register("bytes32 leaf", _NOBODY, True))  # noqa: FBT003
    schema = schemas.events.Registered().process_receipt(registered)[0]["args"]["uid"]

    alone = chain.send(eas.functions.attest((schema, _request("alone"))))
    many = [_request(f"many {i}") for i in range(_CHUNK)]
    chunk = chain.send(eas.functions.multiAttest([(schema, many)]))
    revoke = eas.functions.revoke((schema, (_uids(eas, alone)[0], 0)))
    revocations = [(uid, 0) for uid in _uids(eas, chunk)]
    revoke_many = eas.functions.multiRevoke([(schema, revocations)])
    stamp = chain.gas(eas.functions.timestamp(_hash("root")))
    stamps = chain.gas(eas.functions.multiTimestamp(_hashes("stamp", _HUNDRED)))
    return Figures(
        [
            Operation(whose, "attest", alone["gasUsed"]),
            Operation(whose, f"multiAttest, {_CHUNK} at once", chunk["gasUsed"], _CHUNK),
            Operation(whose, "revoke", chain.gas(revoke)),
            Operation(whose, f"multiRevoke, {_CHUNK} at once", chain.gas(revoke_many), _CHUNK),
            Operation(whose, "timestamp", stamp),
            Operation(whose, f"multiTimestamp, {_HUNDRED} at once", stamps, _HUNDRED),
            *(
                Operation(
                    whose,
                    f"multiRevokeOffchain, {count} at once",
                    chain.gas(eas.functions.multiRevokeOffchain(_hashes(f"{count}", count))),
                    count,
                )
                for count in (1, _HUNDRED)
            ),
        ],
        [
            Way(whose, "timestamp of the batch's root", once(stamp)),
            Way(whose, "timestamp of each record", in_chunks(stamp, stamps, _HUNDRED)),
            Way(
                whose,
                "attestation of each record",
                in_chunks(alone["gasUsed"], chunk["gasUsed"], _CHUNK),
            ),
        ],
    )


def measure_document_store(chain: Chain) -> Figures:
    """Measure TradeTrust's document store."""
    whose = "TradeTrust 4.1.1"
    found = re.search(r'_bytecode = "(0x[0-9a-f]+)"', _STORE.read_text())
    if found is None:
        raise RuntimeError(f"no bytecode in {_STORE.name}")
    abi = [
        _function("constructor", "string name", "address owner"),
        _function("issue", "bytes32 document"),
        _function("bulkIssue", "bytes32[] documents"),
        _function("revoke", "bytes32 document"),
        _function("bulkRevoke", "bytes32[] documents"),
    ]
    store = chain.deploy("store", chain.w3.eth.accounts[0], abi=abi, bytecode=found[1])
    issue = chain.gas(store.functions.issue(_hash("root")))
    many = _hashes("issued", _HUNDRED)
    return Figures(
        [
            Operation(whose, "issue", issue),
            Operation(
                whose,
                f"bulkIssue, {_HUNDRED} at once",
                chain.gas(store.functions.bulkIssue(many)),
                _HUNDRED,
            ),
            Operation(whose, "revoke", chain.gas(store.functions.revoke(_hash("root")))),
            Operation(
                whose,
                f"bulkRevoke, {_HUNDRED} at once",
                chain.gas(store.functions.bulkRevoke(many)),
                _HUNDRED,
            ),
        ],
        [Way(whose, "issue of the batch's root", once(issue))],
    )


def measure_evidence(chain: Chain) -> Figures:
    """Measure a record of evidence that is a contract of its own (contracts/test/Evidence.sol)."""
    whose = "FISCO-style"
    abi, bytecode = build("Evidence", "EvidenceFactory")
    factory = chain.deploy(abi=abi, bytecode=bytecode)
    number = "018f3f5e-7b1a-7c3d-9e2f-0123456789ab"
    record = chain.gas(factory.functions.create(_hash("record").hex(), number))
    return Figures(
        [Operation(whose, "evidence contract, one record", record)],
        [Way(whose, "an evidence contract each", lambda records: records * record)],
    )


def _deploy_eas(chain: Chain, name: str, *arguments: str) -> Contract:
    artifact = json.loads((_EAS / f"{name}.sol" / f"{name}.json").read_text())
    return chain.deploy(*arguments, abi=artifact["abi"], bytecode=artifact["bytecode"])


def _request(name: str) -> tuple[Any, ...]:
    """Give an AttestationRequestData: to nobody, for ever, revocable, of one hash."""
    return (_NOBODY, 0, True, _NOTHING, _hash(name), 0)


def _uids(eas: Contract, receipt: TxReceipt) -> list[bytes]:
    return [event["args"]["uid"] for event in eas.events.Attested().process_receipt(receipt)]


def _function(name: str, *inputs: str) -> dict[str, Any]:
    arguments = [dict(zip(("type", "name"), text.split(), strict=True)) for text in inputs]
    kind = "constructor" if name == "constructor" else "function"
    return {
        "type": kind,
        "inputs": arguments,
        "stateMutability": "nonpayable",
        **({} if kind == "constructor" else {"name": name, "outputs": []}),
    }


def _hash(name: str) -> bytes:
    return sha256(name.encode()).digest()


def _hashes(name: str, count: int) -> list[bytes]:
    return [_hash(f"{name} {i}") for i in range(count)]
