"""Chooses the media backend: the C thread where it was built, its Python twin otherwise."""

from __future__ import annotations

import logging

from engine.media.backend import MediaBackend, MediaSettings
from engine.media.twin import PythonMediaBackend
from engine.native import COMPILED

log = logging.getLogger("trunkline.media")


def select_backend(settings: MediaSettings) -> MediaBackend:
    """A backend, not opened yet; says in the log if it is the slow one."""
    if COMPILED:
        from engine.media.native_backend import NativeMediaBackend

        return NativeMediaBackend(settings)
    log.warning(
        "media runs in pure Python: a busy process delays and loses RTP. "
        "Install gcc and Python's headers and install again to build the native part."
    )
    return PythonMediaBackend(settings)
