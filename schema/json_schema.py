"""JSON Schemas (2020-12) of the manifest language, for editors and CI: one for each kind, one for all.

`python -m schema.json_schema` writes them to `schema/published/`; a test compares what stands there with the models.
The surprising thing: where we take text, the schemas admit numbers too, because an unquoted `101` is one to an editor.
"""

import json
from pathlib import Path
from typing import Final, TypeAlias

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue, models_json_schema
from pydantic_core import core_schema

from schema.registry import KINDS

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
ALL_KINDS: Final = "trunkline.json"

Schema: TypeAlias = dict[str, object]


class _Generator(GenerateJsonSchema):
    """Writes defaults as one would write them in YAML, and leaves out what only repeats the fields' names."""

    def field_title_should_be_set(self, schema: object) -> bool:
        return False

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        described = super().default_schema(schema)
        default = schema.get("default")
        if default is None:
            described.pop("default", None)
        elif "function" in (write := schema["schema"].get("serialization", {})):
            described["default"] = write["function"](default)
        return described

    def dict_schema(self, schema: core_schema.DictSchema) -> JsonSchemaValue:
        described = super().dict_schema(schema)
        return {**described, "additionalProperties": False} if "patternProperties" in described else described


def published() -> dict[str, str]:
    """Return the JSON Schemas as text, by file name: `extension.json` for each kind, `trunkline.json` for all."""
    files = {f"{kind.file_name}.json": _text(kind_schema(name)) for name, kind in KINDS.items()}
    return {**files, ALL_KINDS: _text(all_kinds_schema())}


def kind_schema(kind: str) -> Schema:
    """Return the schema of one kind's documents; raise KeyError for a kind that is none."""
    model = KINDS[kind].model
    return {"$schema": DIALECT, **model.model_json_schema(by_alias=True, schema_generator=_Generator)}


def all_kinds_schema() -> Schema:
    """Return the schema of a document of any kind."""
    _, definitions = models_json_schema(
        [(kind.model, "validation") for kind in KINDS.values()], by_alias=True, schema_generator=_Generator
    )
    return {
        "$schema": DIALECT,
        "title": "Trunkline manifest",
        "description": "One resource of a Trunkline PBX.",
        "oneOf": [{"$ref": f"#/$defs/{name}"} for name in KINDS],
        **definitions,
    }


def write_published(folder: Path) -> None:
    """Write all schemas to a folder, and remove those of kinds that are gone."""
    texts = published()
    folder.mkdir(exist_ok=True)
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    for stale in folder.glob("*.json"):
        if stale.name not in texts:
            stale.unlink()


def _text(schema: Schema) -> str:
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    write_published(Path(__file__).parent / "published")
