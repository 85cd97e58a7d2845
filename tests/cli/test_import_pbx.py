"""`trunkline import asterisk` and `import freeswitch`: what another PBX did with a call, ours does after it, and the rest is said."""

from __future__ import annotations

import shutil
import stat
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.main import app

VECTORS = Path(__file__).resolve().parents[1] / "vectors"
OFFICE = VECTORS / "asterisk" / "office"
HOTEL = VECTORS / "freeswitch" / "hotel"


def run(*words: str | Path) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, [str(word) for word in words])
    assert done.exception is None or isinstance(done.exception, SystemExit)
    return done.exit_code, done.stdout, done.stderr


def moved(system: str, source: Path, folder: Path, *more: str) -> Path:
    status, _, err = run(
        "import", system, source, "--tenant", "acme", "-o", folder / "pbx", "--data", folder / "data", *more
    )
    assert status == 0, err
    return folder / "pbx"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return moved("asterisk", OFFICE, tmp_path_factory.mktemp("office"), "--time-zone", "Europe/Berlin")


@pytest.fixture(scope="module")
def hotel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    words = ("--country", "AT", "--time-zone", "Europe/Vienna", "--make-passwords")
    return moved("freeswitch", HOTEL, tmp_path_factory.mktemp("hotel"), *words)


MONDAY, SATURDAY, CHRISTMAS = "2026-11-23T10:00+01:00", "2026-11-28T14:00+01:00", "2026-12-25T10:00+01:00"

# What extensions.conf does: who calls what, and where Asterisk would have sent it.
ASKED_OF_THE_OFFICE = {
    "a colleague": (("--from", "201", "--to", "202"), "put through to extension 202"),
    "the office": (("--from", "203", "--to", "300"), "put through to ring group group-300: 201, 202"),
    "one after the other": (("--from", "201", "--to", "310"), "put through to ring group group-310"),
    "the town": (("--from", "201", "--to", "0171555"), "over trunk hopline (as 0171555), then bay (as 90171555)"),
    "abroad": (("--from", "201", "--to", "0044207946"), "over trunk hopline (as +44207946)"),
    "a dear number": (("--from", "201", "--to", "0900123"), "refused with 503"),
    "the bay": (("--from", "202", "--to", "94711"), "over trunk bay (as 4711)"),
    "the bay, too long": (("--from", "202", "--to", "947112"), "refused with 404"),
    "the town from the cellar": (("--from", "210", "--to", "0171555"), "refused with 404"),
    "help from the cellar": (("--from", "210", "--to", "112"), "over trunk hopline (as 112), then bay (as 112)"),
    "main line": (
        ("--trunk", "hopline", "--from", "+49301", "--to", "49891234100", "--at", MONDAY),
        "ring group group-300",
    ),
    "main line by its user": (
        ("--trunk", "hopline", "--from", "+49301", "--to", "brew4711", "--at", MONDAY),
        "ring group group-300",
    ),
    "direct dial": (("--trunk", "hopline", "--from", "+49301", "--to", "49891234202"), "put through to extension 202"),
    "nobody's number": (("--trunk", "hopline", "--from", "+49301", "--to", "49891234299"), "refused with 404"),
    "sent on": (
        ("--trunk", "hopline", "--from", "+49301", "--to", "49891234555"),
        "over trunk hopline (as 00491715550100)",
    ),
    "from the bay": (("--trunk", "bay", "--from", "4711", "--to", "anything"), "put through to extension 203"),
}
ASKED_OF_THE_HOTEL = {
    "the bar": (("--from", "1001", "--to", "1002"), "put through to extension 1002"),
    "a room": (("--from", "1001", "--to", "1101"), "put through to extension 1101"),
    "night desk": (("--from", "1101", "--to", "2000"), "put through to ring group group-2000"),
    "all staff": (("--from", "1001", "--to", "2001"), "put through to ring group group-2001"),
    "reception": (("--from", "1101", "--to", "0"), "put through to ring group group-0: 1001"),
    "the town": (
        ("--from", "1001", "--to", "0512345678"),
        "over trunk alpenline (as +43512345678), then backup (as 0512345678)",
    ),
    "a dear number": (("--from", "1001", "--to", "0900123456"), "refused with 503"),
    "the town from a room": (("--from", "1101", "--to", "0512345678"), "refused with 404"),
    "help from a room": (("--from", "1101", "--to", "144"), "over trunk alpenline (as 144)"),
    "at night": (
        ("--trunk", "alpenline", "--from", "+43512", "--to", "hotel88", "--at", "2026-11-23T23:00+01:00"),
        "ring group group-2000",
    ),
    "direct dial": (("--trunk", "backup", "--from", "+43512", "--to", "43512121002"), "put through to extension 1002"),
}
PHONES = ("201", "202", "203", "210", "1001", "1002", "1101", "1102")


def answer(folder: Path, words: tuple[str, ...]) -> str:
    there = [phone for phone in PHONES if f'name: "{phone}"' in (folder / "extensions.yaml").read_text()]
    registered = [word for phone in there for word in ("--registered", phone)]
    status, out, err = run("simulate", folder, *words, *registered)
    assert status in (0, 1), err
    return out.partition("\n")[0]


@pytest.mark.parametrize("name", ASKED_OF_THE_OFFICE)
def test_calls_go_where_asterisk_sent_them(office: Path, name: str) -> None:
    words, expected = ASKED_OF_THE_OFFICE[name]
    assert expected in answer(office, words)


@pytest.mark.parametrize("name", ASKED_OF_THE_HOTEL)
def test_calls_go_where_freeswitch_sent_them(hotel: Path, name: str) -> None:
    words, expected = ASKED_OF_THE_HOTEL[name]
    assert expected in answer(hotel, words)


@pytest.mark.parametrize("at", [SATURDAY, CHRISTMAS])
def test_the_office_is_closed_when_it_was(office: Path, at: str) -> None:
    words = ("--trunk", "hopline", "--from", "+49301", "--to", "49891234100", "--at", at)
    assert "group-300" not in answer(office, words)


def test_what_is_written_is_valid_and_holds_no_password(office: Path, hotel: Path) -> None:
    for folder, known in ((office, ["ingrid-s3cret", "carrier;secret"]), (hotel, ["h0tel-default", "alpen-s3cret"])):
        assert run("validate", folder)[0] == 0
        written = "".join(path.read_text() for path in folder.iterdir())
        secrets = [path.read_text() for path in (folder.parent / "data" / "secrets").iterdir()]
        for secret in known:
            assert secret in secrets
            assert secret not in written
        for path in (folder.parent / "data" / "secrets").iterdir():
            assert stat.S_IMODE(path.stat().st_mode) == 0o600


SERVICES = """\
kind: Queue
metadata: {tenant: acme, name: orders}
spec:
  number: "400"
  members: ["202", "203"]
  strategy: roundRobin
  memberRingTime: 20s
  maxCallers: 8
  maxWait: 180s
  overflow: {voicemail: "201"}
  announcements: {position: true, positionEvery: 45s}
"""
MENU = """\
spec:
  number: "500"
  inHours:
    keys:
      "0": {ringGroup: group-300}
      "1": {queue: orders}
      "2#": {extension: "203"}
    timeout: 8s
    onTimeout: {ringGroup: group-300}
    onInvalid: repeat
"""


def test_services_of_calls_are_carried_over(office: Path, hotel: Path) -> None:
    services = (office / "services.yaml").read_text()
    assert SERVICES in services
    assert MENU in services
    assert 'kind: Conference\nmetadata: {tenant: acme, name: brewers}\nspec:\n  number: "600"\n' in services
    assert 'kind: Voicemail\nmetadata: {tenant: acme, name: voicemail}\nspec:\n  number: "*97"\n' in services
    assert '{when: noAnswer, to: {voicemail: "201"}}' in (office / "extensions.yaml").read_text()
    services = (hotel / "services.yaml").read_text()
    assert '"1#": {queue: bookings-default}' in services
    assert '"9": repeat' in services
    assert "inHours: {receptionist: welcome}" in (hotel / "inbound.yaml").read_text()


def test_what_is_left_behind_is_said_with_its_line(office: Path, hotel: Path) -> None:
    listed = (office / "left-behind.txt").read_text()
    assert (
        "extensions.conf:38:1: warning: 700: a program (AGI) decides where it goes; nothing is written for it" in listed
    )
    assert 'queues.conf:12:1: warning: member "DAHDI/7" of queue [orders]; only SIP phones are members' in listed
    assert (
        "people/office.conf:11:1: warning: the password of Extension acme/202 can be guessed; put a long random one there"
        in listed
    )
    listed = (hotel / "left-behind.txt").read_text()
    assert "dialplan/front.xml:53:9: warning: 88XXXX: calls are listened to; nothing is written for it" in listed
    assert 'user "1101" has a1-hash only, a hash of its password; give it a new password' in listed


def test_a_folder_is_read_and_nothing_outside_of_it(tmp_path: Path) -> None:
    source = tmp_path / "etc"
    shutil.copytree(OFFICE, source)
    (tmp_path / "secret.conf").write_text("[299]\ntype = endpoint\nauth = x\n")
    (source / "people" / "link.conf").symlink_to(tmp_path / "secret.conf")
    folder = moved("asterisk", source, tmp_path / "a")
    assert "299" not in (folder / "extensions.yaml").read_text()
    (source / "pjsip.conf").write_text("#include ../secret.conf\n")
    status, out, err = run(
        "import", "asterisk", source, "--tenant", "acme", "-o", tmp_path / "b", "--data", tmp_path / "d"
    )
    assert (status, out) == (1, "")
    assert err.startswith(
        'pjsip.conf:1:1: #include leads out of the folder: "../secret.conf"; copy that file into the folder'
    )
    assert not (tmp_path / "b").exists()
    assert not (tmp_path / "d").exists()


def test_nothing_that_is_there_is_changed(tmp_path: Path, office: Path) -> None:
    words = ("import", "asterisk", OFFICE, "--tenant", "acme", "--data", tmp_path / "data")
    status, _, err = run(*words, "-o", office)
    assert (status, "is not empty" in err) == (1, True)
    secret = tmp_path / "data" / "secrets" / "acme-202"
    secret.parent.mkdir(parents=True)
    secret.write_text("the-one-before\n")
    status, _, err = run(*words, "-o", tmp_path / "pbx")
    assert (status, "there is another password" in err, (tmp_path / "pbx").exists()) == (1, True, False)
    assert run(*words, "-o", tmp_path / "pbx", "--replace-passwords")[0] == 0
    assert secret.read_text() == "otto-s3cret"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--tenant", "Acme Ltd"), "which is not a name of up to 63 small letters"),
        (("--tenant", "acme", "--country", "UK"), "not a country whose numbers are known"),
        (("--tenant", "acme", "--time-zone", "CET+1"), "time zone"),
        (("--tenant", "acme", "--domain", "a b"), "domain"),
    ],
)
def test_options_that_are_wrong_are_told(tmp_path: Path, words: tuple[str, ...], told: str) -> None:
    status, _, err = run("import", "asterisk", OFFICE, *words, "-o", tmp_path / "pbx", "--data", tmp_path / "data")
    assert (status, told in err, (tmp_path / "data").exists()) == (1, True, False), err


def test_what_is_spoken_with_over_tls_only_moves_in_too(tmp_path: Path) -> None:
    source = tmp_path / "etc"
    source.mkdir()
    (source / "pjsip.conf").write_text(
        "[t]\ntype=transport\nprotocol=tls\nbind=0.0.0.0:5061\n[c]\ntype=endpoint\ntransport=t\naors=c\n"
        "[c]\ntype=aor\ncontact=sip:sip.carrier.example\n"
    )
    folder = moved("asterisk", source, tmp_path)
    assert "transport: tcp" in (folder / "trunks.yaml").read_text()
    assert "transport: tcp" in (folder / "system.yaml").read_text()
    assert 'transport [t] is "tls"; write a Listener with its certificate' in (folder / "left-behind.txt").read_text()
