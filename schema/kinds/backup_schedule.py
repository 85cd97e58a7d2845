"""`BackupSchedule`: what is saved, when and where to, and how many of it are kept."""

from datetime import time
from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from dialing.schedule import WEEKDAYS
from schema.field_type import FieldType, refusal
from schema.file_path import Folder
from schema.nearest import one_of
from schema.problem import shown
from schema.resource import Manifest, Metadata, Spec
from schema.time_of_day import TimeOfDay
from schema.time_zone import TimeZone
from schema.whole import Whole

SAVED: Final = ("core", "prompts", "voicemail", "recordings", "cdrs")


class _Saved(FieldType[tuple[str, ...]]):
    def read(self, value: object) -> tuple[str, ...]:
        """Return the words, each once, in the order in which they are known."""
        words = value if isinstance(value, list) else [value]
        if not words:
            raise refusal("backup-what", "is an empty list, so nothing would be saved", f"write {', '.join(SAVED)}")
        for word in words:
            if word not in SAVED:
                hint = one_of(word, list(SAVED)) if isinstance(word, str) else f"write {', '.join(SAVED)}"
                raise refusal("backup-what", f"has {shown(word)}, which is nothing that is saved", hint)
        return tuple(known for known in SAVED if known in words)

    def write(self, value: tuple[str, ...]) -> str:
        """Return the words in one line of text."""
        return ", ".join(value)

    def json_schema(self) -> dict[str, object]:
        """Return one word or a list of them."""
        one = {"enum": list(SAVED)}
        return {"anyOf": [one, {"type": "array", "items": one, "minItems": 1}]}


Saved = Annotated[tuple[str, ...], _Saved()]


class _Weekday(FieldType[str]):
    def read(self, value: object) -> str:
        """Return the day."""
        if value not in WEEKDAYS:
            raise refusal("weekday", f"is {shown(value)}, not a weekday", f"write one of {', '.join(WEEKDAYS)}")
        return str(value)

    def write(self, value: str) -> str:
        """Return the day."""
        return value

    def json_schema(self) -> dict[str, object]:
        """Return the words."""
        return {"enum": list(WEEKDAYS)}


Weekday = Annotated[str, _Weekday()]


class BackupScheduleSpec(Spec):
    """What is saved, when and where to."""

    enabled: Annotated[bool, Field(description="false: nothing is saved by itself.")] = True
    what: Annotated[
        Saved,
        Field(
            description="core (database, applied revisions, bindings), prompts, voicemail, recordings, cdrs; secrets are in none of it."
        ),
    ] = SAVED
    every: Annotated[Literal["day", "week"], Field(description="How often.")] = "day"
    at: Annotated[TimeOfDay, Field(description="At what time.")] = time(3)
    weekday: Annotated[Weekday | None, Field(description="On which day, if every week: mon, tue, ...")] = None
    time_zone: Annotated[TimeZone, Field(description="Whose clock that is.")] = "UTC"
    to: Annotated[
        Folder,
        Field(
            description="The folder that backups are written to: another disk, or a mounted share; a relative one is below the data folder."
        ),
    ]
    keep: Annotated[int, Whole(1, 1000), Field(description="How many backups are kept; the oldest goes first.")] = 7

    @model_validator(mode="after")
    def _check_weekday(self) -> Self:
        if self.every == "week" and self.weekday is None:
            raise refusal("backup-weekday", "has every: week and no weekday", "add one, such as weekday: sun")
        if self.every == "day" and self.weekday is not None:
            what = f"has weekday: {self.weekday}, but every: day"
            raise refusal("backup-weekday", what, "write every: week, or remove weekday")
        return self


class BackupSchedule(Manifest):
    """What is saved, when and where to, and how many backups are kept."""

    kind: Annotated[Literal["BackupSchedule"], Field(description="What sort of resource it is.")]
    metadata: Metadata
    spec: BackupScheduleSpec
