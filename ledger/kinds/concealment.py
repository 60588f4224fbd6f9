"""What may be concealed: a statement as logged, and as disclosures show it, compared.

Stage rules read the log, so a member that they need must stand there in the clear. A digest does
not say which member it hides; only when its disclosure is shown does it come out.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from msgspec import UNSET
from msgspec.structs import fields

from ledger.errors import VerificationError
from ledger.kinds.members import Member

__all__ = ["check_concealable", "members_of"]


def check_concealable(logged: Any, shown: Any, place: str = "") -> None:
    """Check that `shown` adds to `logged` only members that its class names in CONCEALABLE."""
    if isinstance(logged, list):
        for index, (before, after) in enumerate(zip(logged, shown, strict=True)):
            check_concealable(before, after, f"{place}[{index}]")
    if not isinstance(logged, Member):
        return
    for attribute, member in members_of(type(logged)):
        name = f"{place}.{member}".lstrip(".")
        before, after = getattr(logged, attribute), getattr(shown, attribute)
        if before is not UNSET:
            # `_sd` itself is gone from what is shown.
            if after is not UNSET:
                check_concealable(before, after, name)
        elif after is not UNSET and member not in logged.CONCEALABLE:
            raise VerificationError(
                "disclosure.not-concealable",
                f"a member was concealed that must not be: {name}",
                expected=", ".join(sorted(logged.CONCEALABLE)) or "nothing concealed here",
            )


@cache
def members_of(kind: type[Member]) -> tuple[tuple[str, str], ...]:
    """List a class's attributes with their member names; msgspec evaluates every type for it."""
    return tuple((field.name, field.encode_name) for field in fields(kind))
