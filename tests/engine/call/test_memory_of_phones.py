"""What the server keeps of a phone that has just registered: its binding, and the answer until it can't be asked again."""

from __future__ import annotations

import gc
import tracemalloc

from tests.support.pbx import Pbx

WARM, PHONES = 50, 400
MOST_BYTES = 2_000
"""All that was allocated and is still held, caches of what was read included. Both forms of the protocol modules keep below it."""


def _register(pbx: Pbx, numbers: list[str]) -> None:
    for number in numbers:
        phone = pbx.phone(number, 10_000 + int(number))
        assert phone.register().status == 200
        del pbx.phones[phone.port]


def test_a_registered_phone_takes_little() -> None:
    numbers = [str(number) for number in range(1000, 1000 + WARM + PHONES)]
    pbx = Pbx(*numbers)
    _register(pbx, numbers[:WARM])
    pbx.registrar.take_changes()
    pbx.registrar.take_events()
    tracemalloc.start()
    try:
        _register(pbx, numbers[WARM:])
        pbx.registrar.take_changes()
        pbx.registrar.take_events()
        gc.collect()
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert pbx.registrar.count == len(numbers)
    assert kept / PHONES <= MOST_BYTES
