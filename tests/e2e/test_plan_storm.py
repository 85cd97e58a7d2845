"""A storm over the control plane, the same each time: edits of every sort, two people who give orders, and a worker that dies.

Two phones talk through it and hear each other. Each plan is held against what then changed; afterwards what runs is what stands written.
"""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import httpx
import pytest

from tests.e2e.office import Office
from tests.e2e.test_following import talking
from tests.support.trunkline_process import Json, Site, write_atomically

pytestmark = pytest.mark.alone

SEED = 20261126
COMPARED, STORMY = 14, 40
NUMBERS = [str(number) for number in range(201, 213)]
BAD = ("kind: [", "\x00", "", "- a\n", "kind: Extension\n")


@dataclass(slots=True)
class Control:
    """The control socket, and every answer that none should give."""

    site: Site
    wrong: list[str] = field(default_factory=list)

    def ask(self, method: str, path: str, **body: object) -> httpx.Response:
        # No TLS on a Unix socket: reading the machine's certificates costs more than the question.
        transport = httpx.HTTPTransport(uds=str(self.site.data / "control.sock"), verify=False)
        with httpx.Client(transport=transport, base_url="http://trunkline", timeout=30) as client:
            answer = client.request(method, path, json=body or None)
        # 503: the worker was killed while it was asked.
        if answer.status_code not in (200, 404, 409, 503):
            self.wrong.append(f"{method} {path}: {answer.status_code} {answer.text[:300]}")
        return answer

    def json(self, path: str) -> Json:
        answer = self.ask("GET", path)
        assert answer.status_code == 200, answer.text
        found = answer.json()
        assert isinstance(found, dict)
        return found

    def plan(self, path: str = "/v1/plan") -> Json | None:
        """None where the manifests can't be read, or the worker has just been killed."""
        answer = self.ask("GET", path)
        found = answer.json()["plan"] if answer.status_code == 200 else None
        assert found is None or isinstance(found, dict)
        return found

    def apply(self, plan: Json, author: str) -> httpx.Response:
        return self.ask("POST", "/v1/apply", digest=plan["digest"], confirm=breaches(plan), author=author)

    def running(self) -> dict[str, Json]:
        """Each resource that runs, with its defaults, by its name."""
        items = self.json("/v1/resources?limit=1000")["items"]
        assert isinstance(items, list)
        names = ["/".join((one["tenant"] or "-", one["kind"], one["name"])) for one in items if one["applied"]]
        return {name: {**self.json(f"/v1/resources/{name}"), **NOT_ITS_OWN} for name in names}


NOT_ITS_OWN: Json = {"origin": None, "revision": None, "conditions": None, "live": None, "manifest": None}


def breaches(plan: Json) -> list[str]:
    found = plan["breaches"]
    assert isinstance(found, list)
    return [breach["id"] for breach in found]


def foretold(plan: Json) -> set[str]:
    found = plan["changes"]
    assert isinstance(found, list)
    return {"/".join((one["tenant"] or "-", one["kind"], one["name"])) for one in found}


class Branch:
    """A tenant of its own beside the office, in one file, which is edited at random."""

    def __init__(self, site: Site, random: Random) -> None:
        self._site = site
        self._random = random
        self._file = site.manifests / "branch.yaml"
        self._system = site.manifests / "system.yaml"
        self._system_text = self._system.read_text(encoding="utf-8")
        secret = site.data / "secrets" / "branch"
        secret.write_text("a-long-password-of-nobody-4711", encoding="ascii")
        secret.chmod(0o600)
        self._owner = dict(zip(NUMBERS, NUMBERS, strict=True))
        self._spec = "domain: branch.example"

    def write(self) -> None:
        """As it should be now."""
        tenant = f"apiVersion: trunkline/v1\nkind: Tenant\nmetadata: {{name: branch}}\nspec: {{{self._spec}}}\n"
        desks = [
            f"---\napiVersion: trunkline/v1\nkind: Extension\nmetadata: {{tenant: branch, name: d{name}}}\n"
            f'spec: {{number: "{number}", password: {{file: secrets/branch}}}}\n'
            for number, name in self._owner.items()
        ]
        write_atomically(self._file, "".join([tenant, *desks]))

    def valid(self) -> None:
        """One sound edit."""
        one, other = self._random.sample(sorted(self._owner), 2)
        match self._random.randrange(6):
            case 0 if len(self._owner) > 3:
                del self._owner[one]
            case 1:
                self._owner[one], self._owner[other] = self._owner[other], self._owner[one]
            case 2:
                self._owner[str(self._random.randrange(300, 400))] = f"new{self._random.randrange(1000)}"
            case 3:
                self._owner[str(self._random.randrange(400, 500))] = self._owner.pop(one)
            case 4:
                self._spec = f"domain: branch{self._random.randrange(3)}.example"
            case _:
                self._spec = f"domain: branch.example, quotas: {{maxConcurrentCalls: {self._random.randrange(1, 9)}}}"
        self.write()

    def broken(self) -> None:
        """One that no editor should leave behind."""
        match self._random.randrange(4):
            case 0:
                text = self._file.read_bytes() if self._file.exists() else b""
                self._file.write_bytes(text[: self._random.randrange(len(text) + 1)])
            case 1:
                self._file.unlink(missing_ok=True)
            case 2:
                self._file.write_text(self._random.choice(BAD), encoding="utf-8")
            case _:
                for path in self._site.manifests.glob("*.yaml"):
                    path.unlink()

    def restore(self, approval: str = "auto") -> None:
        """Everything as at the beginning."""
        text = self._system_text.replace("  media:", f"  apply: {approval}\n  media:", 1)
        write_atomically(self._system, text)
        for number in ("101", "102", "103"):
            self._site.add_extension(number)
        self._owner, self._spec = dict(zip(NUMBERS, NUMBERS, strict=True)), "domain: branch.example"
        self.write()


def somebody(control: Control, seed: int, is_over: threading.Event, done: list[tuple[str, object, object]]) -> None:
    """Approves, goes back, suspends and resumes at random; `done`: what of it was said to be done."""
    random, author = Random(seed), f"somebody {seed}"
    while not is_over.is_set():
        match random.randrange(6):
            case 0 | 1:
                plan = control.plan()
                answer = None if plan is None else control.apply(plan, author)
                if plan is not None and answer is not None and answer.status_code == 200:
                    done.append(("approved", answer.json()["sequence"], plan["digest"]))
            case 2:
                sequence = random.randrange(1, 30)
                plan = control.plan(f"/v1/revisions/{sequence}/plan")
                if plan is not None:
                    digest, confirm = plan["digest"], breaches(plan)
                    control.ask(
                        "POST", "/v1/rollback", sequence=sequence, digest=digest, confirm=confirm, author=author
                    )
            case 3:
                control.ask("POST", "/v1/suspend", author=author, reason="a storm")
            case 4:
                control.ask("POST", "/v1/resume", author=author)
            case _:
                control.ask("POST", "/v1/apply", digest="0" * 64, author="eve")
        is_over.wait(random.random() * 0.05)


@contextmanager
def two_people(control: Control, done: list[tuple[str, object, object]]) -> Iterator[None]:
    is_over = threading.Event()
    people = [threading.Thread(target=somebody, args=(control, seed, is_over, done)) for seed in (1, 2)]
    for one in people:
        one.start()
    try:
        yield
    finally:
        is_over.set()
        for one in people:
            one.join()


def worker_of(pid: int) -> int:
    """The server's child that looks at the manifests."""
    for task in Path(f"/proc/{pid}/task").iterdir():
        found = (task / "children").read_text(encoding="ascii").split()
        if found:
            return int(found[0])
    raise AssertionError("the server has no child")


def settle(control: Control, branch: Branch) -> None:
    """All as at the beginning, applied."""
    branch.restore()
    resumed = control.ask("POST", "/v1/resume", author="ada")
    assert resumed.status_code == 200, resumed.text
    for _ in range(60):
        plan = control.plan()
        if plan is not None and not plan["changes"]:
            return
        if plan is not None:
            control.apply(plan, "ada")
        time.sleep(0.25)
    raise AssertionError(f"it does not settle: {json.dumps(control.json('/v1/status')['reconcile'], indent=1)[:3000]}")


def wait_for_approval(control: Control, branch: Branch) -> None:
    """Let nothing be applied by itself from here on."""
    branch.restore("approved")
    deadline = time.monotonic() + 10
    while control.json("/v1/plan")["mode"] != "approved":
        assert time.monotonic() < deadline, "apply: approved is not applied"
        time.sleep(0.1)


def assert_numbered(control: Control, done: list[tuple[str, object, object]]) -> None:
    """No number twice, none left out, one revision runs, and who did what is recorded."""
    items = control.json("/v1/revisions")["items"]
    assert isinstance(items, list)
    assert [one["sequence"] for one in items] == list(
        range(items[0]["sequence"], items[0]["sequence"] - len(items), -1)
    )
    assert [one["result"] for one in items].count("running") == 1
    kept = {one["sequence"]: (one["trigger"], one["sequence"], one["digest"]) for one in items}
    assert [kept[one[1]] for one in done if one[1] in kept] == [one for one in done if one[1] in kept]


@pytest.mark.timeout(120)
def test_a_storm_of_edits_and_orders_under_a_call(office: Office, tone_file: Callable[[int], Path]) -> None:
    random = Random(SEED)
    control, branch = Control(office.site), Branch(office.site, random)
    with talking(office, tone_file):
        settle(control, branch)
        wait_for_approval(control, branch)
        for _ in range(COMPARED):
            branch.valid()
            plan = control.plan()
            assert plan is not None
            before = control.running()
            answer = control.apply(plan, "ada")
            assert answer.status_code == (200 if plan["changes"] else 409), answer.text
            after = control.running()
            changed = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
            assert changed == foretold(plan)
        done: list[tuple[str, object, object]] = []
        with two_people(control, done):
            for step in range(STORMY):
                random.choice([branch.valid, branch.broken, branch.restore])()
                time.sleep(random.random() * 0.3)
                if step % 10 == 9:
                    os.kill(worker_of(office.server.pid), signal.SIGKILL)
        assert done
        settle(control, branch)
        assert control.wrong == []
        assert_numbered(control, done)
    assert "Traceback" not in office.server.log_path.read_text(encoding="utf-8")


@pytest.mark.timeout(120)
def test_a_server_that_is_killed_in_a_storm(office: Office) -> None:
    random = Random(SEED + 1)
    control, branch = Control(office.site), Branch(office.site, random)
    settle(control, branch)
    for _ in range(3):
        is_over = threading.Event()
        for _ in range(4):
            random.choice([branch.valid, branch.broken])()
            plan = control.plan()
            if plan is not None:
                control.apply(plan, "ada")
        branch.valid()
        is_over.wait(random.random() * 0.3)
        office.server.kill9()
        office.restart()
        office.site.wait_for("resources", lambda found: len(found) > 3, "what ran before")
        assert_numbered(control, [])
    settle(control, branch)
    office.wait_until_registrable("101")
    assert control.wrong == []
    assert "Traceback" not in office.server.log_path.read_text(encoding="utf-8")
