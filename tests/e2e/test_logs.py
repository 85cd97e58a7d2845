"""What a server writes into its log at its most talkative: what happened, and no secret of anybody."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import time
from pathlib import Path

from tests.e2e.office import ADA, GRACE
from tests.support.phone_bare import BarePhone
from tests.support.trunkline_process import DOMAIN, Json, Site, Trunkline

WRONG = "not-the-password-of-ada"


def told(site: Site, number: int = 1) -> list[Json]:
    lines = (site.logs / f"serve-{number}.log").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines if line.startswith("{")]


def test_a_log_tells_the_story_of_a_call_and_no_secret(tmp_path: Path) -> None:
    site = Site.create(tmp_path / "s", tmp_path, [ADA, GRACE])
    answers: list[str] = []
    with Trunkline(site, "--log-level", "debug", "--log-format", "json") as server:
        for password in (None, WRONG):
            with BarePhone(site.account(ADA, password=password)) as phone:
                phone.register()
                line = phone.credentials_for("INVITE", site.uri(GRACE))
                answers.append(line)
                phone.request("INVITE", site.uri(GRACE), line, cseq=2)
        site.wait_for_cdrs(1)
        for what in ("registrations", "calls", "cdrs", "status", "resources"):
            site.run("get", what, "--data", str(site.data))
        os.kill(server.pid, signal.SIGHUP)
        deadline = time.monotonic() + 10
        while not any("registered" in str(line["message"]) for line in told(site)) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert server.running
    lines = told(site)
    begun, ended = (
        next(one for one in lines if (one["module"], one["message"]) == ("calls", w)) for w in ("begun", "ended")
    )
    assert (begun["tenant"], begun["caller"], begun["callee"]) == ("office", ADA, GRACE)
    assert (ended["call"], ended["outcome"], ended["party"]) == (begun["call"], "OFFLINE", "callee")
    assert ended["revision"] == begun["revision"]
    registered = next(one for one in lines if one["module"] == "registrations")
    assert (registered["tenant"], registered["extension"]) == ("office", ADA)
    assert any(one["module"] == "serve" and "SIGHUP" in str(one["message"]) for one in lines)
    text = (site.logs / "serve-1.log").read_text("utf-8")
    for secret in secrets_of(site, answers):
        assert secret not in text


def secrets_of(site: Site, answers: list[str]) -> list[str]:
    """Passwords, their HA1 in both forms, and what proved them in the requests."""
    found = [WRONG, *[site.password(number) for number in (ADA, GRACE)]]
    for number in (ADA, GRACE):
        account = f"{number}:{DOMAIN}:{site.password(number)}".encode()
        found += [hashlib.md5(account).hexdigest(), hashlib.sha256(account).hexdigest()]
    found += [line.partition('response="')[2].partition('"')[0] for line in answers]
    assert all(found), answers
    return found


def test_a_module_is_heard_from_when_it_is_asked_for(tmp_path: Path) -> None:
    site = Site.create(tmp_path / "s", tmp_path, [ADA, GRACE])
    with Trunkline(site) as server, BarePhone(site.account(ADA)) as phone:
        phone.register()
        for cseq in (2, 3):
            line = phone.credentials_for("INVITE", site.uri(GRACE))
            phone.request("INVITE", site.uri(GRACE), line, cseq=cseq)
            if cseq == 2:
                shown = site.run("log-level", "calls", "debug", "--for", "10m", "--data", str(site.data)).stdout
                assert shown.splitlines()[1].startswith("calls   debug")
        site.wait_for_cdrs(1)
        server.stop()
    text = server.log_path.read_text("utf-8")
    assert text.count(" DEBUG calls: ended ") == 1
    assert "log level: module=calls level=debug for_s=600.0" in text
