"""`--public-url`: what is taken, how a browser writes it, and what every refusal says to write."""

from __future__ import annotations

import pytest

from api.public_url import parse_public_url

TAKEN = [
    ("https://pbx.example", "https://pbx.example/", "pbx.example", "pbx.example"),
    ("https://PBX.Example/", "https://pbx.example/", "pbx.example", "pbx.example"),
    ("https://pbx.example.", "https://pbx.example/", "pbx.example", "pbx.example"),
    ("https://pbx.example:443", "https://pbx.example/", "pbx.example", "pbx.example"),
    ("https://pbx.example:8443", "https://pbx.example:8443/", "pbx.example:8443", "pbx.example"),
    ("https://bücher.example", "https://xn--bcher-kva.example/", "xn--bcher-kva.example", "xn--bcher-kva.example"),
    ("https://[2001:db8::1]:8443", "https://[2001:db8::1]:8443/", "[2001:db8::1]:8443", "[2001:db8::1]"),
    ("https://192.0.2.7", "https://192.0.2.7/", "192.0.2.7", "192.0.2.7"),
    ("http://localhost:9000", "http://localhost:9000/", "localhost:9000", "localhost"),
    ("http://[::1]", "http://[::1]/", "[::1]", "[::1]"),
]


@pytest.mark.parametrize(("text", "written", "host", "name"), TAKEN, ids=[case[0] for case in TAKEN])
def test_what_is_taken(text: str, written: str, host: str, name: str) -> None:
    found = parse_public_url(text)
    assert (str(found), found.host, found.name) == (written, host, name)
    assert found.origin == written.rstrip("/")


REFUSED = [
    ("pbx.example", '"pbx.example" is no URL of a page; write it like https://pbx.example'),
    ("https://", '"https://" is no URL of a page; write it like https://pbx.example'),
    ("ftp://pbx.example", '"ftp://pbx.example" is no URL of a page; write it like https://pbx.example'),
    ("https://pbx example", '"https://pbx example" is no URL of a page; write it like https://pbx.example'),
    ("https://pbx.example:99999", "Port out of range 0-65535"),
    ("https://[2001:db8", "Invalid IPv6 URL"),
    ("https://pbx..example", "names no host that can be"),
    ("https://ada:pw@pbx.example", "a user and a password have no place"),
    ("https://pbx.example/phones", "the page is served at the root: write https://pbx.example"),
    ("https://pbx.example/?a=1", "the page is served at the root: write https://pbx.example"),
    ("http://pbx.example", "put a proxy with TLS before the API, and write https://pbx.example"),
    ("http://192.0.2.7:8080", "put a proxy with TLS before the API, and write https://192.0.2.7:8080"),
]


@pytest.mark.parametrize(("text", "why"), REFUSED, ids=[case[0] for case in REFUSED])
def test_what_is_refused_and_what_to_write(text: str, why: str) -> None:
    with pytest.raises(ValueError) as refused:  # noqa: PT011  # the message is the claim
        parse_public_url(text)
    assert why in str(refused.value)
    assert "pw" not in str(refused.value)
