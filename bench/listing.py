"""Lists over the API by TCP, as a program with a token asks for them: by each filter of call records, and every other list there is."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta

import httpx

from bench.by_tcp import Api
from bench.recorded import DAYS, START
from bench.row import Row

TARGET_MS = 50.0
_ASKED = 20
_DAY = START + timedelta(days=DAYS // 2)
FILTERS: dict[str, dict[str, str]] = {
    "all": {},
    "tenant": {"tenant": "beta"},
    "number": {"number": "101"},
    "caller exact": {"caller": "exact:101"},
    "caller prefix": {"caller": "prefix:12"},
    "callee prefix": {"callee": "prefix:+4420"},
    "caller external": {"caller": "external"},
    "answered": {"outcome": "answered"},
    "a rare outcome": {"outcome": "wrong_number"},
    "inbound": {"direction": "inbound"},
    "a rare trunk": {"trunk": "backup"},
    "long talks": {"min_talk_s": "900"},
    "a day": {"since": _DAY.isoformat(), "until": (_DAY + timedelta(days=1)).isoformat()},
    "oldest first": {"order": "oldest"},
}
LISTS = ("calls", "registrations", "trunks", "listeners", "resources", "bans", "webhooks", "revisions", "drains")


def rows(api: Api, records: int) -> list[Row]:
    """One row. RuntimeError if a list is refused."""
    times: dict[str, list[float]] = {}
    with httpx.Client(base_url=api.url, headers=api.headers, timeout=30, trust_env=False) as asking:
        for name, wanted in FILTERS.items():
            times[f"cdrs, {name}"] = list(_pages_ms(asking, wanted))
        for name in LISTS:
            times[name] = [_ask(asking, name, {})[0] for _ in range(_ASKED)]
    every = sorted(time_ms for some in times.values() for time_ms in some)
    slowest = max(times, key=lambda name: max(times[name]))
    return [
        Row(
            bench="records",
            quantity="any list over the API by TCP, with a token, p99",
            unit="ms",
            target=TARGET_MS,
            measured=every[int(0.99 * len(every))],
            at_most=True,
            detail=f"{records:,} records, pages of 100, {len(times)} lists; median {every[len(every) // 2]:.1f} ms, "
            f"the longest {every[-1]:.1f} ms ({slowest}); client and server by turns on the cores of the bench",
        )
    ]


def _pages_ms(asking: httpx.Client, wanted: dict[str, str]) -> Iterator[float]:
    """Page by page, and from the front again at the end."""
    cursor = ""
    for _ in range(_ASKED):
        took_ms, body = _ask(asking, "cdrs", {**wanted, "limit": "100", **({"cursor": cursor} if cursor else {})})
        yield took_ms
        cursor = str(body.get("next") or "")


def _ask(asking: httpx.Client, name: str, query: dict[str, str]) -> tuple[float, dict[str, object]]:
    began = time.perf_counter()
    answer = asking.get(f"/{name}", params=query)
    took_ms = 1000 * (time.perf_counter() - began)
    if answer.status_code != 200:
        raise RuntimeError(f"GET /v1/{name}?{query} is answered with {answer.status_code}: {answer.text[:500]}")
    body = answer.json()
    return took_ms, body if isinstance(body, dict) else {}
