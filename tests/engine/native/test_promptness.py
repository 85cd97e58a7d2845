"""The media thread's share of the processor, where it may not ask for a better one: that of the process, not a worse one."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from engine.native import COMPILED

PROGRAM = """
import os
import resource
from pathlib import Path
from engine.native._native import Media

resource.setrlimit(resource.RLIMIT_NICE, (0, 0))
os.nice(int({nice}))
if os.geteuid() == 0:
    os.setuid(65534)
media = Media("127.0.0.1", 43_000, 2, 16, 1, 8, 0.0, 0.0)
media.start()
threads = [task for task in Path("/proc/self/task").iterdir() if (task / "comm").read_text().strip() == "media"]
print([os.getpriority(os.PRIO_PROCESS, int(task.name)) for task in threads])
"""


@pytest.mark.skipif(not COMPILED, reason="the native part is not built: no compiler or no Python.h")
def test_without_the_right_to_more_it_has_what_the_process_has() -> None:
    # Only root may begin with more than others, as a service with `Nice=` does, and give up the right to more.
    nice = -5 if os.geteuid() == 0 else 5
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(nice=nice)], capture_output=True, text=True, timeout=30, check=False
    )
    assert (done.stdout, done.stderr) == (f"[{nice}]\n", "")
