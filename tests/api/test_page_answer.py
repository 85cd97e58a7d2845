"""A long page lets others have their turn while it is made."""

from __future__ import annotations

import asyncio
import json

from api.bodies.call import CallBody
from api.page_answer import BODIES, page_answer
from tests.api.test_routes import call


def test_others_have_their_turn_while_a_long_page_is_made() -> None:
    async def story() -> int:
        turns = 0

        async def other() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        task = asyncio.create_task(other())
        answer = await page_answer([call(number) for number in range(10 * BODIES)], CallBody.model_validate, "x")
        task.cancel()
        told = json.loads(bytes(answer.body))
        assert [item["callee"] for item in told["items"]] == [str(number) for number in range(10 * BODIES)]
        assert told["next"] == "x"
        return turns

    assert asyncio.run(story()) >= 10


def test_a_page_of_nothing() -> None:
    answer = asyncio.run(page_answer([], CallBody.model_validate, None))
    assert bytes(answer.body) == b'{"items":[],"next":null}'
