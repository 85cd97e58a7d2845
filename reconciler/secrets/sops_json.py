"""A JSON file of SOPS as a tree, and the binary form, which is JSON with the one key `data`."""

from __future__ import annotations

import json
from collections.abc import Sequence

from reconciler.secrets.sops_yaml import Node
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
    return shape


def _once(pairs: Sequence[tuple[str, Node]]) -> dict[str, Node]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Twice
    return found
