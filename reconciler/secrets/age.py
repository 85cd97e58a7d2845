"""The typed door to age as pyrage carries it; nothing else imports that module, and nothing imports it before it is needed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, cast

from reconciler.secrets.unusable import Unusable


class Recipient(Protocol):
    """A public key; its text is `age1...`."""


class Identity(Protocol):
    """A private key; its text is the key itself."""

    def to_public(self) -> Recipient: ...


class NoKey(Unusable):
    """A text is no X25519 key of age."""


class NotOpened(Unusable):
    """`is_ours`: the file is damaged; else it is for other keys than those that were tried."""

    def __init__(self, reason: str, *, is_ours: bool) -> None:
        super().__init__(reason, is_broken=True)
        self.is_ours = is_ours


def new_identity() -> Identity:
    from pyrage import x25519  # type: ignore[import-untyped,unused-ignore]

    return cast("Identity", x25519.Identity.generate())


def identity(text: str) -> Identity:
    """NoKey."""
    from pyrage import IdentityError, x25519

    try:
        return cast("Identity", x25519.Identity.from_str(text))
    except IdentityError:
        raise NoKey("is no age key") from None


def recipient(text: str) -> Recipient:
    """NoKey."""
    from pyrage import RecipientError, x25519

    try:
        return cast("Recipient", x25519.Recipient.from_str(text))
    except RecipientError:
        raise NoKey("is no age recipient; write one as age1...") from None


def encrypt(content: bytes, recipients: Sequence[Recipient], *, armored: bool) -> bytes:
    import pyrage

    return cast("bytes", pyrage.encrypt(content, list(recipients), armored=armored))


def decrypt(content: bytes, identities: Sequence[Identity]) -> bytes:
    """NotOpened."""
    import pyrage

    try:
        return cast("bytes", pyrage.decrypt(content, list(identities)))
    except pyrage.DecryptError as error:
        raise NotOpened(str(error), is_ours="No matching keys" not in str(error)) from None
