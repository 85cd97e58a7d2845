"""The `sops` part of a file: who can open it, which values are encrypted, and its MAC.

Read: age's data keys, alone or in key groups (Shamir's secret sharing: so many groups together have the data key); the four rules of
which values are encrypted; `mac_only_encrypted`. Left out, and refused by name: data keys that only others than age wrapped (KMS,
PGP...), and the rules by comments.

The surprising thing: the expressions of a file run on RE2, the engine of SOPS itself (Go's), not on Python's `re`. Anybody who can push
a file writes one, and `(a+)+$` on a name of 30 letters holds a backtracking engine for minutes, and with it all tenants.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Protocol, cast

from reconciler.secrets.unusable import Unusable

DEFAULT_SUFFIX: Final = "_unencrypted"
MOST_RECIPIENTS: Final = 500
MOST_GROUPS: Final = 255
MOST_SHOWN: Final = 5
LONGEST_REGEX: Final = 512
_OTHER_KEYS: Final = ("kms", "gcp_kms", "azure_kv", "hc_vault", "pgp", "hckms")
_TIME: Final = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII)


class Pattern(Protocol):
    """An expression of RE2."""

    def search(self, text: str) -> object: ...


class _NoPattern(ValueError):
    """RE2 does not understand it."""


@dataclass(frozen=True, slots=True)
class Wrapped:
    """The data key, encrypted by age (armored) for `recipient`."""

    recipient: str
    content: str


@dataclass(frozen=True, slots=True)
class KeyGroup:
    """Whose keys open it: each of `wrapped`. `others`: what else does, and is not read, by SOPS's names."""

    wrapped: tuple[Wrapped, ...]
    others: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CryptRule:
    """Which values are encrypted, by the names of the keys on the way to each: all but, or only, where one of them fits."""

    pattern: Pattern
    encrypts: bool

    def is_encrypted(self, path: tuple[str, ...]) -> bool:
        return any(self.pattern.search(_utf8(name)) for name in path) is self.encrypts


@dataclass(frozen=True, slots=True, kw_only=True)
class SopsMetadata:
    """`threshold`: of how many groups a key is needed; with one group it is the data key itself that is wrapped, else a share of it.
    `modified`: the additional data of the MAC, as SOPS writes it."""

    groups: tuple[KeyGroup, ...]
    threshold: int
    modified: str
    mac: str
    rule: CryptRule
    mac_only_encrypted: bool


def read_metadata(shape: object, what: str) -> SopsMetadata:
    """`what`: the file in words. Unusable says what is missing or not supported."""
    if not isinstance(shape, dict):
        raise Unusable(
            f"{what} is not encrypted by SOPS: it has no sops part; encrypt it: sops encrypt -i", is_broken=True
        )
    found: Mapping[str, object] = shape
    modified, mac = found.get("lastmodified"), found.get("mac")
    time = _TIME.fullmatch(modified) if isinstance(modified, str) else None
    if not isinstance(mac, str) or not mac or time is None:
        raise Unusable(f"{what} has a sops part without its MAC or time; encrypt it again", is_broken=True)
    groups = _groups(found, what)
    return SopsMetadata(
        groups=groups,
        threshold=_threshold(found, groups, what),
        modified=time[1] + time[2],
        mac=mac,
        rule=_rule(found, what),
        mac_only_encrypted=found.get("mac_only_encrypted") in (True, "true"),
    )


def _groups(found: Mapping[str, object], what: str) -> tuple[KeyGroup, ...]:
    listed = found.get("key_groups")
    shapes: list[Mapping[str, object]] = (
        [shape for shape in listed if isinstance(shape, dict)] if isinstance(listed, list) else []
    )
    if len(shapes) > MOST_GROUPS:
        raise Unusable(
            f"{what} has more than {MOST_GROUPS} key groups, which SOPS never writes; encrypt it again", is_broken=True
        )
    return tuple(
        KeyGroup(
            tuple(_age_keys(holder.get("age")))[:MOST_RECIPIENTS],
            tuple(name for name in _OTHER_KEYS if holder.get(name)),
        )
        for holder in (shapes or [found])
    )


def _threshold(found: Mapping[str, object], groups: tuple[KeyGroup, ...], what: str) -> int:
    if len(groups) == 1:
        if not groups[0].wrapped:
            by = f" but by {' and '.join(groups[0].others)}" if groups[0].others else ""
            raise Unusable(
                f"{what} is not encrypted for an age key{by}; add ours: sops rotate -i --add-age AGE1...",
                is_broken=True,
            )
        return 1
    text = str(found.get("shamir_threshold", "") or len(groups))
    threshold = int(text) if re.fullmatch("[0-9]{1,3}", text, re.ASCII) else 0
    if not 2 <= threshold <= len(groups):
        raise Unusable(
            f"{what} has a shamir_threshold that none of its {len(groups)} key groups can meet; encrypt it again",
            is_broken=True,
        )
    if sum(1 for group in groups if group.wrapped) < threshold:
        raise Unusable(
            f"{what} needs keys of {threshold} of its {len(groups)} key groups (Shamir's secret sharing), and age keys are in too "
            f"few: {shown_groups(groups)}; add an age key of ours to {threshold} groups in .sops.yaml, and run: sops updatekeys",
            is_broken=True,
        )
    return threshold


def shown_groups(groups: tuple[KeyGroup, ...]) -> str:
    """What opens each of the first ones, in words."""
    told = []
    for number, group in enumerate(groups[:MOST_SHOWN], start=1):
        sorts = ([f"age ({group.wrapped[0].recipient[:16]}...)"] if group.wrapped else []) + [*group.others]
        told.append(f"group {number} {' or '.join(sorts) or 'nothing that is known'}")
    return ", ".join(told) + (f" and {len(groups) - MOST_SHOWN} more" if len(groups) > MOST_SHOWN else "")


def _age_keys(keys: object) -> Iterator[Wrapped]:
    for key in keys if isinstance(keys, list) else ():
        match key:
            case {"recipient": str(recipient), "enc": str(content)}:
                yield Wrapped(recipient, content)


def _rule(found: Mapping[str, object], what: str) -> CryptRule:
    for name in ("unencrypted_comment_regex", "encrypted_comment_regex"):
        if found.get(name):
            raise Unusable(
                f"{what} chooses values by comments ({name}), which is not read; choose by keys", is_broken=True
            )
    names = ("unencrypted_suffix", "encrypted_suffix", "unencrypted_regex", "encrypted_regex")
    given = [(name, text) for name in names if isinstance(text := found.get(name), str) and text]
    if len(given) > 1:
        raise Unusable(
            f"{what} has {given[0][0]} and {given[1][0]}, and SOPS takes one of them; encrypt it again", is_broken=True
        )
    name, text = given[0] if given else ("unencrypted_suffix", DEFAULT_SUFFIX)
    pattern = re.escape(text) + r"\z" if name.endswith("suffix") else text
    if len(pattern) > LONGEST_REGEX:
        raise Unusable(f"{what} has an {name} of more than {LONGEST_REGEX} characters; shorten it", is_broken=True)
    try:
        return CryptRule(_compiled(pattern), encrypts=name.startswith("encrypted"))
    except _NoPattern as error:
        raise Unusable(f"{what} has an {name} that is not understood: {error}; simplify it", is_broken=True) from None


@lru_cache(maxsize=64)
def _compiled(text: str) -> Pattern:
    import re2  # type: ignore[import-untyped,unused-ignore]

    options = re2.Options()
    options.log_errors = False
    try:
        return cast("Pattern", re2.compile(_utf8(text), options))
    except re2.error as error:
        (reason,) = error.args
        raise _NoPattern(reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)) from None


def _utf8(text: str) -> str:
    """JSON can spell half a pair of surrogates, which UTF-8 has no bytes for."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
