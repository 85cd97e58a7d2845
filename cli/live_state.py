"""What a follower of the event stream knows: the lists as they were taken, with every event since applied. No IO."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from typing import Final

Json = Mapping[str, object]

MINUTES_OF_RATES: Final = 600
ENDED_KEPT: Final = 50
LISTS: Final = ("calls", "registrations", "trunks", "listeners", "bans")


class LiveState:
    """Each thing by its key, in the order in which it came. `rates`: the last seconds; `ended`: the last calls that ended."""

    def __init__(self) -> None:
        self.lists: dict[str, dict[tuple[object, ...], Json]] = {name: {} for name in LISTS}
        self.reconcile: Json = {}
        self.rates: deque[Json] = deque(maxlen=MINUTES_OF_RATES)
        self.ended: deque[Json] = deque(maxlen=ENDED_KEPT)
        self.epoch = ""
        self.version = ""

    def take(self, name: str, items: Iterable[Json]) -> None:
        """A list taken anew, after a `hello` that says so."""
        self.lists[name] = {_key(name, item): item for item in items}

    def apply(self, event: str, data: Json) -> bool:
        """True: the lists have to be taken anew before the next event."""
        match event:
            case "hello":
                self.epoch, self.version = str(data["epoch"]), str(data["version"])
                return not data["resumed"]
            case "call" | "registration" | "trunk" | "listener" | "ban":
                name = f"{event}s"
                self.lists[name][_key(name, data)] = data
            case "call-ended":
                self.lists["calls"].pop((data["call_id"],), None)
                self.ended.append(data)
            case "registration-gone" | "trunk-gone" | "listener-gone":
                name = f"{event.removesuffix('-gone')}s"
                self.lists[name].pop(_key(name, data), None)
            case "ban-lifted":
                self.lists["bans"].pop((data["source"],), None)
            case "reconcile":
                self.reconcile = data
            case "rates":
                self.rates.append(data)
            case _:
                pass  # of a server that is newer than this
        return False

    def items(self, name: str) -> list[Json]:
        return list(self.lists[name].values())


_KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "calls": ("id",),
    "registrations": ("tenant", "number", "contact"),
    "trunks": ("tenant", "name"),
    "listeners": ("name", "transport", "bound"),
    "bans": ("source",),
}


def _key(name: str, item: Json) -> tuple[object, ...]:
    return tuple(item[field] for field in _KEYS[name])
