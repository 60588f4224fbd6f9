"""The verifier page as one file: its modules joined into a script, so that it works from a disk.

Browsers load no modules from a disk. Ours are written so plainly (imports by name, at the top;
exports where they are declared) that joining them takes a few lines, and what is joined is what was
served:

    const m7 = (() => { const { a, b: c } = m3; …; return { d, e }; })();

The file's own policy names its two scripts by their digests.
"""

from __future__ import annotations

import re
from base64 import b64encode
from functools import cache
from hashlib import sha256
from posixpath import dirname, join, normpath

from api.static_files import static_files
from api.templating import render

__all__ = ["join_modules", "verifier_page"]

_PAGE, _WORKER = "page/page.js", "page/hash_worker.js"
_STYLES = ("style/base.css", "style/verify.css")
_IMPORT = re.compile(
    r"^import (?:\{(?P<names>[^}]*)\}|\* as (?P<whole>\w+)) from ['\"](?P<path>[^'\"]+)['\"];$",
    re.MULTILINE,
)
_EXPORT_FROM = re.compile(
    r"^export \{(?P<names>[^}]*)\} from ['\"](?P<path>[^'\"]+)['\"];$", re.MULTILINE
)
_EXPORT_LIST = re.compile(r"^export \{(?P<names>[^}]*)\};$", re.MULTILINE)
_EXPORT = re.compile(
    r"^export (?P<kind>async function\*?|function\*?|class|const|let) "
    r"(?P<name>\w+|\[[^\]]+\]|\{[^}]+\})",
    re.MULTILINE,
)
_LEFT_OVER = re.compile(r"^(?:import|export)\b|\bimport\.meta\b|\bimport\(", re.MULTILINE)


def verifier_page(language: str) -> str:
    """Write the page in a language; it can be changed there."""
    script, worker = join_modules(_PAGE), join_modules(_WORKER)
    # Where a visitor saves it, nobody sends headers: the policy is in the file.
    style = "\n".join(static_files()[path] for path in _STYLES)
    policy = "; ".join(
        (
            "default-src 'none'",
            f"script-src {_source(script)}",
            f"style-src {_source(style)}",
            "img-src data:",
            "connect-src http: https:",
            "worker-src blob:",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )
    return render(
        "verify.html",
        language,
        served=False,
        policy=policy,
        script=script,
        worker=worker,
        style=style,
    )


@cache
def join_modules(entry: str) -> str:
    """Join a module and all that it imports into one script; raise ValueError for odd ones."""
    names: dict[str, str] = {}
    parts: list[str] = []
    _add(entry, names, parts, ())
    script = '"use strict";\n' + "\n".join(parts)
    # What would end the element that it stands in. A comment of ours or a text may say it.
    for ending in ("</script", "<!--"):
        if ending in script.lower():
            raise ValueError(f"a module holds {ending}")
    return script


def _add(path: str, names: dict[str, str], parts: list[str], above: tuple[str, ...]) -> str:
    """Add a module after those that it imports; give the name that it has in the script."""
    if path in above:
        raise ValueError(f"modules import each other: {' '.join((*above, path))}")
    if path in names:
        return names[path]
    text = static_files()[path]
    exported: list[str] = []

    def module(name: str) -> str:
        return _add(normpath(join(dirname(path), name)), names, parts, (*above, path))

    def imported(match: re.Match[str]) -> str:
        source = module(match["path"])
        if match["whole"]:
            return f"const {match['whole']} = {source};"
        return f"const {{{_renamed(match['names'], ' as ', ': ')}}} = {source};"

    def passed_on(match: re.Match[str]) -> str:
        source = module(match["path"])
        exported.extend(f"{name}: {source}.{name}" for name in _listed(match["names"]))
        return ""

    def declared(match: re.Match[str]) -> str:
        exported.extend(re.findall(r"\w+", match["name"]))
        return f"{match['kind']} {match['name']}"

    def listed(match: re.Match[str]) -> str:
        exported.extend(_listed(match["names"]))
        return ""

    text = _IMPORT.sub(imported, text)
    text = _EXPORT_FROM.sub(passed_on, text)
    text = _EXPORT_LIST.sub(listed, text)
    text = _EXPORT.sub(declared, text)
    if _LEFT_OVER.search(re.sub(r"/\*.*?\*/|//[^\n]*", "", text, flags=re.DOTALL)):
        raise ValueError(f"{path} imports or exports in a way that is not joined")
    names[path] = f"m{len(names)}"
    parts.append(
        f"const {names[path]} = (() => {{\n{text}\nreturn {{ {', '.join(exported)} }};\n}})();"
    )
    return names[path]


def _renamed(names: str, before: str, after: str) -> str:
    return ", ".join(name.replace(before, after) for name in _listed(names))


def _listed(names: str) -> list[str]:
    return [name.strip() for name in names.split(",") if name.strip()]


def _source(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"
