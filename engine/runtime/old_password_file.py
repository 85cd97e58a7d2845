"""Old passwords that still count, on disk: a restart of the server ends no registration before its time, nor a crash.

One small JSON file, for its owner only, that is there only while one counts. It holds HA1s, which are as good as the password: of those
that were exchanged, from one address, until the registration of then runs out (an hour, mostly). Written when one is exchanged or
ended, before the exchange is told to be done. What stands in it is believed only for the same user, realm and reference as then.
"""

from __future__ import annotations

import asyncio
import json
import logging
import math
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from engine.call.old_passwords import Hashes, KeptPassword, OldPassword, OldPasswords, hashes_of
from engine.config.secret import Secrets, is_lock
from engine.config.snapshot import Snapshot
from engine.runtime.clock import Clock
from engine.sip.digest import Algorithm

NAME: Final = "old-passwords.json"
_VERSION: Final = 1
_MOST_BYTES: Final = 64 * 1024 * 1024
_LONGEST: Final = 2048
_EVERY_S: Final = 10.0

_log: Final = logging.getLogger("trunkline.storage")


class OldPasswordFile:
    """`load` at the start, `bring_back` with the first configuration, `keep` after each apply, `keep_house` every second."""

    def __init__(self, data: Path, passwords: OldPasswords, clock: Clock) -> None:
        self._path = data / NAME
        self._passwords = passwords
        self._clock = clock
        self._kept: Sequence[KeptPassword] = ()
        self._writing: asyncio.Task[None] | None = None
        self._next_at = 0.0
        self._has_failed = False

    async def load(self) -> None:
        self._kept, problem = await asyncio.to_thread(read_kept, self._path)
        if problem is not None:
            _log.warning("%s; phones with a password of before its exchange have to take the new one", problem)

    def bring_back(self, snapshot: Snapshot, secrets: Secrets) -> None:
        """Those that still count for the same extension."""
        kept, self._kept = self._kept, ()
        now = self._clock.now()
        shift = now - self._clock.unix(now)
        for one in kept:
            until = min(one.until + shift, now + snapshot.system.sip.max_expires_s)
            if until > now and _is_same(one, snapshot, secrets):
                self._passwords.restore(one.tenant, one.number, OldPassword(one.host, None, until, one.hashes))
        self._passwords.is_changed = bool(kept)

    async def keep(self, snapshot: Snapshot) -> None:
        """Write what changed."""
        if self._writing is not None:
            await self._writing
        if self._passwords.is_changed:
            await self._write(snapshot)

    def keep_house(self, snapshot: Snapshot, now: float) -> None:
        """What has run out is taken off the disk, too."""
        if now < self._next_at or self._writing is not None:
            return
        self._next_at = now + _EVERY_S
        self._passwords.expire(now)
        if self._passwords.is_changed:
            self._writing = asyncio.get_running_loop().create_task(self._write(snapshot), name="old-passwords")

    async def close(self) -> None:
        if self._writing is not None:
            await self._writing

    async def _write(self, snapshot: Snapshot) -> None:
        self._passwords.is_changed = False
        now = self._clock.now()
        kept = _kept(self._passwords.all(now), snapshot, self._clock.unix(now) - now)
        try:
            await asyncio.to_thread(write_kept, self._path, kept)  # hashes of thousands take a while
            self._has_failed = False
        except OSError as error:
            self._passwords.is_changed = True
            if not self._has_failed:
                _log.warning("%s can't be written: %s; a restart would end old passwords at once", self._path, error)
            self._has_failed = True
        finally:
            self._writing = None


def _kept(
    passwords: Iterable[tuple[str, str, OldPassword]], snapshot: Snapshot, shift: float
) -> Iterator[KeptPassword]:
    for name, number, old in passwords:
        tenant = snapshot.tenants.get(name)
        extension = tenant.extensions.get(number) if tenant is not None else None
        if tenant is not None and extension is not None:
            realm = tenant.config.domain
            yield KeptPassword(
                tenant=name,
                number=number,
                user=extension.auth_user,
                realm=realm,
                reference=extension.password,
                host=old.host,
                until=old.until + shift,
                hashes=hashes_of(old, extension.auth_user, realm),
            )


def _is_same(kept: KeptPassword, snapshot: Snapshot, secrets: Secrets) -> bool:
    tenant = snapshot.tenants.get(kept.tenant)
    extension = tenant.extensions.get(kept.number) if tenant is not None else None
    if tenant is None or extension is None:
        return False
    value = secrets.get(extension.password)
    wanted = (extension.auth_user, tenant.config.domain, extension.password)
    return wanted == (kept.user, kept.realm, kept.reference) and value is not None and not is_lock(value)


def read_kept(path: Path) -> tuple[Sequence[KeptPassword], str | None]:
    """Those of the last run; none, with the reason, if the file can't be read, or others could have written it. Blocking."""
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_mode & 0o077:
                raise ValueError("it is open to others")
            data = file.read(_MOST_BYTES + 1)
        if len(data) > _MOST_BYTES:
            raise ValueError(f"it is longer than {_MOST_BYTES} bytes")
        document = json.loads(data)
        if not isinstance(document, dict) or document.get("version") != _VERSION:
            raise ValueError(f"it is no list of version {_VERSION}")
        return [_of_row(row) for row in document["passwords"]], None
    except FileNotFoundError:
        return (), None
    except (OSError, ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
        why = error.strerror if isinstance(error, OSError) else _why(error)
        return (), f"{path} can't be read: {why}"


def _why(error: Exception) -> str:
    """Without anything that stands there."""
    return str(error) if type(error) is ValueError else "what stands there is no list of old passwords"


def write_kept(path: Path, kept: Iterable[KeptPassword]) -> None:
    """Replace the file, or remove it where nothing is to be kept. Blocking; OSError leaves the old one as it was."""
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    count = 0
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(f'{{"version": {_VERSION}, "passwords": [')
        for count, one in enumerate(kept, start=1):
            file.write("\n" if count == 1 else ",\n")
            file.write(json.dumps(_row(one)))
        file.write("\n]}\n")
        file.flush()
        os.fsync(file.fileno())
    if count:
        fresh.replace(path)
    else:
        path.unlink(missing_ok=True)
        fresh.unlink()


def _row(kept: KeptPassword) -> list[object]:
    names = [kept.tenant, kept.number, kept.user, kept.realm, kept.reference, kept.host, kept.until]
    return [*names, [[user, algorithm.value, proof] for (user, algorithm), proof in kept.hashes.items()]]


def _of_row(row: object) -> KeptPassword:
    """ValueError or TypeError for what is none."""
    match row:
        case [*names, int() | float() as until, list(hashes)] if len(names) == 6:
            tenant, number, user, realm, reference, host = map(_name, names)
            if not math.isfinite(until):
                raise ValueError("it has no time")
            return KeptPassword(
                tenant=tenant,
                number=number,
                user=user,
                realm=realm,
                reference=reference,
                host=host,
                until=float(until),
                hashes=_hashes(hashes),
            )
    raise TypeError


def _hashes(rows: list[object]) -> Hashes:
    found: dict[tuple[str, Algorithm], str] = {}
    for row in rows:
        match row:
            case [user, str(algorithm), proof]:
                found[_name(user), Algorithm(algorithm)] = _name(proof)
            case _:
                raise TypeError
    return found


def _name(value: object) -> str:
    if not isinstance(value, str) or len(value) > _LONGEST:
        raise TypeError
    return value
