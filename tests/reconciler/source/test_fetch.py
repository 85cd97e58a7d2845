"""What a fetch leaves in the mirror, and what a source reads of it: real repositories, a real HTTP server."""

from __future__ import annotations

import gc
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from reconciler.errors import SourceUnavailable
from reconciler.source.fetch import Fetcher
from reconciler.source.fetched import STALE_S, FetchedSource
from reconciler.source.mirror import Fetched, Mirror
from reconciler.source.remote import Remote, remote_of
from tests.support.git_repository import Files, Repository
from tests.support.git_server import GitServer

AT = 1_790_000_500.0
TOKEN = "tok-3f9a1c"


@pytest.fixture
def origin(tmp_path: Path) -> Iterator[Repository]:
    repository = Repository(tmp_path / "origin.git", bare=True)
    yield repository
    repository.close()


def remote(origin: Repository, branch: str = "main", path: str = "") -> Remote:
    return remote_of(f"git+file://{origin.path}", branch=branch, path=path)


def fetch(origin: Remote, data: Path, environ: Mapping[str, str] | None = None, at: float = AT) -> Fetched:
    return Fetcher(origin, data, environ or {}, lambda: at).fetch()


def texts(source: FetchedSource) -> dict[str, str]:
    return {file.path: file.content.decode() for file in source.read().files}


def test_a_branch_is_fetched_and_read(origin: Repository, tmp_path: Path) -> None:
    tip = origin.commit({"a.yaml": "one", "notes.txt": "-"}, "the first")
    place = remote(origin)
    source = FetchedSource(place, tmp_path, lambda: AT)
    with pytest.raises(SourceUnavailable, match="has not been fetched yet"):
        source.read()

    fetched = fetch(place, tmp_path)

    assert (fetched.tip, fetched.problem, fetched.replaced, fetched.at) == (tip, "", "", AT)
    assert texts(source) == {"a.yaml": "one"}
    commit = source.commit_of(source.read())
    assert commit is not None
    assert (commit.id, commit.author, commit.subject) == (tip, "Ada Lovelace", "the first")
    assert source.place("a.yaml") == "main:a.yaml"


def test_what_is_new_is_fetched_and_what_is_known_is_not_sent_again(origin: Repository, tmp_path: Path) -> None:
    place = remote(origin, path="pbx")
    origin.commit({"pbx/a.yaml": "one"}, "the manifests")
    fetch(place, tmp_path)
    source = FetchedSource(place, tmp_path, lambda: AT)
    first = source.commit_of(source.read())
    packs = tmp_path / "source" / f"{place.identity}.git" / "objects" / "pack"
    before = sorted(packs.glob("*.pack"))

    assert fetch(place, tmp_path).problem == ""
    assert sorted(packs.glob("*.pack")) == before
    tip = origin.commit({"pbx/a.yaml": "one", "README": "elsewhere"}, "not the manifests")
    assert fetch(place, tmp_path).tip == tip

    assert texts(source) == {"a.yaml": "one"}
    assert source.commit_of(source.read()) == first  # whoever changed the manifests last


@pytest.mark.parametrize("count", [60])
def test_many_fetches_do_not_leave_as_many_packs(origin: Repository, tmp_path: Path, count: int) -> None:
    place = remote(origin)
    for number in range(count):
        origin.commit({"a.yaml": f"number {number}"})
        assert fetch(place, tmp_path).problem == ""
    packs = tmp_path / "source" / f"{place.identity}.git" / "objects" / "pack"
    assert len(list(packs.glob("*.pack"))) < count
    assert texts(FetchedSource(place, tmp_path, lambda: AT)) == {"a.yaml": f"number {count - 1}"}


def test_a_branch_that_was_rewritten_is_followed_and_said(origin: Repository, tmp_path: Path) -> None:
    place = remote(origin)
    first = origin.commit({"a.yaml": "one"})
    gone = origin.commit({"a.yaml": "two"})
    fetch(place, tmp_path)
    tip = origin.commit({"a.yaml": "three"}, parents=[first])

    fetched = fetch(place, tmp_path)

    assert (fetched.tip, fetched.replaced) == (tip, gone)
    source = FetchedSource(place, tmp_path, lambda: AT)
    commit = source.commit_of(source.read())
    assert commit is not None
    assert commit.replaced == gone
    assert fetch(place, tmp_path).replaced == gone  # as long as this tip stays
    origin.commit({"a.yaml": "four"})
    assert fetch(place, tmp_path).replaced == ""


def test_a_branch_that_is_gone_is_refused_at_once_and_what_was_fetched_stays_named(
    origin: Repository, tmp_path: Path
) -> None:
    place = remote(origin, branch="live")
    tip = origin.commit({"a.yaml": "one"}, branch="live")
    origin.commit({"a.yaml": "one"})
    fetch(place, tmp_path)
    del origin.repo.refs[b"refs/heads/live"]  # type: ignore[arg-type]  # a Ref is bytes

    fetched = fetch(place, tmp_path, at=AT + 5)

    assert fetched.is_refusal
    assert fetched.tip == tip
    assert 'has no branch "live"; there are "main"' in fetched.problem
    with pytest.raises(SourceUnavailable, match="what runs stays as it is"):
        FetchedSource(place, tmp_path, lambda: AT + 6).read()


def test_a_server_that_is_away_makes_the_source_unavailable_only_after_a_while(
    origin: Repository, tmp_path: Path
) -> None:
    place = remote(origin)
    origin.commit({"a.yaml": "one"})
    fetch(place, tmp_path)
    shutil.rmtree(origin.path)

    fetched = fetch(place, tmp_path, at=AT + 30)

    assert not fetched.is_refusal
    assert "can't be fetched" in fetched.problem
    assert fetched.at == AT
    assert texts(FetchedSource(place, tmp_path, lambda: AT + 60)) == {"a.yaml": "one"}
    with pytest.raises(SourceUnavailable, match="can't be fetched"):
        FetchedSource(place, tmp_path, lambda: AT + STALE_S + 1).read()


def test_another_branch_begins_anew(origin: Repository, tmp_path: Path) -> None:
    origin.commit({"a.yaml": "one"})
    other = origin.commit({"a.yaml": "two"}, branch="other")
    fetch(remote(origin), tmp_path)
    place = remote(origin, branch="other")
    assert not FetchedSource(place, tmp_path, lambda: AT).is_there
    assert fetch(place, tmp_path).tip == other
    assert texts(FetchedSource(place, tmp_path, lambda: AT)) == {"a.yaml": "two"}


def test_a_damaged_state_is_fetched_anew(origin: Repository, tmp_path: Path) -> None:
    place = remote(origin)
    tip = origin.commit({"a.yaml": "one"})
    fetch(place, tmp_path)
    (Mirror(tmp_path).folder / "state.json").write_text('{"tip": 7, "unheard": true}')
    assert not FetchedSource(place, tmp_path, lambda: AT).is_there
    assert fetch(place, tmp_path).tip == tip


DAMAGES: Mapping[str, Callable[[Path], object]] = {
    "a pack that is cut off": lambda pack: pack.write_bytes(b"PACK"),
    "a pack that is empty": lambda pack: pack.write_bytes(b""),
    "a pack that is gone": lambda pack: pack.unlink(),
    "a flipped bit": lambda pack: pack.write_bytes(_flipped(pack.read_bytes(), 40)),
    "an index that is no index": lambda pack: pack.with_suffix(".idx").write_bytes(b"hello"),
}


def _flipped(content: bytes, place: int) -> bytes:
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # dulwich leaves open what it can't read
@pytest.mark.parametrize("name", DAMAGES)
@pytest.mark.parametrize("is_news", [False, True])
def test_a_damaged_mirror_is_fetched_anew(name: str, is_news: bool, origin: Repository, tmp_path: Path) -> None:
    place = remote(origin)
    tip = origin.commit({"a.yaml": "one", "b.yaml": "two " * 100})
    fetch(place, tmp_path)
    [pack] = (tmp_path / "source" / f"{place.identity}.git" / "objects" / "pack").glob("*.pack")
    pack.chmod(0o600)
    pack.with_suffix(".idx").chmod(0o600)
    DAMAGES[name](pack)
    if is_news:
        tip = origin.commit({"a.yaml": "three", "b.yaml": "two " * 100})

    fetched = fetch(place, tmp_path)  # as when the process starts again
    gc.collect()

    assert (fetched.tip, fetched.problem) == (tip, "")
    assert texts(FetchedSource(place, tmp_path, lambda: AT)) == {
        "a.yaml": "three" if is_news else "one",
        "b.yaml": "two " * 100,
    }


# Over HTTP


def over_http(server: GitServer, token: str = "") -> Remote:
    return remote_of(server.url, token=token)


def test_a_token_opens_the_server_and_is_read_anew_each_time(origin: Repository, tmp_path: Path) -> None:
    tip = origin.commit({"a.yaml": "one"})
    secret = tmp_path / "git-token"
    secret.write_text("wrong\n")
    secret.chmod(0o600)
    with GitServer(origin.path, TOKEN) as server:
        place = over_http(server, "file:git-token")
        fetcher = Fetcher(place, tmp_path, {}, lambda: AT)
        refused = fetcher.fetch()
        secret.write_text(f"{TOKEN}\n")
        let_in = fetcher.fetch()
    assert "401" in refused.problem
    assert "wrong" not in refused.problem
    assert (let_in.tip, let_in.problem) == (tip, "")
    assert TOKEN not in (tmp_path / "source" / "state.json").read_text()
    assert TOKEN not in (tmp_path / "source" / f"{place.identity}.git" / "config").read_text()


HTTP_FAULTS = {
    "no token": ({}, "", None, "401"),
    "a token that is not there": ({}, "env:GIT_TOKEN", None, "env:GIT_TOKEN is not there"),
    "another token": ({"GIT_TOKEN": "guess"}, "env:GIT_TOKEN", None, "401"),
    "a server that fails": ({"GIT_TOKEN": TOKEN}, "env:GIT_TOKEN", "500 Internal Server Error", "500"),
    "no such repository": ({"GIT_TOKEN": TOKEN}, "env:GIT_TOKEN", "404 Not Found", "no repository at that address"),
}


@pytest.mark.parametrize("fault", HTTP_FAULTS, ids=list(HTTP_FAULTS))
def test_what_is_wrong_with_a_server_is_said_without_the_token(fault: str, origin: Repository, tmp_path: Path) -> None:
    environ, token, status, told = HTTP_FAULTS[fault]
    origin.commit({"a.yaml": "one"})
    with GitServer(origin.path, TOKEN) as server:
        server.status = status
        fetched = fetch(over_http(server, token), tmp_path, environ)
    assert told in fetched.problem
    assert not fetched.tip
    assert TOKEN not in fetched.problem
    assert "guess" not in fetched.problem


def test_a_server_that_is_not_there_is_named(tmp_path: Path) -> None:
    fetched = fetch(Remote(url="http://127.0.0.1:9/pbx.git"), tmp_path)
    assert fetched.problem.startswith("branch main of http://127.0.0.1:9/pbx.git can't be fetched: ")
    assert "refused" in fetched.problem.lower()


def test_a_redirect_to_another_server_is_not_followed(origin: Repository, tmp_path: Path) -> None:
    origin.commit({"a.yaml": "one"})
    with GitServer(origin.path, TOKEN) as server, HTTPServer(("127.0.0.1", 0), _Redirects) as elsewhere:
        _Redirects.to = server.url.removeprefix("git+")
        thread = Thread(target=elsewhere.serve_forever, daemon=True)
        thread.start()
        place = remote_of(f"git+http://127.0.0.1:{elsewhere.server_port}/pbx.git", token="env:GIT_TOKEN")
        fetched = fetch(place, tmp_path, {"GIT_TOKEN": TOKEN})
        elsewhere.shutdown()
        thread.join(10)
    assert (fetched.tip, fetched.is_refusal) == ("", True)
    assert "sends us elsewhere" in fetched.problem
    assert TOKEN not in fetched.problem


class _Redirects(BaseHTTPRequestHandler):
    to = ""

    def do_GET(self) -> None:
        self.send_response(301)
        self.send_header("Location", self.to + self.path.removeprefix("/pbx.git"))
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


# By SSH: the program itself is not at hand everywhere, so a stand-in shows what it is asked for and runs what it is told.


@pytest.mark.skipif(shutil.which("git-upload-pack") is None, reason="needs git-upload-pack (Debian's git)")
def test_ssh_asks_nobody_and_believes_only_known_hosts(
    origin: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tip = origin.commit({"a.yaml": "one"})
    programs = tmp_path / "bin"
    programs.mkdir()
    ssh = programs / "ssh"
    ssh.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {tmp_path}/asked\nfor last; do :; done\nexec sh -c "$last"\n')
    ssh.chmod(0o700)
    monkeypatch.setenv("PATH", str(programs), prepend=":")
    place = replace(
        Remote(url=f"ssh://git@git.example:2222{origin.path}"), key="/keys/pbx key", known_hosts="/keys/hosts"
    )
    fetched = fetch(place, tmp_path)
    assert (fetched.tip, fetched.problem) == (tip, "")
    asked = (tmp_path / "asked").read_text().splitlines()
    assert {"-oBatchMode=yes", "-oStrictHostKeyChecking=yes", "-oUserKnownHostsFile=/keys/hosts"} <= set(asked)
    assert asked[asked.index("-i") + 1] == "/keys/pbx key"
    assert asked[asked.index("-p") + 1] == "2222"
    assert "git@git.example" in asked


# Signatures


def signed(origin: Repository, tmp_path: Path, key: str, files: Files) -> str:
    """A commit with an SSH signature by that key, as git makes it."""
    name = origin.commit(files)
    unsigned = origin.repo[name.encode()]
    payload = tmp_path / "payload"
    payload.write_bytes(unsigned.as_raw_string())
    subprocess.run(
        ["ssh-keygen", "-Y", "sign", "-n", "git", "-f", str(tmp_path / key), str(payload)],
        check=True,
        capture_output=True,
    )
    signature = (tmp_path / "payload.sig").read_bytes()
    (tmp_path / "payload.sig").unlink()
    commit = unsigned.copy()
    commit.gpgsig = signature.rstrip(b"\n")  # type: ignore[attr-defined]  # a Commit, as the tip is
    origin.repo.object_store.add_object(commit)
    origin.repo.refs[b"refs/heads/main"] = commit.id  # type: ignore[index]  # a Ref is bytes
    return commit.id.decode()


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """Keys `ours` and `theirs`; the file of allowed signers, which names ours."""
    if shutil.which("ssh-keygen") is None:
        pytest.skip("needs ssh-keygen (Debian's openssh-client)")
    for key in ("ours", "theirs"):
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", key, "-f", str(tmp_path / key)], check=True
        )
    allowed = tmp_path / "allowed_signers"
    allowed.write_text(f"ada@example.org {(tmp_path / 'ours.pub').read_text()}")
    return allowed


def test_a_tip_is_followed_only_if_somebody_who_may_has_signed_it(
    origin: Repository, tmp_path: Path, keys: Path
) -> None:
    place = replace(remote(origin), signers=str(keys))
    good = signed(origin, tmp_path, "ours", {"a.yaml": "one"})
    fetched = fetch(place, tmp_path)
    assert (fetched.tip, fetched.signed_by, fetched.problem) == (good, "ada@example.org", "")

    signed(origin, tmp_path, "theirs", {"a.yaml": "two"})
    refused = fetch(place, tmp_path)
    assert (refused.tip, refused.is_refusal) == (good, True)
    assert f"a key that {keys} does not name" in refused.problem

    origin.commit({"a.yaml": "three"})
    assert "is not signed" in fetch(place, tmp_path).problem

    with pytest.raises(SourceUnavailable, match="is not signed"):
        FetchedSource(place, tmp_path, lambda: AT).read()
    better = signed(origin, tmp_path, "ours", {"a.yaml": "four"})
    assert fetch(place, tmp_path).tip == better


def test_a_commit_that_was_changed_after_it_was_signed_is_refused(
    origin: Repository, tmp_path: Path, keys: Path
) -> None:
    name = signed(origin, tmp_path, "ours", {"a.yaml": "one"})
    forged = origin.repo[name.encode()].copy()
    forged.message = b"another message"  # type: ignore[attr-defined]  # a Commit
    origin.repo.object_store.add_object(forged)
    origin.repo.refs[b"refs/heads/main"] = forged.id  # type: ignore[index]  # a Ref is bytes
    fetched = fetch(replace(remote(origin), signers=str(keys)), tmp_path)
    assert fetched.is_refusal
    assert "does not hold" in fetched.problem


def test_signatures_are_not_believed_where_they_cannot_be_checked(
    origin: Repository, tmp_path: Path, keys: Path
) -> None:
    signed(origin, tmp_path, "ours", {"a.yaml": "one"})
    place = remote(origin)
    assert "there is no file" in fetch(replace(place, signers=str(tmp_path / "none")), tmp_path).problem
    keyring = tmp_path / "keys.gpg"
    keyring.touch()
    assert "keyring of OpenPGP" in fetch(replace(place, signers=str(keyring)), tmp_path).problem
    assert not FetchedSource(place, tmp_path, lambda: AT).is_there
