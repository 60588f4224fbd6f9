"""`crossproof log`: two operators across a border, from a log's opening to its end."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest

from ledger.chain import Account
from ledger.checkpoint import Checkpoint, parse_checkpoint
from ledger.head_signature import HeadDomain, HeadSigner, log_id
from ledger.keys import load_log_key, make_log_key, make_operator_key
from ledger.local_key import LocalKey
from ledger.note import sign
from tests.anvil import Anvil, start_anvil
from tests.crossproof import CommandLine, Outcome, Served, listening, serving
from tests.deadline import eventually
from tests.ledger.cli.conftest import Deployed, deploy_on, on_chain
from tests.samples import transfer

ORIGIN = "example.com/border"
TWO_DAYS = 2 * 24 * 3600
SIZE_OF_LEAF = 32


@pytest.fixture(scope="module")
def anvil() -> Iterator[Anvil]:
    """A chain of this module's own, whose clock it moves."""
    with start_anvil() as running:
        yield running


@pytest.fixture(scope="module")
def deployed(anvil: Anvil, tmp_path_factory: pytest.TempPathFactory) -> Deployed:
    return deploy_on(anvil, tmp_path_factory.mktemp("keys"))


@dataclass
class Border:
    """A log whose admin pays for it all, and commands on it in its contract."""

    crossproof: CommandLine
    deployed: Deployed
    here: Path
    anvil: Anvil
    origin: str = ORIGIN

    @property
    def admin(self) -> bytes:
        return Account.from_key(self.key(self.deployed.key_file)).address

    @property
    def log_id(self) -> bytes:
        return log_id(self.origin, self.admin)

    def key(self, file: Path) -> bytes:
        return bytes.fromhex(file.read_text().strip().removeprefix("0x"))

    def address(self, file: Path) -> str:
        return f"0x{Account.from_key(self.key(file)).address.hex()}"

    def log(self, command: str, *arguments: object, **environment: str) -> Outcome:
        """Run a command on the log, its place and the payer's key given by the environment."""
        place = {
            "RPC": self.deployed.url,
            "CHAIN_CONTRACT": self.deployed.contract,
            "LOG_ID": f"0x{self.log_id.hex()}",
            "ADMIN_KEY_FILE": str(self.deployed.key_file),
            "SENDER_KEY_FILE": str(self.deployed.key_file),
        }
        # With --json what it answers is held against its schema.
        asked = () if command == "show" else ("--json",)
        words = ("log", command, *arguments, *asked)
        return self.crossproof(*words, **{**place, **environment})

    def show(self) -> Any:
        shown = self.log("show", "--json")
        assert shown.code == 0, shown.stderr
        return json.loads(shown.stdout)

    def cosign(self, key_file: Path, memory: Path, *, epoch: int) -> Any:
        log_key = load_log_key(self.here / "log.key").verifier
        options = {
            "log-key": log_key, "key-file": key_file, "memory": memory, "chain-id": 31337,
            "contract": self.deployed.contract, "log-id": f"0x{self.log_id.hex()}", "epoch": epoch,
        }  # fmt: skip
        return listening("cosign", *(w for n, v in options.items() for w in (f"--{n}", v)))

    def agree(self, key_file: Path, *operators: Path, output: str, threshold: int = 2) -> Outcome:
        named = [word for file in operators for word in ("--operator", self.address(file))]
        given = ("--threshold", threshold, "--key-file", key_file, "-o", output)
        return self.log("sign-change", *named, *given)

    def forged(self, note: str, key_file: Path, *, epoch: int) -> str:
        """Sign another root of the same size with the log's key and an operator's."""
        head = parse_checkpoint(note)
        chain_id, contract = 31337, bytes.fromhex(self.deployed.contract[2:])
        domain = HeadDomain(chain_id, contract, self.log_id, epoch)
        other = Checkpoint(head.origin, head.size, bytes(SIZE_OF_LEAF))
        operator = HeadSigner(self.origin, domain, LocalKey(self.key(key_file)))
        return sign(other.text(), load_log_key(self.here / "log.key"), operator)

    def pass_time(self, seconds: int) -> None:
        self.anvil.rpc("evm_increaseTime", seconds)
        self.anvil.rpc("evm_mine")


@pytest.fixture
def border(crossproof: CommandLine, deployed: Deployed, here: Path, anvil: Anvil) -> Border:
    return Border(crossproof, deployed, here, anvil)


@dataclass
class Story:
    """A served log of two operators, told in stages: `mine` signs here, `theirs` and later `fresh`
    across the border."""

    border: Border
    served: Served

    @property
    def mine(self) -> Path:
        return self.border.here / "mine.key"

    @property
    def theirs(self) -> Path:
        return self.border.here / "theirs.key"

    @property
    def fresh(self) -> Path:
        return self.border.here / "fresh.key"

    def do(self, *arguments: object, **environment: str) -> Outcome:
        """Run a command that must succeed."""
        outcome = self.border.crossproof(*arguments, **environment)
        assert outcome.code == 0, outcome.stderr
        return outcome

    def log(self, *arguments: object) -> Outcome:
        command, *rest = arguments
        outcome = self.border.log(str(command), *rest)
        assert outcome.code == 0, outcome.stderr
        return outcome

    def refused(self, code: str, *arguments: object) -> Outcome:
        """Run a command of `log` that must be refused, for this reason."""
        command, *rest = arguments
        outcome = self.border.log(str(command), *rest)
        assert (outcome.code, outcome.told_code) == (1, code), outcome.stderr
        return outcome

    def record(self, bundle: str) -> None:
        """Record something new, and wait until it is anchored."""
        statement = self.border.here / "transfer.json"
        statement.write_text(transfer().entry.decode())
        self.do("record", "--from-json", statement, "-o", bundle, "--anchored", "--server",
                self.served.url)  # fmt: skip

    def told(self, member: str, value: str) -> Any:
        """Wait until the ledger says so of its anchoring, and give all that it says."""

        def ask() -> Any:
            state = json.loads(self.served.get("/v1/log"))
            return state if state["anchoring"][member] == value else None

        return eventually(ask, f"{member} {value}")

    def metrics(self) -> str:
        return self.served.get("/metrics").decode()

    def verify(self, bundle: str) -> Any:
        """Verify a bundle, which must hold, and give what is told of how its log stands."""
        outcome = self.do("verify", bundle, "--trust", "trust.json", "--json")
        (standing,) = [
            check
            for check in json.loads(outcome.stdout)["checks"]
            if check["code"] == "log.standing"
        ]
        assert standing["status"] == "verified"
        return standing

    def opened(self) -> None:
        """The log is open for two, and both have signed what is anchored."""
        self.record("first.bundle.json")
        shown = self.border.show()
        assert (shown["status"], shown["epoch"], shown["threshold"]) == ("active", 1, 2)
        operators = {self.border.address(file) for file in (self.mine, self.theirs)}
        assert set(shown["operators"]) == operators
        assert shown["head"]["size"] == 1

    def rotated(self) -> None:
        """The other side changes its key: both operators of today agree, the admin proposes."""
        border = self.border
        for signer, output in ((self.mine, "a.json"), (self.theirs, "b.json")):
            agreed = border.agree(signer, self.mine, self.fresh, output=output)
            assert agreed.code == 0, agreed.stderr
        stranger = border.agree(self.fresh, self.mine, self.fresh, output="c.json")
        assert (stranger.code, stranger.told_code) == (1, "agreement.signer")
        self.refused("agreement.too-few", "propose-operators", "a.json")
        proposed = self.log("propose-operators", "b.json", "a.json")
        assert "to be applied from " in proposed.stderr
        self.refused("agreement.used", "propose-operators", "b.json", "a.json")
        early = self.refused("chain.refused", "apply-operators")
        assert "may be applied from 20" in early.stderr
        waiting = self.log("show").stdout
        assert "waiting   until " in waiting
        assert border.address(self.fresh) in waiting
        border.pass_time(TWO_DAYS)
        self.log("apply-operators")
        assert border.show()["epoch"] == 2

    def anchored_under_the_new_epoch(self) -> None:
        """The running ledger has followed; bundles of both epochs verify with one trust file."""
        self.record("second.bundle.json")
        state = self.told("status", "idle")
        assert (state["governance"]["epoch"], state["anchored"]["size"]) == (2, 2)
        self.do("trust", "fetch", "--trust", "trust.json", "--rpc", self.border.deployed.url,
                "--server", self.served.url)  # fmt: skip
        for bundle in ("first.bundle.json", "second.bundle.json"):
            assert "reason" not in self.verify(bundle)

    def equivocated(self) -> None:
        """This side signs another history of the same size, and anybody shows both."""
        here, mine = self.border.here, self.border.address(self.mine)
        note = self.served.get("/checkpoint").decode()
        (here / "a.checkpoint").write_text(note)
        (here / "b.checkpoint").write_text(self.border.forged(note, self.mine, epoch=2))
        report = "report-equivocation"
        self.refused("equivocation.none", report, "a.checkpoint", "a.checkpoint")
        reported = self.log(report, "a.checkpoint", "b.checkpoint")
        assert f"struck: {mine}" in reported.stderr
        assert "the log is frozen" in reported.stderr
        self.refused("equivocation.nobody", report, "a.checkpoint", "b.checkpoint")
        frozen = self.told("status", "frozen")
        assert frozen["anchoring"]["code"] == "publisher.frozen"
        assert frozen["governance"]["struck"] == [mine]
        assert frozen["read_only"] is None
        assert 'crossproof_publisher_status{status="frozen"} 1.0' in self.metrics()
        assert 'crossproof_contract_status{status="frozen"} 1.0' in self.metrics()
        assert json.loads(self.served.get("/readyz"))["anchoring"]["status"] == "frozen"
        assert self.verify("first.bundle.json")["reason"] == "log.frozen"

    def closed(self, successor: str) -> None:
        """The admin alone is left, and closes it; whoever comes is told where to go on."""
        closed = self.log("close", "--successor", successor)
        assert "final size 2" in closed.stderr
        ended = self.told("code", "publisher.closed")
        assert ended["read_only"]["code"] == "log.closed"
        assert successor in ended["read_only"]["hint"]
        assert ended["governance"]["successor"] == successor
        with pytest.raises(HTTPError) as refused:
            self.served.post([transfer()])
        problem = json.load(refused.value)
        assert (refused.value.code, problem["code"]) == (409, "log.closed")
        assert successor in problem["hint"]
        with pytest.raises(HTTPError) as unready:
            self.served.get("/readyz")
        assert unready.value.code == 503
        assert 'crossproof_publisher_status{status="closed"} 1.0' in self.metrics()
        standing = self.verify("second.bundle.json")
        assert (standing["reason"], standing["found"]) == ("log.continued", successor)
        self.refused("agreement.too-few", "close")


@pytest.mark.chain
def test_a_log_across_a_border_from_its_opening_to_its_end(border: Border) -> None:
    """Open 2-of-2, anchor, rotate one side's key, anchor, equivocate, frozen, closed, audited."""
    here, crossproof = border.here, border.crossproof
    make_log_key(here / "log.key", ORIGIN)
    mine, theirs, fresh = (here / f"{name}.key" for name in ("mine", "theirs", "fresh"))
    for file in (mine, theirs, fresh):
        make_operator_key(file)
    keys = {"LOG_KEY_FILE": str(here / "log.key"), "OPERATOR_KEY_FILE": str(mine)}
    with (
        border.cosign(theirs, here / "memory", epoch=1) as other,
        border.cosign(fresh, here / "fresh", epoch=2) as next_one,
        serving(
            here / "home", **on_chain(border.deployed), **keys, THRESHOLD="2",
            CO_OPERATORS=border.address(theirs), COSIGNER_URLS=f"{other.url},{next_one.url}",
        ) as served,
    ):  # fmt: skip
        story = Story(border, served)
        story.opened()
        story.rotated()
        story.anchored_under_the_new_epoch()
        story.equivocated()
        story.closed(successor_of(border))
        audited = crossproof(
            "audit", "--data-dir", here / "home", "--json", **on_chain(border.deployed), **keys
        )
    assert audited.code == 0, audited.stderr
    (found,) = json.loads(audited.stdout)["chain"]["logs"]
    assert [event["name"] for event in found["events"]] == [
        "LogOpened", "OperatorsProposed", "OperatorsChanged", "OperatorStruck", "LogFrozen",
        "LogClosed",
    ]  # fmt: skip
    assert found["events"][3]["arguments"]["operator"] == border.address(mine)
    assert found["struck"] == [border.address(mine)]
    assert found["status"] == "closed"


def successor_of(border: Border) -> str:
    """Open the log that goes on, and give its id."""
    successor = replace(border, origin="example.com/border-2")
    make_log_key(border.here / "log-2.key", successor.origin)
    settings = {**on_chain(border.deployed), "LOG_KEY_FILE": str(border.here / "log-2.key")}
    with serving(border.here / "next", **settings):
        eventually(lambda: successor.log("show").code == 0, "the successor is open")
        own = border.crossproof("log", "id", "--data-dir", border.here / "next", **settings)
    assert own.stdout == f"0x{successor.log_id.hex()}\n", own.stderr
    return own.stdout.strip()


def test_id_follows_from_origin_and_admin(crossproof: CommandLine) -> None:
    admin = "0x" + "0a" * 20
    named = crossproof("log", "id", "--origin", ORIGIN, "--admin", admin)
    assert named.stdout == f"0x{log_id(ORIGIN, bytes.fromhex(admin[2:])).hex()}\n"
    assert crossproof("log", "id", "--admin", admin).code == 2
    assert crossproof("log", "id", "--origin", ORIGIN, "--admin", "0x12").code == 2


@pytest.mark.chain
def test_show_of_a_log_that_is_not_open_says_so(border: Border) -> None:
    shown = replace(border, origin="example.com/nowhere").log("show")
    assert (shown.code, "[log.not-open]" in shown.stderr) == (1, True)
    nobody = border.log("show", CHAIN_CONTRACT="0x" + "01" * 20)
    assert (nobody.code, "[chain.no-code]" in nobody.stderr) == (3, True)


@pytest.mark.chain
def test_change_is_cancelled_and_a_sound_log_is_closed_by_its_operator(border: Border) -> None:
    """What the operator has agreed to is the admin's to carry in, and to take back."""
    here, operator = border.here, border.here / "mine.key"
    alone = replace(border, origin="example.com/alone")
    make_log_key(here / "alone.key", alone.origin)
    make_operator_key(operator)
    make_operator_key(here / "other.key")
    settings = {
        **on_chain(border.deployed),
        "LOG_KEY_FILE": str(here / "alone.key"),
        "OPERATOR_KEY_FILE": str(operator),
    }
    with serving(here / "home", **settings) as served:
        story = Story(alone, served)
        story.record("one.bundle.json")
        agreed = alone.agree(operator, here / "other.key", output="change.json", threshold=1)
        assert agreed.code == 0, agreed.stderr
        story.refused("agreement.matter", "close", "change.json")
        story.log("propose-operators", "change.json")
        assert alone.show()["pending"]["operators"] == [border.address(here / "other.key")]
        story.log("cancel-operators")
        assert alone.show()["pending"] is None
        story.refused("agreement.used", "propose-operators", "change.json")

        signed = ("--key-file", operator, "-o")
        story.log("sign-closing", *signed, "early.json")
        story.record("two.bundle.json")
        story.refused("agreement.used", "close", "early.json")
        story.refused(
            "agreement.signer", "sign-closing", "--key-file", here / "other.key", "-o", "no.json"
        )
        assert not (here / "no.json").exists()
        story.log("sign-closing", *signed, "end.json")
        story.log("close", "end.json")
        assert alone.show()["status"] == "closed"
        story.told("code", "publisher.closed")
