"""Where manifests come from, as the command line writes it: `DIR`, `git:REV`, `git:REV:FOLDER`, `NAME.json`.

What is there as a folder is one, whatever its name; `./git:x` is a folder too. A name that ends in `.json` is a saved snapshot, and a
revision is one of the repository that holds `here`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from reconciler.source.directory import Directory
from reconciler.source.tree import Source

GIT: Final = "git:"


def source_of(text: str, here: Path | None = None) -> Source:
    """The source that `text` names. `here`: a folder of the git repository that is meant; the current one if None.

    Nothing is read yet: what is wrong with it is said by `read`.
    """
    if text.startswith(GIT):
        from reconciler.source.git import GitRevision

        revision, folder = _revision_and_folder(text.removeprefix(GIT))
        return GitRevision(here if here is not None else Path(), revision, folder)
    path = Path(text)
    if path.suffix.lower() == ".json" and not path.is_dir():
        from reconciler.source.saved import SavedSnapshot

        return SavedSnapshot(path)
    return Directory(path, settle_s=0)


def _revision_and_folder(text: str) -> tuple[str, str | None]:
    """Split at the first colon that is not within `@{...}`, where a time may stand."""
    within = False
    for place, character in enumerate(text):
        if character in "{}":
            within = character == "{"
        elif character == ":" and not within:
            return text[:place], text[place + 1 :]
    return text, None
