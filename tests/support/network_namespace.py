"""A network namespace of a test's own, with addresses that the test gives and takes away. Needs root and iproute2."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count

import pytest

_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Namespace:
    """`command`: what a command line begins with that is to run in it."""

    name: str

    @property
    def command(self) -> list[str]:
        return ["ip", "netns", "exec", self.name]

    def add_address(self, address: str) -> None:
        self._ip("address", "add", f"{address}/32", "dev", "lo")

    def remove_address(self, address: str) -> None:
        self._ip("address", "delete", f"{address}/32", "dev", "lo")

    def _ip(self, *arguments: str) -> None:
        subprocess.run(["ip", "-n", self.name, *arguments], check=True, capture_output=True, timeout=10)


@contextmanager
def network_namespace() -> Iterator[Namespace]:
    """Made, and removed at the end; the test is skipped where that can't be done."""
    if shutil.which("ip") is None or os.geteuid() != 0:
        pytest.skip("network namespaces need root and iproute2 (on Debian: apt-get install iproute2)")
    namespace = Namespace(f"trunkline-{os.getpid()}-{next(_numbers)}")
    made = subprocess.run(["ip", "netns", "add", namespace.name], capture_output=True, text=True, timeout=10)
    if made.returncode != 0:
        pytest.skip(f"no network namespace can be made here: {made.stderr.strip()}")
    try:
        subprocess.run(["ip", "-n", namespace.name, "link", "set", "lo", "up"], check=True, timeout=10)
        yield namespace
    finally:
        subprocess.run(["ip", "netns", "delete", namespace.name], check=True, timeout=10)
