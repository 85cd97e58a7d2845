"""A forge's webhook that something was pushed: believed if it is signed with the secret that we share, and then only a hint to fetch.

GitHub, Gitea and Forgejo sign the body (`X-Hub-Signature-256`, HMAC-SHA256 in hex); GitLab sends the secret itself (`X-Gitlab-Token`).
What the body says is not looked at: what there is to follow, the fetch finds out.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Final

SIGNATURE: Final = "x-hub-signature-256"
TOKEN: Final = "x-gitlab-token"  # noqa: S105 - the name of a header
_FORM: Final = "sha256="


class Hook:
    """Satisfies `SourceHook`. `secret`: as it is now, None = it can't be had, and then nothing is believed; `hint`: fetch soon."""

    def __init__(self, secret: Callable[[], str | None], hint: Callable[[], None]) -> None:
        self._secret = secret
        self._hint = hint

    def receive(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Whether it is believed; compared in constant time. `headers`: by names in lower case."""
        secret = self._secret()
        if not secret:
            return False
        signature, token = headers.get(SIGNATURE), headers.get(TOKEN)
        if signature is not None:
            wanted = _FORM + hmac.new(secret.encode(), body, sha256).hexdigest()
            is_good = hmac.compare_digest(wanted.encode(), signature.strip().encode("utf-8", "surrogateescape"))
        elif token is not None:
            is_good = hmac.compare_digest(secret.encode(), token.encode("utf-8", "surrogateescape"))
        else:
            is_good = False
        if is_good:
            self._hint()
        return is_good
