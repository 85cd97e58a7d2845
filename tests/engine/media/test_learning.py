"""Source learning in virtual time: what the contract suite can't time exactly, and what holds for any packets."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.media.backend import Address, RemoteMedia
from engine.media.learning import Learner, Phase

ANNOUNCED: Address = ("192.0.2.1", 4000)
NAT_HOST = "198.51.100.7"
BEHIND_NAT = RemoteMedia(rtp=ANNOUNCED, rtcp=("192.0.2.1", 4001), signalling_host=NAT_HOST)


def learner_of(remote: RemoteMedia) -> Learner:
    learner = Learner(settle_s=1.0)
    learner.announce(remote, relearn=False)
    return learner


def test_the_announced_address_takes_over_within_the_settling_time_only() -> None:
    for late, expected in ((0.999, ANNOUNCED), (1.0, (NAT_HOST, 5000))):
        learner = learner_of(BEHIND_NAT)
        assert learner.accept_rtp((NAT_HOST, 5000), 1, 1, 10.0)
        learner.accept_rtp(ANNOUNCED, 2, 1, 10.0 + late)
        assert learner.source == expected
        assert learner.is_final


def test_settling_happens_once() -> None:
    learner = learner_of(BEHIND_NAT)
    learner.accept_rtp((NAT_HOST, 5000), 1, 1, 10.0)
    assert [learner.settle(now) for now in (10.5, 11.0, 11.5)] == [False, True, False]


HOSTS = ["192.0.2.1", NAT_HOST, "203.0.113.66"]
sources = st.tuples(st.sampled_from(HOSTS), st.sampled_from([4000, 4001, 5000]))
packets = st.lists(
    st.tuples(sources, st.integers(0, 3), st.integers(0, 60), st.sampled_from(["rtp", "rtcp", "muxed"])), max_size=80
)


@given(packets=packets, same_host=st.booleans())
def test_a_third_host_never_gets_in(packets: list[tuple[Address, int, int, str]], same_host: bool) -> None:
    remote = RemoteMedia(rtp=ANNOUNCED, rtcp=("192.0.2.1", 4001), signalling_host=HOSTS[0] if same_host else NAT_HOST)
    learner = learner_of(remote)
    for now, (source, ssrc, sequence, kind) in enumerate(packets):
        if kind == "rtp":
            accepted = learner.accept_rtp(source, ssrc, sequence, now * 0.1)
        else:
            accepted = learner.accept_rtcp(source) if kind == "rtcp" else learner.accept_muxed_rtcp(source)
        assert not (accepted and source[0] == HOSTS[2])
        for target in (learner.rtp_target, learner.rtcp_target):
            assert target is None or target[0] != HOSTS[2]


@given(packets=packets)
def test_a_final_source_stays(packets: list[tuple[Address, int, int, str]]) -> None:
    learner = learner_of(BEHIND_NAT)
    learner.accept_rtp(ANNOUNCED, 1, 1, 0.0)
    for source, ssrc, sequence, _ in packets:
        assert learner.accept_rtp(source, ssrc, sequence, 100.0) is (source == ANNOUNCED)
    assert learner.phase is Phase.FINAL
