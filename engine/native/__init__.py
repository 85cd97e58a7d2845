"""The compiled part: the media thread, the UDP batch IO and the cut of a SIP head, in C, built by `setup.py` where a compiler is found.

`COMPILED` is False where it was not; `engine.media.selection`, `engine.runtime.udp_batch` and `engine.sip.head` then choose Python.
Nothing else imports `_native`.
"""

from importlib.util import find_spec

COMPILED: bool = find_spec("engine.native._native") is not None
