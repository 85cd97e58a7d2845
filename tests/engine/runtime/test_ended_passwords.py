"""Who ends a password means all of them: those, too, that an exchange before had left to phones that are registered."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from engine.config.secret import LOCK_MARK, SecretRef, Secrets
from tests.engine.runtime.test_engine import running
from tests.support.wire_phone import SECRETS, WirePhone, listener, snapshot

EXCHANGED = Secrets("2", {SecretRef("env:P"): "second"})
ENDS = {
    "another reference": ("env:Q", {SecretRef("env:Q"): "third"}),
    "taken away": ("env:P", {SecretRef("env:P"): LOCK_MARK + "nobody knows it"}),
}


@pytest.mark.parametrize("how", ENDS)
def test_a_leaked_password_that_was_exchanged_before_ends_with_the_rest(tmp_path: Path, how: str) -> None:
    reference, values = ENDS[how]

    async def story() -> None:
        async with running(tmp_path) as place:
            await place.engine.apply(place.config(), SECRETS)
            with WirePhone("101", place.port) as phone, WirePhone("102", place.port) as other:
                await phone.registers()
                await other.registers()
                await place.engine.apply(place.config(), EXCHANGED)
                await phone.registers()  # "secret" goes on until its registration runs out
                config = snapshot((listener("main", place.port),), place.media, password=reference)
                await place.engine.apply(config, Secrets("3", values))
                await phone.registers(401)
                await other.registers(401)

    asyncio.run(story())


def test_another_exchange_ends_none(tmp_path: Path) -> None:
    async def story() -> None:
        async with running(tmp_path) as place:
            await place.engine.apply(place.config(), SECRETS)
            with WirePhone("101", place.port) as phone:
                await phone.registers()
                await place.engine.apply(place.config(), EXCHANGED)
                await place.engine.apply(place.config(), Secrets("3", {SecretRef("env:P"): "third"}))
                await phone.registers()

    asyncio.run(story())
