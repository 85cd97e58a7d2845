"""What crosses the pipe between parent and child: pickled plain values, each behind its length, cut so that none is dear to read.

Both ends are the same program, and the pipe is the child's own stdin and stdout: nobody else can write to it.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import BinaryIO, Final

from engine.config.ref import ConfigRef, Origin, Revision
from engine.config.secret import SecretRef, Secrets
from engine.config.snapshot import ConfigItem
from reconciler.compile.rows import Row, from_row, to_row
from reconciler.errors import WorkerLost
from reconciler.source.commit import GitCommit
from reconciler.source.tenant_remote import TenantRemote
from reconciler.state import Held, UnitChange
from reconciler.worker.order import Hold, Order
from reconciler.worker.verdict import Round

SLICE: Final = 200
"""Values in one frame; 200 extensions take well under 1 ms to read."""
MOST_FRAME_BYTES: Final = 64 * 1024 * 1024
LENGTH_BYTES: Final = 4


@dataclass(frozen=True, slots=True)
class LookAsked:
    held: Held
    order: Order | None = None


@dataclass(frozen=True, slots=True)
class CommitAsked:
    number: int
    revision: Revision
    at: str
    duration_s: float = 0.0


@dataclass(frozen=True, slots=True)
class HoldAsked:
    hold: Hold | None


@dataclass(frozen=True, slots=True)
class PlanAsked:
    """`sequence`: of the revision to go back to, None = what the source says."""

    sequence: int | None = None


@dataclass(frozen=True, slots=True)
class RevisionsAsked:
    """Those that are kept, newest first, as the JSON that is sent on: `limit` at most; `before`: older than this one, None = all."""

    before: int | None = None
    limit: int = 1000


@dataclass(frozen=True, slots=True)
class ManifestsAsked:
    """Of a revision, None = what runs; as the JSON that is sent on."""

    sequence: int | None = None


@dataclass(frozen=True, slots=True)
class ResourceAsked:
    """One resource as it is written, and with its defaults; as the JSON that is sent on."""

    ref: ConfigRef


@dataclass(frozen=True, slots=True)
class DeclarationsAsked:
    """How resources were written when `tenant` was at `revision`, as far as that is kept; as the JSON that is sent on.

    `at`: when that was, ISO 8601 UTC; "" = last.
    """

    tenant: str
    revision: str
    refs: tuple[ConfigRef, ...]
    at: str = ""


@dataclass(frozen=True, slots=True)
class Committed:
    """`sequence`: of the revision that runs, 0 = not known; `followed`: tenants' own sources that are to be fetched."""

    state_problem: str | None
    sequence: int = 0
    followed: tuple[TenantRemote, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanTold:
    """`plan`: JSON; `refs`: of what it changes or takes away and live things may use, bounded; `mode`: who applies.

    `waiting`: why it is not applied already, None if nothing but the next round is missing. `commit`: that it leads to, where git knows it;
    `more_commits`: of tenants' own sources.
    """

    plan: bytes
    refs: tuple[ConfigRef, ...]
    mode: str
    waiting: str | None
    hold: Hold | None
    commit: GitCommit | None = None
    more_commits: tuple[GitCommit, ...] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """JSON, as it is sent on."""

    content: bytes


@dataclass(frozen=True, slots=True)
class NotTold:
    """Why a question has no answer; `is_unknown`: there is nothing of that name or number."""

    reason: str
    is_unknown: bool = False


@dataclass(frozen=True, slots=True)
class BadSet:
    """Why posted bytes are no set of manifests; `is_malformed`: they are not even in the form that they were said to have."""

    reason: str
    is_malformed: bool


@dataclass(frozen=True, slots=True)
class FaultySet:
    """JSON: the problems of posted manifests, a list; `count`: of all, `first`: one of them in words."""

    problems: bytes
    count: int
    first: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PostedPlanTold:
    """`plan`: JSON; `refs`, `mode`: as in `PlanTold`; `warnings`: JSON, a list; `note`: why the server's own plan may differ, or None."""

    plan: bytes
    refs: tuple[ConfigRef, ...]
    mode: str
    warnings: bytes
    note: str | None


@dataclass(frozen=True, slots=True)
class RowsSlice:
    unit: str
    rows: Sequence[Row]


@dataclass(frozen=True, slots=True)
class OriginsSlice:
    """Plain tuples of (tenant, kind, name, file, line): quicker to read than their classes."""

    unit: str
    origins: Sequence[tuple[str, str, str, str, int]]


@dataclass(frozen=True, slots=True)
class SecretsSlice:
    values: Sequence[tuple[str, str]]

    def __repr__(self) -> str:
        return f"SecretsSlice({len(self.values)} values)"


@dataclass(frozen=True, slots=True)
class RoundEnd:
    """The round without what the slices before it carried; `secrets_version`: None if there are no new ones."""

    round: Round
    secrets_version: str | None


Question = RevisionsAsked | ManifestsAsked | ResourceAsked | DeclarationsAsked
Asked = LookAsked | CommitAsked | HoldAsked | PlanAsked | Question
PostedAnswer = PostedPlanTold | FaultySet | BadSet | NotTold
Answered = (
    RowsSlice
    | OriginsSlice
    | SecretsSlice
    | RoundEnd
    | Committed
    | PlanTold
    | Told
    | PostedPlanTold
    | FaultySet
    | BadSet
    | NotTold
)


def encode(message: Asked | Answered) -> bytes:
    content = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    return len(content).to_bytes(LENGTH_BYTES, "big") + content


def decode(content: bytes) -> Asked | Answered:
    """WorkerLost for what the other end can't have written."""
    try:
        message = pickle.loads(content)  # noqa: S301  # our own child's, see above
    except (pickle.UnpicklingError, EOFError, AttributeError, ImportError, IndexError, TypeError, ValueError) as error:
        raise WorkerLost(f"the worker's pipe carried something unreadable: {type(error).__name__}") from None
    if isinstance(message, Asked | Answered):
        return message
    raise WorkerLost(f"the worker's pipe carried a {type(message).__name__}")


def frame_length(head: bytes) -> int:
    """Bytes of the frame behind this head."""
    length = int.from_bytes(head, "big")
    if not 0 < length <= MOST_FRAME_BYTES:
        raise WorkerLost(f"the worker's pipe announced a frame of {length} bytes")
    return length


def read_frame(stream: BinaryIO) -> bytes | None:
    """The next frame of a blocking stream; None at its end."""
    head = stream.read(LENGTH_BYTES)
    if len(head) < LENGTH_BYTES:
        return None
    length = frame_length(head)
    content = stream.read(length)
    return content if len(content) == length else None


def sliced(done: Round) -> Iterator[Answered]:
    """The round in slices, its end last."""
    for change in done.changes:
        items = change.upserts
        for start in range(0, len(items), SLICE):
            yield RowsSlice(change.unit, [to_row(item) for item in items[start : start + SLICE]])
        origins = [(*ref, origin.file, origin.line) for ref, origin in change.origins.items()]
        for start in range(0, len(origins), SLICE):
            yield OriginsSlice(change.unit, origins[start : start + SLICE])
    values = list(done.secrets.values.items()) if done.secrets is not None else []
    for start in range(0, len(values), SLICE):
        yield SecretsSlice(values[start : start + SLICE])
    bare = tuple(replace(change, upserts=(), origins={}) for change in done.changes)
    version = done.secrets.version if done.secrets is not None else None
    yield RoundEnd(replace(done, changes=bare, secrets=None), version)


class Collector:
    """Puts the slices of a round together again; each costs its own size."""

    def __init__(self) -> None:
        self._items: dict[str, list[ConfigItem]] = {}
        self._origins: dict[str, dict[ConfigRef, Origin]] = {}
        self._secrets: dict[SecretRef, str] = {}

    def add(self, piece: RowsSlice | OriginsSlice | SecretsSlice) -> None:
        match piece:
            case RowsSlice(unit, rows):
                self._items.setdefault(unit, []).extend(map(from_row, rows))
            case OriginsSlice(unit, origins):
                into = self._origins.setdefault(unit, {})
                for tenant, kind, name, file, line in origins:
                    into[ConfigRef(tenant, kind, name)] = Origin(file, line)
            case SecretsSlice(values):
                self._secrets.update((SecretRef(ref), value) for ref, value in values)

    def whole(self, end: RoundEnd) -> Round:
        changes = tuple(self._filled(change) for change in end.round.changes)
        secrets = None if end.secrets_version is None else Secrets(end.secrets_version, self._secrets)
        return replace(end.round, changes=changes, secrets=secrets)

    def _filled(self, change: UnitChange) -> UnitChange:
        return replace(
            change, upserts=tuple(self._items.get(change.unit, ())), origins=self._origins.get(change.unit, {})
        )
