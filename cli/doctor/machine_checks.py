"""The machine itself: clock, CPU, memory, kernel, and which forms of our code it runs."""

from __future__ import annotations

from typing import Final

from cli.doctor.finding import Finding, ok, problem, unknown, warning
from cli.doctor.machine import Machine

OFF_S: Final = 1.0
STEAL_HIGH: Final = 0.10
STEAL_SOME: Final = 0.02
SWAPPED_BYTES: Final = 64 * 1024 * 1024
OLDEST_KERNEL: Final = (4, 18)
OLD_KERNEL: Final = (5, 10)


def clock(machine: Machine) -> list[Finding]:
    found = machine.clock
    if found is None:
        return [unknown("the kernel does not say whether the clock is synchronised")]
    if not found.synchronised:
        return [
            warning(
                "the clock is not synchronised: times in call records may be wrong, and TLS may fail",
                "run chrony or systemd-timesyncd (in a container: on its host)",
            )
        ]
    if found.error_s > OFF_S:
        return [warning(f"the clock may be {found.error_s:.1f} s off", "look at chronyc tracking, or timedatectl")]
    return [ok(f"the clock is synchronised, at most {found.error_s * 1000:.0f} ms off")]


def cpu(machine: Machine) -> list[Finding]:
    found = machine.machine
    if found is None:
        return [unknown("CPU figures can't be read")]
    said: list[Finding] = []
    if found.steal >= STEAL_HIGH:
        said.append(
            problem(
                f"the hypervisor gave {found.steal:.0%} of this machine's CPU time to others: audio stutters",
                "move it to a host that is less full, or to dedicated cores",
            )
        )
    elif found.steal >= STEAL_SOME:
        said.append(
            warning(f"the hypervisor gave {found.steal:.0%} of the CPU time to others", "watch it: `vmstat 1`, st")
        )
    if found.cores < 2:
        said.append(
            warning("one core: signalling and audio share it", "give it two, if there are more than some hundred calls")
        )
    return said or [ok(f"{found.cores} cores, {found.steal:.1%} of the CPU time stolen")]


def memory(machine: Machine) -> list[Finding]:
    found = machine.machine
    if found is None:
        return [unknown("memory figures can't be read")]
    said = f"{found.swapped_bytes / 1024 / 1024:,.0f} MiB are swapped out"
    if found.swapped_bytes > SWAPPED_BYTES:
        return [
            warning(
                f"{said}: calls wait for the disk", "more memory, or vm.swappiness=1, or MemorySwapMax=0 in the unit"
            )
        ]
    return [ok(said)]


def kernel(machine: Machine) -> list[Finding]:
    found = machine.machine
    if found is None:
        return [unknown("the kernel does not say its version")]
    if found.kernel < OLDEST_KERNEL:
        return [problem(f"kernel {found.kernel_text} is too old", "use one from 4.18 on")]
    if found.kernel < OLD_KERNEL:
        return [warning(f"kernel {found.kernel_text} is not tried any more", "use one from 5.10 on")]
    return [ok(f"kernel {found.kernel_text}")]


def media(machine: Machine) -> list[Finding]:
    native = machine.native if machine.server is None else machine.server.compiled_media
    if native:
        return [ok("audio is moved by native code")]
    return [
        warning(
            "audio is moved by Python: enough for a few calls only",
            "apt-get install gcc python3-dev, then ci/setup run (or make run) builds the native part; start the server again",
        )
    ]


def compiled(machine: Machine) -> list[Finding]:
    if machine.compiled:
        return [ok("the protocol modules run compiled")]
    return [ok(f"the protocol modules run as {machine.why_plain}")]
