"""Phones and carriers of pjsip.conf, pjsip_wizard.conf and sip.conf: which is which, and what belongs to each."""

from __future__ import annotations

from schema.foreign.asterisk.accounts import read_caller, read_uri
from schema.foreign.asterisk.reading import read_asterisk
from schema.foreign.pbx import Carrier, ForeignPbx, Leftovers, Phone

SIP = """\
[general]
context = guests
udpbindaddr = 0.0.0.0:5070
tcpenable = yes
allowguest = no
register => user77:p\\;w@sip.carrier.example:5080/4989123
[phone](!)
type = friend
host = dynamic
context = staff
[101](phone)
secret = one-two-three
callerid = "Ada L." <101>
mailbox = 101@default
[102](phone)
defaultuser = grace
md5secret = 0123456789abcdef0123456789abcdef
[carrier]
type = peer
host = sip.carrier.example
port = 5080
fromdomain = carrier.example
context = from-carrier
permit = 198.51.100.0/255.255.255.0
"""
WIZARD = """\
[phones](!)
type = wizard
accepts_auth = yes
accepts_registrations = yes
endpoint/context = staff
aor/max_contacts = 2
[201](phones)
inbound_auth/username = ada
inbound_auth/password = one-two-three
[line]
type = wizard
sends_auth = yes
sends_registrations = yes
remote_hosts = sip.line.example:5062,sip2.line.example
outbound_auth/username = u5
outbound_auth/password = four-five
endpoint/context = from-line
"""


def read(**files: str) -> tuple[ForeignPbx, list[str]]:
    leftovers = Leftovers()
    named = {f"{name}.conf": text for name, text in files.items()}
    return read_asterisk(named, leftovers), [problem.message for problem in leftovers.report]


def about(phone: Phone) -> tuple[object, ...]:
    return phone.auth_user, phone.password, phone.display_name, phone.max_contacts, phone.context, phone.box


def way(carrier: Carrier) -> tuple[object, ...]:
    return (
        carrier.host,
        carrier.backup_hosts,
        carrier.register_user,
        carrier.auth_user,
        carrier.password,
        carrier.context,
    )


def test_peers_of_sip_conf() -> None:
    pbx, left = read(sip=SIP, extensions="[staff]\n")
    assert {name: about(phone) for name, phone in pbx.phones.items()} == {
        "101": ("101", "one-two-three", "Ada L.", None, "staff", "101"),
        "102": ("grace", None, "", None, "staff", ""),
    }
    [carrier] = pbx.carriers.values()
    assert way(carrier) == ("sip.carrier.example:5080", (), "user77", "user77", "p;w", "from-carrier")
    assert (carrier.contact_user, carrier.domain, carrier.addresses) == (
        "4989123",
        "carrier.example",
        ("198.51.100.0/24",),
    )
    assert [(one.transport, one.port) for one in pbx.listeners] == [("udp", 5070), ("tcp", 5070)]
    assert "[102] has md5secret only, a hash of its password" in left


def test_wizards_make_what_they_stand_for() -> None:
    pbx, _ = read(pjsip="", pjsip_wizard=WIZARD, extensions="[staff]\n")
    assert {name: about(phone) for name, phone in pbx.phones.items()} == {
        "201": ("ada", "one-two-three", "", 2, "staff", "")
    }
    [carrier] = pbx.carriers.values()
    assert way(carrier) == ("sip.line.example:5062", ("sip2.line.example",), "u5", "u5", "four-five", "from-line")


def test_a_registration_finds_its_endpoint_by_name_by_line_by_login_or_by_server() -> None:
    endpoint = "[e]\ntype=endpoint\ncontext=c\naors=e\n[e]\ntype=aor\ncontact=sip:h.example\n"
    for more in (
        "[e]\ntype=registration\n",
        "[r]\ntype=registration\nendpoint=e\nline=yes\n",
        "[r]\ntype=registration\n",
    ):
        pbx, _ = read(pjsip=f"{endpoint}{more}server_uri=sip:h.example\nclient_uri=sip:me@h.example\n")
        assert [(one.name, one.register_user) for one in pbx.carriers.values()] == [("e", "me")]
    pbx, _ = read(pjsip="[r]\ntype=registration\nserver_uri=sip:h.example\nclient_uri=sip:me@h.example\n")
    assert [(one.name, one.register_user) for one in pbx.carriers.values()] == [("r", "me")]


def test_where_both_are_there_only_pjsip_counts_and_that_is_said() -> None:
    pbx, left = read(pjsip="[101]\ntype=endpoint\nauth=101\n", sip=SIP)
    assert list(pbx.phones) == ["101"]
    assert "phone [102] of sip.conf" in left


def test_addresses_and_callers() -> None:
    uri = read_uri("sip:u:secret@[2001:db8::1]:5080;transport=tcp")
    assert uri is not None
    assert (uri.user, uri.server, uri.transport) == ("u", "[2001:db8::1]:5080", "tcp")
    assert read_uri("not a uri at all@@") is None
    assert read_caller('"Ada" <101>') == ("Ada", "101")
    assert read_caller("101") == ("", "101")
    assert read_caller("Ada Lovelace") == ("Ada Lovelace", "")
