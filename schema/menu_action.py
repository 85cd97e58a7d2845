"""What a receptionist does when a caller presses something, or nothing: a destination, `repeat` or `ignore`."""

from enum import StrEnum
from typing import Annotated, Final, get_args

from schema.destination import FORMS, Destination, To
from schema.field_type import FieldType, refusal
from schema.nearest import nearest
from schema.problem import shown


class MenuWord(StrEnum):
    """What it does without sending the caller anywhere."""

    REPEAT = "repeat"
    IGNORE = "ignore"


_DESTINATION: Final[FieldType[To]] = get_args(Destination)[1]
SAYS_OF_WORDS: Final = "repeat: the greeting is played again; ignore: nothing happens"


class _MenuAction(FieldType[To | MenuWord]):
    def read(self, value: object) -> To | MenuWord:
        """Return what is done: a word, or a mapping as in Destination."""
        if not isinstance(value, str) or isinstance(value, MenuWord):
            return value if isinstance(value, MenuWord) else _DESTINATION.read(value)
        words = [str(word) for word in MenuWord]
        if value not in words:
            what = f"is {shown(value)}, neither {' nor '.join(words)} nor a destination"
            near = nearest(value, words)
            hint = (
                'write repeat, ignore, or where to: {extension: "101"}'
                if near is None
                else f"did you mean {shown(near)}?"
            )
            hint = f"write {{{value}: ...}}" if value in FORMS else hint
            raise refusal("menu-action", what, hint)
        return MenuWord(value)

    def write(self, value: To | MenuWord) -> str:
        """Return it in one line of text."""
        return str(value if isinstance(value, MenuWord) else _DESTINATION.write(value))

    def json_schema(self) -> dict[str, object]:
        """Return one of the words, or a destination."""
        words = {"enum": [str(word) for word in MenuWord], "description": SAYS_OF_WORDS}
        return {"anyOf": [words, _DESTINATION.json_schema()]}


MenuAction = Annotated[To | MenuWord, _MenuAction()]
