"""Secrets that stand encrypted beside the manifests, with real phones: a password is exchanged while its phone is registered and in a
call, and nothing is dropped before its time; and nothing of any secret is in what the server writes at its most talkative."""

from __future__ import annotations

import hashlib
import json
import time
from datetime import datetime
from pathlib import Path

import pytest

from tests.e2e.office import ADA, GRACE, RADIA, NewPhone, Office
from tests.support.phone import Account, Stack
from tests.support.phone_bare import BarePhone
from tests.support.sops import Keyring, needs_age, needs_sops
from tests.support.trunkline_process import DOMAIN, TENANT, Site, Trunkline, write_atomically

ELSEWHERE = "127.0.0.77"
BATCH_S = 1.5
"""Bindings are written in batches: what registered this long ago is on disk."""
PASSWORDS = {ADA: "hunter2-in-sops-9vT2mZ", GRACE: "hunter2-in-age-W81xV", RADIA: "hunter2-in-env-02LsT"}
SOURCES = {
    ADA: f'{{sops: secrets/office.sops.yaml, key: sip."{ADA}"}}',
    GRACE: f"{{age: secrets/{GRACE}.age}}",
    RADIA: f"{{sops: secrets/office.sops.env, key: P{RADIA}}}",
}


def sealed(tmp_path: Path) -> tuple[Site, Keyring]:
    """An office whose passwords the real SOPS and age encrypted."""
    site = Site.create(tmp_path / "s", tmp_path, [ADA, GRACE, RADIA])
    keyring = Keyring(site.data / "age")
    folder = site.manifests / "secrets"
    folder.mkdir()
    keyring.encrypt(folder / "office.sops.yaml", f'# the office\nsip:\n  "{ADA}": {PASSWORDS[ADA]}\n')
    keyring.encrypt(folder / "office.sops.env", f"P{RADIA}={PASSWORDS[RADIA]}\n")
    (folder / f"{GRACE}.age").write_bytes(keyring.age(PASSWORDS[GRACE]))
    for number, source in SOURCES.items():
        (site.data / "secrets" / f"extension-{number}").unlink()
        path = site.manifest(number)
        write_atomically(path, path.read_text().replace(f"{{file: secrets/extension-{number}}}", source))
    return site, keyring


def account(site: Site, number: str, password: str | None = None) -> Account:
    return site.account(number, password=password or PASSWORDS[number])


def ends(site: Site) -> dict[str, datetime]:
    """When each registration runs out."""
    return {str(item["number"]): datetime.fromisoformat(str(item["expires_at"])) for item in site.get("registrations")}


def rotate(site: Site, number: str) -> str:
    """The new password."""
    where = ("--data", str(site.data), "--output", "json")
    told = site.run("secret", "rotate", "Extension", f"{TENANT}/{number}", str(site.manifests), *where)
    return str(json.loads(told.stdout)["password"])


TELLING_S = 4.0


@needs_sops
@needs_age
def test_an_exchanged_password_drops_no_registration_and_no_call_and_shows_nowhere(
    tmp_path: Path, artefacts: Path, new_phone: NewPhone
) -> None:
    site, keyring = sealed(tmp_path)
    with Trunkline(site, "--log-level", "debug", "--log-format", "json") as server:
        office = Office(site, server, new_phone, artefacts)
        ada, grace = new_phone(Stack.PJSIP, "ada"), new_phone(Stack.PJSIP, "grace")
        ada.register(account(site, ADA))
        grace.register(account(site, GRACE))
        before, registered = ends(site), time.monotonic()
        office.connect(ada, grace, GRACE)

        fresh = rotate(site, ADA)
        office.wait_until_registrable(ADA, account(site, ADA, fresh))
        file = site.manifests / "secrets" / "office.sops.yaml"
        assert keyring.sops("decrypt", "--extract", f'["sip"]["{ADA}"]', str(file)) == fresh
        assert ada.live_calls() == 1
        with BarePhone(account(site, ADA), host=ELSEWHERE) as stranger:
            assert stranger.register().status == 401

        ada.hang_up()
        grace.wait_for_call("disconnected")
        time.sleep(max(0.0, registered + TELLING_S - time.monotonic()))  # so that a later end would show
        ada.start_registering()  # a refresh, with the old one
        ada.wait_for("registered")
        assert abs((ends(site)[ADA] - before[ADA]).total_seconds()) <= 2
        office.connect(ada, grace, GRACE)  # and a call with the old one
        ada.register(account(site, ADA, fresh))
        assert (ends(site)[ADA] - before[ADA]).total_seconds() > 2
        assert grace.live_calls() == 1
        ada.hang_up()

        whole = file.read_bytes()
        write_atomically(file, whole.decode()[: len(whole) // 2])
        site.wait_for_status(lambda status: "secret-missing" in status, "the broken file")
        ada.start_registering()
        ada.wait_for("registered")
        told = (
            site.status() + site.run("validate", str(site.manifests), "--secrets", str(site.data), check=False).stdout
        )
        server.stop()
    log = server.log_path.read_text("utf-8")
    assert "secrets changed" in log
    state = "".join(path.read_text("utf-8", "replace") for path in (site.data / "state").rglob("*") if path.is_file())
    for secret in secrets_of(keyring, fresh):
        assert secret not in log + told + state


def secrets_of(keyring: Keyring, fresh: str) -> list[str]:
    """Passwords, their HA1 in both forms, and our key."""
    found = [*PASSWORDS.values(), fresh, keyring.text.splitlines()[-1]]
    for password in (PASSWORDS[ADA], fresh):
        line = f"{ADA}:{DOMAIN}:{password}".encode()
        found += [hashlib.md5(line).hexdigest(), hashlib.sha256(line).hexdigest()]
    return found


@pytest.mark.parametrize("how", ["stopped", "killed"])
def test_a_restart_in_the_middle_of_an_exchange_drops_no_registration(office: Office, how: str) -> None:
    """The phone has the old password; it goes on to call and to refresh with it, and a stranger does not begin with it."""
    site = office.site
    old = site.account(ADA)
    ada, grace = office.phone(Stack.PJSIP, ADA), office.phone(Stack.PJSIP, GRACE)
    before = ends(site)[ADA]
    fresh = rotate(site, ADA)
    office.wait_until_registrable(ADA, site.account(ADA, password=fresh))
    time.sleep(BATCH_S)
    if how == "killed":
        office.server.kill9()
    else:
        office.server.stop()
    office.restart()
    with BarePhone(old, host=ELSEWHERE) as stranger:
        assert stranger.register().status == 401
    ada.start_registering()  # a refresh, with the old one
    ada.wait_for("registered")
    assert abs((ends(site)[ADA] - before).total_seconds()) <= 2
    office.connect(ada, grace, GRACE)  # and a call with the old one
    ada.hang_up()
    kept = site.data / "old-passwords.json"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert old.password not in kept.read_text()
