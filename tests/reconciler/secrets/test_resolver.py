"""Secrets: where they come from, when they are refused, that no message shows one, and that rotation is noticed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from engine.config.secret import SecretRef
from reconciler.secrets.resolver import MOST_BYTES, Resolver

SECRET = "correct-horse"
ENV = SecretRef("env:PW")
FILE = SecretRef("file:secrets/101")


def resolver(data: Path, **environ: str) -> Resolver:
    return Resolver(data, environ, b"k" * 32)


def put(data: Path, content: bytes, mode: int = 0o600) -> Path:
    path = data / "secrets" / "101"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    path.chmod(mode)
    return path


def test_the_environment_is_asked(tmp_path: Path) -> None:
    assert resolver(tmp_path, PW=SECRET).resolve([ENV]).values == {ENV: SECRET}


CONTENTS = [b"correct-horse", b"correct-horse\n", b"correct-horse\r\n"]


@pytest.mark.parametrize("content", CONTENTS)
def test_a_file_is_read_without_its_last_line_end(tmp_path: Path, content: bytes) -> None:
    put(tmp_path, content)
    assert resolver(tmp_path).resolve([FILE]).values == {FILE: SECRET}


def test_spaces_belong_to_the_secret(tmp_path: Path) -> None:
    put(tmp_path, b" a b \n")
    assert resolver(tmp_path).resolve([FILE]).values == {FILE: " a b "}


def test_an_absolute_path_is_taken_as_it_is(tmp_path: Path) -> None:
    path = put(tmp_path, b"x")
    ref = SecretRef(f"file:{path}")
    assert resolver(tmp_path / "elsewhere").resolve([ref]).values == {ref: "x"}


def test_links_are_followed(tmp_path: Path) -> None:
    """As Kubernetes mounts a Secret."""
    put(tmp_path, b"x")
    (tmp_path / "link").symlink_to("secrets/101")
    ref = SecretRef("file:link")
    assert resolver(tmp_path).resolve([ref]).values == {ref: "x"}


REFUSED = [
    (b"", 0o600, "is empty"),
    (b"\n", 0o600, "is empty"),
    (b"  \n", 0o600, "is empty"),
    (b"correct-horse\nbattery\n", 0o600, "more than one line"),
    (b"correct-horse\0", 0o600, "control character"),
    (b"correct-horse\xff", 0o600, "not UTF-8"),
    (b"x" * (MOST_BYTES + 1), 0o600, f"more than {MOST_BYTES} characters"),
    (b"correct-horse", 0o602, "written by everybody"),
]


@pytest.mark.parametrize(("content", "mode", "words"), REFUSED)
def test_what_is_refused_and_never_shown(tmp_path: Path, content: bytes, mode: int, words: str) -> None:
    put(tmp_path, content, mode)
    resolved = resolver(tmp_path).resolve([FILE])
    assert not resolved.values
    assert words in resolved.missing[FILE]
    assert "horse" not in repr(resolved)


MISSING = [
    ("env:PW", "PW is not set"),
    ("file:nowhere", "does not exist"),
    ("file:.", "not a regular file"),
    ("file:../other", "leads out of the data folder"),
    ("file:a/../../other", "leads out of the data folder"),
    ("vault:x", 'unknown sort "vault"'),
]


@pytest.mark.parametrize(("ref", "words"), MISSING)
def test_what_is_missing(tmp_path: Path, ref: str, words: str) -> None:
    assert words in resolver(tmp_path).resolve([SecretRef(ref)]).missing[SecretRef(ref)]


def test_an_empty_variable_is_missing(tmp_path: Path) -> None:
    assert "is empty" in resolver(tmp_path, PW="").resolve([ENV]).missing[ENV]


def test_a_fifo_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert SecretRef("file:pipe") in resolver(tmp_path).resolve([SecretRef("file:pipe")]).missing


@pytest.mark.parametrize("mode", [0o644, 0o620])
def test_a_file_open_to_others_is_warned_about(tmp_path: Path, mode: int) -> None:
    put(tmp_path, b"x", mode)
    resolved = resolver(tmp_path).resolve([FILE])
    assert resolved.values == {FILE: "x"}
    assert "chmod 600" in resolved.warnings[FILE]


def test_rotation_is_noticed(tmp_path: Path) -> None:
    source = resolver(tmp_path)
    path = put(tmp_path, b"one")
    first = source.secrets([FILE])
    assert source.secrets([FILE]).version == first.version
    draft = tmp_path / "draft"
    draft.write_bytes(b"two")
    draft.chmod(0o600)
    draft.replace(path)
    second = source.secrets([FILE])
    assert second.get(FILE) == "two"
    assert second.version != first.version


def test_the_version_says_nothing_without_the_key(tmp_path: Path) -> None:
    one = Resolver(tmp_path, {"PW": SECRET}, b"1" * 32).secrets([ENV])
    two = Resolver(tmp_path, {"PW": SECRET}, b"2" * 32).secrets([ENV])
    assert one.version != two.version
    assert SECRET not in repr(one)


def test_the_version_keeps_references_and_values_apart(tmp_path: Path) -> None:
    source = resolver(tmp_path)
    assert source.version({SecretRef("a"): "bc"}) != source.version({SecretRef("ab"): "c"})


def test_a_missing_secret_in_use_is_locked(tmp_path: Path) -> None:
    source = resolver(tmp_path)
    locked = source.secrets([ENV])
    assert locked.get(ENV) == source.secrets([ENV]).get(ENV)
    assert locked.get(ENV) != resolver(tmp_path).secrets([ENV]).get(ENV)


def test_what_a_tenants_own_source_names_stays_below_its_folder_whatever_links_say(tmp_path: Path) -> None:
    for tenant in ("acme", "globex"):
        (tmp_path / "tenants" / tenant).mkdir(parents=True)
        place = tmp_path / "tenants" / tenant / "own"
        place.write_text(f"of-{tenant}")
        place.chmod(0o600)
    acme = tmp_path / "tenants" / "acme"
    (acme / "within").symlink_to("own")
    (acme / "stolen").symlink_to("../globex/own")
    (acme / "folder").symlink_to(tmp_path / "tenants" / "globex")
    refs = {name: SecretRef(f"file:tenants/acme/{name}") for name in ("own", "within", "stolen", "folder/own")}
    found = resolver(tmp_path).resolve(refs.values())
    assert found.values == {refs["own"]: "of-acme", refs["within"]: "of-acme"}
    assert found.missing.keys() == {refs["stolen"], refs["folder/own"]}
    assert all("leads out of its tenant's folder" in why for why in found.missing.values())
