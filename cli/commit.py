"""The commit in a server's answer, in words."""

from __future__ import annotations

from reconciler.source.commit import GitCommit


def commit_words(shape: object) -> str:
    """`91be07a1b2c3 by Ada Lovelace: the office closes at five`; `-` where there is none, or a server of another version sent it."""
    try:
        commit = GitCommit.from_json(shape)
    except (KeyError, TypeError, ValueError):
        return "-"
    return "-" if commit is None else commit.words
