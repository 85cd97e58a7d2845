"""What holds for all tests: a slow machine is no reason for a property to fail; each test has its own bound in time.

`TRUNKLINE_MYPYC=1` runs them against the compiled protocol modules (ci/compile) instead of their sources.
"""

import gc
import os
from functools import cache

import typer.testing
from hypothesis import settings
from typer.main import get_command

from engine.native import protocol
from tests.support.compiled import COMPILED

# Servers that tests start share one machine; those that are about the API by TCP name a port of their own.
os.environ["TRUNKLINE_API"] = "off"

# Tests run the command line a thousand times in their own process, and building its sixty commands takes 30 ms.
typer.testing._get_command = cache(get_command)  # type: ignore[attr-defined]  # it has no option for that

settings.register_profile("trunkline", deadline=None)
settings.load_profile("trunkline")

if COMPILED:
    form = protocol.use()
    if not form.compiled:
        raise RuntimeError(f"the protocol modules would run in {form.why}")


def pytest_collection_finish() -> None:
    """Modules, models and eleven thousand tests stay: engines that start, and tests that look for cycles, need not go through them."""
    gc.collect()
    gc.freeze()
