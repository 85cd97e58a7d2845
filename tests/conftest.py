"""What holds for all tests: a slow machine is no reason for a property to fail; each test has its own bound in time.

`TRUNKLINE_MYPYC=1` runs them against the compiled protocol modules (ci/compile) instead of their sources.
"""

import gc
import os

from hypothesis import settings

from engine.native import protocol
from tests.support.compiled import COMPILED

# Servers that tests start share one machine; those that are about the API by TCP name a port of their own.
os.environ["TRUNKLINE_API"] = "off"

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
