"""What an audit looked at and what it found: a list of findings, empty for a log that is whole."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["MAX_FINDINGS", "AuditReport", "Finding"]

# A log that is wrong everywhere need not fill the memory with saying so.
MAX_FINDINGS = 1_000


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as the log claims: a stable code, where, and what was compared."""

    code: str
    where: str
    expected: str
    found: str

    def __str__(self) -> str:
        return f"{self.where}: expected {self.expected}; found {self.found} ({self.code})"


@dataclass(slots=True)
class AuditReport:
    """What an audit looked at, and what it found."""

    size: int
    root: bytes
    entries: int = 0
    tiles: int = 0
    checkpoints: int = 0
    anchors: int = 0
    findings: list[Finding] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        """Say that everything is as the log claims."""
        return not self.findings

    def add(self, code: str, where: str, *, expected: str, found: str) -> None:
        """Add a finding, up to MAX_FINDINGS of them."""
        if len(self.findings) < MAX_FINDINGS:
            self.findings.append(Finding(code, where, expected, found))
