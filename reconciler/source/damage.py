"""Whether a mirror still gives what a source needs of it: a disk loses files, a machine stops while one is written, somebody tidies up."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Final

from dulwich.objects import S_ISGITLINK, Commit, ObjectID, ShaFile, Tree
from dulwich.refs import Ref
from dulwich.repo import Repo

from reconciler.source.git import GitRevision
from schema.problem import printable

MOST_COMMITS: Final = 5_000
LONGEST_WORDS: Final = 200

Stamp = tuple[tuple[str, int, int], ...]


class ObjectTooLarge(Exception):
    """More than is taken from whoever has pushed it; the message says what."""


def damage_of(mirror: Path, tip: str, folder: str | None, most_bytes: int | None = None) -> str | None:
    """What of it can't be read, None if all that a source of that tip needs can. `tip`: "" = none was fetched yet.

    ObjectTooLarge: `most_bytes` of an object at the tip, where there is such a bound.
    """
    if not mirror.exists():
        return None
    try:
        with Repo(str(mirror)) as repo:
            for name, head in repo.refs.as_dict(Ref(b"refs/heads")).items():
                if head not in repo.object_store:
                    return f"{printable(name.decode('utf-8', 'replace'))} names no commit that is there"
            if tip:
                _check_objects(repo, ObjectID(tip.encode("ascii")), most_bytes)
                for _ in repo.get_walker(include=[ObjectID(tip.encode("ascii"))], max_entries=MOST_COMMITS):
                    pass
        if tip:
            GitRevision(mirror, tip, folder).last_change()
    except ObjectTooLarge:
        raise
    except Exception as error:  # noqa: BLE001 - what dulwich raises of damaged files is not to be listed: zlib, struct, assertions...
        return printable(f"{type(error).__name__}: {error}")[:LONGEST_WORDS]
    return None


def stamp_of(mirror: Path) -> Stamp:
    """What changes when a file of its objects does."""
    found = []
    for path in (mirror / "objects").rglob("*"):
        with suppress(OSError):
            status = path.stat()
            found.append((str(path), status.st_size, status.st_mtime_ns))
    return tuple(sorted(found))


def _check_objects(repo: Repo, tip: ObjectID, most_bytes: int | None) -> None:
    """Read the commit and all that its tree holds, and compare each with its name. Raises what dulwich raises, or ValueError."""
    store = repo.object_store
    waiting, seen = [tip], {tip}
    while waiting:
        name = waiting.pop()
        number, content = store.get_raw(name)
        if most_bytes is not None and len(content) > most_bytes:
            raise ObjectTooLarge(
                f"object {name.decode()[:12]} has {len(content):,} bytes, more than the {most_bytes:,} allowed"
            )
        found = ShaFile.from_raw_string(number, content)
        if found.id != name:
            raise ValueError(f"object {name.decode()} is {found.id.decode()}")
        if isinstance(found, Commit):
            further = [found.tree]
        elif isinstance(found, Tree):
            further = [entry.sha for entry in found.items() if not S_ISGITLINK(entry.mode)]
        else:
            further = []
        waiting += [one for one in further if one not in seen]
        seen.update(further)
