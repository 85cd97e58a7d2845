"""A disk of few bytes, for what happens when it is full: a tmpfs in a mount namespace of the tests' own, so that nobody else sees it."""

from __future__ import annotations

import ctypes
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

CLONE_NEWNS: Final = 0x00020000


@contextmanager
def small_disk(place: Path, size_bytes: int) -> Iterator[Path]:
    """An empty disk at that folder; skips the test where one may not mount (not root, or a container without the right)."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount a disk")
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNS) != 0:
        pytest.skip(f"no mount namespace here: {os.strerror(ctypes.get_errno())}")
    commands = (
        ["mount", "--make-rprivate", "/"],
        ["mount", "-t", "tmpfs", "-o", f"size={size_bytes},mode=0700", "tmpfs", str(place)],
    )
    for command in commands:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            pytest.skip(f"nothing can be mounted here: {done.stderr.strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=False)


def fill(disk: Path) -> Path:
    """Take what is free, to the last byte, in a file that is returned."""
    hog = disk / "hog"
    with hog.open("ab", buffering=0) as file:
        for size in (65536, 1):
            try:
                while True:
                    file.write(b"\0" * size)
            except OSError:
                continue
    return hog


def make_read_only(disk: Path) -> None:
    """As a kernel does that has seen an error; files open for writing don't keep it from that."""
    # A bind mount of its own can be made read-only while files are open for writing, the file system itself can not.
    subprocess.run(["mount", "--bind", str(disk), str(disk)], check=True)
    subprocess.run(["mount", "-o", "remount,bind,ro", str(disk)], check=True)


def make_writable(disk: Path) -> None:
    """The end of `make_read_only`."""
    subprocess.run(["umount", "-l", str(disk)], check=True)
