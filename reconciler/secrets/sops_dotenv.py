"""A `.env` file of SOPS as a tree: NAME=value a line, comments with `#`, `\\n` in values for line ends, and the `sops_...` lines.

As SOPS's own store reads it: no quotes, no `export`. Metadata is flat there: `sops_age__list_0__map_enc` is the first age key.
"""

from __future__ import annotations

import re
from typing import Final

from reconciler.secrets.sops_yaml import Node
from reconciler.secrets.unusable import Unusable

PREFIX: Final = "sops_"
LONGEST_NAME: Final = 256
_AGE: Final = re.compile(r"(?:key_groups__list_(\d{1,3})__map_)?age__list_(\d{1,4})__map_(enc|recipient)", re.ASCII)
_OTHER: Final = re.compile(
    r"(?:key_groups__list_(\d{1,3})__map_)?([a-z_]+?)__list_\d{1,4}(?:__map_[a-z0-9_]+)?", re.ASCII
)


def read_dotenv(content: bytes, what: str) -> tuple[dict[str, Node], dict[str, Node]]:
    """The values, and the metadata in the form that YAML has. Unusable says what is wrong."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        raise Unusable(f"{what} is no UTF-8 text; encrypt it again", is_broken=True) from None
    values: dict[str, Node] = {}
    flat: dict[str, str] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        if not line or line.startswith("#"):
            continue
        name, equals, value = line.partition("=")
        if not equals:
            raise Unusable(f"{what} has no = in line {number}; was it cut off? encrypt it again", is_broken=True)
        if name in values or name in flat:
            raise Unusable(f"{what} has a name twice, in line {number}; remove one", is_broken=True)
        if name.startswith(PREFIX):
            flat[name] = value.replace("\\n", "\n")
        else:
            values[name] = value.replace("\\n", "\n")
    return values, _metadata(flat)


def _metadata(flat: dict[str, str]) -> dict[str, Node]:
    """As YAML has it; of other keys than age's only that there are some."""
    found: dict[str, Node] = {}
    keys: dict[str, dict[int, dict[str, Node]]] = {}
    others: dict[str, dict[str, Node]] = {}
    for line, value in flat.items():
        name = line.removeprefix(PREFIX)
        if (match := _AGE.fullmatch(name)) is not None:
            keys.setdefault(match[1] or "", {}).setdefault(int(match[2]), {})[match[3]] = value
        elif len(name) <= LONGEST_NAME and (match := _OTHER.fullmatch(name)) is not None:
            others.setdefault(match[1] or "", {})[match[2]] = True
        else:
            found[name] = value
    groups: dict[str, dict[str, Node]] = {
        group: {**others.get(group, {}), "age": [one for _, one in sorted(keys.get(group, {}).items())]}
        for group in {"", *keys, *others}
    }
    numbered = sorted((int(group), shape) for group, shape in groups.items() if group)
    listed: dict[str, Node] = {"key_groups": [shape for _, shape in numbered]} if numbered else {}
    return {**found, **groups[""], **listed}
