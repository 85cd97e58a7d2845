"""Who guesses or floods is shut out, and everybody else goes on: attackers at 127.0.0.66, phones at 127.0.0.1."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.office import ADA, GRACE, Office
from tests.support.phone import Stack
from tests.support.phone_bare import BarePhone, NoAnswer
from tests.support.ports import LOOPBACK
from tests.support.trunkline_process import Json, write_atomically

ATTACKER, OTHER = "127.0.0.66", "127.0.0.67"
FLOOD_PER_S = 8000


def secure(office: Office, security: str) -> None:
    """Write these settings into the System, and wait until they run."""
    path = office.site.manifests / "system.yaml"
    text = path.read_text(encoding="utf-8")
    head, _, tail = text.partition("---\n")
    kept = "".join(line for line in head.splitlines(keepends=True) if not line.startswith("  security:"))
    before = len(office.site.get("revisions"))
    write_atomically(path, f"{kept}  security: {security}\n---\n{tail}")
    office.site.wait_for("revisions", lambda found: len(found) > before, "another revision")


def guess(office: Office, password: str, host: str = ATTACKER) -> int | None:
    """The answer to a REGISTER of Ada's with that password; None if there is none."""
    with BarePhone(office.site.account(ADA, password=password), host=host) as phone:
        try:
            return phone.register().status
        except NoAnswer:
            return None


def get_banned(office: Office) -> Json:
    """Ten guesses, all of them answered, and the ban that comes of them."""
    assert [guess(office, f"guess {number}") for number in range(10)] == [401] * 10
    [ban] = office.site.wait_for("bans", lambda bans: len(bans) == 1, "a ban")
    assert (ban["source"], ban["reason"], ban["count"]) == (ATTACKER, "failed authentications", 10)
    return ban


def test_who_guesses_passwords_is_banned_and_phones_talk_on(office: Office) -> None:
    ada, grace = office.phone(Stack.PJSIP, ADA), office.phone(Stack.BARESIP, GRACE)
    office.connect(ada, grace, GRACE)
    get_banned(office)
    assert guess(office, office.site.password(ADA)) is None, "also the right one"
    assert guess(office, office.site.password(ADA), OTHER) == 200
    ada.hang_up()
    assert grace.wait_for_call("disconnected").status == 200
    office.connect(ada, grace, GRACE)
    ada.hang_up()
    [ban] = office.site.get("bans")
    assert isinstance(ban["dropped"], int)
    assert ban["dropped"] >= 1
    log = office.server.log_path.read_text(encoding="utf-8")
    assert f"WARNING guard: banned: source={ATTACKER} for_s=3600 reason='failed authentications' count=10" in log
    assert "guess 1" not in log


def test_a_ban_is_lifted_and_begins_anew(office: Office) -> None:
    get_banned(office)
    data = str(office.site.data)
    done = office.site.run("unban", ATTACKER, "--author", "ada", "--data", data)
    assert done.stdout == f"{ATTACKER} was banned for failed authentications, and may come again\n"
    assert guess(office, office.site.password(ADA)) == 200
    again = office.site.run("unban", ATTACKER, "--data", data, check=False)
    assert (again.returncode, again.stderr) == (
        1,
        f"trunkline unban: {ATTACKER} is not banned; `trunkline get bans` lists who is\n",
    )
    assert f"unbanned: source={ATTACKER} by='ada'" in office.server.log_path.read_text(encoding="utf-8")


@pytest.mark.parametrize("end", ["stop", "kill -9"])
def test_a_restart_pardons_nobody(office: Office, end: str) -> None:
    ban = get_banned(office)
    if end == "stop":
        assert office.server.stop() == 0
    else:
        time.sleep(2.0)  # bans are written once a second
        office.server.kill9()
    office.restart()
    [kept] = office.site.wait_for("bans", lambda bans: len(bans) == 1, "the ban of before")
    assert {name: kept[name] for name in ("source", "reason", "count")} == {
        name: ban[name] for name in ("source", "reason", "count")
    }
    assert str(kept["until"])[:18] == str(ban["until"])[:18]
    assert guess(office, office.site.password(ADA)) is None
    assert guess(office, office.site.password(ADA), OTHER) == 200


def test_a_ban_ends_by_itself(office: Office) -> None:
    secure(office, "{ban: 10s}")
    get_banned(office)
    office.site.wait_for("bans", lambda bans: not bans, "the end of the ban", timeout=15)
    assert guess(office, office.site.password(ADA)) == 200


def test_who_is_allowed_is_not_banned_and_who_is_denied_gets_nothing(office: Office) -> None:
    get_banned(office)
    secure(office, f"{{allow: [{{network: {ATTACKER}, description: A test}}], deny: [{{network: 127.0.0.64/26}}]}}")
    assert office.site.get("bans") == []
    assert [guess(office, f"guess {number}") for number in range(12)] == [401] * 12
    assert guess(office, office.site.password(ADA)) == 200
    assert guess(office, office.site.password(ADA), OTHER) is None
    refused = office.site.run("unban", OTHER, "--data", str(office.site.data), check=False)
    assert "is not banned but denied, by System.spec.security.deny" in refused.stderr


@contextmanager
def flood(office: Office, *, host: str, per_s: int) -> Iterator[list[int]]:
    """Requests from one source until the block ends; how many were sent, in the list, afterwards."""
    stop, sent = threading.Event(), [0]
    text = (
        f"OPTIONS sip:{LOOPBACK} SIP/2.0\r\nVia: SIP/2.0/UDP {host};branch=z9hG4bK{{}};rport\r\nFrom: <sip:a@b>;tag=1\r\n"
        f"To: <sip:{LOOPBACK}>\r\nCall-ID: {{}}\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
    )

    def send() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.bind((host, 0))
            begin = time.monotonic()
            while not stop.is_set():
                due = int((time.monotonic() - begin) * per_s) - sent[0]
                for _ in range(due):
                    sender.sendto(text.format(sent[0], sent[0]).encode(), (LOOPBACK, office.site.sip_port))
                    sent[0] += 1
                time.sleep(0.01)

    thread = threading.Thread(target=send)
    thread.start()
    try:
        yield sent
    finally:
        stop.set()
        thread.join()


def cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_a_flood_is_shut_out_and_phones_call_on(office: Office) -> None:
    ada, grace = office.phone(Stack.PJSIP, ADA), office.phone(Stack.BARESIP, GRACE)
    with flood(office, host=ATTACKER, per_s=FLOOD_PER_S) as sent:
        office.site.wait_for("bans", lambda bans: [ban["count"] for ban in bans] == [5000], "a ban for the flood")
        before, at = cpu_s(office.server.pid), sent[0]
        for _ in range(3):
            office.connect(ada, grace, GRACE)
            time.sleep(0.5)
            ada.hang_up()
            grace.wait_for_call("disconnected")
        used, count = cpu_s(office.server.pid) - before, sent[0] - at
    [ban] = office.site.get("bans")
    assert (ban["source"], ban["reason"]) == (ATTACKER, "packets per second, level 1")
    assert isinstance(ban["dropped"], int)
    assert ban["dropped"] > count
    print(f"{count} datagrams dropped beside three calls: {used / count * 1e6:.1f} us of CPU for each, calls included")
    records = office.site.wait_for_cdrs(3)
    assert {str(record["decided_by"]) == "" for record in records} == {False}
