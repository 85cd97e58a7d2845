"""Who signed the tip that is followed: real keys, merges, keys that have run out or that nobody knows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.source.fetch import Fetcher
from reconciler.source.mirror import Fetched
from reconciler.source.remote import remote_of
from tests.support.git_repository import Files, Repository
from tests.support.signing import PgpHome, SshKey

AT = 1_790_000_500.0
ADA, EVE, OLD = "Ada <ada@example.org>", "Eve <eve@example.org>", "Old <old@example.org>"
FILES: Files = {"a.yaml": "one"}


@pytest.fixture
def origin(tmp_path: Path) -> Iterator[Repository]:
    repository = Repository(tmp_path / "origin.git", bare=True)
    yield repository
    repository.close()


@pytest.fixture(scope="module")
def pgp() -> Iterator[PgpHome]:
    with PgpHome() as home:
        home.make(ADA)
        home.make(EVE)
        home.make(OLD, at="20200101T000000", runs_out="1y")
        yield home


def fetched(origin: Repository, tmp_path: Path, signers: Path) -> Fetched:
    remote = replace(remote_of(f"git+file://{origin.path}"), signers=str(signers))
    return Fetcher(remote, tmp_path, {}, lambda: AT).fetch()


def allowed(tmp_path: Path, *keys: SshKey) -> Path:
    path = tmp_path / "allowed_signers"
    path.write_text("".join(f'ada@example.org namespaces="git" {key.public}' for key in keys))
    return path


# Merges: the tip is what counts


def test_an_unsigned_merge_of_signed_branches_is_refused(origin: Repository, tmp_path: Path) -> None:
    ours = SshKey(tmp_path, "ours")
    signers = allowed(tmp_path, ours)
    first = ours.sign(origin, origin.commit(FILES))
    assert fetched(origin, tmp_path, signers).tip == first
    left = ours.sign(origin, origin.commit({**FILES, "b.yaml": "left"}, parents=[first]))
    right = ours.sign(origin, origin.commit({**FILES, "c.yaml": "right"}, parents=[first]))
    both = {**FILES, "b.yaml": "left", "c.yaml": "right"}
    merge = origin.commit(both, "merge", parents=[left, right])

    found = fetched(origin, tmp_path, signers)

    assert (found.tip, found.is_refusal) == (first, True)
    assert f"commit {merge[:12]} is not signed" in found.problem
    signed = ours.sign(origin, merge)
    assert fetched(origin, tmp_path, signers).tip == signed


def test_a_signed_merge_answers_for_what_it_merges(origin: Repository, tmp_path: Path) -> None:
    ours, theirs = SshKey(tmp_path, "ours"), SshKey(tmp_path, "theirs")
    unsigned = origin.commit(FILES)
    stranger = theirs.sign(origin, origin.commit({**FILES, "b.yaml": "two"}, parents=[unsigned]))
    merge = ours.sign(origin, origin.commit({**FILES, "b.yaml": "two"}, "merge", parents=[unsigned, stranger]))
    found = fetched(origin, tmp_path, allowed(tmp_path, ours))
    assert (found.tip, found.signed_by, found.problem) == (merge, "ada@example.org", "")


def test_a_signature_for_something_else_than_git_is_none(origin: Repository, tmp_path: Path) -> None:
    ours = SshKey(tmp_path, "ours")
    signers = tmp_path / "allowed_signers"
    signers.write_text(f'ada@example.org namespaces="file" {ours.public}')
    ours.sign(origin, origin.commit(FILES))
    found = fetched(origin, tmp_path, signers)
    assert (found.tip, found.is_refusal) == ("", True)
    assert "commit" in found.problem


# OpenPGP


def test_a_commit_and_a_merge_signed_with_openpgp(origin: Repository, tmp_path: Path, pgp: PgpHome) -> None:
    keyring = pgp.keyring(tmp_path / "ada.gpg", ADA)
    first = pgp.sign(origin, origin.commit(FILES), ADA)
    found = fetched(origin, tmp_path, keyring)
    assert (found.tip, found.signed_by, found.problem) == (first, ADA, "")
    side = origin.commit({**FILES, "b.yaml": "side"}, parents=[first])
    merge = origin.commit({**FILES, "b.yaml": "side"}, "merge", parents=[first, side])
    assert f"commit {merge[:12]} is not signed" in fetched(origin, tmp_path, keyring).problem
    signed = pgp.sign(origin, merge, ADA)
    assert fetched(origin, tmp_path, keyring).tip == signed


@pytest.mark.parametrize(("who", "at"), [(EVE, ""), (OLD, "20200601T000000")], ids=["nobody knows it", "it ran out"])
def test_a_key_that_may_not_is_refused(origin: Repository, tmp_path: Path, pgp: PgpHome, who: str, at: str) -> None:
    known = pgp.keyring(tmp_path / "ada.gpg", ADA if who == EVE else OLD)
    pgp.sign(origin, origin.commit(FILES), who, at=at)
    found = fetched(origin, tmp_path, known)
    assert (found.tip, found.is_refusal) == ("", True)
    assert f"is not signed by a key of {known}" in found.problem


def test_a_signature_of_another_commit_is_refused(origin: Repository, tmp_path: Path, pgp: PgpHome) -> None:
    keyring = pgp.keyring(tmp_path / "ada.gpg", ADA)
    signed = pgp.sign(origin, origin.commit(FILES), ADA)
    forged = origin.repo[signed.encode()].copy()
    forged.message = b"another message"  # type: ignore[attr-defined]  # a Commit
    origin.repo.object_store.add_object(forged)
    origin.repo.refs[b"refs/heads/main"] = forged.id  # type: ignore[index]  # a Ref is bytes
    assert "does not hold" in fetched(origin, tmp_path, keyring).problem


def test_openpgp_and_ssh_are_told_apart(origin: Repository, tmp_path: Path, pgp: PgpHome) -> None:
    pgp.sign(origin, origin.commit(FILES), ADA)
    signers = allowed(tmp_path, SshKey(tmp_path, "ours"))
    assert f"OpenPGP signature, and {signers} is no keyring" in fetched(origin, tmp_path, signers).problem
