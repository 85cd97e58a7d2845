"""Calls over trunks with real parts: phones, carriers on sockets, DNS, a proxy in front."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from engine.sip.digest import Algorithm
from tests.e2e.office import ADA, GRACE, Office
from tests.e2e.test_limits import change_tenant, reason
from tests.support.carrier_server import CarrierServer
from tests.support.dns_zone import Zone
from tests.support.hearing import assert_hears
from tests.support.phone import Account, Phone, Stack
from tests.support.ports import LOOPBACK, free_udp_port
from tests.support.trunkline_process import Json, Site, outcome, write_atomically

NUMBER = "00493012345678"
DID = "+442079460100"
TALK_S = 2.0


def connect_outside(site: Site, *trunks: str, routes: str = "{trunk: carrier}", spec: str = "") -> None:
    """Manifests of the outside: trunks as they are given, one outbound rule, one DID that rings Grace."""
    write_atomically(
        site.manifests / "outside.yaml",
        "---\n".join(
            [
                *trunks,
                f"""\
apiVersion: trunkline/v1
kind: OutboundRule
metadata: {{tenant: office, name: out}}
spec: {{routes: [{routes}]}}
""",
                f"""\
apiVersion: trunkline/v1
kind: InboundRule
metadata: {{tenant: office, name: main}}
spec: {{match: {{did: "{DID}"}}, inHours: {{extension: "{GRACE}"}}}}
""",
            ]
        ),
    )
    site.add_extension(ADA, mayCallOutside="true", outboundCallerId='"+442079460101"')


def trunk(host: str, name: str = "carrier", **spec: str) -> str:
    lines = "".join(f"  {field}: {value}\n" for field, value in spec.items())
    return f"""\
apiVersion: trunkline/v1
kind: Trunk
metadata: {{tenant: office, name: {name}}}
spec:
  host: "{host}"
{lines}"""


def registering(site: Site) -> dict[str, str]:
    secret = site.data / "secrets" / "carrier"
    secret.write_text("hush-hush-1234", encoding="ascii")
    secret.chmod(0o600)
    return {"registration": "{user: acct}", "credentials": "{user: acct, password: {file: secrets/carrier}}"}


def wait_for_state(site: Site, name: str, state: str, timeout: float = 15.0) -> dict[str, object]:
    found = site.wait_for(
        "trunks",
        lambda items: any(item["name"] == name and item["state"] == state for item in items),
        f"trunk {name} {state}",
        timeout,
    )
    return next(item for item in found if item["name"] == name)


def wait_until_known_well(site: Site, kind: str, name: str, timeout: float = 15.0) -> None:
    """Until the reconciler has seen that it works: only what was well before a change is a reason to go back."""
    deadline = time.monotonic() + timeout
    while True:
        told = json.loads(site.run("describe", kind, name, "--data", str(site.data), "--output", "json").stdout)
        if any(condition["type"] == "Ready" and condition["is_true"] for condition in told["conditions"]):
            return
        assert time.monotonic() < deadline, f"{kind} {name} is not known to work: {told['conditions']}"
        time.sleep(0.2)


@pytest.fixture
def carrier() -> Iterator[CarrierServer]:
    with CarrierServer("127.0.0.21") as found:
        yield found


@pytest.fixture
def second() -> Iterator[CarrierServer]:
    with CarrierServer("127.0.0.22") as found:
        yield found


def tones(office: Office, one: Phone, other: Phone, one_hz: int, other_hz: int) -> None:
    """Both hear each other's tone, and not their own."""
    at_one = one.record(office.folder / f"{one.name}-{one_hz}-{time.monotonic_ns()}.wav")
    at_other = other.record(office.folder / f"{other.name}-{other_hz}-{time.monotonic_ns()}.wav")
    time.sleep(TALK_S)
    one.stop_recording()
    other.stop_recording()
    assert_hears(at_one, other_hz, at_least_s=TALK_S - 0.5, not_hz=one_hz)
    assert_hears(at_other, one_hz, at_least_s=TALK_S - 0.5, not_hz=other_hz)


def test_a_country_that_is_not_allowed_is_not_called_until_it_is(office: Office, carrier: CarrierServer) -> None:
    site = office.site
    ada = office.phone(Stack.PJSIP, ADA)
    connect_outside(site, trunk(carrier.place, optionsInterval="0s"))
    wait_for_state(site, "carrier", "trying")
    change_tenant(office, ", dialling: {country: GB}, countries: {deny: [DE]}")
    ada.call(site.uri(NUMBER))
    assert ada.wait_for_call("disconnected").status == 403
    [refused] = site.wait_for_cdrs(1)
    assert (outcome(refused), reason(refused), refused["direction"]) == (
        "REFUSED",
        "calls to that country are not allowed",
        "outbound",
    )
    assert carrier.count("INVITE") == 0
    change_tenant(office, ", dialling: {country: GB}, countries: {allow: [GB, DE]}")
    ada.call(site.uri(NUMBER))
    assert carrier.wait_for("INVITE").uri.user == "+493012345678"
    ada.wait_for_call("disconnected")


def test_a_group_lets_its_members_call_outside_until_it_does_not(office: Office, carrier: CarrierServer) -> None:
    site = office.site
    connect_outside(site, trunk(carrier.place, optionsInterval="0s"))
    site.add_extension(ADA, groups="[staff]")
    group = "apiVersion: trunkline/v1\nkind: ExtensionGroup\nmetadata: {tenant: office, name: staff}\nspec: {mayCallOutside: %s}\n"
    write_atomically(site.manifests / "staff.yaml", group % "true")
    wait_for_state(site, "carrier", "trying")
    ada = office.phone(Stack.PJSIP, ADA)
    ada.call(site.uri(NUMBER))
    carrier.wait_for("INVITE")
    ada.wait_for_call("disconnected")
    asked = carrier.count("INVITE")
    write_atomically(site.manifests / "staff.yaml", group % "false")
    site.run("reconcile", "--data", str(site.data))
    ada.call(site.uri(NUMBER))
    assert ada.wait_for_call("disconnected").status == 403
    assert carrier.count("INVITE") == asked


def test_a_phone_calls_outside_and_is_called_and_both_hear_each_other(
    office: Office, tone_file: Callable[[int], Path]
) -> None:
    """The trunk has the address of the phones: those are known by their credentials, it by its want of any."""
    site = office.site
    outside = office.new_phone(Stack.PJSIP, "outside")
    outside.use(Account(user="+4930123456", domain=f"{LOOPBACK}:{outside.port}"))
    connect_outside(site, trunk(f"{LOOPBACK}:{outside.port}", domain="carrier.example", optionsInterval="0s"))
    wait_for_state(site, "carrier", "trying")
    ada, grace = office.phone(Stack.PJSIP, ADA), office.phone(Stack.BARESIP, GRACE)
    ada.play(tone_file(700))
    grace.play(tone_file(700))
    outside.play(tone_file(1100))

    ada.call(site.uri(NUMBER))
    outside.wait_for_incoming()
    outside.answer()
    ada.wait_for_call("confirmed")
    outside.wait_for_call("confirmed")
    tones(office, ada, outside, 700, 1100)
    assert wait_for_state(site, "carrier", "up")["channels"] == 1
    ada.hang_up()
    outside.wait_for_call("disconnected")

    outside.call(f"sip:{DID}@{site.server}")
    grace.wait_for_incoming()
    grace.answer()
    outside.wait_for_call("confirmed")
    grace.wait_for_call("confirmed")
    tones(office, grace, outside, 700, 1100)
    outside.hang_up()
    grace.wait_for_call("disconnected")

    records = site.wait_for_cdrs(2)
    assert [(record["direction"], record["trunk"]) for record in records] == [
        ("inbound", "carrier"),
        ("outbound", "carrier"),
    ]
    assert outcome(records[0]) == outcome(records[1]) == "ANSWERED"
    assert wait_for_state(site, "carrier", "up")["channels"] == 0


@pytest.mark.parametrize("algorithm", list(Algorithm), ids=lambda algorithm: algorithm.value)
def test_registers_is_called_at_its_contact_and_answers_challenges(
    office: Office, carrier: CarrierServer, second: CarrierServer, algorithm: Algorithm
) -> None:
    site = office.site
    carrier.password, carrier.algorithm = "hush-hush-1234", algorithm
    connect_outside(site, trunk(carrier.place, domain="carrier.example", **registering(site)))
    shown = wait_for_state(site, "carrier", "registered")
    assert shown["registered_until"] is not None
    assert carrier.contact is not None
    assert carrier.contact.startswith("sip:t")

    carrier.answer = 200
    ada = office.phone(Stack.PJSIP, ADA)
    ada.call(site.uri(NUMBER))
    ada.wait_for_call("confirmed")
    assert carrier.count("INVITE") == 2
    ada.hang_up()
    carrier.wait_for("BYE")

    # Another one in its place: the last way to call for help is not taken away without being asked.
    connect_outside(site, trunk(second.place, "other", domain="other.example"), routes="{trunk: other}")
    deadline = time.monotonic() + 20
    while carrier.contact is not None:
        assert time.monotonic() < deadline, "not unregistered"
        time.sleep(0.1)


def test_wrong_credentials_are_told_and_not_repeated(office: Office, carrier: CarrierServer) -> None:
    carrier.password = "another"
    connect_outside(office.site, trunk(carrier.place, **registering(office.site)))
    shown = wait_for_state(office.site, "carrier", "refused")
    assert "credentials" in str(shown["reason"])
    count = carrier.count("REGISTER")
    time.sleep(2)
    assert carrier.count("REGISTER") == count == 2


def test_a_stop_unregisters(office: Office, carrier: CarrierServer) -> None:
    carrier.password = "hush-hush-1234"
    connect_outside(office.site, trunk(carrier.place, **registering(office.site)))
    wait_for_state(office.site, "carrier", "registered")
    contact = carrier.contact
    assert office.server.stop() == 0
    assert carrier.contact is None
    office.restart()
    wait_for_state(office.site, "carrier", "registered")
    assert carrier.contact == contact


def test_an_apply_leaves_an_unchanged_trunk_alone(office: Office, carrier: CarrierServer) -> None:
    carrier.password = "hush-hush-1234"
    fields = registering(office.site)
    connect_outside(office.site, trunk(carrier.place, **fields))
    wait_for_state(office.site, "carrier", "registered")
    count = carrier.count("REGISTER")
    office.site.add_extension("104")
    office.wait_until_registrable("104")
    connect_outside(office.site, trunk(carrier.place, maxChannels="7", **fields))
    office.site.wait_for("trunks", lambda items: items[0]["max_channels"] == 7, "seven channels")
    assert carrier.count("REGISTER") == count


@pytest.mark.parametrize("status", [0, 503], ids=["silent", "503"])
def test_srv_fails_over_to_the_next_server(
    office: Office, carrier: CarrierServer, second: CarrierServer, status: int
) -> None:
    """Both servers stand in SRV records of one name, by priority; the first takes no calls."""
    records = f"""
_sip._udp.carrier.example. 30 IN SRV 10 0 {carrier.port} one.carrier.example.
_sip._udp.carrier.example. 30 IN SRV 20 0 {second.port} two.carrier.example.
one.carrier.example. 30 IN A {carrier.host}
two.carrier.example. 30 IN A {second.host}
"""
    with Zone(records) as zone:
        use_dns(office.site, zone)
        connect_outside(office.site, trunk("carrier.example", optionsInterval="0s"))
        office.site.wait_for(
            "trunks", lambda items: servers(items) == [carrier.place, second.place], "two servers by priority"
        )
        carrier.answer, second.answer = status, 486
        ada = office.phone(Stack.PJSIP, ADA)
        ada.call(office.site.uri(NUMBER))
        assert ada.wait_for_call("disconnected", timeout=15).status == 486
        assert [target["contact"] for target in targets(office.site)] == [
            f"sip:{carrier.place}",
            f"sip:{second.place}",
        ]
        # The dead one is remembered: the next call goes to the second at once.
        tried = carrier.count("INVITE")
        began = time.monotonic()
        ada.call(office.site.uri(NUMBER))
        ada.wait_for_call("disconnected")
        assert time.monotonic() - began < 2
        if status:
            assert carrier.count("INVITE") == tried


def test_dns_that_dies_takes_nothing_away(office: Office, carrier: CarrierServer) -> None:
    records = f"""
_sip._udp.carrier.example. 1 IN SRV 10 0 {carrier.port} one.carrier.example.
one.carrier.example. 1 IN A {carrier.host}
"""
    with Zone(records) as zone:
        use_dns(office.site, zone)
        connect_outside(office.site, trunk("carrier.example"))
        wait_for_state(office.site, "carrier", "up")
        zone.silent = True
        asked = len(zone.asked)
        deadline = time.monotonic() + 25
        while len(zone.asked) == asked and time.monotonic() < deadline:
            time.sleep(0.2)
        assert len(zone.asked) > asked, "never asked again"
        time.sleep(1)
        assert wait_for_state(office.site, "carrier", "up")["servers"]
        ada = office.phone(Stack.PJSIP, ADA)
        ada.call(office.site.uri(NUMBER))
        assert ada.wait_for_call("disconnected").status == 486


def test_the_next_route_of_the_rule_when_a_whole_trunk_is_silent(
    office: Office, carrier: CarrierServer, second: CarrierServer
) -> None:
    carrier.answer = 0
    connect_outside(
        office.site,
        trunk(carrier.place, optionsInterval="0s"),
        trunk(second.place, "other", optionsInterval="0s"),
        routes="{trunk: carrier}, {trunk: other}",
    )
    wait_for_state(office.site, "other", "trying")
    ada = office.phone(Stack.PJSIP, ADA)
    ada.call(office.site.uri(NUMBER))
    assert ada.wait_for_call("disconnected", timeout=15).status == 486
    assert [target["trunk"] for target in targets(office.site)] == ["carrier", "other"]


ANSWERS = [(404, 404, "WRONG_NUMBER"), (486, 486, "BUSY"), (503, 502, "FAILED"), (603, 603, "DECLINED")]


@pytest.mark.parametrize(("status", "shown", "word"), ANSWERS, ids=[str(row[0]) for row in ANSWERS])
def test_what_a_carrier_says_reaches_the_phone(
    office: Office, carrier: CarrierServer, status: int, shown: int, word: str
) -> None:
    carrier.answer = status
    connect_outside(office.site, trunk(carrier.place, optionsInterval="0s"))
    wait_for_state(office.site, "carrier", "trying")
    ada = office.phone(Stack.PJSIP, ADA)
    ada.call(office.site.uri(NUMBER))
    assert ada.wait_for_call("disconnected").status == shown
    assert outcome(office.site.wait_for_cdrs(1)[0]) == word


def test_a_server_that_dies_is_seen_and_one_that_comes_back_too(office: Office, carrier: CarrierServer) -> None:
    connect_outside(office.site, trunk(carrier.place, optionsInterval="1s"))
    wait_for_state(office.site, "carrier", "up")
    carrier.silent = True
    shown = wait_for_state(office.site, "carrier", "unreachable", timeout=25)
    assert "OPTIONS" in str(shown["reason"])
    ada = office.phone(Stack.PJSIP, ADA)
    ada.call(office.site.uri(NUMBER))
    assert ada.wait_for_call("disconnected").status == 503
    carrier.silent = False
    wait_for_state(office.site, "carrier", "up")


def test_a_password_that_the_carrier_refuses_is_taken_back(office: Office, carrier: CarrierServer) -> None:
    """A trunk that was registered and is refused after a change: the revision before returns."""
    carrier.password = "hush-hush-1234"
    fields = registering(office.site)
    connect_outside(office.site, trunk(carrier.place, **fields))
    wait_for_state(office.site, "carrier", "registered")
    wait_until_known_well(office.site, "Trunk", "office/carrier")
    bad = office.site.data / "secrets" / "wrong"
    bad.write_text("wrong-wrong-9876", encoding="ascii")
    bad.chmod(0o600)
    worse = {**fields, "credentials": "{user: acct, password: {file: secrets/wrong}}"}
    connect_outside(office.site, trunk(carrier.place, **worse))
    office.site.wait_for_status(lambda text: "FellBack" in text, "that it fell back", timeout=20)
    wait_for_state(office.site, "carrier", "registered")


def test_kamailio_as_outbound_proxy(office: Office, carrier: CarrierServer, kamailio: Kamailio) -> None:
    """What is sent goes to the proxy, which finds the carrier by the Request-URI, and so does the BYE, by Record-Route."""
    carrier.answer = 200
    connect_outside(
        office.site,
        trunk(carrier.place, outboundProxy=f'"{kamailio.place}"', domain=carrier.host, optionsInterval="1s"),
    )
    wait_for_state(office.site, "carrier", "up")
    ada = office.phone(Stack.PJSIP, ADA)
    ada.call(office.site.uri(NUMBER))
    ada.wait_for_call("confirmed")
    invite = carrier.wait_for("INVITE")
    assert invite.headers.first("Record-Route") is not None
    assert len(invite.headers.all("Via")) == 2
    ada.hang_up()
    bye = carrier.wait_for("BYE")
    assert len(bye.headers.all("Via")) == 2
    assert outcome(office.site.wait_for_cdrs(1)[0]) == "ANSWERED"


def servers(items: list[Json]) -> list[object]:
    """The addresses of the first trunk's servers."""
    found = items[0]["servers"] if items else []
    assert isinstance(found, list)
    return [server["address"] for server in found]


def targets(site: Site) -> list[dict[str, object]]:
    """Of the one record there is."""
    [record] = site.wait_for_cdrs(1)
    with httpx.Client(transport=httpx.HTTPTransport(uds=str(site.data / "control.sock"))) as client:
        found: list[dict[str, object]] = client.get(f"http://trunkline/v1/cdrs/{record['call_id']}").json()["targets"]
    return found


def use_dns(site: Site, zone: Zone) -> None:
    path = site.manifests / "system.yaml"
    text = path.read_text(encoding="utf-8")
    write_atomically(path, text.replace("spec:\n  media:", f'spec:\n  dns: {{servers: ["{zone.place}"]}}\n  media:', 1))


class Kamailio:
    """Debian's Kamailio with a routing block of a few lines, on loopback."""

    def __init__(self, program: str, folder: Path) -> None:
        self.place = f"127.0.0.31:{free_udp_port()}"
        self._log = (folder / "kamailio.log").open("wb")
        config = folder / "kamailio.cfg"
        config.write_text(CONFIG.format(place=self.place), encoding="utf-8")
        self._process = subprocess.Popen(
            [
                program,
                "-f",
                str(config),
                "-DD",
                "-E",
                "-m",
                "32",
                "-M",
                "8",
                "-Y",
                str(folder),
                "-P",
                str(folder / "pid"),
            ],
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
        )

    def close(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(5)
        self._log.close()


CONFIG = """
children=1
tcp_children=1
disable_tcp=yes
log_stderror=yes
listen=udp:{place}
mpath="/usr/lib/x86_64-linux-gnu/kamailio/modules/"
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "maxfwd.so"
loadmodule "siputils.so"
loadmodule "textops.so"
request_route {{
    if (is_method("OPTIONS") && uri==myself) {{ sl_send_reply("200", "Here"); exit; }}
    if (has_totag()) {{
        loose_route();
        t_relay();
        exit;
    }}
    if (is_method("CANCEL")) {{ t_relay(); exit; }}
    loose_route();
    record_route();
    t_relay();
}}
"""


@pytest.fixture
def kamailio(artefacts: Path) -> Iterator[Kamailio]:
    program = shutil.which("kamailio") or shutil.which("kamailio", path="/usr/sbin")
    if program is None:
        pytest.skip("no Kamailio: on Debian, apt-get install kamailio")
    found = Kamailio(program, artefacts)
    yield found
    found.close()
