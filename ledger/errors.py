"""What can go wrong, as one small tree.

    LedgerError
    ├── MalformedError      the bytes are not of the format              → failed, exit 1
    ├── VerificationError   well-formed, and false                       → failed, exit 1
    ├── NotFoundError       nothing here has that name                   → 404, exit 1
    ├── ConflictError       true of its own, but not with what is there  → 409
    ├── ReadOnlyError       the log may not be written until recovered   → 503, exit 1
    ├── ConfigurationError  the operator's settings cannot be used       → exit 2
    └── UnavailableError    could not ask                                → undetermined, exit 3

The split matters more than the names: "it is wrong" and "I could not ask" must never be mistaken
for each other, neither by a program (class, code) nor by a person (text, colour, exit code).
"""

from __future__ import annotations

__all__ = [
    "ConfigurationError",
    "ConflictError",
    "LedgerError",
    "MalformedError",
    "NotFoundError",
    "ReadOnlyError",
    "UnavailableError",
    "VerificationError",
]


class LedgerError(Exception):
    """The base of every error that this project raises on purpose.

    `code` is stable and machine-readable (`statement.too-long`); `expected`, `found` and `hint`
    are for people and may be reworded.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        expected: str | None = None,
        found: str | None = None,
        hint: str | None = None,
    ) -> None:
        # Both go to `args`, so that the error survives pickling on its way out of a worker process.
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.expected = expected
        self.found = found
        self.hint = hint

    def __str__(self) -> str:
        parts = [self.message]
        if self.expected is not None:
            parts.append(f"expected {self.expected}")
        if self.found is not None:
            parts.append(f"found {self.found}")
        text = "; ".join(parts)
        return f"{text}. {self.hint}" if self.hint else text


class MalformedError(LedgerError, ValueError):
    """Bytes that are not of the format they claim to be."""


class VerificationError(LedgerError):
    """A well-formed claim that is false."""


class NotFoundError(LedgerError):
    """A name that nothing here has, as far as the asker may see."""


class ConflictError(LedgerError):
    """A request that contradicts what the log already holds."""


class ReadOnlyError(LedgerError):
    """The log refuses to be written, since writing could fork it."""


class ConfigurationError(LedgerError):
    """Settings or files of the operator that cannot be used as they are."""


class UnavailableError(LedgerError):
    """A source that could not be asked; says nothing about the claim."""
