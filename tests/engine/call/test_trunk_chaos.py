"""Calls over trunks with everything going wrong at random: what was taken of trunks and limits is given back, and nothing is left."""

from __future__ import annotations

import random

import pytest

from engine.sip.message import SipRequest, SipResponse
from tests.support.pbx import Phone, cancel_of, sdp
from tests.support.routed import extension, forwarding, inbound, outbound, route, to
from tests.support.trunk_pbx import CARRIER, OURS, SECOND, THIRD, Carrier, TrunkPbx, carrier_trunk

ROUNDS = 60
NUMBER = "00493012345678"


def answer_something(carrier: ChaosCarrier, request: SipRequest, chance: random.Random) -> None:
    """As a carrier would, or would not."""
    if request.method != "INVITE":
        if request.method != "ACK" and chance.random() < 0.9:
            carrier.answer(request, 200)
        return
    if request.to.tag is not None:
        carrier.answer(request, 200, sdp(9000, carrier.host))
        return
    match chance.randrange(9):
        case 0:
            carrier.answer(request, 200, sdp(9000, carrier.host))
        case 1:
            carrier.answer(request, 183, sdp(9000, carrier.host))
        case 2:
            carrier.unavailable(request, chance.choice([None, "3", "x"]))
        case 3 if "Authorization" not in request.headers:
            carrier.challenge(request)
        case 4:
            carrier.answer(request, chance.choice([404, 480, 486, 487, 500, 600, 302]))
        case 5:
            carrier.answer(request, 180)
            carrier.answer(request, chance.choice([200, 486]), b"")
        case 6:
            carrier.answer(request, 100)
        case 7:
            carrier.pbx_transport_error()
        case _:
            """Nothing at all."""


class ChaosCarrier(Carrier):
    def __init__(self, pbx: TrunkPbx, host: str, port: int) -> None:
        super().__init__(pbx, host, port)
        self._pbx = pbx

    def pbx_transport_error(self) -> None:
        self._pbx.failed_to_reach(self)


def someone_ends_something(pbx: TrunkPbx, caller: Phone, carriers: list[Carrier], chance: random.Random) -> None:
    calls = list(pbx.switch.calls)
    if calls and chance.random() < 0.3:
        pbx.hang_up(chance.choice(calls))
    if chance.random() < 0.15:
        carrier = chance.choice(carriers)
        carrier.calls()
    if chance.random() < 0.05:
        pbx.configure(
            carrier_trunk(SECOND, THIRD, name="other", credentials=OURS), carrier_trunk(CARRIER, SECOND, max_channels=3)
        )


@pytest.mark.parametrize("seed", range(12))
def test_nothing_stays_taken(seed: int) -> None:
    chance = random.Random(seed)
    pbx = TrunkPbx(
        carrier_trunk(CARRIER, SECOND, credentials=OURS, max_channels=4),
        carrier_trunk(THIRD, name="other"),
        items=[
            extension("101", max_outside_calls=0, max_outside_calls_per_minute=0),
            extension(
                "102",
                max_outside_calls=0,
                max_outside_calls_per_minute=0,
                forwarding=(forwarding("busy", "external", NUMBER), forwarding("noAnswer", "external", NUMBER)),
            ),
            outbound("out", route("carrier"), route("other")),
            inbound("main", to("extension", "102")),
        ],
    )
    carriers: list[Carrier] = [ChaosCarrier(pbx, *place) for place in (CARRIER, SECOND, THIRD)]
    for carrier in carriers:
        pbx.phones[carrier.port] = carrier
    caller, callee = pbx.registered("101", 5001), pbx.registered("102", 5002)
    for _ in range(ROUNDS):
        first = caller.request(
            "INVITE", f"sip:{chance.choice([NUMBER, '102'])}@acme.example", call_id=f"k{chance.random()}"
        )
        first.body = sdp(5000, caller.host)
        first.headers.replace("Content-Type", "application/sdp")
        caller.inbox.clear()
        caller.send(first)
        challenge = next((m for m in caller.inbox if isinstance(m, SipResponse) and m.status == 401), None)
        if challenge is not None:
            again = caller.authorized(first, challenge)
            caller.send(again)
            if chance.random() < 0.2:
                caller.send(cancel_of(again))
        for phone in (*carriers, callee):
            while phone.inbox:
                message = phone.inbox.pop(0)
                if isinstance(message, SipRequest):
                    if isinstance(phone, ChaosCarrier):
                        answer_something(phone, message, chance)
                    elif message.method != "ACK":
                        phone.answer(message, 200 if message.method != "INVITE" else chance.choice([180, 486, 200]))
        someone_ends_something(pbx, caller, carriers, chance)
        pbx.advance(chance.choice([0.1, 1.0, 6.0]))
    pbx.end_all()
    for phone in (caller, callee, *carriers):
        phone.inbox.clear()
    pbx.advance(200)
    assert pbx.bugs == []
    assert pbx.is_clean()
    assert pbx.is_unused
    assert len(pbx.journal.opened) == len(pbx.journal.closed) > ROUNDS // 2
    assert len({record.call_id for record in pbx.journal.closed}) == len(pbx.journal.closed)
    ways = {(record.direction.value, record.cause.outcome.value) for record in pbx.journal.closed}
    assert len(ways) > 5, "little happened"
    assert any(len(record.targets) > 1 for record in pbx.journal.closed), "no second server was tried"
