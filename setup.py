"""Builds the compiled part (`engine.native._native`) where a compiler and Python's headers are found.

Without them the install goes on in pure Python: `engine.native.COMPILED` is False then, and the engine says so at start.
`Extension(optional=True)` is not enough: a missing compiler binary is a FileNotFoundError, which it does not forgive.
`TRUNKLINE_REQUIRE_NATIVE=1` makes a failed build an error (CI).

`TRUNKLINE_MYPYC=1` also compiles the protocol modules, from the same source, with mypyc (`pip install --no-build-isolation .`
with mypy there; half a minute). For a deployment, not for a checkout: an edited `.py` has no effect beside its compiled form.
"""

import os
from collections.abc import Callable
from pathlib import Path

from setuptools import Extension, setup  # type: ignore[import-untyped]  # ships no types
from setuptools.command.build_ext import build_ext  # type: ignore[import-untyped]  # the same

NATIVE = Path("engine/native")
# Not those with dataclasses that have slots, nor the enums that hash by identity: mypyc makes neither as Python does.
PROTOCOL = {
    "engine/sip": (
        "grammar uri headers message parser response transaction_key errors dialog digest nonce nonce_count client_invite "
        "client_non_invite server_invite server_non_invite transactions unacknowledged status body"
    ),
    "engine/sdp": "description anchor offer_answer origin errors",
    "engine": "wheel",
}


class build_native(build_ext):  # type: ignore[misc]  # noqa: N801 - untyped; the name shows as a setuptools command
    """Gives up with a warning instead of failing the install."""

    failure: BaseException | None = None

    def run(self) -> None:
        self._attempt(super().run)

    def build_extension(self, ext: Extension) -> None:
        self._attempt(lambda: super(build_native, self).build_extension(ext))

    def copy_extensions_to_source(self) -> None:
        if self.failure is None:
            super().copy_extensions_to_source()

    def get_outputs(self) -> list[str]:
        return [] if self.failure is not None else super().get_outputs()

    def _attempt(self, build: Callable[[], None]) -> None:
        if self.failure is not None:
            return
        try:
            build()
        except (Exception, SystemExit) as error:  # distutils exits on some missing tools
            if os.environ.get("TRUNKLINE_REQUIRE_NATIVE") == "1":
                raise
            self.failure = error
            for stale in NATIVE.glob("_native.*.so"):
                stale.unlink()  # built from older sources: worse than none
            self.warn(f"the native part was not built ({error!r}); pure Python is used instead")


def compiled_protocol() -> list[Extension]:
    """The protocol modules as extensions, where that is asked for."""
    if os.environ.get("TRUNKLINE_MYPYC") != "1":
        return []
    from mypyc.build import mypycify

    modules = [f"{folder}/{name}.py" for folder, names in PROTOCOL.items() for name in names.split()]
    extensions: list[Extension] = mypycify(modules, opt_level="3")
    return extensions


setup(
    ext_modules=[
        Extension(
            "engine.native._native",
            sources=sorted(str(source) for source in NATIVE.glob("*.c")),
            depends=sorted(str(header) for header in NATIVE.glob("*.h")),
            extra_compile_args=["-O2", "-Wall", "-Wextra", "-std=gnu11", "-fno-strict-aliasing", "-fvisibility=hidden"],
            extra_link_args=["-Wl,-s"],
        ),
        *compiled_protocol(),
    ],
    cmdclass={"build_ext": build_native},
)
