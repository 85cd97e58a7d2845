"""One line of the table: what was promised, what was measured, what a peer needs, and whether the figure can be trusted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """`measured`: in the form that serves (compiled, where that can be done); `plain`: from source, if both were measured;
    `peer`: of the program `peer_name` in the same run."""

    measured: float
    plain: float | None = None
    peer: float | None = None
    peer_name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """`target`, `measured` in `unit`; `at_most`: the target is a ceiling, otherwise a floor. `plain`, `peer`: as in `Figures`.

    `doubt`: why the figure says less than it seems (the generator lagged, the machine was busy), "" if there is none.
    """

    bench: str
    quantity: str
    unit: str
    target: float
    measured: float
    at_most: bool
    detail: str = ""
    doubt: str = ""
    plain: float | None = None
    peer: float | None = None
    peer_name: str = ""

    @property
    def is_met(self) -> bool:
        return self.measured <= self.target if self.at_most else self.measured >= self.target

    @property
    def ratio(self) -> float:
        """Measured over target: below 1 is good for a ceiling, above 1 for a floor."""
        return self.measured / self.target if self.target else float("inf")

    @property
    def cells(self) -> tuple[str, ...]:
        """As text, in the order of `HEAD`."""
        sign = "<=" if self.at_most else ">="
        beside = "" if not self.peer else f"{self.measured / self.peer:.2f}"
        return (
            self.bench,
            self.quantity,
            f"{sign} {self.target:,.6g} {self.unit}".rstrip(),
            f"{_text(self.measured)} {self.unit}".rstrip(),
            "" if self.plain is None else _text(self.plain),
            "" if self.peer is None else f"{_text(self.peer)} ({self.peer_name})",
            beside,
            "met" if self.is_met else "MISSED",
        )

    @property
    def notes(self) -> tuple[str, ...]:
        return tuple(note for note in (self.detail, self.doubt and f"doubtful: {self.doubt}") if note)


HEAD = ("bench", "quantity", "target", "measured", "from source", "peer", "ours/peer", "")


def table(rows: Sequence[Row]) -> str:
    """The rows as aligned text, each with its detail below it."""
    cells = [HEAD, *(row.cells for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(HEAD))]
    lines = [_line(HEAD, widths), "  ".join("-" * width for width in widths)]
    for row, line in zip(rows, cells[1:], strict=True):
        lines.append(_line(line, widths))
        lines += [f"    {note}" for note in row.notes]
    return "\n".join(lines)


def _text(value: float) -> str:
    return f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.0f}"


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()
