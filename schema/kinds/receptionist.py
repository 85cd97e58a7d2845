"""`Receptionist`: answers calls, says what may be pressed, and connects by what is pressed (an auto attendant, IVR)."""

from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from schema.announcement import Announcement
from schema.duration import Duration
from schema.field_type import refusal
from schema.language import Language
from schema.menu_action import MenuAction, MenuWord
from schema.menu_key import MenuKey
from schema.number_mask import NumberMasks
from schema.receptionist_action import ReceptionistAction
from schema.reference import Names
from schema.resource import Manifest, Part, Spec, TenantMetadata
from schema.text import DisplayName, ExtensionNumber, ResourceName
from schema.whole import Whole


class Menu(Part):
    """What is said, and what becomes of what is pressed."""

    greeting: Annotated[
        Announcement | None, Field(description="What callers hear first; default: a sentence of ours.")
    ] = None
    keys: Annotated[
        dict[MenuKey, MenuAction],
        Field(
            description="What is pressed, and what it does. x: any digit; 1#: waits whether more is pressed; F: a fax machine. "
            "A key that is not named does nothing.",
            default_factory=dict,
            max_length=100,
        ),
    ]
    timeout: Annotated[
        timedelta,
        Duration(timedelta(seconds=1), timedelta(minutes=2)),
        Field(description="How long it waits, when the greeting is over, for something to be pressed."),
    ] = timedelta(seconds=10)
    on_timeout: Annotated[
        MenuAction | None,
        Field(description="What becomes of a caller who presses nothing; default: the call ends."),
    ] = None
    on_invalid: Annotated[
        MenuAction,
        Field(description="What becomes of a caller who presses what is not in the menu, and is nobody's number."),
    ] = MenuWord.REPEAT
    max_repeats: Annotated[
        int,
        Whole(0, 10),
        Field(description="How often the greeting is played again; instead of once more, the call ends."),
    ] = 3

    @model_validator(mode="after")
    def _check_timeout(self) -> Self:
        if self.on_timeout is MenuWord.IGNORE:
            what = "ignores callers who press nothing: they would wait for ever"
            raise refusal("menu-action", what, "write onTimeout: repeat, or where they go")
        return self


class DirectDial(Part):
    """Callers who know somebody's number press it."""

    enabled: Annotated[bool, Field(description="false: only what the menu names can be pressed.")] = True
    by: Annotated[
        Literal["match", "length", "hash"],
        Field(
            description="When what was pressed is looked up. match: as soon as it is the number of an extension; length: after so many "
            "digits as length says, and if nobody has that number the caller is told so; hash: when # is pressed."
        ),
    ] = "match"
    length: Annotated[int, Whole(1, 5), Field(description="After how many digits, where by is length.")] = 3


class ReceptionistLine(Part):
    """Other menus for calls that come in by some trunks, or for some of our numbers."""

    trunks: Annotated[
        tuple[Annotated[ResourceName, Names("Trunk")], ...],
        Field(description="The trunks by which the call came; default: any.", strict=False, max_length=256),
    ] = ()
    did: Annotated[
        NumberMasks | None, Field(description="The number that was called, as in InboundRule; default: any.")
    ] = None
    in_hours: Annotated[Menu, Field(description="The menu in hours.")]
    out_of_hours: Annotated[Menu | None, Field(description="The menu out of hours; default: the same.")] = None


class ReceptionistSpec(Spec):
    """What a receptionist does."""

    number: Annotated[ExtensionNumber, Field(description="What is dialled for it; nothing else may have it.")]
    display_name: Annotated[DisplayName | None, Field(description="What people call it.")] = None
    enabled: Annotated[bool, Field(description="false: its number can't be reached.")] = True
    language: Annotated[Language, Field(description="The language of what it says by itself.")] = "en"
    hours: Annotated[
        ResourceName | None,
        Names("OfficeHours"),
        Field(description="The OfficeHours that decide between the two menus; default: the tenant's."),
    ] = None
    in_hours: Annotated[Menu, Field(description="The menu in hours.")]
    out_of_hours: Annotated[Menu | None, Field(description="The menu out of hours; default: the same.")] = None
    lines: Annotated[
        tuple[ReceptionistLine, ...],
        Field(
            description="Other menus, by the line on which the call came; the first entry that fits counts.",
            strict=False,
            max_length=100,
        ),
    ] = ()
    direct_dial: Annotated[
        DirectDial, Field(description="Callers who know somebody's number press it.", default_factory=DirectDial)
    ]
    key_wait: Annotated[
        timedelta,
        Duration(timedelta(seconds=1), timedelta(seconds=10)),
        Field(description="How long an entry that is written with # (1#) waits whether more is pressed."),
    ] = timedelta(seconds=3)
    actions: Annotated[
        tuple[ReceptionistAction, ...],
        Field(
            description="What is done for some callers, or for something that is pressed, by asking a web server; they go before the menu.",
            strict=False,
            max_length=100,
        ),
    ] = ()


class Receptionist(Manifest):
    """Answers calls, says what may be pressed, and connects by what is pressed (an auto attendant, IVR)."""

    kind: Annotated[Literal["Receptionist"], Field(description="What sort of resource it is.")]
    metadata: TenantMetadata
    spec: ReceptionistSpec
