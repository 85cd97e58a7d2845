"""`trunkline secret encrypt FILE`: one secret into a SOPS or age file. Stdout gets how a manifest names it, and what was made up."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from cli.encrypted_file import ENDINGS, put
from cli.exit_code import Exit
from cli.password_file import new_password
from cli.secret_input import NoSecret, read_secret
from reconciler.secrets.unusable import Unusable
from schema.secret_source import is_key


@dataclass(frozen=True, slots=True)
class Asked:
    """`generates`: make the secret up."""

    file: Path
    key: str | None
    recipients: tuple[str, ...]
    data: Path
    generates: bool


def encrypt(asked: Asked) -> Exit:
    why = _usage(asked)
    if why is not None:
        sys.stderr.write(f"trunkline secret encrypt: {why}\n")
        return Exit.USAGE
    try:
        value = new_password() if asked.generates else read_secret("Secret", takes_keys=True)
        put(asked.file, asked.key, value, asked.recipients, asked.data)
    except (NoSecret, Unusable) as error:
        sys.stderr.write(f"trunkline secret encrypt: {error}\n")
        return Exit.PROBLEMS
    except OSError as error:
        sys.stderr.write(f"trunkline secret encrypt: {asked.file}: {(error.strerror or str(error)).lower()}\n")
        return Exit.PROBLEMS
    scheme = "age" if asked.key is None else "sops"
    key = "" if asked.key is None else f", key: {asked.key}"
    sys.stdout.write(f"{{{scheme}: {asked.file.as_posix()}{key}}}\n" + (f"{value}\n" if asked.generates else ""))
    return Exit.FINE


def _usage(asked: Asked) -> str | None:
    if asked.file.suffix not in ENDINGS:
        return (
            f"{asked.file} is no name of an encrypted file; give it the ending .age, or .yaml, .json or .env for SOPS"
        )
    if (asked.key is None) != (asked.file.suffix == ".age"):
        return (
            "an .age file is the secret itself and has no --key"
            if asked.key
            else "name the place in the file with --key"
        )
    if asked.key is not None and not is_key(asked.key):
        return '--key is names with dots between them, such as sip.101; "in quotes" what has a dot itself'
    return None
