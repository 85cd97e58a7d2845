"""Who is measured in one run, by turns: ours as compiled, ours from source, and the peer if it is installed.

They stand beside one another on the server's core and idle while it is another's turn, so that a machine that slows down slows all.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from bench import conditions, cpu
from bench.peers import kamailio
from bench.peers.kamailio import Kamailio
from bench.row import Figures
from bench.server import Server, forms
from bench.sip_generator import Outcome

PEER = "peer"

Contestant = Server | Kamailio


@contextmanager
def contestants(extensions: int, core: int, trunk_port: int = 0) -> Iterator[Mapping[str, Contestant]]:
    """By form, the one that serves first, and `PEER`; those that there are."""
    program = kamailio.find()
    with ExitStack() as running:
        found: dict[str, Contestant] = {
            form: running.enter_context(Server(extensions, core, trunk_port, form=form)) for form in forms()
        }
        if program is not None:
            found[PEER] = running.enter_context(Kamailio(program, extensions, core, trunk_port))
        yield found


@dataclass(frozen=True, slots=True)
class Runs:
    """What one contestant's runs came to. `costs_us`: CPU for each that was completed."""

    name: str
    costs_us: list[float] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)

    def measure(self, contestant: Contestant, play: Callable[[], Outcome]) -> Outcome:
        """Play one run and keep what it came to."""
        before = contestant.cpu_s()
        outcome = play()
        spent_s = cpu.between(before, contestant.cpu_s())
        self.costs_us.append(1e6 * spent_s / max(1, outcome.completed))
        self.outcomes.append(outcome)
        return outcome

    @property
    def whole(self) -> Outcome:
        return Outcome.of(self.outcomes)

    @property
    def cost_us(self) -> float:
        return statistics.median(self.costs_us)

    @property
    def kept(self) -> float:
        return statistics.median(outcome.kept for outcome in self.outcomes)

    @property
    def p99_ms(self) -> float:
        """Of each run, the median of these: one that was disturbed does not make the figure."""
        return statistics.median(outcome.time_ms(0.99) for outcome in self.outcomes)

    def described(self, rate: float) -> str:
        """In words: the range, how busy that made the server's core, times of answers, failures."""
        whole = self.whole
        unexpected = f", unexpected: {dict(whole.surprises)}" if whole.surprises else ""
        return (
            f"{self.name}: {min(self.costs_us):.0f}-{max(self.costs_us):.0f} us, core {self.cost_us * rate / 1e4:.0f} % busy, "
            f"p50 {whole.time_ms(0.5):.2f} ms, p99 {whole.time_ms(0.99):.2f} ms, {whole.failed} of {whole.begun} failed{unexpected}"
        )


def figures(runs: Mapping[str, Runs], of: Callable[[Runs], float]) -> Figures:
    """One quantity of all of them."""
    ours = [each for who, each in runs.items() if who != PEER]
    peer = runs.get(PEER)
    return Figures(
        measured=of(ours[0]),
        plain=of(ours[1]) if len(ours) > 1 else None,
        peer=of(peer) if peer is not None else None,
        peer_name=peer.name if peer is not None else "",
    )


def doubt_of(runs: Mapping[str, Runs]) -> str:
    """What speaks against the figures, of ours or of the peer's."""
    doubts = {each.name: each.whole.doubt for each in runs.values() if each.whole.doubt}
    return conditions.doubt() or "; ".join(f"{name}: {doubt}" for name, doubt in doubts.items())
