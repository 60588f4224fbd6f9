"""Verify an evidence archive with nothing but Python's standard library (3.11 or later).

    python verify.py ARCHIVE.zip|DIRECTORY --trust trust.json

Checked: every file against the manifest, which the log's key has signed; the checkpoint; each tile
against the root; each entry against its leaf, its canonical form and, where it is a signature, the
key that it brings along; every checkpoint and anchor of the range against the tree. An anchor is
believed where the trust file pins it: no chain is asked, nothing is fetched.

Exit code: 0 verified, 1 failed, 2 cannot be used, 3 something could not be told. Only the trust
file says which keys are the log's: without yours (--trust) nothing here is more than consistent.
"""

from __future__ import annotations

import argparse
import json
import sys
import zipfile
from base64 import b64decode
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

if __package__:
    from ledger.evidence.proofs import Files, Log, Tree, Wrong, canonical, check_signed, parse
else:
    try:
        from proofs import (  # type: ignore[import-not-found,no-redef]
            Files,
            Log,
            Tree,
            Wrong,
            canonical,
            check_signed,
            parse,
        )
    except ModuleNotFoundError as error:
        # A traceback would end with 1, which says that the evidence is wrong.
        sys.stderr.write(
            f"error: {error.name}.py is not beside verify.py; unpack the whole archive,"
            " and leave Python's -I and -P out\n"
        )
        raise SystemExit(2) from None

VERIFIED, FAILED, USAGE, UNDETERMINED = 0, 1, 2, 3
_WORDS = {VERIFIED: "verified", FAILED: "FAILED", UNDETERMINED: "undetermined"}


class Verification:
    """The checks, in their order, each with its result."""

    def __init__(self, files: Files, trust: bytes | None) -> None:
        self._files = files
        self._is_own = trust is not None
        self._trust = trust
        self.results: list[tuple[int, str, str]] = []

    def run(self) -> int:
        """Run all checks; give the exit code."""
        manifest = self._check("manifest", self._manifest)
        log = self._check("trust", lambda: self._log(manifest)) if manifest else None
        if manifest and log:
            self._check("manifest.signature", lambda: self._manifest_signature(log))
            tree = self._check("checkpoint", lambda: self._checkpoint(manifest, log))
            if tree:
                self._check("tiles", lambda: self._tiles(tree))
                self._check("entries", lambda: self._entries(manifest, tree))
                self._check("checkpoints", lambda: self._checkpoints(log, tree))
                self._check("anchors", lambda: self._anchors(log, tree))
        codes = {code for code, _, _ in self.results}
        return FAILED if FAILED in codes else UNDETERMINED if UNDETERMINED in codes else VERIFIED

    def _say(self, code: int, name: str, words: str) -> None:
        self.results.append((code, name, words))

    def _check(self, name: str, check: Callable[[], Any]) -> Any:
        try:
            return check()
        except Wrong as error:
            self._say(FAILED, name, str(error))
        except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as e:
            self._say(FAILED, name, f"not of its format: {type(e).__name__} {e}")
        return None

    def _manifest(self) -> Any:
        manifest = parse(self._files.read("manifest.json"))
        if manifest["mediaType"] != "application/vnd.crossproof.evidence.v1+json":
            raise Wrong("not an evidence archive of this version")
        listed = {file["path"]: file for file in manifest["files"]}
        names = self._files.names()
        expected = sorted([*listed, "manifest.json", "manifest.note"])
        if sorted(names) != expected:
            differing = sorted(set(names) ^ set(expected)) or ["a name stands twice"]
            raise Wrong(f"the files are not those of the manifest: {', '.join(differing[:5])}")
        for path, file in listed.items():
            data = self._files.read(path)
            if len(data) != file["length"] or sha256(data).hexdigest() != file["sha256"]:
                raise Wrong(f"{path} is not the file that the manifest names")
        self._say(VERIFIED, "manifest", f"{len(listed)} files")
        return manifest

    def _log(self, manifest: Any) -> Log | None:
        trust = parse(self._trust if self._trust is not None else self._files.read("trust.json"))
        self._pins = trust["anchors"]
        if not self._is_own:
            words = "the archive's own trust file: give yours (--trust) to know whose log it is"
            self._say(UNDETERMINED, "trust", words)
        for value in trust["logs"]:
            if value["origin"] == manifest["origin"]:
                log = Log(value)
                if self._is_own:
                    self._say(VERIFIED, "trust", f"{log.origin} is in the trust file")
                return log
        self._say(UNDETERMINED, "trust", f"the trust file does not name {manifest['origin']}")
        return None

    def _manifest_signature(self, log: Log) -> None:
        digest = sha256(self._files.read("manifest.json")).hexdigest()
        expected = ["crossproof evidence manifest v1", log.origin, digest]
        if log.open(self._files.read("manifest.note").decode()) != expected:
            raise Wrong("what the log has signed is another manifest")
        self._say(VERIFIED, "manifest.signature", f"signed by {log.origin}")

    def _checkpoint(self, manifest: Any, log: Log) -> Tree:
        size, root = log.checkpoint(self._files.read("checkpoint").decode())
        if (size, root.hex()) != (manifest["size"], manifest["root"]):
            raise Wrong("the manifest names another head")
        tree = Tree(self._files, size, root)
        self._say(VERIFIED, "checkpoint", f"size {size}, root {root.hex()}")
        return tree

    def _tiles(self, tree: Tree) -> None:
        names = [name for name in self._files.names() if name.startswith("tile/")]
        for name in names:
            tree.check_tile(name)
        self._say(VERIFIED, "tiles", f"{len(names)} tiles")

    def _entries(self, manifest: Any, tree: Tree) -> None:
        first, end = manifest["range"]["first"], manifest["range"]["end"]
        expected, signatures, keyless = first, 0, 0
        for name in sorted(n for n in self._files.names() if n.startswith("entries/")):
            for line in self._files.lines(name):
                index, entry = line["index"], b64decode(line["entry"], validate=True)
                if index != expected:
                    raise Wrong(f"{name}: entry {expected} is missing, {index} stands there")
                expected += 1
                leaf = sha256(b"\x00" + entry).digest()
                if leaf != tree.leaf(index):
                    raise Wrong(f"entry {index} is not the one that was logged")
                try:
                    value = parse(entry)
                    if canonical(value) != entry:
                        raise Wrong("it is not in its canonical form")
                    if "jws" in value:
                        came = check_signed(value["jws"])
                        signatures, keyless = signatures + came, keyless + (not came)
                except (Wrong, ValueError, KeyError, TypeError) as error:
                    raise Wrong(f"entry {index}: {error}") from error
        if expected != end:
            raise Wrong(f"entries end before {expected}, the manifest says before {end}")
        self._say(VERIFIED, "entries", f"{end - first} entries, {signatures} signatures")
        if keyless:
            self._say(UNDETERMINED, "entries.keys", f"{keyless} signatures without their keys")

    def _checkpoints(self, log: Log, tree: Tree) -> None:
        count = 0
        for value in self._files.lines("checkpoints.jsonl"):
            size, root = log.checkpoint(value["note"])
            if tree.root(size) != root:
                raise Wrong(f"the checkpoint at size {size} is of another history")
            count += 1
        self._say(VERIFIED, "checkpoints", f"{count} checkpoints are of this history")

    def _anchors(self, log: Log, tree: Tree) -> None:
        anchors = list(self._files.lines("anchors.jsonl"))
        pinned = 0
        for anchor in anchors:
            if anchor["size"] > tree.size or tree.root(anchor["size"]).hex() != anchor[
                "root"
            ].removeprefix("0x"):
                raise Wrong(f"the anchor at size {anchor['size']} is of another history")
            if anchor["log_id"] == log.log_id and anchor in self._pins:
                pinned += 1
        words = f"{len(anchors)} anchors are of this history, {pinned} of them pinned"
        if pinned and pinned == len(anchors):
            self._say(VERIFIED, "anchors", words)
        else:
            hint = "pin them, or ask the chain: crossproof trust pin, crossproof audit"
            self._say(UNDETERMINED, "anchors", f"{words}: {hint}")


def main(arguments: list[str] | None = None) -> int:
    """Verify, tell each check on stderr, and give the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("archive", type=Path, nargs="?", default=Path(__file__).resolve().parent)
    parser.add_argument("--trust", type=Path, help="the trust file: the only thing believed")
    parser.add_argument("--json", action="store_true", help="one JSON value on stdout")
    given = parser.parse_args(arguments)
    try:
        files = Files(given.archive)
        trust = None if given.trust is None else given.trust.read_bytes()
    except OSError as error:
        sys.stderr.write(f"error: {error}\n")
        return USAGE
    except zipfile.BadZipFile as error:
        sys.stderr.write(f"{_WORDS[FAILED]}: not a zip archive: {error}\n")
        return FAILED
    verification = Verification(files, trust)
    code = verification.run()
    for result, name, words in verification.results:
        line = f"{_WORDS[result]:12} {name}: {words}"
        sys.stderr.write("".join(c if c.isprintable() else "\ufffd" for c in line) + "\n")
    sys.stderr.write(f"{_WORDS[code]}\n")
    if given.json:
        checks = [
            {"check": name, "status": _WORDS[result].lower(), "detail": words}
            for result, name, words in verification.results
        ]
        sys.stdout.write(json.dumps({"verdict": _WORDS[code].lower(), "checks": checks}) + "\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
