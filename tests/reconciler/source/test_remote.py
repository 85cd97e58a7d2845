"""Addresses of repositories that are followed, and those that are refused."""

from __future__ import annotations

import pytest

from reconciler.source.remote import BadRemote, Remote, remote_of, spelled, unspelled

GOOD = {
    "https": ("git+https://git.example/acme/pbx.git", "https://git.example/acme/pbx.git"),
    "https with a user": ("git+https://bot@git.example/acme/pbx", "https://bot@git.example/acme/pbx"),
    "ssh": ("git+ssh://git@git.example:2222/acme/pbx.git", "ssh://git@git.example:2222/acme/pbx.git"),
    "this machine": ("git+file:///srv/git/pbx.git", "file:///srv/git/pbx.git"),
    "http here": ("git+http://127.0.0.1:3000/pbx.git", "http://127.0.0.1:3000/pbx.git"),
    "http here by IPv6": ("git+http://[::1]:3000/pbx.git", "http://[::1]:3000/pbx.git"),
}


@pytest.mark.parametrize("given", GOOD, ids=list(GOOD))
def test_an_address_is_read(given: str) -> None:
    source, url = GOOD[given]
    remote = remote_of(source, branch="release/2026.1", path="/manifests/")
    assert (remote.url, remote.branch, remote.path) == (url, "release/2026.1", "manifests")
    assert unspelled(spelled(remote)) == remote


BAD = {
    "a password": ("git+https://bot:hunter2@git.example/pbx", {}, "--git-token"),
    "another sort": ("git+ftp://git.example/pbx", {}, "git+https://"),
    "no sort": ("git+git.example/pbx", {}, "git+https://"),
    "http elsewhere": ("git+http://git.example/pbx", {}, "use git+https"),
    "a query": ("git+https://git.example/pbx?ref=main", {}, "--branch"),
    "no host": ("git+https:///pbx", {}, "no host"),
    "a host that is an option": ("git+ssh://-oProxyCommand=x/pbx", {}, "no host"),
    "a user that is an option": ("git+ssh://-l@git.example/pbx", {}, "user name"),
    "a file elsewhere": ("git+file://server/pbx", {}, "git+file:///"),
    "a port that is none": ("git+https://git.example:x/pbx", {}, "can't be read"),
    "a space": ("git+https://git.example/a b", {}, "spaces"),
    "a password before a bad port": ("git+https://bot:hunter2@git.example:x/pbx", {}, "can't be read"),
    "a password with a slash": ("git+https://bot:hunter2/x@git.example/pbx", {}, "can't be read"),
    "a password before a bad host": ("git+https://bot:hunter2@[::1/pbx", {}, "can't be read"),
    "a password before what no host has": ("git+https://bot:hunter2@g\u2100t.example/pbx", {}, "can't be read"),
    "a password with a space": ("git+https://bot:hunter2 x@git.example/pbx", {}, "spaces"),
    "a password of another sort": ("git+ftp://bot:hunter2@git.example/pbx", {}, "git+https://"),
    "a token in a query": ("git+https://git.example/pbx?private_token=hunter2", {}, "--branch"),
    "a token that is too long for a user": (f"git+https://hunter2{'x' * 64}@git.example/pbx", {}, "--git-token"),
    "a token in place of a user": ("git+https://ghp_hunter2@git.example/pbx", {}, "--git-token"),
    "a branch that is an option": ("git+https://git.example/pbx", {"branch": "-x"}, "branch"),
    "a branch with dots": ("git+https://git.example/pbx", {"branch": "a..b"}, "branch"),
    "a folder outside": ("git+https://git.example/pbx", {"path": "a/../../b"}, "leads out"),
    "a token for ssh": ("git+ssh://git@git.example/pbx", {"token": "env:T"}, "--git-key"),
    "a token for a file": ("git+file:///srv/pbx.git", {"token": "env:T"}, "no token"),
}


@pytest.mark.parametrize("given", BAD, ids=list(BAD))
def test_an_address_is_refused_with_what_to_do(given: str) -> None:
    source, settings, told = BAD[given]
    with pytest.raises(BadRemote) as refused:
        remote_of(source, **settings)
    assert told in str(refused.value)
    assert "hunter2" not in str(refused.value)


def test_another_repository_has_another_identity_and_another_branch_has_not() -> None:
    one = Remote(url="https://git.example/a")
    assert one.identity != Remote(url="https://git.example/b").identity
    assert one.identity == Remote(url="https://git.example/a", branch="other", path="x").identity


def test_a_folder_is_no_spelled_remote() -> None:
    assert unspelled("/srv/manifests") is None
