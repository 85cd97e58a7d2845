"""Whether the tests run against the compiled protocol modules, see tests/conftest.py."""

import os
from typing import Final

from engine.native import protocol

COMPILED: Final = os.environ.get(protocol.SWITCH) == "1"
