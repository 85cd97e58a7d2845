"""What `serve` follows, as the command line writes it: a folder, or a branch of a git repository with its settings."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from reconciler.source.remote import BadRemote, Remote, is_remote, remote_of


class NotFollowed(Exception):
    """Why it can't be followed; the message says what to write."""


@dataclass(frozen=True, slots=True)
class Followed:
    """`poll_s`: of a repository; a folder is watched."""

    source: Path | Remote
    poll_s: float

    @classmethod
    def of(cls, source: str, poll: str, **settings: str) -> Followed:
        """`settings`: as `remote_of` takes them. NotFollowed."""
        if not is_remote(source):
            return cls(Path(source), 0.0)
        try:
            return cls(remote_of(source, **settings), _poll_s(poll))
        except BadRemote as error:
            raise NotFollowed(str(error)) from None


def _poll_s(poll: str) -> float:
    # Here, so that who serves a folder does not wait for pydantic.
    from datetime import timedelta

    from pydantic_core import PydanticCustomError

    from schema.duration import Duration

    try:
        return Duration(timedelta(seconds=5), timedelta(hours=24)).read(poll).total_seconds()
    except PydanticCustomError as error:
        hint = (error.context or {}).get("hint", "")
        raise NotFollowed(f"--poll {error.message()}; {hint}") from None
