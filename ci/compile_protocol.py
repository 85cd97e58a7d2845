"""Compiles the protocol modules with mypyc into `engine/native/protocol/`, or into the folder that is given.

Needs mypy, a C compiler and Python's headers. The folder is swapped in whole, with a stamp of its sources and of how it was made: a
build that fails leaves what was there, and what was there is not used any more if its sources have changed.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import tomllib
from pathlib import Path

from setuptools import Distribution  # type: ignore[import-untyped]  # ships no types
from setuptools.command.build_ext import build_ext  # type: ignore[import-untyped]  # the same

ROOT = Path(__file__).resolve().parents[1]


def compile_to(folder: Path) -> None:
    """Raises whatever mypyc or the compiler raise; SystemExit too."""
    sys.path.insert(0, str(ROOT))
    from mypyc.build import mypycify

    from engine.native import protocol

    os.chdir(ROOT)
    modules = tomllib.loads(Path("pyproject.toml").read_text("utf-8"))["tool"]["trunkline"]["compiled"]
    stamp = protocol.stamp(ROOT)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="protocol.", dir=folder.parent) as work:
        extensions = mypycify(
            [f"{module.replace('.', '/')}.py" for module in modules],
            opt_level="2",
            debug_level="0",
            target_dir=f"{work}/c",
        )
        builder = build_ext(Distribution({"ext_modules": extensions}))
        builder.build_lib, builder.build_temp = f"{work}/lib", f"{work}/o"
        builder.ensure_finalized()
        builder.parallel = os.cpu_count()
        builder.run()
        built = Path(work, "lib")
        (built / protocol.STAMP).write_text(stamp + "\n", "ascii")
        shutil.rmtree(folder, ignore_errors=True)
        built.rename(folder)


if __name__ == "__main__":
    from engine.native.protocol import FOLDER

    compile_to(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
