"""Options that several commands share, each with its twin in the environment."""

from __future__ import annotations

import typer

__all__ = [
    "ACCOUNT_KEY_FILE",
    "ACCOUNT_SIGNER_URL",
    "ADMIN_KEY_FILE",
    "ADMIN_SIGNER_URL",
    "API_KEY",
    "AS_JSON",
    "BELIEVED",
    "BUNDLE",
    "CERTIFICATES",
    "COMPLETE",
    "CONTRACT",
    "DATA_DIR",
    "ISSUER",
    "JURISDICTION",
    "JWK",
    "KEY_FILE",
    "LANGUAGE",
    "LOG_ID",
    "MAX_FEE",
    "MAX_TIP",
    "NODE",
    "OFFLINE",
    "ON_CHAIN",
    "OPERATOR_KEY_FILE",
    "OPERATOR_SIGNER_URL",
    "OUTPUT",
    "PASSPHRASE",
    "PREPARE",
    "PREPARED",
    "REGISTRY",
    "RPC",
    "SAY_RPC",
    "SCOPE",
    "SENDER_SIGNER_URL",
    "SERVER",
    "SIGNER_TIMEOUT",
    "SIGNING_KEY",
    "SUCCESSOR",
    "TRUST",
    "WAIT",
]

TRUST = typer.Option(
    "--trust",
    envvar="CROSSPROOF_TRUST",
    metavar="FILE",
    help="The trust file: the only thing that is believed.",
)
RPC = typer.Option(
    "--rpc",
    envvar="CROSSPROOF_RPC",
    metavar="URL",
    help="A node to ask instead of the trust file's; repeatable.",
)
OFFLINE = typer.Option("--offline", envvar="CROSSPROOF_OFFLINE", help="Open no socket at all.")
AS_JSON = typer.Option("--json", envvar="CROSSPROOF_JSON", help="As JSON on stdout.")
LANGUAGE = typer.Option("--lang", envvar="CROSSPROOF_LANG", help="Language of the report.")
OUTPUT = typer.Option(
    "--output", "-o", envvar="CROSSPROOF_OUTPUT", help="The file, or - (stdout).", metavar="FILE"
)
SERVER = typer.Option(
    "--server", envvar="CROSSPROOF_SERVER", help="Address of the ledger.", metavar="URL"
)
API_KEY = typer.Option(
    "--api-key", envvar="CROSSPROOF_API_KEY", help="API key; better given by the environment."
)


OPERATOR_SIGNER_URL, ADMIN_SIGNER_URL, SENDER_SIGNER_URL = (
    typer.Option(
        "--signer-url",
        envvar=f"CROSSPROOF_{role}_SIGNER_URL",
        metavar="URL[#ADDRESS]",
        help="An external signer that holds that key.",
    )
    for role in ("OPERATOR", "ADMIN", "SENDER")
)
SIGNER_TIMEOUT = typer.Option(
    "--signer-timeout",
    envvar="CROSSPROOF_SIGNER_TIMEOUT",
    help="Seconds to wait for the signer's answer.",
    min=0,
)
WAIT = typer.Option("--wait", envvar="CROSSPROOF_WAIT", help="Seconds to wait for it.", min=0)
DATA_DIR = typer.Option(
    "--data-dir",
    envvar="CROSSPROOF_DATA_DIR",
    help="Where the ledger's files are kept.",
    metavar="DIR",
)
# A log in its contract, and who signs or pays for what is done to it there.
NODE = typer.Option(
    "--rpc", envvar="CROSSPROOF_RPC", metavar="URL", help="JSON-RPC address of a node."
)
CONTRACT = typer.Option(
    "--contract", envvar="CROSSPROOF_CHAIN_CONTRACT", metavar="ADDRESS", help="AnchorRegistry."
)
LOG_ID = typer.Option(
    "--log-id", envvar="CROSSPROOF_LOG_ID", metavar="HASH", help="The log: `crossproof log id`."
)
KEY_FILE = typer.Option(
    "--key-file",
    envvar="CROSSPROOF_SENDER_KEY_FILE",
    metavar="FILE",
    help="Who pays, anyone: 0x and 64 digits, or a keystore.",
)
ADMIN_KEY_FILE = typer.Option(
    "--key-file",
    envvar="CROSSPROOF_ADMIN_KEY_FILE",
    metavar="FILE",
    help="The log's admin, who pays: 0x and 64 digits, or a keystore.",
)
OPERATOR_KEY_FILE = typer.Option(
    "--key-file",
    envvar="CROSSPROOF_OPERATOR_KEY_FILE",
    metavar="FILE",
    help="The operator who signs: 0x and 64 digits, or a keystore.",
)
PASSPHRASE = typer.Option(
    "--passphrase",
    envvar="CROSSPROOF_KEY_PASSPHRASE",
    help="Opens the keystore; better given by the environment.",
)
MAX_FEE = typer.Option(
    "--max-fee-per-gas",
    envvar="CROSSPROOF_CHAIN_MAX_FEE_PER_GAS",
    min=0,
    help="Pay no more, in gwei, tip included.",
)
MAX_TIP = typer.Option(
    "--max-priority-fee-per-gas",
    envvar="CROSSPROOF_CHAIN_MAX_PRIORITY_FEE_PER_GAS",
    min=0,
    help="Pay no higher tip, in gwei.",
)
# What an API key may do.
SCOPE = typer.Option(
    "--scope",
    envvar="CROSSPROOF_SCOPE",
    help="submit, read, audit, attest, regulate; submit and read if none.",
)
JURISDICTION = typer.Option(
    "--jurisdiction",
    envvar="CROSSPROOF_JURISDICTION",
    help="Of a regulator: CN, HK, …; repeatable.",
)
# Signing something to be logged: with a key here, or with one elsewhere, in two steps.
SIGNING_KEY = typer.Option(
    "--key",
    envvar="CROSSPROOF_SIGNING_KEY",
    metavar="FILE",
    help="The signing key (`crossproof key new-signing`).",
)
ISSUER = typer.Option(
    "--issuer",
    envvar="CROSSPROOF_ISSUER",
    metavar="ID",
    help="Who says it; the key file's organisation if not given.",
)
PREPARE = typer.Option(
    "--prepare",
    envvar="CROSSPROOF_PREPARE",
    metavar="FILE",
    help="Sign nothing: write what waits for its signature there, the bytes to sign on stdout.",
)
JWK = typer.Option(
    "--jwk",
    envvar="CROSSPROOF_JWK",
    metavar="FILE",
    help="With --prepare: the public key that is to sign.",
)
CERTIFICATES = typer.Option(
    "--certificates",
    envvar="CROSSPROOF_CERTIFICATES",
    metavar="FILE",
    help="PEM: the key's certificate, then who issued it; they come along, for whoever trusts "
    "their root.",
)
COMPLETE = typer.Option(
    "--complete",
    envvar="CROSSPROOF_COMPLETE",
    metavar="SIGNATURE",
    help="Base64url, or a file of 64 bytes or DER: the signature over those bytes.",
)
PREPARED = typer.Option(
    "--prepared",
    envvar="CROSSPROOF_PREPARED",
    metavar="FILE",
    help="With --complete: what --prepare wrote.",
)
BUNDLE = typer.Option(
    "--bundle",
    envvar="CROSSPROOF_BUNDLE",
    metavar="FILE",
    help="The record's bundle, instead of asking the server for the record.",
)
BELIEVED = typer.Option(
    "--trust",
    envvar="CROSSPROOF_TRUST",
    metavar="FILE",
    help="The trust file: who is accredited, whose keys are whose.",
)
# A word in AttestationRegistry too, and whose.
ON_CHAIN = typer.Option(
    "--on-chain",
    envvar="CROSSPROOF_ON_CHAIN",
    help="Say it in AttestationRegistry too; there alone where no --key is given.",
)
SAY_RPC = typer.Option(
    "--rpc",
    envvar="CROSSPROOF_RPC",
    metavar="URL",
    help="With --on-chain: the node; the trust file's if not given.",
)
REGISTRY = typer.Option(
    "--registry",
    envvar="CROSSPROOF_CHAIN_ATTESTATIONS",
    metavar="ADDRESS",
    help="With --on-chain: AttestationRegistry; the trust file's if not given.",
)
ACCOUNT_KEY_FILE = typer.Option(
    "--account-key-file",
    envvar="CROSSPROOF_SENDER_KEY_FILE",
    metavar="FILE",
    help="With --on-chain: the account that speaks and pays: 0x and 64 digits, or a keystore.",
)
ACCOUNT_SIGNER_URL = typer.Option(
    "--account-signer-url",
    envvar="CROSSPROOF_SENDER_SIGNER_URL",
    metavar="URL[#ADDRESS]",
    help="With --on-chain: an external signer that holds that key.",
)
SUCCESSOR = typer.Option(
    "--successor",
    envvar="CROSSPROOF_SUCCESSOR",
    metavar="HASH",
    help="The log that continues it, by its id; it must be open already.",
)
