"""What an audit looked at and what it found: a list of findings, empty for a log that is whole.

Beside what was checked, by kind, it counts what no audit of this log alone can tell (`untold`):

    link        names a record that this log does not hold
    kind        of what a link names, its entry being unreadable
    signature   by a key that did not come along
    manifest    of a batch that is not found as one submission
    sequence    of transfers under a plan, where not all entries were read
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

__all__ = ["MAX_FINDINGS", "AuditReport", "Checked", "Finding"]

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
class Checked:
    """How much was checked, of each kind, and what was found."""

    entries: int = 0
    tiles: int = 0
    hashes: int = 0
    checkpoints: int = 0
    anchors: int = 0
    records: int = 0
    """Record ids held against their index."""
    signatures: int = 0
    """Of signed entries; those of checkpoints not included."""
    links: int = 0
    manifests: int = 0
    """Whose batch was found and has the root that was signed."""
    sequences: int = 0
    """Transfers whose number under their plan was looked at."""
    kinds: Counter[str] = field(default_factory=Counter)
    untold: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        """Say that everything is as the log claims."""
        return not self.findings

    def add(self, code: str, where: str, *, expected: str, found: str) -> None:
        """Add a finding, up to MAX_FINDINGS of them."""
        if len(self.findings) < MAX_FINDINGS:
            self.findings.append(Finding(code, where, expected, found))

    def include(self, part: Checked) -> None:
        """Add what was checked elsewhere, such as in another process."""
        self.entries += part.entries
        self.tiles += part.tiles
        self.hashes += part.hashes
        self.checkpoints += part.checkpoints
        self.anchors += part.anchors
        self.records += part.records
        self.signatures += part.signatures
        self.links += part.links
        self.manifests += part.manifests
        self.sequences += part.sequences
        self.kinds += part.kinds
        self.untold += part.untold
        self.findings += part.findings[: MAX_FINDINGS - len(self.findings)]


@dataclass(slots=True, kw_only=True)
class AuditReport(Checked):
    """What an audit of a log up to a head looked at, and what it found."""

    size: int
    root: bytes
