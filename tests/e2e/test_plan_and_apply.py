"""A change that is seen before it happens, on the command line, under a live call: plan, approve, confirm, go back, rest."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from tests.e2e.office import ADA, GRACE, RADIA, Office
from tests.e2e.test_following import GRACE_HZ, registers
from tests.support.phone import Stack
from tests.support.tone import measure
from tests.support.trunkline_process import Json, Site, outcome, write_atomically


@contextmanager
def talking(office: Office, tone_file: Callable[[int], Path]) -> Iterator[None]:
    """Ada hears Grace from before to after the block. Not to the last packet: the commands of these stories start many processes
    beside the phones; `test_following` measures gaps."""
    ada, grace = office.phone(Stack.PJSIP, ADA), office.phone(Stack.BARESIP, GRACE)
    grace.play(tone_file(GRACE_HZ))
    office.connect(ada, grace, GRACE)
    recording = ada.record(office.folder / "at-ada.wav")
    yield
    assert [call["state"] for call in office.site.get("calls")] == ["answered"]
    ada.stop_recording()
    heard = measure(recording)
    assert abs(heard.frequency_hz - GRACE_HZ) < 5, heard
    assert sum(gap.seconds for gap in heard.gaps) < heard.seconds / 4, heard
    ada.hang_up()
    assert grace.wait_for_call("disconnected").status == 200
    assert outcome(office.site.wait_for_cdrs(1)[0]) == "ANSWERED"


def shape(text: str) -> Json:
    found = json.loads(text)
    assert isinstance(found, dict)
    return found


def planned(site: Site, *more: str) -> Json:
    """The plan itself, as the command prints it."""
    answer = shape(site.run("plan", *more, "--data", str(site.data), "--output", "json").stdout)
    plan = answer.get("plan", answer)
    assert isinstance(plan, dict)
    return plan


def digest(site: Site) -> str:
    return str(planned(site)["digest"])


def approve(site: Site, *options: str) -> int:
    return site.run("apply", *options, "--data", str(site.data), check=False).returncode


def approved_mode(site: Site) -> None:
    """From here on every plan waits."""
    path = site.manifests / "system.yaml"
    write_atomically(path, path.read_text(encoding="utf-8").replace("  media:", "  apply: approved\n  media:", 1))
    site.wait_for_status(lambda status: '"sequence":2' in status.replace(" ", ""), "the second revision")


def waits(site: Site, reason: str) -> None:
    site.wait_for_status(lambda status: f'"reason":"{reason}"' in status.replace(" ", ""), f"something {reason}")


def test_a_plan_is_approved_under_a_call(office: Office, tone_file: Callable[[int], Path]) -> None:
    site = office.site
    approved_mode(site)
    with talking(office, tone_file):
        site.add_extension("104")
        waits(site, "AwaitingApproval")
        assert not registers(site, "104")
        plan = planned(site)
        assert [(one["action"], one["name"]) for one in plan["changes"]] == [("create", "104")]  # type: ignore[attr-defined]  # JSON
        assert site.run("apply", "--data", str(site.data), check=False).returncode == 1  # shows it, and that it waits
        assert approve(site, "--digest", "0" * 64) == 1
        assert not registers(site, "104")
        # Two who approve the same at once: one of them does it.
        with ThreadPoolExecutor() as pool:
            codes = list(pool.map(lambda _: approve(site, "--digest", str(plan["digest"])), range(2)))
        assert sorted(codes) == [0, 1]
        assert registers(site, "104")
        assert site.run("plan", "--detailed-exitcode", "--data", str(site.data)).returncode == 0


def test_what_is_deleted_is_confirmed_and_comes_back(office: Office, tone_file: Callable[[int], Path]) -> None:
    site = office.site
    radia = office.site.manifest(RADIA)
    write_atomically(
        site.manifests / "system.yaml",
        (site.manifests / "system.yaml")
        .read_text(encoding="utf-8")
        .replace("  media:", "  safety: {minimum: 1}\n  media:", 1),
    )
    site.wait_for_status(lambda status: '"sequence":2' in status.replace(" ", ""), "the second revision")
    assert registers(site, RADIA)
    with talking(office, tone_file):
        text = radia.read_text(encoding="utf-8")
        radia.unlink()
        waits(site, "Unsafe")
        assert registers(site, RADIA)
        plan = planned(site)
        names = [str(one["id"]) for one in plan["breaches"]]  # type: ignore[attr-defined]  # JSON
        assert "extensions-deleted:office" in names
        assert approve(site, "--digest", str(plan["digest"])) == 1
        assert (
            approve(site, "--digest", str(plan["digest"]), *(word for name in names for word in ("--confirm", name)))
            == 0
        )
        assert not registers(site, RADIA)
        write_atomically(radia, text)
        office.wait_until_registrable(RADIA)


def test_going_back_and_resting(office: Office, tone_file: Callable[[int], Path]) -> None:
    site = office.site
    with talking(office, tone_file):
        site.add_extension("104")
        office.wait_until_registrable("104")
        back = planned_back(site, 1)
        done = site.run("rollback", "1", "--digest", str(back["digest"]), "--data", str(site.data), check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        assert not registers(site, "104")
        waits(site, "Suspended")
        site.add_extension("105")
        assert not registers(site, "105")
        site.run("resume", "--data", str(site.data))
        office.wait_until_registrable("105")
        assert registers(site, "104")
    triggers = [one["trigger"] for one in site.get("revisions")]
    assert triggers == ["auto", "rollback", "auto", "auto"]


def planned_back(site: Site, sequence: int) -> Json:
    done = site.run("rollback", str(sequence), "--data", str(site.data), "--output", "json", check=False)
    answer = shape(done.stdout)
    plan = answer.get("plan", answer)
    assert isinstance(plan, dict)
    return plan


def test_a_folder_is_planned_against_what_runs(office: Office, tmp_path: Path) -> None:
    site = office.site
    saved = tmp_path / "production.json"
    saved.write_text(site.run("get", "manifests", "--data", str(site.data), "-o", "json").stdout, encoding="utf-8")
    against = ("--against", str(saved))
    assert site.run("plan", str(site.manifests), *against, "--detailed-exitcode").returncode == 0
    site.add_extension("104")
    made_here = site.run("plan", str(site.manifests), *against, "--detailed-exitcode", "-o", "json", check=False)
    assert made_here.returncode == 2
    office.wait_until_registrable("104")
    newest = site.get("revisions")[0]
    answer = shape(made_here.stdout)
    plan = answer.get("plan", answer)
    assert isinstance(plan, dict)
    assert newest["digest"] == plan["digest"]  # the same plan on a laptop and on the server
