"""The registration machine: its table typed again, all pairs, the way to the end; then REGISTERs on the wire, in virtual time."""

from __future__ import annotations

from itertools import groupby, pairwise, product

import pytest

from engine.config.trunk import TrunkRegistrationConfig
from engine.sip.message import SipRequest, SipResponse
from engine.sip.response import response_to
from engine.trunk.registration import ENTRY, TABLE, Input, State, granted
from engine.views import TrunkState, TrunkView
from tests.support.trunk_pbx import CARRIER, DOOR, OURS, SECOND, Carrier, TrunkPbx, carrier_trunk

# state | input | next | does
FIGURE = """
Idle | start | Registering | send REGISTER
Idle | stop | Ended | end
Registering | 2xx | Registered | wait to refresh
Registering | 401, 407 | Registering | send it with credentials
Registering | 423 | Registering | ask for Min-Expires, send REGISTER
Registering | no answer, 408, 480, 5xx | Waiting | next server, back off
Registering | other 3xx-6xx | Refused | back off long
Registering | stop | Leaving | send REGISTER with Expires: 0
Registered | timer fires | Refreshing | send REGISTER
Registered | stop | Leaving | send REGISTER with Expires: 0
Refreshing | 2xx | Registered | wait to refresh
Refreshing | 401, 407 | Refreshing | send it with credentials
Refreshing | 423 | Refreshing | ask for Min-Expires, send REGISTER
Refreshing | no answer, 408, 480, 5xx | Waiting | next server, back off
Refreshing | other 3xx-6xx | Refused | back off long
Refreshing | stop | Leaving | send REGISTER with Expires: 0
Waiting | timer fires | Registering | send REGISTER
Waiting | servers become known | Registering | send REGISTER
Waiting | stop | Ended | end
Refused | timer fires | Registering | send REGISTER
Refused | stop | Ended | end
Leaving | 2xx | Ended | end
Leaving | 401, 407 | Leaving | send it with credentials
Leaving | 423 | Ended | end
Leaving | no answer, 408, 480, 5xx | Ended | end
Leaving | other 3xx-6xx | Ended | end
"""


def test_the_table_is_the_figure() -> None:
    rows = {
        f"{state.value} | {what.value} | {row.state.value} | {', '.join(action.value for action in row.actions)}"
        for (state, what), row in TABLE.items()
    }
    assert rows == set(FIGURE.strip().splitlines())


@pytest.mark.parametrize(("state", "what"), list(product(State, Input)), ids=lambda word: word.value)
def test_every_pair_leads_to_a_state_or_is_none(state: State, what: Input) -> None:
    row = TABLE.get((state, what))
    assert row is None or row.source
    assert state is not State.ENDED or row is None


def test_every_state_reaches_the_end() -> None:
    assert ENTRY.state is State.IDLE
    reach = {State.ENDED}
    while True:
        more = {state for (state, _), row in TABLE.items() if row.state in reach} - reach
        if not more:
            break
        reach |= more
    assert reach == set(State)


# On the wire


def registering(*places: tuple[str, int]) -> TrunkPbx:
    """A PBX whose trunk is about to register; the first REGISTER is sent again after 0.5 s, when there is a carrier to hear it."""
    return TrunkPbx(
        carrier_trunk(*places, credentials=OURS, registration=TrunkRegistrationConfig(user="acct", expires_s=600))
    )


def heard(pbx: TrunkPbx, carrier: Carrier) -> SipRequest:
    """The newest REGISTER; what was sent again is passed over."""
    found = [message for message in carrier.inbox if isinstance(message, SipRequest)]
    assert found, "no REGISTER"
    carrier.inbox.clear()
    assert found[-1].method == "REGISTER"
    return found[-1]


def grant(carrier: Carrier, register: SipRequest, expires: int | None = 600) -> None:
    response = response_to(register, 200, to_tag="c")
    if expires is not None:
        response.headers.add("Contact", f"<{register.contacts[0].uri_text}>;expires={expires}")
    carrier.send(response)


def view(pbx: TrunkPbx) -> TrunkView:
    return pbx.switch.trunks.views(pbx.stack.utc, pbx.now)[0]


def registered(expires: int = 600) -> tuple[TrunkPbx, Carrier]:
    pbx = registering()
    carrier = pbx.carrier()
    pbx.advance(0.6)
    grant(carrier, heard(pbx, carrier), expires)
    assert view(pbx).state is TrunkState.REGISTERED
    return pbx, carrier


def test_what_a_registrar_sees() -> None:
    pbx = registering()
    carrier = pbx.carrier()
    pbx.advance(0.6)
    register = heard(pbx, carrier)
    assert register.uri_text == "sip:carrier.example"
    assert register.to.uri_text == register.from_.uri_text == "sip:acct@carrier.example"
    assert register.expires == 600
    contact = register.contacts[0].uri
    assert (contact.host, contact.port) == ("192.0.2.1", 5060)
    assert contact.user is not None
    assert len(contact.user) >= 24
    carrier.challenge(register)
    again = heard(pbx, carrier)
    assert (again.call_id, again.cseq.number) == (register.call_id, register.cseq.number + 1)
    assert 'username="acct"' in (again.headers.first("Authorization") or "")
    assert view(pbx).state is TrunkState.TRYING
    grant(carrier, again)
    assert view(pbx).state is TrunkState.REGISTERED


@pytest.mark.parametrize("expires", [600, 60, 3600, 20])
def test_refreshed_after_three_quarters_of_what_is_granted(expires: int) -> None:
    pbx, carrier = registered(expires)
    pbx.advance(expires * 0.75 - 0.2)
    assert carrier.got() == []
    pbx.advance(0.4)
    register = heard(pbx, carrier)
    grant(carrier, register, expires)
    assert view(pbx).state is TrunkState.REGISTERED
    assert view(pbx).registered_until == pbx.stack.utc(pbx.now + expires)


def test_a_longer_time_that_the_carrier_asks_for() -> None:
    pbx = registering()
    carrier = pbx.carrier()
    pbx.advance(0.6)
    refusal = response_to(heard(pbx, carrier), 423, to_tag="c")
    refusal.headers.add("Min-Expires", "1800")
    carrier.send(refusal)
    assert heard(pbx, carrier).expires == 1800


@pytest.mark.parametrize("value", ["0", "600", "x", "99999999999", ""])
def test_a_423_that_asks_for_nothing_sensible_is_a_refusal(value: str) -> None:
    pbx = registering()
    carrier = pbx.carrier()
    pbx.advance(0.6)
    refusal = response_to(heard(pbx, carrier), 423, to_tag="c")
    refusal.headers.add("Min-Expires", value)
    carrier.send(refusal)
    assert carrier.got() == []
    assert view(pbx).state is TrunkState.REFUSED


@pytest.mark.parametrize("status", [403, 404, 302, 604])
def test_a_refusal_is_not_repeated_soon(status: int) -> None:
    pbx = registering()
    carrier = pbx.carrier()
    pbx.advance(0.6)
    carrier.send(response_to(heard(pbx, carrier), status, to_tag="c"))
    assert view(pbx).state is TrunkState.REFUSED
    assert view(pbx).reason.startswith(str(status))
    assert not pbx.switch.facts.trunk_up("acme/carrier")
    pbx.advance(450)
    assert carrier.got() == []
    pbx.advance(300)
    assert heard(pbx, carrier).method == "REGISTER"


def test_wrong_credentials_are_tried_once() -> None:
    pbx = registering()
    carrier = pbx.carrier()
    pbx.advance(0.6)
    carrier.challenge(heard(pbx, carrier))
    carrier.challenge(heard(pbx, carrier))
    assert carrier.got() == []
    assert view(pbx).state is TrunkState.REFUSED
    assert "credentials" in view(pbx).reason


def test_a_nonce_that_is_stale_is_no_wrong_password() -> None:
    pbx, carrier = registered()
    pbx.advance(451)
    carrier.challenge(heard(pbx, carrier))
    carrier.challenge(heard(pbx, carrier), extra=", stale=true")
    grant(carrier, heard(pbx, carrier))
    assert view(pbx).state is TrunkState.REGISTERED


def test_a_carrier_that_always_challenges_is_given_up() -> None:
    pbx = registering()
    carrier = pbx.carrier()
    pbx.advance(0.6)
    for _ in range(8):
        if not carrier.inbox:
            break
        carrier.challenge(heard(pbx, carrier), extra=", stale=true")
    assert carrier.got() == []
    assert view(pbx).state is TrunkState.REFUSED


def test_the_next_server_at_once_and_then_pauses_that_double() -> None:
    pbx = registering(CARRIER, SECOND)
    first, second = pbx.carrier(CARRIER), pbx.carrier(SECOND)
    began: list[float] = []
    for _ in range(5):
        while not first.inbox:
            pbx.advance(0.5)
            assert pbx.now < 2_000
        began.append(pbx.now)
        heard(pbx, first)
        pbx.advance(8.1)
        first.inbox.clear()
        assert second.inbox, "the second was not tried"
        pbx.advance(8.1)
        second.inbox.clear()
        first.inbox.clear()
    assert view(pbx).state is TrunkState.UNREACHABLE
    pauses = [after - before - 16 for before, after in pairwise(began)]
    for pause, wanted in zip(pauses, (5, 10, 20, 40), strict=True):
        assert wanted * 0.8 - 1 <= pause <= wanted * 1.2 + 1.5  # +- 20 %, and what this test itself is late


def test_what_failed_stays_failed_while_it_is_tried_again() -> None:
    pbx = registering()
    carrier = pbx.carrier()
    states: list[TrunkState] = []
    ups: list[bool] = []
    for _ in range(100):
        pbx.advance(0.5)
        states.append(view(pbx).state)
        ups.append(bool(pbx.switch.facts.trunk_up("acme/carrier")))
    assert carrier.got().count("REGISTER") > 3, "tried again several times"
    assert [state for state, _ in groupby(states)] == [TrunkState.TRYING, TrunkState.UNREACHABLE]
    assert [is_up for is_up, _ in groupby(ups)] == [True, False]
    carrier.inbox.clear()
    while not carrier.inbox:
        pbx.advance(0.5)
        assert pbx.now < 200
    grant(carrier, heard(pbx, carrier))
    assert view(pbx).state is TrunkState.REGISTERED


def test_what_was_refused_stays_refused_while_it_is_tried_again() -> None:
    pbx = registering()
    carrier = pbx.carrier()
    pbx.advance(0.6)
    carrier.send(response_to(heard(pbx, carrier), 403, to_tag="c"))
    while not carrier.inbox:
        pbx.advance(1)
        assert pbx.now < 1_000
    assert view(pbx).state is TrunkState.REFUSED
    grant(carrier, heard(pbx, carrier))
    assert view(pbx).state is TrunkState.REGISTERED


def test_503_is_heeded() -> None:
    pbx = registering()
    carrier = pbx.carrier()
    pbx.advance(0.6)
    carrier.unavailable(heard(pbx, carrier), "120")
    pbx.advance(115)
    assert carrier.got() == []
    pbx.advance(10)
    assert heard(pbx, carrier).method == "REGISTER"


def test_the_binding_lives_on_while_its_refresh_fails() -> None:
    pbx, carrier = registered(600)
    pbx.advance(451)
    carrier.send(response_to(heard(pbx, carrier), 500, to_tag="c"))
    assert view(pbx).state is TrunkState.REGISTERED
    assert pbx.switch.facts.trunk_up("acme/carrier")
    for _ in range(60):
        pbx.advance(3)
        for message in list(carrier.inbox):
            if isinstance(message, SipRequest):
                carrier.send(response_to(message, 500, to_tag="c"))
        carrier.inbox.clear()
    assert view(pbx).state is TrunkState.UNREACHABLE
    assert not pbx.switch.facts.trunk_up("acme/carrier")


def test_registered_for_no_time_is_not_registered() -> None:
    pbx = registering()
    carrier = pbx.carrier()
    pbx.advance(0.6)
    grant(carrier, heard(pbx, carrier), 0)
    assert view(pbx).state is TrunkState.UNREACHABLE


def test_a_trunk_that_is_removed_is_unregistered_with_credentials() -> None:
    pbx, carrier = registered()
    pbx.configure(carrier_trunk(SECOND, name="other"))
    removal = heard(pbx, carrier)
    assert removal.expires == 0
    assert removal.contacts[0].param("expires") == "0"
    assert not pbx.switch.trunks.is_idle
    carrier.challenge(removal)
    grant(carrier, heard(pbx, carrier), 0)
    assert pbx.switch.trunks.is_idle


def test_only_what_servers_know_registers_anew() -> None:
    pbx, carrier = registered()
    same = carrier_trunk(
        credentials=OURS,
        registration=TrunkRegistrationConfig(user="acct", expires_s=600),
        max_channels=9,
        number_format="national",
    )
    pbx.configure(same)
    assert carrier.got() == []
    assert view(pbx).max_channels == 9
    assert view(pbx).state is TrunkState.REGISTERED
    pbx.configure(carrier_trunk(credentials=OURS, registration=TrunkRegistrationConfig(user="other")))
    assert [message.method for message in carrier.inbox if isinstance(message, SipRequest)] == ["REGISTER", "REGISTER"]
    assert [message.expires for message in carrier.inbox] == [0, 600]


def test_a_new_password_refreshes_the_binding_and_does_not_take_it_down_first() -> None:
    pbx, carrier = registered()
    until = view(pbx).registered_until
    assert until is not None
    pbx.secrets = type(pbx.secrets)("2", {**pbx.secrets.values, OURS.password: "another"})
    pbx.configure()
    first = heard(pbx, carrier)
    assert first.expires == 600
    assert view(pbx).registered_until == until
    carrier.challenge(first)
    signed = heard(pbx, carrier)
    assert signed.headers.first("Authorization") != first.headers.first("Authorization")
    assert [str(contact.uri) for contact in signed.contacts] == [str(contact.uri) for contact in first.contacts]
    grant(carrier, signed)
    assert view(pbx).state is TrunkState.REGISTERED
    pbx.configure()
    assert carrier.got() == []


def test_a_new_password_of_a_trunk_that_was_refused_is_tried_at_once() -> None:
    pbx = registering()
    carrier = pbx.carrier()
    pbx.advance(0.6)
    for _ in range(2):
        carrier.challenge(heard(pbx, carrier))
    assert view(pbx).state is TrunkState.REFUSED
    pbx.secrets = type(pbx.secrets)("2", {**pbx.secrets.values, OURS.password: "another"})
    pbx.configure()
    pbx.advance(0.6)
    assert heard(pbx, carrier).expires == 600


def test_a_listener_that_moves_is_told_to_the_carrier() -> None:
    pbx, carrier = registered()
    pbx.doors = [DOOR._replace(advertised=("192.0.2.1", 5090))]
    pbx.configure()
    register = heard(pbx, carrier)
    assert register.contacts[0].uri.port == 5090
    grant(carrier, register)
    pbx.configure()
    assert carrier.got() == []


def test_a_carrier_that_always_wants_a_second_more_is_given_up() -> None:
    pbx = registering()
    carrier = pbx.carrier()
    pbx.advance(0.6)
    asked: list[int | None] = []
    while any(isinstance(message, SipRequest) for message in carrier.inbox) and len(asked) < 100:
        register = heard(pbx, carrier)
        asked.append(register.expires)
        response = response_to(register, 423, to_tag="c")
        response.headers.add("Min-Expires", str((register.expires or 0) + 1))
        carrier.send(response)
    assert asked == [600, 601, 602, 603]
    assert view(pbx).state is TrunkState.REFUSED
    while not carrier.inbox and pbx.now < 1_000:
        pbx.advance(1)
    response = response_to(heard(pbx, carrier), 423, to_tag="c")
    response.headers.add("Min-Expires", "3600")
    carrier.send(response)
    assert heard(pbx, carrier).expires == 3600


@pytest.mark.parametrize(("name", "value"), [("Contact", "<<<"), ("Contact", "<sip:[::>"), ("Expires", "-1")])
def test_a_200_that_can_not_be_read_is_one_all_the_same_and_is_refreshed(name: str, value: str) -> None:
    """Carriers list the contacts of others, too; a registration that ends at one of them brings no more calls."""
    pbx = registering()
    carrier = pbx.carrier()
    pbx.advance(0.6)
    response = response_to(heard(pbx, carrier), 200, to_tag="c")
    response.headers.add(name, value)
    carrier.send(response)
    assert view(pbx).state is TrunkState.REGISTERED
    pbx.advance(600 * 0.75 + 1)
    assert heard(pbx, carrier).expires == 600


GRANTS = [
    ("<sip:me@h>;expires=60", None, 60),
    ("<sip:me@other:1>;expires=60", None, 60),
    ("<sip:you@h>;expires=5, <sip:me@h>;expires=70", "9", 70),
    ("<sip:me@h>", "90", 90),
    ("<sip:me@h>;expires=soon", "90", 90),
    (None, "90", 90),
    (None, None, 600),
    ("*", None, 600),
    ("garbage, <sip:me@h>;expires=70", "9", 70),
    ("<sip:[::>, <sip:me@h>;expires=70", "9", 70),
    ('"open <sip:me@h>', "9", 9),
    ("<<<", None, 600),
    (None, "-1", 600),
    (None, "soon", 600),
]


@pytest.mark.parametrize(("contact", "expires", "wanted"), GRANTS)
def test_what_a_200_grants(contact: str | None, expires: str | None, wanted: int) -> None:
    response = SipResponse(200)
    if contact is not None:
        response.headers.add("Contact", contact)
    if expires is not None:
        response.headers.add("Expires", expires)
    assert granted(response, "me", 600) == wanted
