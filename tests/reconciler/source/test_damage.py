"""A mirror that a disk or somebody damaged is fetched anew by itself, and what was read of it goes on meanwhile."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from dulwich.repo import Repo

from reconciler.errors import SourceUnavailable
from reconciler.source.fetch import CURE_S, Fetcher
from reconciler.source.fetched import FetchedSource
from reconciler.source.mirror import Mirror
from reconciler.source.remote import Remote, remote_of
from tests.support.git_repository import Repository

AT = 1_790_000_500.0


class Setup:
    """A repository that was fetched, of three commits; its mirror."""

    def __init__(self, base: Path) -> None:
        self.data = base / "data"
        self.origin = Repository(base / "origin.git", bare=True)
        self.now = AT
        for text in ("one", "two", "three"):
            self.tip = self.origin.commit({"pbx/a.yaml": text, "README": text}, text)
        self.remote: Remote = remote_of(f"git+file://{self.origin.path}", path="pbx")
        self.fetcher = self.starts()
        assert self.fetcher.fetch().problem == ""
        self.mirror = Mirror(self.data).repository(self.remote.identity)

    def starts(self) -> Fetcher:
        """The process as it starts."""
        return Fetcher(self.remote, self.data, {}, lambda: self.now)

    def source(self) -> FetchedSource:
        return FetchedSource(self.remote, self.data, lambda: self.now)

    def text(self) -> str:
        [file] = self.source().read().files
        return file.content.decode()


@pytest.fixture
def setup(tmp_path: Path) -> Iterator[Setup]:
    one = Setup(tmp_path)
    yield one
    one.origin.close()


def packs(mirror: Path, suffix: str) -> list[Path]:
    found = list((mirror / "objects" / "pack").glob(f"*{suffix}"))
    assert found
    return found


def cut(suffix: str) -> Callable[[Path], None]:
    def damage(mirror: Path) -> None:
        for path in packs(mirror, suffix):
            path.chmod(0o600)
            path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])

    return damage


def overwrite_pack(mirror: Path) -> None:
    for path in packs(mirror, ".pack"):
        path.chmod(0o600)
        content = path.read_bytes()
        path.write_bytes(content[:12] + b"\xff" * (len(content) - 32) + content[-20:])


def remove(suffix: str) -> Callable[[Path], None]:
    def damage(mirror: Path) -> None:
        for path in packs(mirror, suffix):
            path.unlink()

    return damage


def empty(mirror: Path) -> None:
    shutil.rmtree(mirror)
    mirror.mkdir()


DAMAGE: dict[str, Callable[[Path], None]] = {
    "a pack that was cut off": cut(".pack"),
    "a pack of nonsense": overwrite_pack,
    "a pack that is gone": remove(".pack"),
    "an index that was cut off": cut(".idx"),
    "an index that is gone": remove(".idx"),
    "no objects": lambda mirror: shutil.rmtree(mirror / "objects"),
    "an empty folder": empty,
}


@pytest.mark.parametrize("is_started_anew", [False, True], ids=["running", "after a restart"])
@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_what_is_damaged_is_fetched_anew_once(
    setup: Setup, damage: Callable[[Path], None], is_started_anew: bool
) -> None:
    serving = setup.source()
    tree = serving.read()
    damage(setup.mirror)
    with pytest.raises(SourceUnavailable):
        setup.source().read()
    assert serving.read() is tree  # what runs goes on

    fetcher = setup.starts() if is_started_anew else setup.fetcher
    mended = fetcher.fetch()

    assert (mended.tip, mended.problem, mended.mended != "", mended.replaced) == (setup.tip, "", True, "")
    assert setup.text() == "three"
    assert fetcher.fetch().mended == ""
    assert sorted(path.name for path in setup.mirror.parent.iterdir()) == [setup.mirror.name, "state.json"]
    setup.origin.commit({"pbx/a.yaml": "four"})
    assert (fetcher.fetch().problem, setup.text()) == ("", "four")


@pytest.mark.parametrize("content", [b"no name of a commit\n", b"1" * 40 + b"\n", b"ref: refs/heads/main\n", b""])
def test_a_broken_ref_costs_nothing(setup: Setup, content: bytes) -> None:
    (setup.mirror / "refs" / "heads" / "main").write_bytes(content)
    tip = setup.origin.commit({"pbx/a.yaml": "four"})
    fetched = setup.fetcher.fetch()
    assert (fetched.tip, fetched.problem) == (tip, "")
    assert setup.text() == "four"


def test_a_damaged_mirror_waits_for_a_server_that_is_away(setup: Setup, tmp_path: Path) -> None:
    serving = setup.source()
    tree = serving.read()
    remove(".pack")(setup.mirror)
    away = tmp_path / "away.git"
    setup.origin.path.rename(away)
    problem = setup.fetcher.fetch().problem
    assert "what is kept of it is damaged" in problem
    assert setup.fetcher.fetch().problem == problem  # so that it is logged once
    assert serving.read() is tree
    away.rename(setup.origin.path)
    assert setup.fetcher.fetch().mended
    assert setup.text() == "three"


def test_what_is_damaged_at_the_server_is_not_fetched_whole_each_time(
    setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reconciler.source.fetch.damage_of", lambda *_: "a blob is missing")
    asked: list[Path] = []
    opened = Fetcher._opened

    def counted(self: Fetcher, path: Path) -> Repo:
        asked.append(path)
        return opened(self, path)

    monkeypatch.setattr(Fetcher, "_opened", counted)
    fetcher = setup.starts()
    for _ in range(3):
        assert "a blob is missing" in fetcher.fetch().problem
    assert [path.suffix for path in asked] == [".git", ".anew", ".git", ".git"]
    setup.now += CURE_S + 1
    fetcher.fetch()
    assert asked[-1].suffix == ".anew"


def test_a_commit_without_manifests_is_no_damage(setup: Setup) -> None:
    tip = setup.origin.commit({"README": "nothing else"})
    fetched = setup.fetcher.fetch()
    assert (fetched.tip, fetched.problem, fetched.mended) == (tip, "", "")
    with pytest.raises(SourceUnavailable, match="pbx"):
        setup.source().read()
