"""A resource as it counts, as YAML: each line whose value another resource says, or that is a default, says so at its end."""

from __future__ import annotations

from io import StringIO

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap

WIDEST = 10_000


def effective_yaml(shape: object, sources: object) -> list[str]:
    """The lines. `sources`: by path, as `spec.ringTime`."""
    yaml = YAML()
    yaml.width = WIDEST
    text = StringIO()
    yaml.dump(_commented(shape, "", sources if isinstance(sources, dict) else {}), text)
    return text.getvalue().splitlines()


def _commented(value: object, path: str, sources: dict[str, object]) -> object:
    if isinstance(value, list):
        return [_commented(entry, "", {}) for entry in value]
    if not isinstance(value, dict):
        return value
    found = CommentedMap()
    for key, entry in value.items():
        here = f"{path}.{key}".removeprefix(".")
        found[key] = _commented(entry, here, sources)
        if here in sources:
            found.yaml_add_eol_comment(
                f"from {sources[here]}" if sources[here] != "default" else "default", key, column=0
            )
    return found
