"""Digest: the RFCs' own vectors, and what phones do with nonces."""

import dataclasses
import time
from hashlib import md5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.sip.digest import (
    Algorithm,
    Challenger,
    Credentials,
    Outcome,
    ha1,
    means_same,
    parse_authorization,
    response_digest,
)
from engine.sip.errors import RemoteProtocolError
from engine.sip.grammar import unquote
from engine.sip.nonce import NonceMint
from engine.sip.nonce_count import WINDOW, NonceCounts
from tests.support.identifiers import CountingIdentifiers

REALM = "example.org"
URI = "sip:example.org"

RFC_2617 = (
    'Digest username="Mufasa",\r\n realm="testrealm@host.com",\r\n'
    ' nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093",\r\n uri="/dir/index.html",\r\n qop=auth,\r\n nc=00000001,\r\n'
    ' cnonce="0a4f113b",\r\n response="6629fae49393a05397450978507c4ef1",\r\n'
    ' opaque="5ccc069c403ebaf9f0171e9517f40e41"'
).replace("\r\n", "")
RFC_7616 = (
    'Digest username="Mufasa", realm="http-auth@example.org", uri="/dir/index.html", algorithm={algorithm}, '
    'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", nc=00000001, '
    'cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", qop=auth, response="{response}", '
    'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
)
VECTORS = [
    pytest.param(RFC_2617, "Circle Of Life", Algorithm.MD5, id="RFC 2617 §3.5"),
    pytest.param(
        RFC_7616.format(algorithm="MD5", response="8ca523f5e9506fed4657c9700eebdbec"),
        "Circle of Life",
        Algorithm.MD5,
        id="RFC 7616 §3.9.1 MD5",
    ),
    pytest.param(
        RFC_7616.format(
            algorithm="SHA-256", response="753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"
        ),
        "Circle of Life",
        Algorithm.SHA256,
        id="RFC 7616 §3.9.1 SHA-256",
    ),
]


@pytest.mark.parametrize(("value", "password", "algorithm"), VECTORS)
def test_the_vectors_of_the_rfcs(value: str, password: str, algorithm: Algorithm) -> None:
    credentials = parse_authorization(value)
    assert credentials.algorithm is algorithm
    known = ha1(credentials.username, credentials.realm, password, algorithm)
    assert response_digest(credentials, "GET", known, algorithm) == credentials.response


def test_without_qop_as_rfc_2069() -> None:
    credentials = Credentials("Mufasa", "r", "n", "/", "", Algorithm.MD5, "", "", "")
    known = ha1("Mufasa", "r", "p", Algorithm.MD5)
    ha2 = md5(b"GET:/", usedforsecurity=False).hexdigest()
    expected = md5(f"{known}:n:{ha2}".encode(), usedforsecurity=False).hexdigest()
    assert response_digest(credentials, "GET", known, Algorithm.MD5) == expected


# Reading credentials.


def test_reads_credentials_as_phones_write_them() -> None:
    credentials = parse_authorization(
        'DIGEST  Username = "101@example.org" , realm="Acme, \\"Inc\\" PBX",nonce="abc",uri="sip:example.org;a=b",,'
        "response=ABCDEF , ALGORITHM=sha-256,qop=\"AUTH\" ,nc=1,cnonce=xyz, opaque=''"
    )
    assert credentials == Credentials(
        "101@example.org",
        'Acme, "Inc" PBX',
        "abc",
        "sip:example.org;a=b",
        "abcdef",
        Algorithm.SHA256,
        "auth",
        "1",
        "xyz",
    )


MALFORMED = [
    ("Basic QWxhZGRpbg==", "Basic"),
    ("", "scheme"),
    ("Digest", "malformed"),
    ("Digest foo", "malformed"),
    ('Digest username="a', "malformed"),
    ('Digest username="a" realm="b"', "malformed"),
    ('Digest username="a", realm="b", nonce="c", uri="d"', "lack response"),
    ('Digest realm="b", nonce="c", uri="d", response="e"', "lack username"),
    ('Digest username="a", username="b", realm="b", nonce="c", uri="d", response="e"', "twice"),
    ('Digest username="a", realm="b", nonce="c", uri="d", response="xyz"', "hexadecimal"),
    ('Digest username="a", realm="b", nonce="c", uri="d", response=""', "hexadecimal"),
    ('Digest username="a", realm="b", nonce="c", uri="d", response="ab", qop=auth', "nc of eight"),
    ('Digest username="a", realm="b", nonce="c", uri="d", response="ab", qop=auth, nc=1', "cnonce"),
    ('Digest username="a", realm="b", nonce="c", uri="d", response="ab", qop=auth, nc=zz, cnonce=d', "nc of eight"),
    ('Digest username="a", realm="b", nonce="c", uri="d", response="ab", qop=auth, nc=-1, cnonce=d', "nc of eight"),
]


@pytest.mark.parametrize(("value", "problem"), MALFORMED)
def test_malformed_credentials_are_refused_with_400(value: str, problem: str) -> None:
    with pytest.raises(RemoteProtocolError, match=problem) as raised:
        parse_authorization(value)
    assert raised.value.status_hint == 400


@given(st.text(max_size=80))
def test_any_text_is_credentials_or_a_remote_error(text: str) -> None:
    for value in (text, f"Digest {text}", f'Digest username="a", realm="b", nonce="c", uri="d", response="ab", {text}'):
        try:
            parse_authorization(value)
        except RemoteProtocolError:
            pass


# A phone that answers challenges.


@dataclasses.dataclass
class Digest:
    """What a phone makes of a challenge."""

    challenger: Challenger
    password: str = "secret"
    user: str = "101"
    algorithm: Algorithm = Algorithm.SHA256

    def nonce(self, now: float, realm: str = REALM) -> str:
        value = self.challenger.challenge(realm, now)[0]
        return value.split('nonce="')[1].split('"')[0]

    def answer(
        self, nonce: str, count: int | None = 1, *, method: str = "REGISTER", uri: str = URI, realm: str = REALM
    ) -> str:
        parts = [f'username="{self.user}"', f'realm="{realm}"', f'nonce="{nonce}"', f'uri="{uri}"']
        parts.append(f"algorithm={self.algorithm.value}")
        if count is not None:
            parts.append(f'qop=auth, nc={count:08x}, cnonce="cn"')
        unsigned = parse_authorization("Digest " + ", ".join([*parts, "response=00"]))
        known = ha1(self.user, realm, self.password, self.algorithm)
        response = response_digest(unsigned, method, known, self.algorithm)
        return "Digest " + ", ".join([*parts, f'response="{response}"'])

    def verify(
        self, value: str, now: float, *, method: str = "REGISTER", uri: str = URI, password: str | None = "secret"
    ) -> Outcome:
        credentials = parse_authorization(value)

        def known(algorithm: Algorithm) -> str | None:
            return None if password is None else ha1(credentials.username, REALM, password, algorithm)

        return self.challenger.verify(credentials, method, uri, REALM, known, now)


@pytest.fixture
def phone() -> Digest:
    return Digest(Challenger(b"k" * 32, 300.0, CountingIdentifiers()))


def test_a_challenge_offers_sha_256_first_then_md5_with_one_nonce(phone: Digest) -> None:
    first, second = phone.challenger.challenge("Acme PBX", 10.0)
    assert first.startswith('Digest realm="Acme PBX", nonce="')
    assert first.endswith('", algorithm=SHA-256, qop="auth"')
    assert second == first.replace("SHA-256", "MD5")


def test_a_stale_challenge_says_so(phone: Digest) -> None:
    assert all(
        value.endswith(', qop="auth", stale=true') for value in phone.challenger.challenge(REALM, 1.0, stale=True)
    )


def test_the_order_of_algorithms_can_be_turned_round() -> None:
    challenger = Challenger(b"k" * 32, 300.0, CountingIdentifiers(), offered=(Algorithm.MD5,))
    [value] = challenger.challenge(REALM, 1.0)
    assert "algorithm=MD5" in value
    phone = Digest(challenger)
    assert phone.verify(phone.answer(phone.nonce(1.0)), 1.0) is Outcome.UNSUPPORTED


def test_a_realm_with_quotes_is_quoted(phone: Digest) -> None:
    [value, _] = phone.challenger.challenge('a "b" \\c', 1.0)
    assert unquote(value.split("realm=")[1].split(", nonce=")[0]) == 'a "b" \\c'


@pytest.mark.parametrize("algorithm", Algorithm)
@pytest.mark.parametrize("count", [1, 7, None])
def test_right_credentials_are_accepted(phone: Digest, algorithm: Algorithm, count: int | None) -> None:
    phone.algorithm = algorithm
    assert phone.verify(phone.answer(phone.nonce(5.0), count), 6.0) is Outcome.ACCEPTED


def test_the_algorithm_is_read_in_any_case_and_is_md5_if_missing(phone: Digest) -> None:
    phone.algorithm = Algorithm.MD5
    value = phone.answer(phone.nonce(5.0))
    assert phone.verify(value.replace("algorithm=MD5", "algorithm=md5"), 5.0) is Outcome.ACCEPTED
    value = phone.answer(phone.nonce(5.0))
    assert phone.verify(value.replace("algorithm=MD5, ", ""), 5.0) is Outcome.ACCEPTED


@pytest.mark.parametrize("algorithm", ["MD5-sess", "SHA-256-sess", "SHA-512-256", "x"])
def test_an_algorithm_that_was_not_offered_is_unsupported(phone: Digest, algorithm: str) -> None:
    value = phone.answer(phone.nonce(5.0)).replace("SHA-256", algorithm)
    assert phone.verify(value, 5.0) is Outcome.UNSUPPORTED


def test_auth_int_is_unsupported(phone: Digest) -> None:
    assert phone.verify(phone.answer(phone.nonce(5.0)).replace("qop=auth", "qop=auth-int"), 5.0) is Outcome.UNSUPPORTED


def test_a_username_with_domain_is_handed_on_as_it_is(phone: Digest) -> None:
    phone.user = "101@example.org"
    value = phone.answer(phone.nonce(5.0))
    assert parse_authorization(value).username == "101@example.org"
    assert phone.verify(value, 5.0) is Outcome.ACCEPTED


def test_what_is_wrong(phone: Digest) -> None:
    nonce = phone.nonce(5.0)
    value = phone.answer(nonce)
    assert phone.verify(value, 5.0, password="other") is Outcome.WRONG
    assert phone.verify(value, 5.0, password=None) is Outcome.WRONG
    assert phone.verify(value, 5.0, method="INVITE") is Outcome.WRONG
    assert phone.verify(value.replace('username="101"', 'username="102"'), 5.0) is Outcome.WRONG
    assert phone.verify(phone.answer(nonce, realm="elsewhere.example"), 5.0) is Outcome.FOREIGN
    assert phone.verify(value, 5.0) is Outcome.ACCEPTED, "wrong tries do not use up the count"


def test_the_dummy_hash_of_unknown_users_is_no_way_in(phone: Digest) -> None:
    for algorithm, dummy in ((Algorithm.SHA256, "0" * 64), (Algorithm.MD5, "0" * 32)):
        phone.algorithm = algorithm
        unsigned = parse_authorization(phone.answer(phone.nonce(5.0)))
        forged = unsigned._replace(response=response_digest(unsigned, "REGISTER", dummy, algorithm))
        outcome = phone.challenger.verify(forged, "REGISTER", URI, REALM, lambda algorithm: None, 5.0)
        assert outcome is Outcome.WRONG


def test_known_is_asked_once_for_known_and_unknown_users_alike(phone: Digest) -> None:
    asked: list[Algorithm] = []

    def nobody(algorithm: Algorithm) -> str | None:
        asked.append(algorithm)
        return None

    credentials = parse_authorization(phone.answer(phone.nonce(5.0)))
    phone.challenger.verify(credentials, "REGISTER", URI, REALM, nobody, 5.0)
    assert asked == [Algorithm.SHA256]


def test_a_nonce_expires(phone: Digest) -> None:
    nonce = phone.nonce(100.0)
    assert phone.verify(phone.answer(nonce, 1), 399.9) is Outcome.ACCEPTED
    assert phone.verify(phone.answer(nonce, 2), 400.1) is Outcome.STALE


def test_a_nonce_is_good_only_where_it_was_sent(phone: Digest) -> None:
    [value, _] = phone.challenger.challenge(REALM, 5.0, origin="192.0.2.7")
    credentials = parse_authorization(phone.answer(value.split('nonce="')[1].split('"')[0]))

    def verify(origin: str, password: str) -> Outcome:
        def known(algorithm: Algorithm) -> str:
            return ha1(credentials.username, REALM, password, algorithm)

        return phone.challenger.verify(credentials, "REGISTER", URI, REALM, known, 6.0, origin)

    assert [verify(origin, "wrong") for origin in ("192.0.2.7", "192.0.2.8", "")] == [
        Outcome.WRONG,
        Outcome.STALE,
        Outcome.STALE,
    ]
    assert [verify(origin, "secret") for origin in ("192.0.2.8", "192.0.2.7")] == [Outcome.STALE, Outcome.ACCEPTED]


STALE = ["", "abc", "0" * 52, "g" * 52, "ü" * 52, "A" * 52]


@pytest.mark.parametrize("nonce", STALE)
def test_a_nonce_that_is_not_ours_is_stale(phone: Digest, nonce: str) -> None:
    assert phone.verify(phone.answer(nonce), 5.0) is Outcome.STALE


def test_a_nonce_of_another_realm_key_or_time_is_stale(phone: Digest) -> None:
    assert phone.verify(phone.answer(phone.nonce(5.0, "other.example")), 5.0) is Outcome.STALE
    other = Digest(Challenger(b"x" * 32, 300.0, CountingIdentifiers()))
    assert phone.verify(phone.answer(other.nonce(5.0)), 5.0) is Outcome.STALE
    assert phone.verify(phone.answer(phone.nonce(50.0)), 5.0) is Outcome.STALE


@given(st.integers(0, 51), st.sampled_from("0123456789abcdef"))
def test_no_digit_of_a_nonce_can_be_changed(at: int, digit: str) -> None:
    mint = NonceMint(b"k" * 32, CountingIdentifiers())
    nonce = mint.make(REALM, 5.0)
    changed = nonce[:at] + digit + nonce[at + 1 :]
    assert (mint.read(changed, REALM) is not None) == (changed == nonce)


@given(st.floats(0, 1e9))
def test_a_nonce_keeps_its_time(now: float) -> None:
    mint = NonceMint(b"k" * 32, CountingIdentifiers())
    nonce = mint.read(mint.make(REALM, now), REALM)
    assert nonce is not None
    assert 0 <= now - nonce.issued_at < 0.0011


# Replay.


def test_a_count_is_good_once(phone: Digest) -> None:
    nonce = phone.nonce(5.0)
    assert phone.verify(phone.answer(nonce, 1), 5.0) is Outcome.ACCEPTED
    assert phone.verify(phone.answer(nonce, 1), 6.0) is Outcome.REPLAYED
    assert phone.verify(phone.answer(nonce, 3), 7.0) is Outcome.ACCEPTED
    assert phone.verify(phone.answer(nonce, 2), 8.0) is Outcome.ACCEPTED, "overtaken on its way"
    assert phone.verify(phone.answer(nonce, 2), 8.0) is Outcome.REPLAYED


def test_without_qop_a_nonce_is_good_once(phone: Digest) -> None:
    nonce = phone.nonce(5.0)
    assert phone.verify(phone.answer(nonce, None), 5.0) is Outcome.ACCEPTED
    assert phone.verify(phone.answer(nonce, None), 5.0) is Outcome.REPLAYED
    assert phone.verify(phone.answer(nonce, 5), 5.0) is Outcome.REPLAYED


def test_a_count_far_behind_counts_as_used(phone: Digest) -> None:
    nonce = phone.nonce(5.0)
    assert phone.verify(phone.answer(nonce, 1000), 5.0) is Outcome.ACCEPTED
    assert phone.verify(phone.answer(nonce, 1000 - WINDOW + 1), 5.0) is Outcome.ACCEPTED
    assert phone.verify(phone.answer(nonce, 1000 - WINDOW), 5.0) is Outcome.REPLAYED


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 200), st.floats(0, 40)), max_size=80), st.integers(1, 4))
def test_no_count_of_a_nonce_is_ever_good_twice(uses: list[tuple[int, int, float]], kept: int) -> None:
    mint = NonceMint(b"k" * 32, CountingIdentifiers())
    counts = NonceCounts(100.0, kept)
    nonces = [mint.read(mint.make(REALM, float(number)), REALM) for number in range(6)]
    now, accepted = 10.0, set[tuple[int, int]]()
    for number, count, pause in uses:
        now += pause
        nonce = nonces[number]
        assert nonce is not None
        if now - nonce.issued_at >= 100.0:
            continue  # stale: never asked
        if counts.use(nonce, count, now):
            assert (number, count) not in accepted
            accepted.add((number, count))
        assert len(counts) <= 2 * kept + 1


@pytest.mark.parametrize("busy_s", [1, 7, 30, 90])
def test_a_count_is_remembered_as_long_as_its_nonce_lives(busy_s: int) -> None:
    mint = NonceMint(b"k" * 32, CountingIdentifiers())
    counts = NonceCounts(100.0)
    for second in range(0, 400, busy_s):
        nonce = mint.read(mint.make(REALM, float(second)), REALM)
        assert nonce is not None
        assert counts.use(nonce, 1, float(second))
        for later in range(second, second + 99, busy_s):
            assert not counts.use(nonce, 1, float(later))


def test_memory_is_bounded_and_nothing_can_be_replayed_when_it_is_short() -> None:
    phone = Digest(Challenger(b"k" * 32, 300.0, CountingIdentifiers(), nonces_kept=10))
    answers = []
    for number in range(50):
        now = 10.0 + number
        answers.append(phone.answer(phone.nonce(now)))
        assert phone.verify(answers[-1], now) is Outcome.ACCEPTED
    again = {phone.verify(value, 60.0) for value in answers}
    assert again <= {Outcome.STALE, Outcome.REPLAYED}


def test_what_expired_is_forgotten() -> None:
    mint = NonceMint(b"k" * 32, CountingIdentifiers())
    counts = NonceCounts(10.0)
    for number in range(100):
        nonce = mint.read(mint.make(REALM, float(number)), REALM)
        assert nonce is not None
        counts.use(nonce, 1, float(number))
    assert len(counts) <= 21


# The digest URI.


SAME = [
    ("sip:example.org", "sip:example.org", True),
    ("sip:example.org:5060", "sip:example.org", True),
    ("sip:example.org;transport=udp", "sip:example.org", True),
    ("sip:EXAMPLE.org", "sip:example.org", True),
    ("sip:101@example.org", "sip:example.org", True),
    ("sip:102@example.org", "sip:102@example.org;user=phone", True),
    ("sip:102@example.org", "sip:103@example.org", False),
    ("sip:example.com", "sip:example.org", False),
    ("/index.html", "sip:example.org", False),
]


@pytest.mark.parametrize(("digest_uri", "request_uri", "same"), SAME)
def test_which_uris_mean_the_same(digest_uri: str, request_uri: str, same: bool) -> None:
    assert means_same(digest_uri, request_uri) is same


def test_credentials_for_another_uri_are_malformed(phone: Digest) -> None:
    value = phone.answer(phone.nonce(5.0), uri="sip:other.example")
    assert phone.verify(value, 5.0) is Outcome.MALFORMED


HOSTILE = [
    'a="x"' + " " * 8000 + '"',
    "a=" + " " * 8000 + '"',
    "a" + " " * 8000 + "b",
    'a="' + "\\" * 8000,
    "a = b ," * 1100 + '"',
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_credentials_cost_linear_time(text: str) -> None:
    start = time.process_time()
    with pytest.raises(RemoteProtocolError):
        parse_authorization(f"Digest {text}")
    assert time.process_time() - start < 0.1
