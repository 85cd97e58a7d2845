"""Hundreds of random edits against a model of what may run: valid ones follow, broken ones change nothing, nothing is ever lost.

Each tenant has one file. The model knows only what was last written into each file, and what ran before the round.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto
from pathlib import Path
from random import Random

import pytest

from engine.config.ref import ConfigRef
from engine.config.snapshot import ConfigItem, Snapshot, TenantSnapshot
from engine.config.system import SYSTEM_REF
from reconciler.disruption import Disruption
from reconciler.errors import OrderRefused
from reconciler.plan import Plan
from tests.support.following_server import Server
from tests.support.manifest_folder import LISTENER, documents, extension, tenant

SYSTEM = documents(
    LISTENER,
    """\
apiVersion: trunkline/v1
kind: System
metadata: {name: system}
spec: {safety: {maxDeletedPercent: 100, maxChangedPercent: 100}}
""",
)
TENANTS = ["acme", "beta", "gamma", "delta"]
NUMBERS = ["101", "102", "103", "104"]
ROUNDS = 120


class Written(Enum):
    """What stands in a tenant's file."""

    VALID = auto()
    ABSENT = auto()
    SYNTAX_FAULT = auto()
    FIELD_FAULT = auto()
    HALF_SAVED = auto()
    BLANK = auto()
    NO_SECRET = auto()
    SAME_NUMBERS = auto()


@dataclass(slots=True)
class Model:
    """`running`: extensions by number with their display name, by tenant."""

    written: dict[str, Written] = field(default_factory=lambda: dict.fromkeys(TENANTS, Written.ABSENT))
    wanted: dict[str, dict[str, str]] = field(default_factory=dict)
    running: dict[str, dict[str, str]] = field(default_factory=dict)
    folder_gone: bool = False
    system_broken: bool = False
    junk: bool = False

    def round(self) -> None:
        """What the rules of acceptance say about this moment."""
        unknown_owner = any(
            self.written[name] in {Written.SYNTAX_FAULT, Written.HALF_SAVED} and name not in self.running
            for name in TENANTS
        )
        if self.folder_gone or self.system_broken or self.junk or unknown_owner:
            return
        for name in TENANTS:
            if self.written[name] is Written.VALID:
                self.running[name] = self.wanted[name]

    def gone(self) -> list[str]:
        """Tenants that the source no longer has and that run: each has to be confirmed by name."""
        return [name for name in TENANTS if self.written[name] is Written.ABSENT and name in self.running]


class Edits:
    """Random edits, made to the folder and told to the model."""

    def __init__(self, server: Server, seed: int) -> None:
        self.server = server
        self.model = Model()
        self.random = Random(seed)
        server.folder.write("system.yaml", SYSTEM)

    def edit(self) -> None:
        """One edit, most often of a tenant's file; what holds everything back is soon repaired."""
        for broken, repair in (
            (self.model.folder_gone, self._folder),
            (self.model.system_broken, self._system),
            (self.model.junk, self._junk),
        ):
            if broken and self.random.random() < 0.5:
                repair()
        choice = self.random.random()
        if choice < 0.75:
            valid_or_any = [Written.VALID, self.random.choice(list(Written))]
            self._tenant(self.random.choice(TENANTS), self.random.choice(valid_or_any))
        elif choice < 0.83:
            self._system()
        elif choice < 0.9:
            self._junk()
        elif choice < 0.95:
            self._folder()
        else:
            for name in TENANTS:
                self._tenant(name, Written.VALID)

    def _tenant(self, name: str, written: Written) -> None:
        numbers = self.random.sample(NUMBERS, self.random.randint(1, len(NUMBERS)))
        display = {number: self.random.choice(["Ada", "Grace", "Radia"]) for number in numbers}
        valid = documents(tenant(name), *(extension(name, number, display=display[number]) for number in numbers))
        texts = {
            Written.VALID: valid,
            Written.SYNTAX_FAULT: valid + "---\nkind: [",
            Written.FIELD_FAULT: valid.replace("displayName", "displayNmae", 1),
            Written.HALF_SAVED: valid[: valid.index("domain") - 3],
            Written.BLANK: "\n",
            Written.NO_SECRET: valid + "---\n" + extension(name, "199", env="NOWHERE"),
            Written.SAME_NUMBERS: valid + "---\n" + extension(name, numbers[0], name="twin"),
        }
        place = self._root() / f"{name}.yaml"
        if written is Written.ABSENT:
            place.unlink(missing_ok=True)
        else:
            place.write_text(texts[written], encoding="utf-8")
        self.model.written[name] = written
        self.model.wanted[name] = display

    def _system(self) -> None:
        self.model.system_broken = not self.model.system_broken
        text = SYSTEM.replace("udp", "carrier-pigeon") if self.model.system_broken else SYSTEM
        (self._root() / "system.yaml").write_text(text, encoding="utf-8")

    def _junk(self) -> None:
        self.model.junk = not self.model.junk
        place = self._root() / "junk.yaml"
        if self.model.junk:
            place.write_bytes(b"\x00\x01 %% not: [yaml")
        else:
            place.unlink()

    def _folder(self) -> None:
        here, away = self.server.folder.root, self.server.base / "away"
        if self.model.folder_gone:
            away.rename(here)
        else:
            here.rename(away)
        self.model.folder_gone = not self.model.folder_gone

    def _root(self) -> Path:
        return self.server.base / "away" if self.model.folder_gone else self.server.folder.root


def running(server: Server) -> dict[str, dict[str, str]]:
    return {name: server.extensions(name) or {} for name in server.engine.snapshot.tenants}


def is_consistent(server: Server) -> bool:
    """Every tenant's indexes and revision are those of its values."""
    return all(
        (found.revision, found.extensions, found.by_auth_user) == (built.revision, built.extensions, built.by_auth_user)
        for found in server.engine.snapshot.tenants.values()
        for built in [TenantSnapshot.build(found.items.values())]
    )


def items(snapshot: Snapshot) -> dict[ConfigRef, ConfigItem]:
    """All that an engine holds, by key; without what no manifest says."""
    found: dict[ConfigRef, ConfigItem] = {item.ref: item for item in snapshot.listeners.values()}
    for owned in snapshot.tenants.values():
        found.update(owned.items)
    return found


def changed(before: Snapshot, after: Snapshot) -> set[ConfigRef]:
    old, new = items(before), items(after)
    return {ref for ref in old.keys() | new.keys() if old.get(ref) != new.get(ref)}


def foretold(plan: Plan) -> set[ConfigRef]:
    """What the plan says of the engine's values; the rest of it are remarks and settings of following. The System, which the engine
    has before anything is applied, says the same all the time here."""
    return {c.ref for c in plan.changes if c.disruption is not Disruption.NONE and c.ref != SYSTEM_REF}


def planned(server: Server) -> Plan | None:
    """What the next round would do, None where the manifests can't be read."""
    try:
        return server.plan()
    except OrderRefused:
        return None


def confirm(server: Server, edits: Edits) -> None:
    """Now and then somebody confirms that tenants go; without that they stay for ever."""
    proposal = server.reconciler.status().proposal
    gone = edits.model.gone()
    if proposal is None:
        return
    assert proposal.breaches == tuple(f"tenant-deleted:{name}" for name in sorted(gone))
    if edits.random.random() < 0.5:
        plan, snapshot = server.plan(), server.engine.snapshot
        server.approve(*proposal.breaches)
        assert changed(snapshot, server.engine.snapshot) == foretold(plan)
        assert server.engine.snapshot.revision == plan.after
        for name in gone:
            del edits.model.running[name]
        assert running(server) == edits.model.running
        assert is_consistent(server)
        assert server.reconciler.status().proposal is None


@pytest.mark.parametrize("seed", range(5))
def test_what_runs_is_what_the_rules_say(tmp_path: Path, seed: int) -> None:
    server = Server(tmp_path)
    edits = Edits(server, seed)
    edited = 0
    for _ in range(ROUNDS):
        for _ in range(edits.random.randint(1, 3)):
            edits.edit()
        happens = edits.random.random()
        if happens < 0.1:
            server.engine.refuse = ("Listener phones: the port is in use",)
            before = running(server)
            server.round()
            assert running(server) == before
            server.engine.refuse = ()
        elif happens < 0.25:
            server.restart()
            assert running(server) == edits.model.running
        before_round = dict(edits.model.running)
        edits.model.round()
        plan, snapshot = planned(server), server.engine.snapshot
        assert server.round()
        if plan is not None and not plan.breaches:
            assert changed(snapshot, server.engine.snapshot) == foretold(plan)
            assert server.engine.snapshot.revision == plan.after
        assert running(server) == edits.model.running, edits.model.written
        assert is_consistent(server)
        confirm(server, edits)
        applied = len(server.engine.applied)
        assert server.round()
        assert len(server.engine.applied) == applied
        edited += before_round != edits.model.running
    assert edited > ROUNDS // 4  # else this test would say little
