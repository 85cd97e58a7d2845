"""`trunkline secret rotate KIND NAME DIR`: a new password where the manifest says that the old one is.

The running server takes it from there, and lets registered phones go on with the old one until their registrations run out; so the new
one is put into phones meanwhile. Left out: variables of the environment, which only who starts the server can change.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import assert_never

from cli import password_file
from cli.encrypted_file import put
from cli.exit_code import Exit
from cli.output import Output
from cli.secret_input import NoSecret, read_secret
from reconciler.errors import SourceUnavailable
from reconciler.secrets.unusable import Unusable
from reconciler.source.directory import Directory
from schema.kinds.extension import ExtensionSpec
from schema.kinds.trunk import TrunkSpec
from schema.manifest_set import parse_file
from schema.resource import AnyResource
from schema.secret_source import AgeSecret, AnySecret, EnvSecret, FileSecret, SopsSecret, reference


class Refused(Exception):
    """Why nothing was changed; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Asked:
    """`asks`: for the password, instead of making it up."""

    kind: str
    name: str
    manifests: Path
    data: Path
    recipients: tuple[str, ...]
    output: Output
    asks: bool


def rotate(asked: Asked) -> Exit:
    try:
        resources = list(_resources(asked.manifests))
        resource = _found(asked, resources)
        source = _source(resource)
        others = [other for other in resources if other is not resource and _source(other) == source]
        value = read_secret(f"New password of {resource.ref}") if asked.asks else password_file.new_password()
        place = _put(asked, source, value)
    except (Refused, NoSecret, Unusable, SourceUnavailable) as error:
        sys.stderr.write(f"trunkline secret rotate: {error}\n")
        return Exit.PROBLEMS
    except OSError as error:
        sys.stderr.write(f"trunkline secret rotate: {error.filename}: {(error.strerror or str(error)).lower()}\n")
        return Exit.PROBLEMS
    _tell(asked, resource, others, place, value)
    return Exit.FINE


def _resources(folder: Path) -> Iterator[AnyResource]:
    for file in Directory(folder, settle_s=0).read().files:
        yield from parse_file(file.path, file.content).resources


def _found(asked: Asked, resources: list[AnyResource]) -> AnyResource:
    tenant, _, name = asked.name.rpartition("/")
    for resource in resources:
        ref = resource.ref
        if (ref.kind, ref.tenant or "", ref.name) == (asked.kind, tenant, name):
            return resource
    raise Refused(
        f"no valid manifest in {asked.manifests} declares {asked.kind} {asked.name}; write it as: Extension acme/101"
    )


def _source(resource: AnyResource) -> AnySecret | None:
    match resource.spec:
        case ExtensionSpec(password=password):
            return password
        case TrunkSpec(credentials=credentials) if credentials is not None:
            return credentials.password
        case _:
            return None


def _put(asked: Asked, source: AnySecret | None, value: str) -> str:
    """Where it was put, in words."""
    match source:
        case None:
            raise Refused(
                f"{asked.kind} {asked.name} has no password; extensions have one, and trunks with credentials"
            )
        case EnvSecret(name):
            raise Refused(
                f"its password is in the variable {name}; change it where the server is started, and restart it"
            )
        case FileSecret(path):
            place = asked.data / path
            if not place.exists():
                raise Refused(f"{place} does not exist; is {asked.data} the data folder? Name it with --data")
            password_file.write(place, value)
            return str(place)
        case SopsSecret(path, key):
            place = asked.manifests / path
            if not place.exists():
                raise Refused(f"{place} does not exist; make it: trunkline secret encrypt {place} --key {key}")
            put(place, key, value, asked.recipients, asked.data)
            return f"{place} at {key}"
        case AgeSecret(path):
            put(asked.manifests / path, None, value, asked.recipients, asked.data)
            return str(asked.manifests / path)
        case _:
            assert_never(source)


def _tell(asked: Asked, resource: AnyResource, others: list[AnyResource], place: str, value: str) -> None:
    source = _source(resource)
    shared = [str(other.ref) for other in others]
    if asked.output is Output.JSON:
        shape = {
            "resource": str(resource.ref),
            "reference": reference(source) if source is not None else "",
            "place": place,
            "password": None if asked.asks else value,
            "shared_with": shared,
        }
        sys.stdout.write(json.dumps(shape, ensure_ascii=False) + os.linesep)
        return
    lines = [f"{resource.ref}: a new password is in {place}"]
    lines += [f"It is also that of {', '.join(shared)}"] if shared else []
    lines += [] if asked.asks else ["", f"    {value}", ""]
    if isinstance(resource.spec, ExtensionSpec):
        lines.append(
            "Phones that are registered may use the old one until that runs out. Put the new one into them before."
        )
    if isinstance(source, SopsSecret | AgeSecret):
        lines.append("Where manifests are followed in git: commit and push the file.")
    sys.stdout.write("".join(f"{line}\n" for line in lines))
