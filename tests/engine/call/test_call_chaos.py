"""Two or three phones that do anything at any time, over a wire that loses and doubles: every call ends, once, and
leaves nothing.

What is claimed of each run: no exception, no bug reported, one record for each call admitted, and after the longest
timers no call, no dialog, no transaction and no port is left."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.config.ring_group import ROUND_ROBIN, SIMULTANEOUS
from engine.sip.message import SipRequest, SipResponse
from tests.support.grouped import forward, group, office, to_extension, to_group
from tests.support.pbx import Pbx, Phone, sdp

VIDEO = b"m=video 7000 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
BODIES = [
    b"",
    sdp(6000),
    sdp(6000, direction="sendonly"),
    sdp(6000, host="0.0.0.0"),
    b"garbage",
    sdp(0),
    sdp(6000) + VIDEO,
]
STATUSES = [100, 180, 183, 199, 200, 200, 200, 302, 404, 408, 481, 486, 487, 488, 491, 500, 503, 603]
METHODS = ["BYE", "INVITE", "UPDATE", "INFO", "OPTIONS", "ACK", "PRACK", "CANCEL"]

ACTS = [
    *["call", "respond", "respond", "answer", "answer", "request", "ack", "ack"] * 3,
    "cancel",
    "drop",
    "repeat",
    "wait",
    "fork",
    "hang up",
    "silence",
    "no ports",
]

Step = tuple[str, int, int, int]
steps = st.lists(
    st.tuples(
        st.sampled_from(ACTS),
        st.integers(0, 2),
        st.integers(0, 100),
        st.integers(0, 100),
    ),
    max_size=40,
)


# Where calls of a company with groups and forwards go round: 102's busy, unanswered and declined calls come to groups that end at it again.
GROUPED = office(
    group("102", "101", ring_time_s=9.0, member_ring_time_s=5.0, no_answer=to_group("all")),
    group(
        "101", "102", name="all", number="601", strategy=SIMULTANEOUS, ring_time_s=6.0, no_answer=to_extension("102")
    ),
    numbers=("101", "102"),
    forwarding={
        "102": (
            *forward("busy", to_group("all")),
            *forward("noAnswer", to_group("sales")),
            *forward("unavailable", to_extension("101")),
        )
    },
    ring_time_s=5.0,
)
EDITED = office(group("101", strategy=ROUND_ROBIN), numbers=("101", "102"), ring_time_s=5.0)


class Chaos:
    def __init__(self, *callees: str) -> None:
        self.pbx = Pbx("101", "102")
        self.callees = callees or ("102",)
        self.phones = [
            self.pbx.registered("101", 5001),
            self.pbx.registered("102", 5002),
            self.pbx.registered("102", 5003),
        ]
        self.invites: list[tuple[Phone, SipRequest]] = []
        self.seen: dict[int, list[SipRequest | SipResponse]] = {0: [], 1: [], 2: []}
        self.cseq = 20

    def do(self, step: Step) -> None:
        what, who, a, b = step
        phone, seen = self.phones[who], self.seen[who]
        seen.extend(phone.inbox)
        phone.inbox.clear()
        requests = [m for m in seen if isinstance(m, SipRequest) and m.method != "ACK"]
        responses = [m for m in seen if isinstance(m, SipResponse)]
        match what:
            case "call":
                phone.inbox.clear()
                try:
                    self.invites.append(
                        (
                            phone,
                            phone.invite(
                                self.callees[b % len(self.callees)] if a % 4 else "999", body=BODIES[b % len(BODIES)]
                            ),
                        )
                    )
                except AssertionError:
                    pass  # the phone's inbox had something else in it: a busy phone
            case "answer" if requests:
                phone.answer(requests[-1], 200, sdp(6000) if requests[-1].method == "INVITE" else b"")
            case "respond" if requests:
                phone.answer(requests[a % len(requests)], STATUSES[b % len(STATUSES)], BODIES[a % len(BODIES)])
            case "fork" if requests:
                own, phone.tag = phone.tag, f"fork{a % 3}"
                phone.answer(requests[a % len(requests)], 200, BODIES[b % len(BODIES)])
                phone.tag = own
            case "no ports":
                self.pbx.backend.limit = len(self.pbx.backend.in_use) + a % 3 if b % 2 else 1000
            case "request" if responses or requests:
                self.in_dialog(phone, seen[a % len(seen)], METHODS[b % len(METHODS)], BODIES[a % len(BODIES)])
            case "ack" if responses and self.invites:
                mine = [invite for owner, invite in self.invites if owner is phone]
                if mine:
                    phone.send(
                        phone.ack(mine[-1 - a % 2 % len(mine)], responses[-1 - b % 2 % len(responses)], BODIES[a % 2])
                    )
            case "cancel" if self.invites:
                owner, invite = self.invites[a % len(self.invites)]
                cancel = invite.copy()
                cancel.method = "CANCEL"
                cancel.headers.replace("CSeq", f"{invite.cseq.number} CANCEL")
                owner.send(cancel)
            case "drop":
                seen.clear()
            case "repeat" if self.invites:
                owner, invite = self.invites[a % len(self.invites)]
                owner.send(invite)
            case "wait":
                self.pbx.advance([0.1, 0.6, 5, 33, 70][b % 5])
            case "hang up" if self.pbx.switch.calls:
                self.pbx.hang_up(list(self.pbx.switch.calls)[a % len(self.pbx.switch.calls)])
            case "silence" if self.pbx.backend.in_use:
                self.pbx.silence(a % len(self.pbx.backend.in_use))
            case _:
                pass

    def in_dialog(self, phone: Phone, about: SipRequest | SipResponse, method: str, body: bytes) -> None:
        self.cseq += 1
        request = phone.request(method, "sip:pbx@192.0.2.1", call_id=about.call_id, cseq=self.cseq, body=body)
        mine, theirs = ("To", "From") if isinstance(about, SipRequest) else ("From", "To")
        request.headers.replace("From", about.headers.first(mine) or "")
        if isinstance(about, SipRequest) and about.to.tag is None:
            request.headers.replace("From", f"{about.headers.first('To')};tag={phone.tag}")
        request.headers.replace("To", about.headers.first(theirs) or "")
        phone.send(request)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(steps)
def test_whatever_phones_do_every_call_ends_once_and_leaves_nothing(story: list[Step]) -> None:
    chaos = Chaos()
    for step in story:
        chaos.do(step)
    ends_well(chaos.pbx)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(steps, st.booleans())
def test_whatever_phones_do_calls_to_groups_and_forwards_end_once(story: list[Step], edited: bool) -> None:
    """Steps, hops, early media one after the other, and an edit in the middle of it all."""
    chaos = Chaos("600", "601", "102")
    chaos.pbx.apply(GROUPED)
    for count, step in enumerate(story):
        if edited and count == len(story) // 2:
            chaos.pbx.apply(EDITED)
        chaos.do(step)
    ends_well(chaos.pbx)


def ends_well(pbx: Pbx) -> None:
    # A call that is answered and acknowledged lives until somebody ends it: an operator does, then the timers run out.
    for call_id in list(pbx.switch.calls):
        pbx.hang_up(call_id)
    pbx.advance(200)
    assert pbx.bugs == []
    assert [r.call_id for r in sorted(pbx.journal.closed, key=lambda r: r.call_id)] == sorted(
        opened.call_id for opened in pbx.journal.opened
    )
    assert pbx.is_clean()
    assert len(pbx.layer) == 0
    assert len(pbx.wheel) == 0
