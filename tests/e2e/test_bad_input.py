"""Whatever is put into the manifests' folder, or taken from it: the server says what is wrong, serves on as before, and answers at once.

Phones register and OPTIONS are answered all the time; when the bad thing is gone, a good change is followed again.
"""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.office import GRACE, RADIA, Office
from tests.support.phone_bare import BarePhone
from tests.support.pinging import Pinging
from tests.support.small_disk import fill, make_read_only, make_writable, small_disk
from tests.support.trunkline_process import Site, Trunkline

pytestmark = pytest.mark.alone

BAD = "bad.yaml"
SOON_S = 0.05


def content(text: str | bytes) -> Callable[[Path], None]:
    return lambda folder: _write(folder / BAD, text if isinstance(text, bytes) else text.encode())


def _write(path: Path, data: bytes) -> None:
    path.write_bytes(data)


def _sparse(folder: Path) -> None:
    with (folder / BAD).open("wb") as file:
        file.truncate(100 * 1024 * 1024)


def _socket(folder: Path) -> None:
    # Its address has 107 bytes at most, so it is bound from within the folder.
    here = Path.cwd()
    os.chdir(folder)
    try:
        with socket.socket(socket.AF_UNIX) as bound:
            bound.bind(BAD)
    finally:
        os.chdir(here)


BOMB = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + step)}: &{chr(98 + step)} [{','.join(['*' + chr(97 + step)] * 10)}]\n" for step in range(12)
)
TENANT = "apiVersion: trunkline/v1\nkind: Tenant\nmetadata: {name: x}\nspec: {domain: x.example}\n"

# What is put there, and a word of what is said of it.
BAD_INPUT: list[tuple[str, Callable[[Path], None], str]] = [
    ("bomb", content(BOMB), "aliases make this file longer"),
    ("cycle", content("a: &a {b: *a}\n"), "stands inside the value"),
    ("hundred-megabytes", _sparse, "104,857,600 bytes"),
    ("one-line-of-5-megabytes", content("a: " + "x" * 4_900_000), "4,900,000 characters"),
    ("brackets", content("[" * 4_900_000), "nested deeper"),
    ("tag-directives", content("".join(f"%TAG !a{n}! x\n" for n in range(250_000))), "%TAG directives"),
    ("a-million-keys", content("".join(f"k{n}:\n" for n in range(500_000))), "keys and values"),
    ("binary", content(bytes(range(256)) * 4000), "yaml-encoding"),
    ("utf-16", content(TENANT.encode("utf-16")), "UTF-16"),
    ("latin-1", content("a: ü".encode("latin-1")), "0xfc is not UTF-8"),
    ("tabs", content(TENANT.replace("spec: {", "spec:\n\t{")), "yaml-syntax"),
    ("thousands-of-one-domain", content("---\n".join(TENANT.replace("name: x", f"name: x{n}") for n in range(5000))), "x.example"),
    ("fifo", lambda folder: os.mkfifo(folder / BAD), "not a regular file"),
    ("socket", _socket, "not a regular file"),
    ("device", lambda folder: (folder / BAD).symlink_to("/dev/zero"), "not a regular file"),
    ("dangling-link", lambda folder: (folder / BAD).symlink_to("nowhere"), "target is missing"),
    ("link-to-itself", lambda folder: (folder / BAD).symlink_to(BAD), "symbolic links"),
    ("link-to-its-folder", lambda folder: (folder / "bad").symlink_to("."), "back to a folder above"),
    ("link-to-the-root", lambda folder: (folder / "bad").symlink_to("/"), "back to a folder above"),
]  # fmt: skip


def says(office: Office, word: str) -> None:
    office.site.wait_for_status(lambda status: word in status, f"a word of {word!r}", timeout=30)


def says_nothing(office: Office) -> None:
    office.site.wait_for_status(
        lambda status: BAD not in status and '"Invalid"' not in status and "RoundHeldBack" not in status,
        "no fault any more",
        timeout=30,
    )


def registers(office: Office, number: str) -> bool:
    with BarePhone(office.site.account(number)) as phone:
        return phone.register().status == 200


def gone(folder: Path) -> None:
    for name in (BAD, "bad"):
        (folder / name).unlink(missing_ok=True)


def answered_at_once(pinging: Pinging) -> None:
    """All of them, and all but a few within 50 ms: this machine does other things, too."""
    assert pinging.within(0.98) < SOON_S, sorted(pinging.took_s)[-20:]
    assert max(pinging.took_s) < 1.0


@pytest.mark.timeout(600)
def test_bad_input_is_refused_while_phones_are_served(office: Office) -> None:
    with BarePhone(office.site.account(GRACE)) as grace, Pinging(office.site.sip_port) as pinging:
        assert grace.register().status == 200
        for _, put, word in BAD_INPUT:
            put(office.site.manifests)
            says(office, word)
            assert grace.register().status == 200
            gone(office.site.manifests)
            says_nothing(office)
        office.site.add_extension("104")
        office.wait_until_registrable("104")
        assert registers(office, GRACE)
    answered_at_once(pinging)


@pytest.mark.timeout(120)
def test_a_folder_that_vanishes_or_is_replaced_by_a_file(office: Office) -> None:
    manifests, aside = office.site.manifests, office.site.folder / "aside"
    with Pinging(office.site.sip_port) as pinging:
        manifests.rename(aside)
        says(office, "can't be read")
        assert registers(office, RADIA)
        manifests.write_text("now a file")
        says(office, "is not a folder")
        assert registers(office, RADIA)
        manifests.unlink()
        manifests.symlink_to(manifests.name)
        says(office, "symbolic links")
        assert registers(office, RADIA)
        manifests.unlink()
        aside.rename(manifests)
        office.site.add_extension("104")
        office.wait_until_registrable("104", timeout=20)
    answered_at_once(pinging)


@pytest.mark.timeout(120)
def test_a_full_disk_under_the_data_folder(office: Office) -> None:
    """The server is started anew on a small disk, which is then filled: changes are followed and said not to be kept."""
    office.server.stop()
    staged = office.site.folder / "staged"
    shutil.copytree(office.site.data, staged, ignore=shutil.ignore_patterns("control.sock"))
    with small_disk(office.site.data, 16 * 1024 * 1024):
        shutil.copytree(staged, office.site.data, dirs_exist_ok=True)
        with Trunkline(office.site) as server, Pinging(office.site.sip_port) as pinging:
            office.server = server
            assert registers(office, RADIA)
            # The password of 104 has to be there before the disk is full.
            office.site.add_extension("104")
            office.wait_until_registrable("104")
            hog = fill(office.site.data)
            manifest = office.site.manifest("104")
            manifest.write_text(manifest.read_text() + "  displayName: Full disk\n")
            says(office, "can't be kept on disk")
            assert registers(office, RADIA)
            assert registers(office, "104")
            hog.unlink()
            manifest.write_text(manifest.read_text().replace("Full disk", "Room again"))
            office.site.wait_for_status(
                lambda status: "can't be kept on disk" not in status, "a state that is kept", timeout=30
            )
            assert server.running
        answered_at_once(pinging)


@pytest.mark.timeout(120)
def test_a_data_folder_that_becomes_read_only(office: Office) -> None:
    """As disks with errors do. Phones go on, changes are followed, and it is said what is not kept."""
    office.server.stop()
    staged = office.site.folder / "staged"
    shutil.copytree(office.site.data, staged, ignore=shutil.ignore_patterns("control.sock"))
    with small_disk(office.site.data, 64 * 1024 * 1024) as disk:
        shutil.copytree(staged, disk, dirs_exist_ok=True)
        with Trunkline(office.site) as server, Pinging(office.site.sip_port) as pinging:
            office.server = server
            assert registers(office, RADIA)
            make_read_only(disk)
            manifest = office.site.manifest(RADIA)
            manifest.write_text(manifest.read_text() + "  displayName: Read only\n")
            says(office, "can't be kept on disk")
            assert registers(office, RADIA)
            make_writable(disk)
            manifest.write_text(manifest.read_text().replace("Read only", "Written again"))
            office.site.wait_for_status(
                lambda status: "can't be kept on disk" not in status, "a state that is kept", timeout=30
            )
            assert server.running
        answered_at_once(pinging)


@pytest.mark.timeout(60)
def test_a_server_that_starts_on_a_full_disk_says_so(site: Site) -> None:
    """It can't take calls without keeping their records, so it refuses to start, without a traceback."""
    staged = site.folder / "staged"
    shutil.copytree(site.data, staged)
    with small_disk(site.data, 256 * 1024):
        shutil.copytree(staged, site.data, dirs_exist_ok=True)
        fill(site.data)
        done = site.run("serve", str(site.manifests), "--data", str(site.data), check=False)
    assert done.returncode == 1
    assert "Traceback" not in done.stdout + done.stderr
    assert "no space left on device" in done.stderr.lower()
