"""Two PBXs with what the sample configurations of Asterisk and FreeSWITCH have, in our own words: what a call did there, it does here.

`workshop`: templates and `(+)`, a wizard, `#include`, subroutines by Gosub and Macro, GotoIfTime, labels, callers that are screened, a
queue, a menu, rooms with PINs. `clinic`: what users may dial by `toll_allow`, hours, bridges of several legs, nested conditions, a menu in
a menu.
"""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from tests.cli.test_import_pbx import VECTORS, moved, run
from tests.support.manifest_folder import LISTENER

SECRETS = {
    "workshop": ["sp1ll-maple", "b0w-rosin-77Yq", "scr0ll-and-peg-8", "73816", "4471"],
    "clinic": ["p4w-prints-on-tin", "r1ver-stone-Qm8", "70435", "93518", "810013"],
}


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    words = ("--country", "US", "--time-zone", "America/New_York")
    return moved("asterisk", VECTORS / "asterisk" / "workshop", tmp_path_factory.mktemp("workshop"), *words)


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Path:
    words = ("--country", "GB", "--time-zone", "Europe/London")
    return moved("freeswitch", VECTORS / "freeswitch" / "clinic", tmp_path_factory.mktemp("clinic"), *words)


def test_what_comes_of_them_is_valid_and_can_be_planned(workshop: Path, clinic: Path, tmp_path: Path) -> None:
    (tmp_path / "bare.yaml").write_text(LISTENER)
    for folder in (workshop, clinic):
        assert run("validate", folder, "--secrets", folder.parent / "data")[0] == 0
        status, planned, err = run("plan", folder, "--against", tmp_path)
        assert status == 0, err
        assert "Extension acme/" in planned


@pytest.mark.parametrize("name", ["workshop", "clinic"])
def test_no_password_and_no_pin_is_in_a_manifest(name: str, request: pytest.FixtureRequest) -> None:
    folder: Path = request.getfixturevalue(name)
    written = "".join(path.read_text() for path in folder.iterdir())
    kept = {path: path.read_text() for path in (folder.parent / "data" / "secrets").iterdir()}
    for secret in SECRETS[name]:
        assert secret not in written
        assert secret in kept.values()
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in kept)


OPEN, SATURDAY, NIGHT = "2026-11-23T10:00-05:00", "2026-11-28T12:30-05:00", "2026-11-23T19:00-05:00"
AT_THE_WORKSHOP = {
    "a colleague": (("--from", "1101", "--to", "1105"), "put through to extension 1105"),
    "the bench": (("--from", "1103", "--to", "1200"), "ring group group-1200: 1101, 1102, 1105"),
    "the door, by a macro": (("--from", "1101", "--to", "1600"), "ring group group-1600: 1104"),
    "nobody's number": (("--from", "1101", "--to", "1199"), "refused with 404"),
    "the town": (("--from", "1101", "--to", "5551234"), "over trunk northwind (as 16175551234)"),
    "the country": (
        ("--from", "1101", "--to", "12125551234"),
        "northwind (as 12125551234), then harbor (as 12125551234)",
    ),
    "without the 1": (("--from", "1102", "--to", "2125551234"), "over trunk northwind (as 12125551234)"),
    "a dear number": (("--from", "1101", "--to", "19005551234"), "refused with 503"),
    "a free number": (("--from", "1101", "--to", "18005551234"), "over trunk northwind (as 18005551234)"),
    "abroad": (("--from", "1105", "--to", "011442079460100"), "over trunk northwind (as +442079460100)"),
    "the town from the door": (("--from", "1104", "--to", "5551234"), "refused with 404"),
    "help from the door": (("--from", "1104", "--to", "911"), "over trunk northwind (as 911)"),
    "help behind a 9": (("--from", "1101", "--to", "9911"), "over trunk northwind (as 911)"),
    "direct dial": (("--trunk", "northwind", "--from", "+12125550000", "--to", "6175550101"), "extension 1101"),
    "an old customer": (("--trunk", "northwind", "--from", "6175558888", "--to", "6175550101"), "extension 1105"),
    "a dear caller": (("--trunk", "northwind", "--from", "9002345678", "--to", "6175550101"), "refused with 603"),
    "more direct dial": (("--trunk", "northwind", "--from", "+12125550000", "--to", "6175550115"), "refused with 404"),
    "who is not wanted": (("--trunk", "northwind", "--from", "6175559999", "--to", "6175550177"), "refused with 603"),
    "who shows no number": (("--trunk", "northwind", "--from", "anonymous", "--to", "6175550188"), "refused with 603"),
    "who shows one": (("--trunk", "northwind", "--from", "6175550001", "--to", "6175550188"), "extension 1102"),
    "by the other carrier": (("--trunk", "harbor", "--from", "6175550001", "--to", "anything"), "group-1200"),
}
AT_THE_CLINIC = {
    "a colleague": (("--from", "1001", "--to", "1003"), "put through to extension 1003"),
    "the nurses": (("--from", "1001", "--to", "2000"), "ring group group-2000: 1002, 1003"),
    "both, then the doctor": (("--from", "1001", "--to", "2001"), "ring group group-2001: 1002, 1003"),
    "the country": (("--from", "1001", "--to", "02079460100"), "over trunk river (as 02079460100), then backwater"),
    "the country, by the nurse": (("--from", "1002", "--to", "02079460100"), "over trunk river (as 02079460100)"),
    "the country from the stable": (("--from", "1003", "--to", "02079460100"), "refused with 404"),
    "conditions in one another": (("--from", "1002", "--to", "6001"), "put through to ring group group-6001: 1001"),
    "nearby from the stable": (("--from", "1003", "--to", "5551234"), "over trunk river (as 01315551234)"),
    "help from the stable": (("--from", "1003", "--to", "999"), "over trunk river (as 999)"),
    "closed": (
        ("--trunk", "river", "--from", "+441315550001", "--to", "01315550100", "--at", "2026-11-22T10:00+00:00"),
        "put through to extension 1003",
    ),
    "who is not wanted": (("--trunk", "river", "--from", "0900123", "--to", "01315550100"), "refused with 603"),
    "direct dial": (("--trunk", "river", "--from", "+441315550001", "--to", "01315551002"), "extension 1002"),
}


def answer(folder: Path, words: tuple[str, ...]) -> str:
    text = (folder / "extensions.yaml").read_text()
    phones = [n for n in ("1001", "1002", "1003", "1101", "1102", "1103", "1104", "1105") if f'name: "{n}"' in text]
    registered = [word for phone in phones for word in ("--registered", phone)]
    status, out, err = run("simulate", folder, *words, *registered)
    assert status in (0, 1), err
    return out.partition("\n")[0]


@pytest.mark.parametrize("name", AT_THE_WORKSHOP)
def test_calls_go_where_the_workshop_sent_them(workshop: Path, name: str) -> None:
    words, expected = AT_THE_WORKSHOP[name]
    assert expected in answer(workshop, words)


@pytest.mark.parametrize("name", AT_THE_CLINIC)
def test_calls_go_where_the_clinic_sent_them(clinic: Path, name: str) -> None:
    words, expected = AT_THE_CLINIC[name]
    assert expected in answer(clinic, words)


@pytest.mark.parametrize(
    ("at", "expected"),
    [(OPEN, "Receptionist acme/welcome"), (SATURDAY, "acme/welcome"), (NIGHT, "voicemail of extension 1101")],
)
def test_the_workshop_opens_and_closes_when_it_did(workshop: Path, at: str, expected: str) -> None:
    words = ("--trunk", "northwind", "--from", "+12125550000", "--to", "6175550100", "--at", at)
    assert expected in answer(workshop, words)


SAID = {
    "workshop": [
        "extensions.conf:42:1: warning: 1700: callers spell a name (Directory); nothing is written for it",
        "1NXXNXXXXXX is written as numbers of 11 digits, beginning with 12, 13, 14, ..., 19; what it asks of the digits behind",
        "extensions.conf:105:1: warning: switch in [from-harbor]; only extensions and includes are carried over",
        'extension "1600/1103" of [house] is for some callers only; it is left out, and their calls go as those of all others',
        'queues.conf:18:1: warning: member "Agent/9" of queue [repairs]; only SIP phones are members',
        "musiconhold.conf:8:1: warning: music on hold [stream] (/usr/bin/player); put its sounds beside the manifests",
        'voicemail.conf:18:1: warning: mailbox "1101" is there twice, in another context; the first one counts',
    ],
    "clinic": [
        'extension "by the clock" has several expressions in a condition, or says what happens if one fails',
        "phones of context [default-2] can't dial 6001; here everybody of a tenant can dial its numbers",
        "5900: callers wait in a fifo; nothing is written for it",
        'the callers "^(09\\d+|01315559999)$" are taken by 09*; shorter numbers fall under it, too',
    ],
}


@pytest.mark.parametrize("name", SAID)
def test_what_could_not_be_carried_over_is_said(name: str, request: pytest.FixtureRequest) -> None:
    folder: Path = request.getfixturevalue(name)
    listed = (folder / "left-behind.txt").read_text()
    for line in SAID[name]:
        assert line in listed
    assert "toll_allow" not in listed


def test_rooms_ask_for_the_pin_that_they_asked_for(workshop: Path, clinic: Path) -> None:
    tuning = (
        'name: tuning}\nspec:\n  number: "1400"\n  pin: {file: secrets/acme-pin.room.tuning}\n  maxParticipants: 8\n'
    )
    assert tuning in (workshop / "services.yaml").read_text()
    services = (clinic / "services.yaml").read_text()
    assert "  pin: {file: secrets/acme-pin.room.3500}\n  adminPin: {file: " in services
    assert 'name: lobby}\nspec:\n  number: "3501"\n---' in services


PHONE = """\
[101]
type = endpoint
context = in
auth = 101
aors = 101
[101]
type = auth
username = 101
password = x9-Kq72-mmZp
[101]
type = aor
max_contacts = 1
"""


@pytest.mark.parametrize(
    ("steps", "confbridge", "expected"),
    [
        ("ConfBridge(den)", "", 'number: "800"\n'),
        ("ConfBridge(den,,locked)", "[locked]\ntype=user\npin=12\n", None),
        ("ConfBridge(den)", "[default_user]\ntype=user\npin=48215\n", "pin: {file: secrets/acme-pin.room.den}"),
        ("Set(CONFBRIDGE(user,pin)=48215)\n same => n,ConfBridge(den)", "", "pin: {file: secrets/acme-pin.room.den}"),
        ("ConfBridge(den,,boss)", "[boss]\ntype=user\nadmin=yes\npin=48215\n", "adminPin: {file: "),
        ("MeetMe(den,q,48215)", "", "pin: {file: secrets/acme-pin.room.den}"),
    ],
)
def test_a_room_is_never_more_open_than_it_was(
    tmp_path: Path, steps: str, confbridge: str, expected: str | None
) -> None:
    source = tmp_path / "etc"
    source.mkdir()
    (source / "pjsip.conf").write_text(PHONE)
    (source / "extensions.conf").write_text(f"[in]\nexten => 101,1,Dial(PJSIP/101)\nexten => 800,1,{steps}\n")
    (source / "confbridge.conf").write_text(confbridge)
    folder = moved("asterisk", source, tmp_path)
    services = (folder / "services.yaml").read_text() if (folder / "services.yaml").exists() else ""
    if expected is None:
        assert "Conference" not in services
        assert (
            'the PIN of room "den" is none of 4 to 12 digits; the room is not written'
            in (folder / "left-behind.txt").read_text()
        )
    else:
        assert expected in services


HOSTILE: dict[str, tuple[str, bytes | None, str]] = {
    "a line of 50 MB": ("extensions.conf", b"[a]\nexten => " + b"1" * 50_000_000, "extensions.conf has more than 8 MB"),
    "NUL bytes": ("pjsip.conf", b"[1]\0\ntype=endpoint\n", "pjsip.conf is no text: there are NUL bytes in it"),
    "a folder for a file": ("extensions.conf", None, "extensions.conf is no regular file"),
    "itself": ("extensions.conf", b"#include extensions.conf\n", "files include each other 10 deep"),
    "a program": ("extensions.conf", b"#exec /bin/id\n", "#exec runs a program"),
    "entities in entities": (
        "freeswitch.xml",
        b'<!DOCTYPE l [<!ENTITY a "x"><!ENTITY b "&a;&a;">]><document>&b;</document>',
        "declares a document type or entity",
    ),
    "a file of the machine": (
        "freeswitch.xml",
        b'<!DOCTYPE l [<!ENTITY a SYSTEM "file:///etc/passwd">]><document>&a;</document>',
        "declares a document type or entity",
    ),
    "depth": ("freeswitch.xml", b"<a>" * 100_000, "or 64 within each other"),
    "itself, in XML": (
        "freeswitch.xml",
        b'<document><X-PRE-PROCESS cmd="include" data="freeswitch.xml"/></document>',
        "files include each other 20 deep",
    ),
    "a program, in XML": (
        "freeswitch.xml",
        b'<document><X-PRE-PROCESS cmd="exec" data="id"/></document>',
        "exec runs a program",
    ),
    "variables that double": (
        "freeswitch.xml",
        b"<document>"
        + b"".join(
            b'<X-PRE-PROCESS cmd="set" data="v%d=%s"/>' % (n, b"$${v%d}" % (n - 1) * 2 if n else b"a" * 10)
            for n in range(60)
        )
        + b'<section name="dialplan"><context name="$${v59}"/></section></document>',
        "variables make the value too long",
    ),
}


@pytest.mark.timeout(30)
@pytest.mark.parametrize(("name", "content", "told"), HOSTILE.values(), ids=HOSTILE)
def test_files_that_are_meant_to_harm_are_refused_and_nothing_is_written(
    tmp_path: Path, name: str, content: bytes | None, told: str
) -> None:
    source = tmp_path / "etc"
    source.mkdir()
    if content is None:
        (source / name).mkdir()
        (source / "pjsip.conf").write_text(PHONE)
    else:
        (source / name).write_bytes(content)
    system = "freeswitch" if name.endswith(".xml") else "asterisk"
    words = ("--tenant", "acme", "-o", tmp_path / "pbx", "--data", tmp_path / "data")
    status, out, err = run("import", system, source, *words)
    assert (status, out) == (1, "")
    assert told in err
    assert not (tmp_path / "pbx").exists()
    assert not (tmp_path / "data").exists()


def test_files_that_are_not_read_are_listed(tmp_path: Path) -> None:
    source = tmp_path / "etc"
    source.mkdir()
    (source / "pjsip.conf").write_text(PHONE)
    (source / "extensions.conf").write_text("[in]\nexten => 101,1,Dial(PJSIP/101)\n")
    (source / "users.conf").write_text("[general]\nhassip = yes\n[6001]\nfullname = Somebody\nsecret = abc\n")
    (source / "queues.conf").write_bytes(b"[sales]\0\n")
    (source / "moh.wav").write_bytes(b"RIFF\0\0")
    listed = (moved("asterisk", source, tmp_path) / "left-behind.txt").read_text()
    assert "users.conf:3:1: warning: what users.conf says, of [6001] and others; it is not read" in listed
    assert "queues.conf:1:1: warning: the file is no text: there are NUL bytes in it; it is not read" in listed
    assert "moh.wav" not in listed


OLD = """\
[desk](!)
type = friend
host = dynamic
context = in
[101](desk)
secret = k9-Zq72mmZpX8
callerid = "J\u00fcrgen" <101>
[102](desk)
md5secret = 0123456789abcdef0123456789abcdef
[carrier]
type = peer
host = sip.carrier.example
defaultuser = 555
secret = pw-Zq93-mmpLr
context = from-carrier
"""


def test_chan_sip_moves_in_too_also_where_it_is_latin_1(tmp_path: Path) -> None:
    source = tmp_path / "etc"
    source.mkdir()
    (source / "sip.conf").write_bytes(OLD.encode("latin-1"))
    (source / "extensions.conf").write_text(
        "[in]\nexten => _1XX,1,Dial(SIP/${EXTEN},20)\nexten => _0X.,1,Dial(SIP/carrier/${EXTEN})\n"
        "[from-carrier]\nexten => 555,1,Dial(SIP/101)\n"
    )
    folder = moved("asterisk", source, tmp_path)
    assert 'displayName: "J\u00fcrgen"' in (folder / "extensions.yaml").read_text()
    assert "extension 101" in answer(folder, ("--trunk", "carrier", "--from", "1", "--to", "555"))
    assert "over trunk carrier (as 0891234)" in answer(folder, ("--from", "101", "--to", "0891234"))
    assert "md5secret" in (folder / "left-behind.txt").read_text()
