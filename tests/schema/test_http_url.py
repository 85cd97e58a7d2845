"""URLs of web servers: what is taken, what is refused, and what is never repeated."""

import pytest
from pydantic_core import PydanticCustomError

from schema.http_url import HttpUrl
from tests.support.field_types import reader_of

read = reader_of(HttpUrl)


@pytest.mark.parametrize(
    "url",
    [
        "https://crm.example.com",
        "https://crm.example.com/",
        "https://crm.example.com:8443/calls?key=a%20b&to=x@y",
        "http://10.0.0.1:80/x",
        "http://[2001:db8::1]:8080/",
        "http://crm/calls/@all",
    ],
)
def test_taken_as_written(url: str) -> None:
    assert read(url) == url


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("ftp://crm.example.com/", 'is "ftp://crm.example.com/", which is not http:// or https://'),
        ("crm.example.com/calls", 'is "crm.example.com/calls", which is not http:// or https://'),
        ("HTTPS://crm.example.com/", "which is not http:// or https://"),
        ("https:///calls", "which is no URL of a host"),
        ("https://crm_1.example.com/", "which is no URL of a host"),
        ("https://300.1.1.1/", "which is no URL of a host"),
        ("https://crm.example.com:0/", "which is no URL of a host"),
        ("https://crm.example.com:/", "which is no URL of a host"),
        ("https://crm.example.com:99999/", "which is no URL of a host"),
        ("https://[::1/", "which is no URL of a host"),
        ("https://crm.example.com/a b", "which is no URL of a host"),
        ("https://crm.example.com/a\nb", "which is no URL of a host"),
        ("https://crm.example.com/ä", "which is no URL of a host"),
        ("https://crm.example.com/calls#top", "with a fragment"),
        ("https://crm.example.com/" + "a" * 2000, "has 2024 characters"),
        (None, "is nothing, not a URL"),
        (["https://crm.example.com"], "not a URL"),
    ],
)
def test_refused(url: object, told: str) -> None:
    with pytest.raises(PydanticCustomError) as error:
        read(url)
    assert told in error.value.message()


@pytest.mark.parametrize(
    "url",
    ["https://pbx:geheim@crm.example.com/", "https://geheim@crm.example.com", "ftp://geheim@h?x", "http://geheim@@h/"],
)
def test_credentials_are_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(PydanticCustomError) as error:
        read(url)
    assert "geheim" not in f"{error.value.message()} {error.value.context}"
    assert "not shown here" in error.value.message()
