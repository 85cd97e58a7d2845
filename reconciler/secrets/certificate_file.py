"""Files of certificates, as they lie on this machine: a relative path is below the data folder."""

from __future__ import annotations

from pathlib import Path
from typing import Final

MOST_BYTES: Final = 1_000_000


class CertificateUnreadable(Exception):  # an answer about a file, with its words
    """Why there is no such file, in words that follow its name."""


def certificate_file(data: Path, path: str) -> bytes:
    """What stands in the file. CertificateUnreadable says why nothing does."""
    place = data / path
    try:
        with place.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise CertificateUnreadable("is not there") from None
    except OSError as error:
        raise CertificateUnreadable(f"can't be read: {error.strerror or error}") from None
    if len(content) > MOST_BYTES:
        raise CertificateUnreadable("is too large for certificates")
    return content
