"""Where a call may be sent, and what is none."""

import pytest
from pydantic_core import PydanticCustomError

from schema.core_scalar import PlainNumber
from schema.destination import CARRIED_OUT, FORMS, SAYS, Destination, To
from tests.support.field_types import reader_of

read = reader_of(Destination)


@pytest.mark.parametrize(
    ("value", "to"),
    [
        ({"extension": PlainNumber("0101")}, To("extension", "0101")),
        ({"extension": "ada"}, To("extension", "ada")),
        ({"ringGroup": "sales"}, To("ringGroup", "sales")),
        ({"external": "+442079460100"}, To("external", "+442079460100")),
        ({"hangUp": "busy"}, To("hangUp", "busy")),
        ({"receptionist": "welcome"}, To("receptionist", "welcome")),
        ({"queue": "help"}, To("queue", "help")),
        ({"conference": "team"}, To("conference", "team")),
        ({"voicemail": PlainNumber("0101")}, To("voicemail", "0101")),
    ],
)
def test_destinations(value: object, to: To) -> None:
    assert read(value) == to
    assert read(to) == to


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "not one destination"),
        ("101", "not one destination"),
        ({}, "not one destination"),
        ({"extension": "1", "hangUp": "busy"}, 'goes to 2 places at once, "extension" and "hangUp"'),
        ({"fax": "101"}, "no kind of destination"),
        ({"voicemail": "sales desk"}, "not the number of the Extension whose voicemail"),
        ({"queue": "Help!"}, "not the name of a Queue"),
        ({"extensio": "101"}, "extension"),
        ({"extension": "1 1"}, "not the number of an Extension"),
        ({"extension": None}, "not the number of an Extension"),
        ({"ringGroup": "Sales"}, "not the name of a RingGroup"),
        ({"external": "sip:a@b"}, "not a number outside"),
        ({"external": "015112345678x"}, "digits, * and #"),
        ({"hangUp": "later"}, "not one of declined, busy"),
        ({"hangUp": True}, "not one of declined, busy"),
    ],
)
def test_what_is_none_is_refused(value: object, words: str) -> None:
    with pytest.raises(PydanticCustomError) as raised:
        read(value)
    assert raised.value.type == "destination"
    assert words in str(raised.value.context)


def test_every_kind_says_what_it_is() -> None:
    assert FORMS.keys() == SAYS.keys()
    assert FORMS.keys() >= CARRIED_OUT
