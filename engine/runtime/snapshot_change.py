"""What an apply changes, between the snapshot that runs and the next: whose phones are gone, which passwords were exchanged or ended, how
many values are new, and which secrets are missing.

The loop has a turn between two steps (`in_steps`): ten thousand extensions at once would hold it for milliseconds.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import TypeVar

from engine.config.extension import ExtensionConfig
from engine.config.secret import Secrets, is_lock
from engine.config.snapshot import Snapshot
from engine.config.steps import STEP, Steps
from engine.config.trunk import TrunkConfig

T = TypeVar("T")


async def in_steps(steps: Steps[T]) -> T:
    """The result, with a turn of the loop between two steps."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: T = end.value
            return result
        await asyncio.sleep(0)


def phones_gone(before: Snapshot, after: Snapshot) -> Steps[list[ExtensionConfig]]:
    """The extensions whose phones may no longer be reached under their numbers."""
    gone: list[ExtensionConfig] = []
    for name, old in before.tenants.items():
        new = after.tenants.get(name)
        if new is old:
            continue
        for count, (number, extension) in enumerate(old.extensions.items(), start=1):
            if new is None or not _is_same_phone(extension, new.extensions.get(number)):
                gone.append(extension)
            if count % STEP == 0:
                yield
    return gone


def new_values(before: Snapshot, after: Snapshot) -> Steps[int]:
    """How many values the tenants have that they had not before."""
    new = 0
    for name, tenant in after.tenants.items():
        old = before.tenants.get(name)
        if tenant is old:
            continue
        known = {} if old is None else old.items
        for count, (ref, item) in enumerate(tenant.items.items(), start=1):
            new += known.get(ref) is not item
            if count % STEP == 0:
                yield
    return new


def exchanged(
    before: Snapshot, old: Secrets, after: Snapshot, new: Secrets
) -> Steps[list[tuple[ExtensionConfig, str]]]:
    """The extensions behind whose reference another password stands now, with the one of before. A reference that was exchanged is
    meant to count at once, and so is a secret that was taken away."""
    found: list[tuple[ExtensionConfig, str]] = []
    for name, tenant in after.tenants.items() if old.version != new.version else ():
        known = before.tenants.get(name)
        for count, extension in enumerate(tenant.extensions.values() if known is not None else (), start=1):
            was, now = old.get(extension.password), new.get(extension.password)
            if was is not None and now is not None and was != now and not is_lock(was) and not is_lock(now):
                same = known.extensions.get(extension.number) if known is not None else None
                if same is not None and same.password == extension.password and _is_same_phone(same, extension):
                    found.append((extension, was))
            if count % STEP == 0:
                yield
    return found


def ended(
    known: Iterable[tuple[str, str]], before: Snapshot, after: Snapshot, secrets: Secrets
) -> Steps[list[tuple[str, str]]]:
    """Those of `known` whose old passwords are worth nothing from now on: what an exchange before had left to them is meant, too."""
    found: list[tuple[str, str]] = []
    for count, (name, number) in enumerate(known, start=1):
        was, now = (
            tenant.extensions.get(number) if (tenant := side.tenants.get(name)) is not None else None
            for side in (before, after)
        )
        value = None if now is None else secrets.get(now.password)
        if was is None or now is None or was.password != now.password or value is None or is_lock(value):
            found.append((name, number))
        if count % STEP == 0:
            yield
    return found


def missing_secrets(before: Snapshot, old: Secrets, after: Snapshot, secrets: Secrets) -> Steps[list[str]]:
    """The secrets of extensions, trunks and webhooks that are not there, and what to do about each."""
    same = secrets.version == old.version
    missing = _missing_of_trunks(after.trunks.values(), secrets)
    for name, tenant in after.tenants.items():
        if same and before.tenants.get(name) is tenant:
            continue
        missing += [
            f"{tenant.config.ref}: the secret {ref} of its webhooks is missing; set it where the manifest says"
            for hook in tenant.config.webhooks.all
            for ref in hook.secrets
            if secrets.get(ref) is None
        ]
        for count, extension in enumerate(tenant.extensions.values(), start=1):
            if secrets.get(extension.password) is None:
                missing.append(
                    f"{extension.ref}: its secret {extension.password} is missing; set it where the manifest says"
                )
            if count % STEP == 0:
                yield
        missing += _missing_of_trunks(tenant.trunks.values(), secrets)
    return missing


def _missing_of_trunks(trunks: Iterable[TrunkConfig], secrets: Secrets) -> list[str]:
    return [
        f"{trunk.ref}: its secret {trunk.credentials.password} is missing; set it where the manifest says"
        for trunk in trunks
        if trunk.credentials is not None and secrets.get(trunk.credentials.password) is None
    ]


def _is_same_phone(old: ExtensionConfig, new: ExtensionConfig | None) -> bool:
    """Whether who registered for the number still may: a number that goes to somebody else must not ring its old phones."""
    return new is not None and (new.name, new.auth_user) == (old.name, old.auth_user)
