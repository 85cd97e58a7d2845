"""The compiled part: the media thread and the UDP batch IO, in C, built by `setup.py` where a compiler is found.

`COMPILED` is False where it was not; `engine.media.selection` and `engine.runtime.udp_batch` then choose the Python twins.
Nothing else imports `_native`.
"""

from importlib.util import find_spec

COMPILED: bool = find_spec("engine.native._native") is not None
