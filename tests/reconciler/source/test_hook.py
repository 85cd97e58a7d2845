"""Webhooks of forges: what is believed, and what is not."""

from __future__ import annotations

import hmac
from hashlib import sha256

import pytest

from reconciler.source.hook import Hook

SECRET = "a-shared-secret"
BODY = b'{"ref": "refs/heads/main"}'
GOOD = "sha256=" + hmac.new(SECRET.encode(), BODY, sha256).hexdigest()

CASES = {
    "signed": ({"x-hub-signature-256": GOOD}, True),
    "GitLab's token": ({"x-gitlab-token": SECRET}, True),
    "nothing": ({}, False),
    "another signature": ({"x-hub-signature-256": "sha256=" + "0" * 64}, False),
    "the signature of another body": (
        {"x-hub-signature-256": "sha256=" + hmac.new(SECRET.encode(), b"{}", sha256).hexdigest()},
        False,
    ),
    "an old form": ({"x-hub-signature-256": GOOD.removeprefix("sha256=")}, False),
    "a bad signature beside a good token": ({"x-hub-signature-256": "sha256=0", "x-gitlab-token": SECRET}, False),
    "the beginning of the token": ({"x-gitlab-token": SECRET[:-1]}, False),
    "no ASCII": ({"x-gitlab-token": "g\udcfcte"}, False),
}


@pytest.mark.parametrize("case", CASES, ids=list(CASES))
def test_what_is_believed_is_a_hint(case: str) -> None:
    headers, believed = CASES[case]
    hints: list[str] = []
    hook = Hook(lambda: SECRET, lambda: hints.append("fetch"))
    assert hook.receive(headers, BODY) is believed
    assert hints == (["fetch"] if believed else [])


@pytest.mark.parametrize("secret", [None, ""])
def test_without_a_secret_nothing_is_believed(secret: str | None) -> None:
    hook = Hook(lambda: secret, lambda: pytest.fail("believed"))
    empty = "sha256=" + hmac.new(b"", BODY, sha256).hexdigest()
    assert not hook.receive({"x-hub-signature-256": empty}, BODY)
    assert not hook.receive({"x-gitlab-token": ""}, BODY)
