"""`trunkline import` and `export` of tables: manifests from a CSV file, and a CSV file of manifests.

Importing prints manifests, or writes a new file of them; what is there is never changed. Passwords of the table go into files of the
data folder, which only their owner reads; one that is there with another password is refused, unless `--replace-passwords` says that it
is meant.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cli.exit_code import Exit
from cli.output_file import OutputRefused, whole_file
from cli.password_file import ensure, write
from cli.source import source_of
from reconciler.errors import SourceUnavailable
from schema.manifest_set import load
from schema.nearest import one_of
from schema.problem import shown
from schema.tables.reading import MOST_BYTES, TableRead, read_table
from schema.tables.registry import TABLES
from schema.tables.writing import write_table


class _Refused(Exception):
    """Why nothing is written; the message says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRequest:
    """`tenant`: None = shared trunks; `output`: None = standard output; `makes_passwords`: for rows that have none."""

    table: str
    file: Path
    tenant: str | None
    output: Path | None
    data: Path
    makes_passwords: bool
    replaces_passwords: bool


def import_table(request: ImportRequest) -> Exit:
    try:
        if request.output is not None and request.output.exists():
            raise _Refused(f"{request.output} is there already; name a new file, and put the two together by hand")
        with request.file.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
        found = read_table(TABLES[request.table], str(request.file), content, request.tenant)
        if found.report.problems:
            for problem in found.report.problems:
                sys.stderr.write(f"{problem}\n")
            count = len(found.report.problems)
            raise _Refused(f"{count} {'problem' if count == 1 else 'problems'}; nothing is written")
        made = _keep_secrets(request, found)
        with whole_file(request.output) as stream:
            stream.write(found.yaml.encode("utf-8"))
    except (_Refused, OutputRefused) as error:
        sys.stderr.write(f"trunkline import {request.table}: {error}\n")
        return Exit.PROBLEMS
    except OSError as error:
        sys.stderr.write(
            f"trunkline import {request.table}: {error.filename}: {(error.strerror or str(error)).lower()}\n"
        )
        return Exit.PROBLEMS
    _say(request, found, made)
    return Exit.FINE


def _keep_secrets(request: ImportRequest, found: TableRead) -> int:
    """All of them are looked at before the first is written. How many files are new or changed."""
    wanted = {request.data / name: secret for name, secret in found.secrets.items()}
    # What is no text is no password of ours, so it is another one.
    there = {path: path.read_text(encoding="utf-8", errors="replace").strip() for path in wanted if path.exists()}
    other = sorted(str(path) for path, secret in there.items() if secret != wanted[path])
    if other and not request.replaces_passwords:
        told = ", ".join(other[:3]) + (f" and {len(other) - 3} more" if len(other) > 3 else "")
        raise _Refused(f"{told}: there is another password; if the table's is meant, add --replace-passwords")
    changed = {path: secret for path, secret in wanted.items() if there.get(path) != secret}
    for path, secret in changed.items():
        write(path, secret)
    if request.makes_passwords:
        for name in found.unset.values():
            ensure(request.data / name)
    return len(changed)


def _say(request: ImportRequest, found: TableRead, made: int) -> None:
    place = "standard output" if request.output is None else str(request.output)
    told = [f"{found.rows:,} rows into {place}"]
    if made:
        told.append(f"{made:,} passwords into {request.data}/secrets")
    if found.unset:
        done = "made up" if request.makes_passwords else "missing; --make-passwords makes them up"
        told.append(f"{len(found.unset):,} passwords {done}")
    sys.stderr.write("; ".join(told) + "\n")


def export_table(table: str, source: str, tenant: str | None, output: Path | None) -> Exit:
    """A CSV file of what the manifests of a source declare; what no column holds is said."""
    found = source_of(source)
    try:
        tree = found.read()
        assembly = load((file.path, file.content) for file in tree.files)
        if assembly.report.errors:
            for problem in assembly.report.errors:
                sys.stderr.write(f"{problem}\n")
            raise _Refused("the manifests are not valid; nothing is written")
        declared = [one.ref.name for one in assembly.catalog if one.ref.kind == "Tenant"]
        if tenant and tenant not in declared:
            raise _Refused(f"no tenant {shown(tenant)} is declared; {one_of(tenant, declared)}")
        wanted = [one for one in assembly.catalog if tenant is None or (one.ref.tenant or "") == tenant]
        tenants = {one.ref.tenant for one in wanted if one.ref.kind == TABLES[table].kind}
        if len(tenants) > 1:
            names = ", ".join(sorted(name or "shared" for name in tenants))
            raise _Refused(
                f'they are of several tenants ({names}); name one: --tenant, or --tenant "" for what is shared'
            )
        written = write_table(TABLES[table], wanted)
        with whole_file(output) as stream:
            stream.write(written.text.encode("utf-8"))
    except (_Refused, OutputRefused, SourceUnavailable) as error:
        sys.stderr.write(f"trunkline export {table}: {error}\n")
        return Exit.PROBLEMS
    _say_left_out(written.left_out)
    if output is not None:
        sys.stderr.write(f"{written.rows:,} rows written to {output}\n")
    return Exit.FINE


def _say_left_out(left_out: Mapping[str, int]) -> None:
    for path, count in left_out.items():
        whose = "resource has" if count == 1 else "resources have"
        sys.stderr.write(f"not in the table: {path}, which {count:,} {whose}\n")
