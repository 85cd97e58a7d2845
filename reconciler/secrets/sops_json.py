"""A JSON file of SOPS as a tree, and the binary form, which is JSON with the one key `data`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from reconciler.secrets.sops_yaml import MOST_DEPTH, MOST_VALUES, Node
from reconciler.secrets.unusable import Unusable


class _Twice(ValueError):
    pass


def read_json(content: bytes, what: str) -> dict[str, Node]:
    """Unusable says what is wrong; the message shows nothing of the content."""
    try:
        shape = json.loads(content.decode("utf-8-sig"), object_pairs_hook=_once)
    except _Twice:
        raise Unusable(f"{what} has a key twice in one object; remove one", is_broken=True) from None
    except json.JSONDecodeError as error:
        raise Unusable(
            f"{what} is no JSON from line {error.lineno} on; was it cut off? encrypt it again", is_broken=True
        ) from None
    except (ValueError, RecursionError):
        raise Unusable(f"{what} is no JSON in UTF-8, or nested too deeply; encrypt it again", is_broken=True) from None
    if not isinstance(shape, dict):
        raise Unusable(f"{what} holds no object; encrypt one with named values", is_broken=True)
    if _is_too_much(shape):
        raise Unusable(
            f"{what} has more than {MOST_VALUES:,} values, or nests them more than {MOST_DEPTH} deep; split it",
            is_broken=True,
        )
    return shape


def _is_too_much(shape: Node) -> bool:
    """As a YAML file is bounded."""
    level: list[Node] = [shape]
    count = 0
    for _ in range(MOST_DEPTH + 2):
        count += len(level)
        if not level:
            return False
        if count > MOST_VALUES:
            return True
        level = [inner for one in level for inner in _inside(one)]
    return True


def _inside(node: Node) -> Iterable[Node]:
    match node:
        case dict():
            return node.values()
        case list():
            return node
        case _:
            return ()


def _once(pairs: Sequence[tuple[str, Node]]) -> dict[str, Node]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Twice
    return found
