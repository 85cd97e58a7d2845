"""OPTIONS at a server, again and again beside a story: how long each answer took."""

from __future__ import annotations

import threading
import time
from types import TracebackType

from tests.support.trunkline_process import answers_options

EVERY_S = 0.02
PATIENCE_S = 1.0


class Pinging:
    """From the beginning of the block to its end. `took_s`: seconds of each answer; one that did not come counts `PATIENCE_S`."""

    def __init__(self, port: int) -> None:
        self.took_s: list[float] = []
        self._port = port
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._ping)

    def _ping(self) -> None:
        while not self._is_over.wait(EVERY_S):
            began = time.perf_counter()
            answered = answers_options(self._port, PATIENCE_S)
            self.took_s.append(time.perf_counter() - began if answered else PATIENCE_S)

    def within(self, share: float) -> float:
        """The time within which that share of the answers came."""
        ordered = sorted(self.took_s)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]

    def __enter__(self) -> Pinging:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_over.set()
        self._thread.join()
