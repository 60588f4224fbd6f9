"""Settings of a running ledger: one class, each value from the environment as CROSSPROOF_NAME.

Without any, a ledger runs on 127.0.0.1 with SQLite and an embedded chain, its files in
./crossproof-data. Every setting is documented in `docs/settings.md`; a test compares.
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic import (
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

from ledger.errors import ConfigurationError
from ledger.key_source import KeySource
from ledger.setting_values import (
    MAX_OPERATORS,
    Addresses,
    ContractAddress,
    FinalityRule,
    Gwei,
    Listed,
    LogName,
    Operators,
    PositiveDays,
    PositiveSeconds,
    RequestRate,
    TokenAlgorithms,
    WebAddress,
)

__all__ = ["Settings"]

_PREFIX = "CROSSPROOF_"
_MIB = 1024 * 1024


class Settings(BaseSettings):
    """What an operator may choose; given values of other names are refused, secrets not shown."""

    model_config = SettingsConfigDict(env_prefix=_PREFIX, extra="forbid", frozen=True)

    data_dir: Path = Field(Path("crossproof-data"), description="Where all files are kept")
    # Not in `repr`: a database's address often holds a password, a node's a key.
    database_url: str | None = Field(
        None, repr=False, description="SQLAlchemy URL; SQLite in the data directory if not given"
    )
    origin: LogName | None = Field(
        None, description="The log's name, a URL without its scheme; fixed at the first start"
    )
    log_key_file: Path | None = Field(None, description="Signs checkpoints; log.key if not given")
    operator_key_file: Path | None = Field(
        None, description="Signs heads for the contract; operator.key if not given"
    )
    operator_key: SecretStr | None = Field(
        None, description="The operator's key itself, instead of a file"
    )
    operator_signer_url: str | None = Field(
        None,
        repr=False,
        description="An external signer that holds the operator's key: http[s]://…[#ADDRESS]",
    )
    sender_key_file: Path | None = Field(
        None, description="Pays for anchors; the operator's key if not given"
    )
    sender_key: SecretStr | None = Field(
        None, description="The sender's key itself, instead of a file"
    )
    sender_signer_url: str | None = Field(
        None, repr=False, description="An external signer that holds the sender's key"
    )
    admin_key_file: Path | None = Field(
        None,
        description="Opens the log in the contract, its address part of the log's id there; the "
        "sender's key if not given",
    )
    admin_key: SecretStr | None = Field(
        None, description="The admin's key itself, instead of a file"
    )
    admin_signer_url: str | None = Field(
        None, repr=False, description="An external signer that holds the admin's key"
    )
    signer_timeout: PositiveSeconds = Field(
        5.0, description="Seconds to wait for an external signer's answer"
    )
    key_passphrase: SecretStr | None = Field(
        None, description="Opens keystores and key files, and encrypts those that are made"
    )
    head_record_file: Path | None = Field(
        None, description="The head outside the database and its backups; head if not given"
    )

    chain_urls: Addresses = Field(
        (),
        repr=False,
        description="JSON-RPC addresses, separated by commas; an embedded sandbox if none",
    )
    chain_agree: int = Field(1, ge=1, description="How many nodes must give the same answer")
    chain_contract: ContractAddress | None = Field(
        None,
        description="Address of AnchorRegistry, 0x and 40 digits; `crossproof deploy` tells it",
    )
    chain_attestors: ContractAddress | None = Field(
        None,
        description="Address of AttestorRegistry: verifications here ask it who was accredited",
    )
    chain_attestations: ContractAddress | None = Field(
        None,
        description="Address of AttestationRegistry: verifications here ask it what became of "
        "attestations",
    )
    chain_finality: FinalityRule | None = Field(
        None,
        description="instant, finalized or confirmations:N; instant on a sandbox if not given, "
        "finalized elsewhere",
    )
    chain_timeout: PositiveSeconds = Field(10.0, description="Seconds to wait for a node's answer")
    chain_max_fee_per_gas: Gwei = Field(
        Decimal(200), description="In gwei: anchors wait while the chain asks more, tip included"
    )
    chain_max_priority_fee_per_gas: Gwei = Field(
        Decimal(5), description="In gwei: no higher tip is paid"
    )
    chain_max_gas: int = Field(
        1_000_000, ge=21_000, description="The most gas that a transaction of an anchor may use"
    )

    co_operators: Operators = Field(
        (),
        description="Addresses, 0x and 40 digits, separated by commas: who signs heads beside the "
        "operator; counts when the log is opened in the contract",
    )
    threshold: int = Field(
        1,
        ge=1,
        le=MAX_OPERATORS,
        description="How many operators must sign each head; counts when the log is opened",
    )
    cosigner_urls: Addresses = Field(
        (),
        repr=False,
        description="Addresses of the co-operators' services (`crossproof cosign`)",
    )

    publish_to: str | None = Field(
        None,
        repr=False,
        description="Where hash tiles and checkpoint are put for everyone: file:///DIRECTORY or "
        "s3://BUCKET/PREFIX; nowhere else if not given",
    )
    publish_endpoint: str | None = Field(
        None, repr=False, description="Address of an S3-compatible store that is not AWS"
    )
    publish_entries: bool = Field(
        default=False,
        description="Put the entries there too, which name parties: for a private place",
    )
    publish_to_interval: PositiveSeconds = Field(
        1.0, description="Seconds between two looks at what is to be put there"
    )
    publish_interval: PositiveSeconds = Field(
        0.2, description="Seconds between checkpoints, with news"
    )
    anchor_interval: PositiveSeconds = Field(60.0, description="Seconds between anchors, with news")

    host: str = Field("127.0.0.1", description="Address to listen on")
    port: int = Field(8080, ge=0, le=65_535, description="Port to listen on; 0 picks a free one")
    workers: int = Field(
        1, ge=1, le=64, description="How many processes serve; more than one on PostgreSQL alone"
    )
    seal_file: Path | None = Field(
        None, description="Seals certificates: a PKCS#12 file; needs the extra `seal`"
    )
    seal_passphrase: SecretStr | None = Field(None, description="Opens the seal's file")
    api_keys_file: Path | None = Field(
        None, description="API keys; without it only a loopback address is served"
    )
    trust_file: Path | None = Field(
        None,
        description="Whom dossiers, issuing, certificates and verifications here believe beside "
        "this log: a trust file's organisations, accreditations and status sources",
    )
    oidc_issuer: WebAddress | None = Field(
        None, description="Identity provider whose tokens are taken: its issuer, an https URL"
    )
    oidc_audience: str | None = Field(
        None,
        validate_default=True,
        description="What a token's `aud` must name; must be given with the issuer",
    )
    oidc_origins: Listed = Field(
        (),
        description="Further origins, separated by commas, that the issuer's discovery document "
        "may name; its own alone if none",
    )
    oidc_algorithms: TokenAlgorithms = Field(
        (),
        description="Signature algorithms of tokens, separated by commas; ES256, PS256, RS256 and "
        "EdDSA if none",
    )
    oidc_organisation_claim: str = Field(
        "organisation", description="The claim that names the caller's organisation"
    )
    oidc_scopes_claim: str = Field(
        "scope", description="The claim with the scopes: an array, or words with spaces between"
    )
    oidc_jurisdictions_claim: str = Field(
        "jurisdictions", description="The claim with a regulator's jurisdictions, likewise"
    )
    oidc_client_id: str | None = Field(
        None, description="Lets people log in to the pages through the identity provider"
    )
    oidc_client_secret: SecretStr | None = Field(
        None, description="Of a confidential client; PKCE is used with and without it"
    )
    public_url: WebAddress | None = Field(
        None,
        description="Where browsers find this ledger, an https URL; needed to log in from other "
        "machines; certificates name its page",
    )
    session_idle_minutes: int = Field(
        30, ge=1, description="A session ends after so long without a request"
    )
    session_hours: int = Field(12, ge=1, description="A session ends after so long in any case")
    backup_due_days: PositiveDays = Field(
        1.0, description="Days after a transfer by which its backup should be attested"
    )
    post_check_due_days: PositiveDays = Field(
        30.0, description="Days after a transfer by which its post-check should be attested"
    )
    receipt_due_days: PositiveDays = Field(
        30.0, description="Days after a transfer by which its recipient should have signed for it"
    )
    ceiling_near_percent: int = Field(
        90, ge=1, le=100, description="From which share of a plan's ceilings on one is near"
    )
    rate_limit: RequestRate = Field(
        None, description="Requests of one key or user, such as 600/minute; no limit if not given"
    )
    rate_limit_keyless: RequestRate = Field(
        "6000/minute",
        description="Requests of one address whose caller is not known; IPv6: of one /64; an "
        "empty value is no limit",
    )
    signing_keys_dir: Path | None = Field(
        None,
        description="Attestors' keys that this server holds, NAME.pem each, encrypted with the "
        "passphrase; none if not given",
    )
    decoding_processes: int | None = Field(
        None,
        ge=0,
        description="Processes that read large batches, 0 for the server itself; one for each core "
        "that a server process has to itself if not given, where it has several",
    )
    max_batch_bytes: int = Field(64 * _MIB, ge=1, description="Largest body of a batch")
    max_record_bytes: int = Field(_MIB, ge=1, description="Largest body of a single record")
    # The largest bundle is 16 MiB; beside it come the files' digests.
    max_verification_bytes: int = Field(
        17 * _MIB, ge=1, description="Largest body of a verification that is asked for with a key"
    )
    # Transfer and plan of the largest size; and no work that others would notice.
    max_keyless_bytes: int = Field(
        _MIB // 4, ge=1, description="Largest body of a verification that anyone asks for"
    )
    max_status_list_bytes: int = Field(_MIB, ge=1, description="Largest status list that is served")

    @classmethod
    def load(cls, **given: Any) -> Settings:
        """Read the environment, `given` values first; raise ConfigurationError."""
        try:
            return cls(**{name: value for name, value in given.items() if value is not None})
        except ValidationError as error:
            problem = error.errors(include_url=False, include_input=False)[0]
            name = "_".join(str(part) for part in problem["loc"][:1])
            raise ConfigurationError(
                "settings.invalid",
                f"setting {_PREFIX}{name.upper()}",
                expected=str(cls.model_fields[name].description)
                if name in cls.model_fields
                else None,
                found=problem["msg"].removeprefix("Value error, "),
            ) from None

    @model_validator(mode="before")
    @classmethod
    def _leave_out_empty_paths(cls, given: dict[str, Any]) -> dict[str, Any]:
        # As a path the empty text would be the directory that one happens to be in.
        paths = {n for n, f in cls.model_fields.items() if f.annotation in {Path, Path | None}}
        return {name: v for name, v in given.items() if v != "" or name not in paths}

    @field_validator("threshold")
    @classmethod
    def _check_threshold(cls, value: int, info: ValidationInfo) -> int:
        operators = 1 + len(info.data.get("co_operators", ()))
        if value > operators:
            raise ValueError(f"more than the {operators} operators")
        return value

    @field_validator("chain_agree")
    @classmethod
    def _check_agree(cls, value: int, info: ValidationInfo) -> int:
        nodes = len(info.data.get("chain_urls", ()))
        if value > max(1, nodes):
            raise ValueError(f"more than the {nodes} chain_urls")
        return value

    @field_validator("oidc_audience")
    @classmethod
    def _check_audience(cls, value: str | None, info: ValidationInfo) -> str | None:
        # A token for someone else's service must never be one for this ledger.
        if info.data.get("oidc_issuer") is not None and not value:
            raise ValueError("none, though an issuer is given")
        return value

    @property
    def database(self) -> str:
        """The database's URL, the default resolved."""
        return self.database_url or f"sqlite:///{self.data_dir / 'ledger.sqlite3'}"

    @property
    def log_key(self) -> Path:
        """The log key's file, the default resolved."""
        return self.log_key_file or self.data_dir / "log.key"

    @property
    def operator(self) -> KeySource:
        """Where the operator's key is, the default resolved."""
        given = KeySource(
            "operator",
            file=self.operator_key_file,
            text=_shown(self.operator_key),
            signer_url=self.operator_signer_url,
        )
        return given or KeySource("operator", file=self.data_dir / "operator.key")

    @property
    def sender(self) -> KeySource:
        """Where the sender's key is."""
        return KeySource(
            "sender",
            file=self.sender_key_file,
            text=_shown(self.sender_key),
            signer_url=self.sender_signer_url,
        )

    @property
    def admin(self) -> KeySource:
        """Where the admin's key is."""
        return KeySource(
            "admin",
            file=self.admin_key_file,
            text=_shown(self.admin_key),
            signer_url=self.admin_signer_url,
        )

    @property
    def head_record(self) -> Path:
        """The head record's file, the default resolved."""
        return self.head_record_file or self.data_dir / "head"

    @property
    def token_algorithms(self) -> tuple[str, ...]:
        """The algorithms of tokens, the default resolved."""
        return self.oidc_algorithms or ("ES256", "PS256", "RS256", "EdDSA")

    @property
    def passphrase(self) -> str | None:
        """The passphrase in the clear, for the key files."""
        # An empty one is handed on, and refused where keys are made or opened.
        return _shown(self.key_passphrase)


def _shown(secret: SecretStr | None) -> str | None:
    return None if secret is None else secret.get_secret_value()
