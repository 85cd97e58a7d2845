"""Redirects of a git server: by https never to http, our token to nobody else, within the server as it likes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.source.fetch import Fetcher
from reconciler.source.mirror import Fetched
from reconciler.source.remote import remote_of
from tests.support.git_repository import Repository
from tests.support.git_server import GitServer
from tests.support.redirecting_server import RedirectingServer, certificate

TOKEN = "tok-77aa31"


@pytest.fixture
def origin(tmp_path: Path) -> Iterator[Repository]:
    repository = Repository(tmp_path / "origin.git", bare=True)
    repository.commit({"a.yaml": "one"})
    yield repository
    repository.close()


def fetch(url: str, data: Path) -> Fetched:
    return Fetcher(remote_of(url, token="env:GIT_TOKEN"), data, {"GIT_TOKEN": TOKEN}, lambda: 1.0).fetch()


def test_from_https_to_http_is_refused(origin: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pem = certificate(tmp_path / "server.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    with GitServer(origin.path) as git, RedirectingServer(git.url.removesuffix("/pbx.git")[4:], pem) as front:
        fetched = fetch(front.url, tmp_path / "data")
        assert front.authorizations == ["Basic dHJ1bmtsaW5lOnRvay03N2FhMzE="]  # so it was spoken with
        assert (git.asked, git.authorizations) == (0, [])
    assert (fetched.tip, fetched.is_refusal) == ("", True)
    assert "sends us elsewhere, to http://127.0.0.1" in fetched.problem
    assert TOKEN not in fetched.problem


def test_a_redirect_to_another_host_carries_no_token_there(origin: Repository, tmp_path: Path) -> None:
    with GitServer(origin.path) as git, RedirectingServer(git.url.removesuffix("/pbx.git")[4:]) as front:
        fetched = fetch(front.url, tmp_path / "data")
        assert all(front.authorizations)
        assert git.authorizations == []
    assert fetched.is_refusal
