"""`Prompt`: something that callers hear, with a name, so that several may use it: a WAV file, or a text that is said."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from schema.announcement import Announcement, PromptNamed
from schema.field_type import refusal
from schema.resource import Manifest, Spec, TenantMetadata
from schema.text import Remark


class PromptSpec(Spec):
    """What is heard."""

    sound: Annotated[Announcement, Field(description="What is heard: a file, or what is said in which language.")]
    remark: Annotated[Remark | None, Field(description="What it is for.")] = None

    @model_validator(mode="after")
    def _check_sound(self) -> Self:
        if isinstance(self.sound, PromptNamed):
            what = f"is itself a name: sound is {self.sound}"
            raise refusal("prompt-sound", what, 'write {file: prompts/hello.wav}, or {say: "Welcome.", language: en}')
        return self


class Prompt(Manifest):
    """Something that callers hear, with a name, so that several may use it: a WAV file, or a text that is said."""

    kind: Annotated[Literal["Prompt"], Field(description="What sort of resource it is.")]
    metadata: TenantMetadata
    spec: PromptSpec
