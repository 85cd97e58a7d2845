"""Each check with facts that are wrong and with facts that are right: what it says of the first, and that it is content with the second."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace

import pytest

from cli.doctor.checks import CHECKS
from cli.doctor.finding import Level
from cli.doctor.machine import (
    ClockFact,
    ConntrackFact,
    DatabaseFact,
    FolderFact,
    HeldFact,
    HostFact,
    ListenerFact,
    Machine,
    MediaFact,
    NameFact,
    PhoneFact,
    ServerFact,
    TrunkFact,
)

JUDGES = {check.id: check.judge for check in CHECKS}
PUBLIC, PRIVATE = "203.0.113.9", "192.168.1.20"
WORLD = "8.8.4.4"


def listener(**changes: object) -> ListenerFact:
    one = ListenerFact(name="phones", transport="udp", host=PRIVATE, port=5060, advertised=PRIVATE, listens=True)
    return replace(one, **changes)  # type: ignore[arg-type]  # whoever calls uses its field names


def media(**changes: object) -> MediaFact:
    one = MediaFact(host=PRIVATE, advertised=PRIVATE, first_port=20000, last_port=29999, bindable=True)
    return replace(one, **changes)  # type: ignore[arg-type]  # the same


def server(**changes: object) -> ServerFact:
    one = ServerFact(
        pid=4711,
        compiled_media=True,
        storage_ok=True,
        source_problem=None,
        held=(),
        trunks=(TrunkFact(name="acme/carrier", state="registered", reason=""),),
        phones=(phone(),),
        unreadable=0,
        received=100_000,
    )
    return replace(one, **changes)  # type: ignore[arg-type]  # the same


def phone(**changes: object) -> PhoneFact:
    one = PhoneFact(
        tenant="acme",
        number="101",
        contact_host="192.168.7.5",
        contact_port=5060,
        source_host="8.8.8.8",
        source_port=41234,
    )
    return replace(one, **changes)  # type: ignore[arg-type]  # the same


def machine(**changes: object) -> Machine:
    """All well."""
    one = Machine(
        host=PRIVATE,
        named=frozenset({PRIVATE}),
        local=frozenset({PRIVATE}),
        listeners=(listener(host="127.0.0.1", advertised="127.0.0.1"),),
        media=media(),
        server=server(),
        clock=ClockFact(synchronised=True, error_s=0.002),
        resolvers=(("192.0.2.53", 3.0),),
        names=(NameFact(trunk="acme/carrier", name="sip.example", found=("192.0.2.7",)),),
        trunk_is_public=False,
        descriptors=65536,
        receive_buffer=16 * 1024 * 1024,
        send_buffer=16 * 1024 * 1024,
        may_force_buffers=False,
        local_ports=(32768, 60999),
        reserved_ports=(),
        folder=FolderFact(path="/data", exists=True),
        database=DatabaseFact(exists=True),
        conntrack=ConntrackFact(count=10, most=262144, udp_timeout_s=30),
        machine=HostFact(cores=2, steal=0.0, swapped_bytes=0, kernel=(6, 1), kernel_text="6.1.0"),
        native=True,
        compiled=True,
        why_plain="",
    )
    return replace(one, **changes)  # type: ignore[arg-type]  # the same


def of_machine(**changes: object) -> dict[str, object]:
    host = HostFact(cores=2, steal=0.0, swapped_bytes=0, kernel=(6, 1), kernel_text="6.1.0")
    return {"machine": replace(host, **changes)}  # type: ignore[arg-type]  # the same


Case = tuple[str, Mapping[str, object], Level, str]
WELL = machine()
W, P, U, OK = Level.WARNING, Level.PROBLEM, Level.UNKNOWN, Level.OK
# Check, what is otherwise than well, the worst finding, words of it.
CASES: list[Case] = [
    ("server", {"server": None}, U, "no server runs"),
    ("server", {"server": server(storage_ok=False)}, P, "can't store"),
    ("manifests", {"server": None}, U, "no server runs"),
    ("manifests", {"server": server(source_problem="a.yaml: gone")}, P, "a.yaml: gone"),
    ("manifests", {"server": server(held=(HeldFact(unit="acme", reason="Invalid", message="m"),))}, P, "tenant acme is held"),
    ("manifests", {"server": server(held=(HeldFact(unit="", reason="AwaitingApproval", message="m"),))}, W, "the system waits"),
    ("manifests", {"server": server(warnings=("a.yaml:3: the file c.pem is not there",))}, W, "a.yaml:3: the file c.pem"),
    ("trunks", {"server": None}, U, "no server runs"),
    ("trunks", {"server": server(trunks=(TrunkFact(name="a/b", state="refused", reason="403"),))}, P, "a/b, which is refused: 403"),
    ("trunks", {"server": server(trunks=(TrunkFact(name="a/b", state="disabled", reason=""),))}, W, "a/b is switched off"),
    ("trunks", {"server": server(trunks=())}, OK, "there are no trunks"),
    ("address", {"listeners": None}, U, "no configuration"),
    ("address", {"listeners": (listener(),), "local": frozenset()}, P, f"{PRIVATE} is no address of this machine"),
    ("address", {"listeners": (listener(advertised="127.0.0.1"),)}, P, "which is each phone itself"),
    ("address", {}, W, "127.0.0.1 is reached from this machine only"),
    ("address", {"listeners": (listener(),), "trunk_is_public": True}, W, "is a private address"),
    ("address", {"listeners": (listener(advertised=WORLD),), "media": media(advertised=WORLD), "trunk_is_public": True}, OK, WORLD),
    ("address", {"listeners": (listener(),)}, OK, PRIVATE),
    ("ports", {"listeners": None}, U, "no configuration"),
    ("ports", {"listeners": ()}, P, "no listener"),
    ("ports", {"listeners": (listener(listens=False, refusal="taken"),)}, P, "is not listened on: taken"),
    ("ports", {"listeners": (listener(listens=None, refusal="taken", holder="asterisk (process 7)"),)}, P, "asterisk (process 7)"),
    ("ports", {"listeners": (listener(listens=None),)}, OK, "is free"),
    ("media-ports", {"media": None}, U, "no configuration"),
    ("media-ports", {"media": media(bindable=False)}, P, "no port of it can be bound"),
    ("media-ports", {"media": media(last_port=20099)}, W, "room for 25 calls"),
    ("media-ports", {"listeners": (listener(port=20010),)}, P, "holds the port of listener phones, 20010"),
    ("media-ports", {"listeners": (listener(port=20010, transport="tcp"),)}, OK, "room for 2500 calls"),
    ("media-ports", {"media": media(last_port=40000)}, W, "the kernel hands out 32768-40000"),
    ("media-ports", {"media": media(last_port=40000), "reserved_ports": ((32768, 36000),)}, W, "hands out"),
    ("media-ports", {"media": media(last_port=40000), "reserved_ports": ((32000, 36000), (36001, 41000))}, OK, "room for"),
    ("media-ports", {"local_ports": None}, U, "not known"),
    ("encryption", {"listeners": None}, U, "no configuration"),
    ("encryption", {"listeners": (listener(),)}, W, "phones are not encrypted"),
    ("resolvers", {"resolvers": None}, U, "not known"),
    ("resolvers", {"resolvers": ()}, P, "no DNS server is configured"),
    ("resolvers", {"resolvers": (("192.0.2.1", None),)}, P, "no DNS server answers: 192.0.2.1"),
    ("resolvers", {"resolvers": (("192.0.2.1", None),), "names": ()}, W, "no DNS server answers"),
    ("resolvers", {"resolvers": (("192.0.2.1", None), ("192.0.2.2", 1.0))}, W, "192.0.2.1 does not answer"),
    ("resolvers", {"resolvers": (("192.0.2.2", 900.0),)}, W, "takes 900 ms"),
    ("names", {"names": (NameFact(trunk="acme/c", name="x.example", error="no such name"),)}, P, "x.example does not resolve: no such"),
    ("names", {"names": ()}, OK, "no trunk needs"),
    ("clock", {"clock": None}, U, "does not say"),
    ("clock", {"clock": ClockFact(synchronised=False, error_s=0.0)}, W, "not synchronised"),
    ("clock", {"clock": ClockFact(synchronised=True, error_s=2.5)}, W, "2.5 s off"),
    ("descriptors", {"descriptors": None}, U, "not known"),
    ("descriptors", {"descriptors": 128}, P, "room for 24 calls"),
    ("descriptors", {"descriptors": 1024}, W, "room for 192 calls"),
    ("descriptors", {"descriptors": -1}, OK, "any number of files"),
    ("buffers", {"receive_buffer": 212992}, W, "net.core.rmem_max is 212,992"),
    ("buffers", {"send_buffer": 212992}, W, "net.core.wmem_max is 212,992"),
    ("buffers", {"send_buffer": None}, U, "can't be read"),
    ("buffers", {"receive_buffer": 212992, "may_force_buffers": True}, OK, "CAP_NET_ADMIN"),
    ("conntrack", {"conntrack": ConntrackFact(count=96, most=100)}, P, "96 of 100"),
    ("conntrack", {"conntrack": ConntrackFact(count=80, most=100)}, W, "80 of 100"),
    ("conntrack", {"conntrack": ConntrackFact(count=1, most=100, udp_timeout_s=10)}, W, "after 10 s"),
    ("conntrack", {"conntrack": None}, OK, "no table"),
    ("disk", {"folder": FolderFact(path="/data", exists=True, free_bytes=1 << 20)}, P, "1 of"),
    ("disk", {"folder": FolderFact(path="/data", exists=True, free_bytes=1 << 30)}, W, "1,024 of"),
    ("disk", {"folder": FolderFact(path="/data", exists=False)}, U, "no data folder"),
    ("folder", {"folder": FolderFact(path="/data", exists=False)}, W, "no data folder"),
    ("folder", {"folder": FolderFact(path="/data", exists=True, writable=False)}, P, "can't be written"),
    ("folder", {"folder": FolderFact(path="/data", exists=True, mode=0o755)}, W, "mode 755"),
    ("folder", {"folder": FolderFact(path="/data", exists=True, mode=0o755, open_secrets=("secrets/a",))}, P, "secrets/a can be read"),
    ("folder", {"folder": FolderFact(path="/data", exists=True, open_secrets=("secrets/a",))}, OK, "nobody else's"),
    ("filesystem", {"folder": FolderFact(path="/data", exists=False)}, U, "no data folder"),
    ("filesystem", {"folder": FolderFact(path="/data", exists=True, filesystem="nfs4")}, P, "nfs4"),
    ("filesystem", {"folder": FolderFact(path="/data", exists=True, filesystem="tmpfs")}, W, "tmpfs"),
    ("database", {"database": DatabaseFact(exists=True, check="row 3 missing")}, P, "damaged: row 3 missing"),
    ("database", {"database": DatabaseFact(exists=True, check=None)}, U, "given up"),
    ("database", {"database": DatabaseFact(exists=False)}, OK, "no database yet"),
    ("journal", {"database": DatabaseFact(exists=True, journal_bytes=1 << 28, journal_files=16)}, W, "256.0 MiB in 16 files"),
    ("journal", {"server": server(storage_ok=False)}, P, "not stored"),
    ("cpu", {"machine": None}, U, "can't be read"),
    ("cpu", of_machine(steal=0.2), P, "20%"),
    ("cpu", of_machine(steal=0.03), W, "3%"),
    ("cpu", of_machine(cores=1), W, "one core"),
    ("memory", {"machine": None}, U, "can't be read"),
    ("memory", of_machine(swapped_bytes=1 << 30), W, "1,024 MiB are swapped out"),
    ("kernel", {"machine": None}, U, "does not say"),
    ("kernel", of_machine(kernel=(4, 9), kernel_text="4.9.0"), P, "4.9.0 is too old"),
    ("kernel", of_machine(kernel=(5, 4), kernel_text="5.4.0"), W, "5.4.0"),
    ("media", {"server": server(compiled_media=False)}, W, "by Python"),
    ("media", {"server": None, "native": False}, W, "by Python"),
    ("media", {"server": None}, OK, "native"),
    ("compiled", {"compiled": False, "why_plain": "plain Python"}, OK, "plain Python"),
    ("alg", {"server": None}, U, "no server runs"),
    ("alg", {"server": server(phones=(phone(contact_host="8.8.8.8", contact_port=1024),))}, W, "contact 8.8.8.8:1024, from 8.8.8.8:41234"),
    ("alg", {"server": server(phones=(phone(contact_host="8.8.4.4", contact_port=41234),))}, W, "8.8.4.4"),
    ("alg", {"server": server(phones=(phone(contact_host="8.8.8.8", contact_port=41234),))}, OK, "no sign"),
    ("alg", {"server": server(phones=(phone(contact_host="8.8.8.8", transport="tcp"),))}, OK, "no sign"),
    ("alg", {"server": server(phones=(phone(contact_host="phone.example"),))}, OK, "no sign"),
    ("alg", {"server": server(unreadable=5000)}, W, "5,000 messages could not be read"),
    ("alg", {"server": server(unreadable=900)}, OK, "no sign"),
    ("nat", {"server": None}, U, "no server runs"),
    ("nat", {"server": server(phones=tuple([phone(number=str(n)) for n in range(60)]))}, W, "60 phones come from 8.8.8.8"),
    ("nat", {"server": server(phones=tuple([phone(number=str(n)) for n in range(20)]))}, OK, "at most 20 phones"),
]  # fmt: skip

_RANK = [Level.OK, Level.UNKNOWN, Level.WARNING, Level.PROBLEM]


@pytest.mark.parametrize(("check", "changes", "level", "said"), CASES, ids=[f"{c[0]}-{c[3]}" for c in CASES])
def test_a_check_says_what_is_wrong(check: str, changes: Mapping[str, object], level: Level, said: str) -> None:
    found = JUDGES[check](machine(**changes))
    worst = max(found, key=lambda one: _RANK.index(one.level))
    assert worst.level is level, found
    assert said in worst.what
    if level in (Level.WARNING, Level.PROBLEM):
        assert worst.do, "and what to do about it"


@pytest.mark.parametrize("check", [check for check in JUDGES if check != "address"])
def test_a_check_is_content_where_all_is_well(check: str) -> None:
    found = JUDGES[check](WELL)
    assert found
    assert {one.level for one in found} == {Level.OK}


def test_every_check_has_a_fault_that_it_finds() -> None:
    # How the protocol modules run is told, and is no fault.
    faulty = {check for check, _, level, _ in CASES if level in (Level.WARNING, Level.PROBLEM)}
    assert faulty | {"compiled"} == set(JUDGES)


def test_checks_make_do_with_whatever_is_not_known() -> None:
    """All facts that may be unknown at once: no check falls over, and none calls it a problem but what is one."""
    nothing = {one.name: None for one in fields(Machine) if "None" in str(one.type)}
    bare = machine(
        **nothing, names=(), folder=FolderFact(path="/data", exists=False), database=DatabaseFact(exists=False)
    )
    levels = {check.id: {one.level for one in check.judge(bare)} for check in CHECKS}
    assert all(levels.values())
    assert not [check for check, found in levels.items() if Level.PROBLEM in found]


def test_of_many_warnings_some_are_told_and_the_rest_is_counted() -> None:
    found = next(check for check in CHECKS if check.id == "manifests").judge(
        machine(server=server(warnings=("w",) * 7))
    )
    assert [one.what for one in found] == ["w"] * 5 + ["2 more warnings of manifests"]
