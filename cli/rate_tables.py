"""`trunkline import rates` and `export rates`: a RateTable from a CSV file of its rates, and back."""

from __future__ import annotations

import sys
from pathlib import Path

from cli.exit_code import Exit
from cli.output_file import OutputRefused, whole_file
from cli.source import source_of
from reconciler.errors import SourceUnavailable
from schema.kinds.rate_table import RateTableSpec
from schema.manifest_set import load
from schema.nearest import one_of
from schema.problem import shown
from schema.resource import Resource
from schema.tables.rates import rate_tables, read_rates, write_rates
from schema.tables.reading import MOST_BYTES


class _Refused(Exception):
    """Why nothing is written; the message says what to do."""


def import_rates(file: Path, tenant: str | None, name: str, currency: str | None, output: Path | None) -> Exit:
    try:
        if output is not None and output.exists():
            raise _Refused(f"{output} is there already; name a new file, and put the two together by hand")
        with file.open("rb") as stream:
            content = stream.read(MOST_BYTES + 1)
        found = read_rates(str(file), content, tenant, name, currency)
        if found.report.problems:
            for problem in found.report.problems:
                sys.stderr.write(f"{problem}\n")
            count = len(found.report.problems)
            raise _Refused(f"{count} {'problem' if count == 1 else 'problems'}; nothing is written")
        with whole_file(output) as stream:
            stream.write(found.yaml.encode("utf-8"))
    except (_Refused, OutputRefused) as error:
        sys.stderr.write(f"trunkline import rates: {error}\n")
        return Exit.PROBLEMS
    except OSError as error:
        sys.stderr.write(f"trunkline import rates: {error.filename}: {(error.strerror or str(error)).lower()}\n")
        return Exit.PROBLEMS
    sys.stderr.write(f"{found.rows:,} rates into {'standard output' if output is None else output}\n")
    return Exit.FINE


def export_rates(source: str, tenant: str | None, name: str | None, output: Path | None) -> Exit:
    try:
        assembly = load((file.path, file.content) for file in source_of(source).read().files)
        if assembly.report.errors:
            for problem in assembly.report.errors:
                sys.stderr.write(f"{problem}\n")
            raise _Refused("the manifests are not valid; nothing is written")
        written = write_rates(_chosen(rate_tables(assembly.catalog), tenant, name))
        with whole_file(output) as stream:
            stream.write(written.text.encode("utf-8"))
    except (_Refused, OutputRefused, SourceUnavailable) as error:
        sys.stderr.write(f"trunkline export rates: {error}\n")
        return Exit.PROBLEMS
    if output is not None:
        sys.stderr.write(f"{written.rows:,} rows written to {output}\n")
    return Exit.FINE


def _chosen(tables: list[Resource[RateTableSpec]], tenant: str | None, name: str | None) -> Resource[RateTableSpec]:
    """The one table that is meant."""
    of_tenant = [table for table in tables if tenant is None or (table.ref.tenant or "") == tenant]
    found = [table for table in of_tenant if name is None or table.ref.name == name]
    if len(found) == 1:
        return found[0]
    if not found:
        known = sorted({table.ref.name for table in of_tenant})
        raise _Refused(
            f"no RateTable {shown(name)} is declared; {one_of(name, known)}" if name else "there is no RateTable"
        )
    told = ", ".join(sorted(str(table.ref) for table in found))
    raise _Refused(f'there are several ({told}); name one: --name, --tenant, or --tenant "" for what is shared')
