"""Finding closed calls by every filter of `CdrFilter`, a page at a time, in a table of millions.

The condition that leaves the fewest records is looked up in its index, if it leaves few (counted in the index, no further than that);
otherwise the records are walked in their order, in an index that holds all columns that filters ask, until the page is full. So only
conditions that are rare in a walk, and `contains`, cost more than a page; they cost an index walk, never the documents.

Written as SQL text: which index SQLite takes is said here (INDEXED BY), for it has no statistics; PostgreSQL has, and decides itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from sqlalchemy import Connection, text

from engine.cdr import Direction
from engine.cdr_filter import CdrFilter, How, Order, PartyFilter, Place, microseconds, stored_text
from engine.identity import CallId

MOST: Final = 1000
FEW: Final = 10_000
"""So many records are looked at one by one, and sorted, in some ten milliseconds."""
_LAST_CHARACTER: Final = 0x10FFFF
_SURROGATES: Final = range(0xD800, 0xE000)
Value = str | int | float


class Found(NamedTuple):
    """A record as it is stored, and where it stands."""

    document: str
    place: Place


@dataclass(slots=True)
class _Conditions:
    """SQL of a WHERE clause and its values. `where`: by what it is about, for the index that knows it."""

    where: dict[str, list[str]] = field(default_factory=dict)
    values: dict[str, Value] = field(default_factory=dict)

    def add(self, about: str, sql: str, **values: Value) -> None:
        self.where.setdefault(about, []).append(sql)
        self.values |= values

    def sql(self, *about: str) -> str:
        """All of them; or only those about something."""
        chosen = [sql for name, every in self.where.items() if not about or name in about for sql in every]
        return " AND ".join(chosen) or "1 = 1"


def page(connection: Connection, wanted: CdrFilter) -> list[Found]:
    """The next records, in their order."""
    is_sqlite = connection.dialect.name == "sqlite"
    conditions = _conditions(wanted, is_sqlite=is_sqlite)
    values: dict[str, Value] = {**conditions.values, "limit": max(1, min(wanted.limit, MOST))}
    order = "DESC" if wanted.order is Order.NEWEST else "ASC"
    ordered = f"ORDER BY started_at {order}, call_id {order} LIMIT :limit"
    if wanted.number is not None:
        # An OR over three columns would walk the whole table; three walks along an index of their own do not.
        values["number"] = stored_text(wanted.number)
        walks = [
            f"SELECT call_id FROM (SELECT call_id FROM cdr {_by(f'cdr_{column}', is_sqlite)} "  # noqa: S608  # our own names
            f"WHERE {column} = :number AND {conditions.sql()} {ordered}) AS {column}_walk"
            for column in ("caller", "callee", "answered_by")
        ]
        chosen = " UNION ".join(walks)
    else:
        index = _by(_index(connection, wanted, conditions), is_sqlite) if is_sqlite else ""
        chosen = f"SELECT call_id FROM cdr {index} WHERE {conditions.sql()} {ordered}"  # noqa: S608  # our own names
    query = f"SELECT document, started_at, call_id FROM cdr WHERE call_id IN ({chosen}) {ordered}"  # noqa: S608  # the same
    rows = connection.execute(text(query), values)
    return [Found(str(document), Place(int(started), CallId(call_id))) for document, started, call_id in rows]


def _by(index: str, is_sqlite: bool) -> str:  # the dialect
    return f"INDEXED BY {index}" if is_sqlite else ""


def _index(connection: Connection, wanted: CdrFilter, conditions: _Conditions) -> str:
    """Of those that apply, the one that leaves the fewest, if these are few; else the one that walks all."""
    best, fewest = "cdr_walk" if wanted.tenant is None else "cdr_tenant", FEW
    for about, index in _candidates(wanted):
        count = _count(connection, index, conditions.sql(about, "started_at"), conditions.values, fewest)
        if count < fewest:
            best, fewest = index, count
    return best


def _candidates(wanted: CdrFilter) -> Sequence[tuple[str, str]]:
    """What conditions are about, and the index that knows it."""
    external = any(party is not None and party.how is How.EXTERNAL for party in (wanted.caller, wanted.callee))
    known = {
        "caller": wanted.caller is not None and wanted.caller.how in {How.EXACT, How.PREFIX},
        "callee": wanted.callee is not None and wanted.callee.how in {How.EXACT, How.PREFIX},
        "trunk": wanted.trunk is not None,
        "outcome": wanted.outcome is not None,
        "talk_s": bool(wanted.min_talk_s) or wanted.max_talk_s is not None,
        "cost": bool(wanted.min_cost) or wanted.max_cost is not None,
        "direction": wanted.direction is not None,
    }
    found = [(about, f"cdr_{about}") for about, is_asked in known.items() if is_asked]
    return [*found, ("party", "cdr_direction")] if external else found


def _count(connection: Connection, index: str, where: str, values: Mapping[str, Value], most: int) -> int:
    query = f"SELECT count(*) FROM (SELECT 1 FROM cdr INDEXED BY {index} WHERE {where} LIMIT {most})"  # noqa: S608  # our own names
    used = {name: value for name, value in values.items() if f":{name}" in where}
    return int(connection.execute(text(query), used).scalar_one())


def _conditions(wanted: CdrFilter, *, is_sqlite: bool) -> _Conditions:
    made = _Conditions()
    if wanted.tenant is not None:
        made.add("tenant", "tenant = :tenant", tenant=stored_text(wanted.tenant))
    if wanted.caller is not None:
        _add_party(made, "caller", wanted.caller, Direction.INBOUND, is_sqlite=is_sqlite)
    if wanted.callee is not None:
        _add_party(made, "callee", wanted.callee, Direction.OUTBOUND, is_sqlite=is_sqlite)
    if wanted.outcome is not None:
        made.add("outcome", "outcome = :outcome", outcome=wanted.outcome.value)
    if wanted.direction is not None:
        made.add("direction", "direction = :direction", direction=wanted.direction.value)
    if wanted.trunk is not None:
        made.add("trunk", "trunk = :trunk", trunk=stored_text(wanted.trunk))
    if wanted.since is not None:
        made.add("started_at", "started_at >= :since", since=microseconds(wanted.since))
    if wanted.until is not None:
        made.add("started_at", "started_at < :until", until=microseconds(wanted.until))
    if wanted.min_talk_s is not None:
        made.add("talk_s", "talk_s >= :min_talk_s", min_talk_s=wanted.min_talk_s)
    if wanted.max_talk_s is not None:
        made.add("talk_s", "talk_s <= :max_talk_s", max_talk_s=wanted.max_talk_s)
    if wanted.min_cost is not None:
        made.add("cost", "cost >= :min_cost", min_cost=wanted.min_cost)
    if wanted.max_cost is not None:
        made.add("cost", "cost <= :max_cost", max_cost=wanted.max_cost)
    if wanted.after is not None:
        sign = "<" if wanted.order is Order.NEWEST else ">"
        place: dict[str, Value] = {"after_us": wanted.after.started_us, "after_id": stored_text(wanted.after.call_id)}
        made.add("started_at", f"started_at {sign}= :after_us", after_us=wanted.after.started_us)
        made.add("place", f"(started_at {sign} :after_us OR call_id {sign} :after_id)", **place)
    return made


def _add_party(made: _Conditions, column: str, wanted: PartyFilter, outside: Direction, *, is_sqlite: bool) -> None:
    asked = stored_text(wanted.text)
    # SQLite compares bytes; elsewhere that has to be said, for a language's order knows no prefix.
    exactly = column if is_sqlite else f'{column} COLLATE "C"'
    match wanted.how:
        case How.INTERNAL:
            made.add("party", f"direction <> :{column}_outside", **{f"{column}_outside": outside.value})
        case How.EXTERNAL:
            made.add("party", f"direction = :{column}_outside", **{f"{column}_outside": outside.value})
        case How.EXACT:
            made.add(column, f"{column} = :{column}", **{column: asked})
        case How.PREFIX:
            made.add(column, f"{exactly} >= :{column}", **{column: asked})
            end = _behind(asked)
            if end is not None:
                made.add(column, f"{exactly} < :{column}_end", **{f"{column}_end": end})
        case How.CONTAINS:
            holds = "instr" if is_sqlite else "strpos"
            made.add("text", f"{holds}({column}, :{column}) > 0", **{column: asked})


def _behind(prefix: str) -> str | None:
    """The first text behind all that begin so, in the order of code points; None if there is none."""
    cut = prefix.rstrip(chr(_LAST_CHARACTER))
    if not cut:
        return None
    following = ord(cut[-1]) + 1
    return cut[:-1] + chr(_SURROGATES.stop if following in _SURROGATES else following)
