"""Text fields: numbers as written, no constants, and the forms of names."""

import pytest
from pydantic import TypeAdapter, ValidationError

from schema.core_scalar import PlainNumber
from schema.text import AuthUser, DisplayName, ExtensionNumber, LabelValue, MailAddress, ResourceName, UserAgent

FORMS: list[tuple[TypeAdapter[str], list[str], list[str]]] = [
    (
        TypeAdapter(ResourceName),
        ["a", "101", "front-desk", "a.b_c", "x" * 63],
        ["", "A", "-a", "a-", ".a", "a b", "ä", "x" * 64, "a\n", "a/b"],
    ),
    (
        TypeAdapter(ExtensionNumber),
        ["1", "0101", "john.doe", "*97", "+4420", "A_b-c", "1" * 32],
        ["", "1 2", "1" * 33, "a@b", "1\n"],
    ),
    (TypeAdapter(AuthUser), ["101", "a@b", "x" * 64], ["", 'a"b', "a b", "a\\b", "x" * 65, "ü"]),
    (
        TypeAdapter(DisplayName),
        ["Ada Lovelace", "Größe", "\u5f20\u4f1f", 'The "Desk"'],
        ["", "a\nb", "a\rb", "a\x00", "x" * 65, "a\u2028b"],
    ),
    (TypeAdapter(LabelValue), ["", "sales", "1.2"], ["a b", "x" * 64]),
    (
        TypeAdapter(MailAddress),
        ["a@b.co", "ada.l+pbx@mail.acme.example", "x" * 64 + "@acme.example"],
        [
            "",
            "a",
            "a@b",
            "@b.co",
            "a@.co",
            ".a@b.co",
            "a..b@b.co",
            "a b@c.de",
            "x" * 65 + "@acme.example",
            "a@b.c1",
            "ä@b.co",
            "a@b.co\n",
        ],
    ),
    (TypeAdapter(UserAgent), ["Trunkline", "PBX/1.0 (office)"], ["", "a\r\nVia: x", "ü"]),
]


@pytest.mark.parametrize(
    ("adapter", "good", "bad"), FORMS, ids=["name", "number", "user", "display", "label", "mail", "agent"]
)
def test_forms(adapter: TypeAdapter[str], good: list[str], bad: list[str]) -> None:
    assert [adapter.validate_python(text) for text in good] == good
    for text in bad:
        with pytest.raises(ValidationError, match="which is not"):
            adapter.validate_python(text)


def test_an_unquoted_number_is_taken_as_written() -> None:
    number = TypeAdapter[str](ExtensionNumber).validate_python(PlainNumber("0101"))
    assert number == "0101"
    assert type(number) is str


@pytest.mark.parametrize("value", [True, False, None])
def test_constants_are_to_be_quoted(value: object) -> None:
    with pytest.raises(ValidationError, match="not text"):
        TypeAdapter[str](ExtensionNumber).validate_python(value)


@pytest.mark.parametrize("value", [["a"], {"a": "b"}])
def test_a_list_is_no_text(value: object) -> None:
    with pytest.raises(ValidationError, match=r"is a (list|mapping), not text"):
        TypeAdapter[str](ExtensionNumber).validate_python(value)


def test_a_field_with_nothing_behind_it_wants_a_value_and_no_quotes() -> None:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(ExtensionNumber).validate_python(None)
    assert caught.value.errors()[0]["ctx"]["hint"] == 'write one, such as "101", or remove the field'
