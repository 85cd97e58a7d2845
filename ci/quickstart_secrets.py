"""The quickstart's passwords: created where missing, and shown with what a phone needs to register.

Usage: ci/quickstart_secrets.py MANIFESTS DATA [HOST]. With HOST it also says where to register. Only references of the form
`file: secrets/quickstart-NAME` are created; any other missing secret is a mistake, and `trunkline serve` says so. What exists
is never changed. Manifests that can't be read are passed over here: `trunkline serve` explains them better.
"""

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from cli.password_file import ensure

QUICKSTART = re.compile(r"secrets/quickstart-[A-Za-z0-9][A-Za-z0-9._-]*")


class Phone(NamedTuple):
    user: str
    name: str
    secret: str


def documents(folder: Path) -> Iterator[dict[str, object]]:
    for path in sorted(folder.rglob("*.y*ml")):
        try:
            loaded = list(YAML(typ="safe", pure=True).load_all(path.read_text(encoding="utf-8")))
        except (OSError, UnicodeError, YAMLError, ValueError):
            continue
        yield from (document for document in loaded if isinstance(document, dict))


def section(document: dict[str, object], *keys: str) -> dict[str, object]:
    """The mapping at that path, or an empty one."""
    for key in keys:
        below = document.get(key)
        if not isinstance(below, dict):
            return {}
        document = below
    return document


def quickstart_phones(folder: Path) -> tuple[list[Phone], int]:
    """Extensions whose password is one of ours, and the port of the UDP listener."""
    phones: list[Phone] = []
    port = 5060
    for document in documents(folder):
        spec = section(document, "spec")
        if document.get("kind") == "Extension":
            secret = section(spec, "password").get("file")
            if isinstance(secret, str) and QUICKSTART.fullmatch(secret):
                user = str(section(document, "metadata").get("name", ""))
                phones.append(Phone(user, str(spec.get("displayName", "")), secret))
        elif document.get("kind") == "Listener" and str(spec.get("transport", "")).lower() == "udp":
            given = spec.get("port")
            port = given if isinstance(given, int) else port
    return phones, port


def server_address(host: str, port: int) -> str:
    """What to enter into a phone; an IPv6 address may come in brackets or without."""
    bare = host.removeprefix("[").removesuffix("]")
    address = f"[{bare}]" if ":" in bare else bare
    return address if port == 5060 else f"{address}:{port}"


def main(manifests: str, data: str, host: str | None = None) -> int:
    os.umask(0o077)
    phones, port = quickstart_phones(Path(manifests))
    if not phones:
        if host is None:
            print(f"No extension in {manifests} has a password secrets/quickstart-...: none to create, none to show.")
        return 0
    try:
        passwords = [ensure(Path(data) / phone.secret) for phone in phones]
    except OSError as error:
        print(
            f"Can't create the quickstart's passwords: {error.filename}: {error.strerror}; "
            "make the folder yours, or name another one: make run DATA=folder",
            file=sys.stderr,
        )
        return 1
    if host is not None:
        print(f"Register any SIP phone (UDP) at the server or domain {server_address(host, port)}:\n")
    print("  user   password                       name")
    for phone, password in zip(phones, passwords, strict=True):
        print(f"  {phone.user:<6} {password:<30} {phone.name}")
    print(f"\nThe passwords are in {data}/secrets.")
    if host is not None:
        print(f"The live page: .venv/bin/trunkline open --data {data}")
    print(flush=True)
    return 0


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
