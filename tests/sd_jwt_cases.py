"""The cases of SD-JWT's reference implementation, where they lie beside the repository."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path as FilePath
from typing import Any

import pytest

from ledger.disclosure import Path

NAMES = (
    "array_data_types",
    "array_full_sd",
    "array_in_sd",
    "array_nested_in_plain",
    "array_none_disclosed",
    "array_of_nulls",
    "array_of_objects",
    "array_of_scalars",
    "array_recursive_sd",
    "array_recursive_sd_some_disclosed",
    "header_mod",
    "json_serialization_flattened",
    "json_serialization_general",
    "key_binding",
    "no_sd",
    "object_data_types",
    "recursions",
)


@dataclass(frozen=True, slots=True)
class SdJwtCase:
    """Claims, the paths to conceal and which of them the holder shows, and what is then seen."""

    claims: dict[str, Any]
    marks: dict[Path, bool]
    expected: dict[str, Any]

    @classmethod
    def load(cls, shared: FilePath, name: str) -> SdJwtCase:
        """Read a case."""
        value = _load(shared / "sd-jwt" / name / "specification.yml")
        claims, wanted = value["user_claims"], value["holder_disclosed_claims"]
        expected = value["expect_verified_user_claims"]
        return cls(_plain(claims), dict(_marks(claims, wanted)), expected)


@dataclass(frozen=True, eq=False, slots=True)
class _Marked:
    """A name, member or element under the cases' !sd tag."""

    value: Any


def _load(path: FilePath) -> dict[str, Any]:
    yaml = pytest.importorskip("yaml", reason="PyYAML reads the shared SD-JWT cases")

    class Loader(yaml.SafeLoader):  # type: ignore[misc, name-defined]
        pass

    def marked(loader: Any, node: Any) -> _Marked:
        kind = type(node)
        tag = loader.resolve(kind, node.value, (getattr(node, "style", None) is None, False))
        return _Marked(loader.construct_object(kind(tag, node.value), deep=True))

    Loader.add_constructor("!sd", marked)
    loaded: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), Loader)
    return loaded


def _plain(value: Any) -> Any:
    if isinstance(value, _Marked):
        return _plain(value.value)
    if isinstance(value, dict):
        return {_plain(name): _plain(member) for name, member in value.items()}
    return [_plain(element) for element in value] if isinstance(value, list) else value


def _marks(
    value: Any, wanted: Any, path: tuple[str | int, ...] = ()
) -> Iterator[tuple[Path, bool]]:
    """Yield the path of everything marked, and whether the holder wants it shown."""
    if isinstance(value, _Marked):
        value = value.value
    if isinstance(value, dict):
        for key, member in value.items():
            name = _plain(key)
            choice = wanted.get(name) if isinstance(wanted, dict) else None
            if isinstance(key, _Marked):
                yield (*path, name), bool(choice)
            yield from _marks(member, choice, (*path, name))
    elif isinstance(value, list):
        choices = wanted if isinstance(wanted, list) else []
        for index, (element, choice) in enumerate(zip_longest(value, choices[: len(value)])):
            if isinstance(element, _Marked):
                yield (*path, index), bool(choice)
            yield from _marks(element, choice, (*path, index))
