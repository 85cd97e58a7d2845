"""`serve` follows the manifests: a valid change is live at once, a broken one changes nothing, and a call notices neither."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.e2e.office import ADA, GRACE, RADIA, Office
from tests.support.hearing import assert_hears
from tests.support.phone import Stack
from tests.support.phone_bare import BarePhone
from tests.support.trunkline_process import Site, outcome, write_atomically

ADA_HZ, GRACE_HZ = 440, 1000
TALK_S = 3.0
SETTLE_S = 2.0


@contextmanager
def talking(office: Office, tone_file: Callable[[int], Path], at_least_s: float = TALK_S) -> Iterator[None]:
    """Ada and Grace talk from before to after the block, and hear each other all the time."""
    ada, grace = office.phone(Stack.PJSIP, ADA), office.phone(Stack.BARESIP, GRACE)
    ada.play(tone_file(ADA_HZ))
    grace.play(tone_file(GRACE_HZ))
    office.connect(ada, grace, GRACE)
    recordings = [ada.record(office.folder / "at-ada.wav"), grace.record(office.folder / "at-grace.wav")]
    started = time.monotonic()
    yield
    time.sleep(max(0.5, at_least_s - (time.monotonic() - started)))
    ada.stop_recording()
    grace.stop_recording()
    length = time.monotonic() - started - 0.5
    assert_hears(recordings[0], GRACE_HZ, at_least_s=length)
    assert_hears(recordings[1], ADA_HZ, at_least_s=length)
    ada.hang_up()
    assert grace.wait_for_call("disconnected").status == 200
    assert outcome(office.site.wait_for_cdrs(1)[0]) == "ANSWERED"


def says(site: Site, word: str) -> None:
    """Wait until the status speaks of it."""
    site.wait_for_status(lambda status: word in status, f"something about {word}")


def registers(site: Site, number: str) -> bool:
    with BarePhone(site.account(number)) as phone:
        return phone.register().status == 200


def test_a_new_extension_during_a_call(office: Office, tone_file: Callable[[int], Path]) -> None:
    assert not registers(office.site, "104")
    with talking(office, tone_file):
        office.site.add_extension("104")
        office.wait_until_registrable("104")


def test_a_broken_edit_changes_nothing_and_says_why(office: Office, tone_file: Callable[[int], Path]) -> None:
    with talking(office, tone_file):
        office.site.add_extension(RADIA, ringTyme="5s")
        says(office.site, "ringTyme")
        assert registers(office.site, RADIA)
    invalid = office.site.run("validate", str(office.site.manifests), check=False)
    assert invalid.returncode != 0
    assert f"{office.site.manifest(RADIA).name}:6:" in invalid.stdout + invalid.stderr


def test_a_broken_edit_changes_nothing_after_a_restart(office: Office) -> None:
    write_atomically(office.site.manifest(RADIA), "kind: [broken\n")
    says(office.site, office.site.manifest(RADIA).name)
    office.server.stop()
    office.restart()
    assert registers(office.site, RADIA)
    assert registers(office.site, GRACE)
    says(office.site, office.site.manifest(RADIA).name)
    office.site.add_extension(RADIA, ringTime="7s")
    name = office.site.manifest(RADIA).name
    office.site.wait_for_status(
        lambda status: name not in str(json.loads(status)["reconcile"]["units"]), "no fault where it was repaired"
    )
    assert registers(office.site, RADIA)


def test_a_deleted_extension_is_gone_and_calls_of_others_go_on(
    office: Office, tone_file: Callable[[int], Path]
) -> None:
    radia = office.phone(Stack.PJSIP, RADIA)
    with talking(office, tone_file):
        office.site.remove_extension(RADIA)
        office.site.wait_for(
            "registrations", lambda found: RADIA not in {item["number"] for item in found}, "no registration of Radia"
        )
        radia.call(office.site.uri(GRACE))
        assert radia.wait_for_call("disconnected").status in {401, 403}


def test_an_empty_directory_is_never_applied(office: Office, tone_file: Callable[[int], Path]) -> None:
    with talking(office, tone_file):
        for path in office.site.manifests.iterdir():
            path.unlink()
        time.sleep(SETTLE_S)
        assert registers(office.site, RADIA)
    office.server.stop()
    office.restart()
    assert registers(office.site, RADIA)


def test_a_changed_password_takes_the_place_of_the_old_one(office: Office) -> None:
    old = office.site.account(RADIA)
    new = office.site.account(RADIA, password="quite-another-pass-word")
    assert registers(office.site, RADIA)
    secret = office.site.data / "secrets" / "extension-changed"
    write_atomically(secret, new.password)
    secret.chmod(0o600)
    manifest = office.site.manifest(RADIA)
    write_atomically(manifest, manifest.read_text().replace(f"extension-{RADIA}", "extension-changed"))
    office.wait_until_registrable(RADIA, new)
    with BarePhone(old) as phone:
        assert phone.register().status in {401, 403}
