"""Builds the compiled part (`engine.native._native`) where a compiler and Python's headers are found.

Without them the install goes on in pure Python: `engine.native.COMPILED` is False then, and the engine says so at start.
`Extension(optional=True)` is not enough: a missing compiler binary is a FileNotFoundError, which it does not forgive.
`TRUNKLINE_REQUIRE_NATIVE=1` makes a failed build an error (CI).

`TRUNKLINE_MYPYC=1` also puts the protocol modules, compiled by mypyc, into the wheel (`pip install --no-build-isolation .` with mypy
there); an install in place leaves that to `ci/compile`. See `engine/native/protocol.py`.
"""

import os
import runpy
from collections.abc import Callable
from pathlib import Path

from setuptools import Extension, setup  # type: ignore[import-untyped]  # ships no types
from setuptools.command.build_ext import build_ext  # type: ignore[import-untyped]  # the same

NATIVE = Path("engine/native")


class build_native(build_ext):  # type: ignore[misc]  # noqa: N801 - untyped; the name shows as a setuptools command
    """Gives up with a warning instead of failing the install."""

    failure: BaseException | None = None

    def run(self) -> None:
        self._attempt(super().run)
        if os.environ.get("TRUNKLINE_MYPYC") == "1" and not self.inplace and not self.editable_mode:
            compile_to = runpy.run_path("ci/compile_protocol.py")["compile_to"]
            compile_to(Path(self.build_lib).absolute() / NATIVE / "protocol")

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


setup(
    ext_modules=[
        Extension(
            "engine.native._native",
            sources=sorted(str(source) for source in NATIVE.glob("*.c")),
            depends=sorted(str(header) for header in NATIVE.glob("*.h")),
            extra_compile_args=["-O2", "-Wall", "-Wextra", "-std=gnu11", "-fno-strict-aliasing", "-fvisibility=hidden"],
            extra_link_args=["-Wl,-s"],
        ),
    ],
    cmdclass={"build_ext": build_native},
)
