"""Posting to receivers of every kind, over real sockets on loopback: what comes back, and that nothing hangs or fills memory."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
import tracemalloc
from pathlib import Path

import pytest

from engine.runtime.webhooks.http_post import Answer, HttpPoster, PostFailed
from engine.runtime.webhooks.http_post import Receiver as To
from tests.support.receiver import Behaviour, Login, Receiver, answer


def to(receiver: Receiver, *, auth: str = "none", password: str | None = None, timeout_s: float = 5.0) -> To:
    return To(url=receiver.url, auth=auth, user="pbx", password=password, timeout_s=timeout_s)


def post(receiver: To, times: int = 1, body: bytes = b'{"a":1}') -> list[Answer]:
    async def story() -> list[Answer]:
        poster = HttpPoster()
        try:
            return [await poster.post(receiver, {"Webhook-Id": "x"}, body) for _ in range(times)]
        finally:
            await poster.close()

    return asyncio.run(story())


def why(receiver: To) -> str:
    with pytest.raises(PostFailed) as failed:
        post(receiver)
    return str(failed.value)


def test_a_post_as_it_arrives() -> None:
    with Receiver() as receiver:
        assert post(to(receiver), 3) == [Answer(200, None)] * 3
        first = receiver.posted[0]
        assert (first.method, first.path, first.body) == ("POST", "/hook", b'{"a":1}')
        assert "authorization" not in first.headers
        assert first.headers["accept-encoding"] == "identity"
        assert receiver.connections == 1


def test_basic_authentication_is_sent_at_once() -> None:
    with Receiver(login=Login("pbx", "g\xe9heim:1")) as receiver:
        assert post(to(receiver, auth="basic", password="g\xe9heim:1")) == [Answer(200, None)]
        assert receiver.refused == []


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
def test_digest_authentication_needs_one_challenge_for_all(algorithm: str) -> None:
    with Receiver(login=Login("pbx", "geheim", algorithm)) as receiver:
        assert post(to(receiver, auth="digest", password="geheim"), 3) == [Answer(200, None)] * 3
        assert (len(receiver.refused), len(receiver.posted)) == (1, 3)


def test_a_new_challenge_is_answered_when_the_old_nonce_is_gone() -> None:
    login = Login("pbx", "geheim", "SHA-256")
    with Receiver(login=login) as receiver:

        async def story() -> None:
            poster = HttpPoster()
            target = to(receiver, auth="digest", password="geheim")
            assert (await poster.post(target, {}, b"1")).status == 200
            login.nonces.clear()
            assert (await poster.post(target, {}, b"2")).status == 200
            await poster.close()

        receiver.default = Behaviour()
        asyncio.run(story())
        assert [one.body for one in receiver.posted] == [b"1", b"2"]


@pytest.mark.parametrize(("auth", "algorithm"), [("basic", ""), ("digest", "MD5"), ("none", "MD5")])
def test_wrong_credentials_are_an_answer_and_no_loop(auth: str, algorithm: str) -> None:
    with Receiver(login=Login("pbx", "geheim", algorithm)) as receiver:
        assert post(to(receiver, auth=auth, password="falsch")) == [Answer(401, None)]
        assert len(receiver.refused) <= 2


STRANGE = [
    'Digest realm="r", nonce="n", algorithm=ROT13',
    'Digest realm="r", nonce="n", qop="auth-int"',
    'Digest realm="r"',
    'Digest realm="r", nonce="n", nonce',
]


@pytest.mark.parametrize("challenge", STRANGE)
def test_strange_challenges_are_told(challenge: str) -> None:
    with Receiver() as receiver:
        receiver.default = Behaviour(answer(401, {"WWW-Authenticate": challenge}))
        told = why(to(receiver, auth="digest", password="geheim"))
        assert "igest" in told
        assert "geheim" not in told


@pytest.mark.parametrize("challenge", ["Digest", "Negotiate", "Basic realm=x", ""])
def test_a_challenge_that_is_not_ours_is_an_answer(challenge: str) -> None:
    with Receiver() as receiver:
        receiver.default = Behaviour(answer(401, {"WWW-Authenticate": challenge}))
        assert post(to(receiver, auth="digest", password="geheim")) == [Answer(401, None)]
        assert "authorization" not in receiver.posted[-1].headers


def test_a_redirect_is_not_followed() -> None:
    with Receiver() as receiver, Receiver() as elsewhere:
        receiver.default = Behaviour(answer(302, {"Location": elsewhere.url}))
        assert post(to(receiver, auth="basic", password="geheim")) == [Answer(302, None)]
        assert elsewhere.posted == []


def test_what_the_receiver_asks_for_is_handed_on() -> None:
    with Receiver() as receiver:
        receiver.default = Behaviour(answer(429, {"Retry-After": "17"}))
        assert post(to(receiver)) == [Answer(429, "17")]


def test_cookies_are_not_kept() -> None:
    with Receiver() as receiver:
        receiver.default = Behaviour(answer(200, {"Set-Cookie": "session=1; Path=/"}))
        post(to(receiver), 2)
        assert [one.headers.get("cookie") for one in receiver.posted] == [None, None]


def test_nobody_there() -> None:
    with Receiver() as receiver:
        target = to(receiver)
        receiver.down()
        assert why(target).startswith("can't be reached: ")


SLOW = [
    pytest.param(Behaviour(hangs=True), id="no answer"),
    pytest.param(Behaviour(b"HTTP/1.1 200 OK\r\nContent-Le"), id="half a header"),
    pytest.param(Behaviour(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\nabc"), id="half a body"),
    pytest.param(Behaviour(delay_s=3.0), id="late"),
]


@pytest.mark.parametrize("behaviour", SLOW)
def test_an_answer_that_does_not_end_in_time_is_none(behaviour: Behaviour) -> None:
    with Receiver() as receiver:
        receiver.default = behaviour
        assert why(to(receiver, timeout_s=0.5)) == "gave no answer within 0.5 s"


NO_ANSWER = [
    pytest.param(Behaviour(resets=True), id="cut"),
    pytest.param(Behaviour(b"220 smtp.example.com ESMTP\r\n\r\n"), id="mail server"),
    pytest.param(Behaviour(b"HTTP/1.1 999999 X\r\n\r\n"), id="no status"),
    pytest.param(Behaviour(b"HTTP/1.1 200 OK\r\nX: " + b"a" * 1_000_000 + b"\r\n\r\n"), id="huge header"),
]


@pytest.mark.parametrize("behaviour", NO_ANSWER)
def test_what_is_no_http_is_told(behaviour: Behaviour) -> None:
    with Receiver() as receiver:
        receiver.default = behaviour
        assert why(to(receiver)).startswith("gave no proper answer: ")


@pytest.mark.parametrize("status", [200, 401, 500])
def test_an_endless_answer_is_cut_short(status: int) -> None:
    """Also of a challenge, whose body httpx would read whole."""
    head = f'HTTP/1.1 {status} X\r\nContent-Type: text/plain\r\nWWW-Authenticate: Digest realm="r", nonce="n"\r\n\r\n'
    with Receiver() as receiver:
        receiver.default = Behaviour(head.encode(), endless=b"x" * 65536)
        target = to(receiver, auth="digest", password="geheim")
        tracemalloc.start()
        try:
            assert post(target) == [Answer(status, None)]
            assert tracemalloc.get_traced_memory()[1] < 20_000_000
        finally:
            tracemalloc.stop()


def test_a_bomb_is_not_unpacked() -> None:
    with Receiver() as receiver:
        receiver.default = Behaviour(answer(200, {"Content-Encoding": "gzip"}, b"\x1f\x8b" + b"\0" * 5000))
        assert post(to(receiver)) == [Answer(200, None)]


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """Of 127.0.0.1, signed by itself."""
    key, cert = tmp_path / "key.pem", tmp_path / "cert.pem"
    names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    make = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "2",
    ]
    subprocess.run([*make, "-keyout", key, "-out", cert, *names], check=True, capture_output=True)
    return key, cert


def tls(certificate: tuple[Path, Path]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate[1], certificate[0])
    return context


def test_a_certificate_of_nobody_is_refused(certificate: tuple[Path, Path]) -> None:
    with Receiver(tls=tls(certificate)) as receiver:
        told = why(to(receiver, auth="basic", password="geheim"))
        assert "certificate" in told
        assert receiver.posted == []


def test_a_certificate_of_an_authority_of_this_machine_is_good(
    certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[1]))
    with Receiver(tls=tls(certificate)) as receiver:
        assert post(to(receiver)) == [Answer(200, None)]


def test_a_certificate_of_another_name_is_refused(
    certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[1]))
    with Receiver(tls=tls(certificate), host="127.0.0.2") as receiver:
        assert "certificate" in why(to(receiver))
