"""One line of the printed table: what was promised, what was measured, and whether the figure can be trusted."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """`target`, `measured` in `unit`; `at_most`: the target is a ceiling, otherwise a floor.

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

    @property
    def is_met(self) -> bool:
        return self.measured <= self.target if self.at_most else self.measured >= self.target

    @property
    def ratio(self) -> float:
        """Measured over target: below 1 is good for a ceiling, above 1 for a floor."""
        return self.measured / self.target if self.target else float("inf")


_HEAD = ("bench", "quantity", "target", "measured", "ratio", "")


def table(rows: list[Row]) -> str:
    """The rows as aligned text, each with its detail below it."""
    cells = [_HEAD, *map(_cells, rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(_HEAD))]
    lines = [_line(_HEAD, widths), "  ".join("-" * width for width in widths)]
    for row, line in zip(rows, cells[1:], strict=True):
        lines.append(_line(line, widths))
        lines += [f"    {note}" for note in (row.detail, row.doubt and f"doubtful: {row.doubt}") if note]
    return "\n".join(lines)


def _cells(row: Row) -> tuple[str, ...]:
    sign = "<=" if row.at_most else ">="
    return (
        row.bench,
        row.quantity,
        f"{sign} {row.target:,.6g} {row.unit}",
        f"{row.measured:,.4g} {row.unit}" if row.measured < 1000 else f"{row.measured:,.0f} {row.unit}",
        f"{row.ratio:.2f}",
        "met" if row.is_met else "MISSED",
    )


def _line(cells: tuple[str, ...], widths: list[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()
