"""Why a secret can't be had: words that tell what is wrong and what to do, and never anything of the secret."""

from __future__ import annotations


class Unusable(Exception):
    """`is_broken`: what holds the secret can't be opened as it is now, which says nothing about whether it shall still count."""

    def __init__(self, reason: str, *, is_broken: bool = False) -> None:
        super().__init__(reason)
        self.is_broken = is_broken
