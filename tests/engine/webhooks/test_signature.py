"""Signatures against the vector that the libraries of Standard Webhooks are tested with."""

from __future__ import annotations

import hmac
from base64 import b64encode
from hashlib import sha256

import pytest

from engine.webhooks.signature import BadSigningSecret, identity_headers, signature

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ID = "msg_p5jXN8AQM9LWM0D4loKWxJek"
BODY = b'{"test": 2432232314}'


def test_the_reference_vector() -> None:
    assert signature(SECRET, ID, 1614265330, BODY) == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_any_other_secret_is_the_key_itself() -> None:
    digest = hmac.new("ge\xe9heim".encode(), b"id.5.{}", sha256).digest()
    assert signature("ge\xe9heim", "id", 5, b"{}") == f"v1,{b64encode(digest).decode()}"


def test_each_part_counts() -> None:
    variants = {
        signature(SECRET, ID, 1614265330, BODY),
        signature(SECRET, ID, 1614265331, BODY),
        signature(SECRET, f"{ID}x", 1614265330, BODY),
        signature(SECRET, ID, 1614265330, BODY + b" "),
        signature("other", ID, 1614265330, BODY),
    }
    assert len(variants) == 5


@pytest.mark.parametrize("secret", ["whsec_", "whsec_geheim!", "whsec_gehei"])
def test_a_spoiled_secret_is_told_and_not_repeated(secret: str) -> None:
    with pytest.raises(BadSigningSecret) as error:
        signature(secret, ID, 5, BODY)
    assert "gehei" not in str(error.value)


def test_who_it_is() -> None:
    assert identity_headers("cdr-1", 5) == {"Webhook-Id": "cdr-1", "Webhook-Timestamp": "5"}
