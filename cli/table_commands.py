"""The commands on tables: `import` and `export` of extensions, inbound rules, trunks and rates, and their options."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.options import DATA, DataOption
from cli.record_commands import exports
from cli.server_options import ServerOption, TokenFileOption, asked

imports = typer.Typer(help="Manifests from another form.", no_args_is_help=True)

FileArgument = Annotated[Path, typer.Argument(metavar="FILE.csv", dir_okay=False, help="Its first row names columns.")]
TenantOption = Annotated[str, typer.Option("--tenant", help="Whose they are.")]
ManifestsOption = Annotated[
    Path | None,
    typer.Option(
        "--output", "-o", metavar="FILE", dir_okay=False, help="A new file of manifests; without it: standard output."
    ),
]
MakeOption = Annotated[
    bool, typer.Option("--make-passwords", help="Make up a password where the table has none, in the data folder.")
]
ReplaceOption = Annotated[
    bool, typer.Option("--replace-passwords", help="Passwords of the table replace those that are there.")
]
SourceArgument = Annotated[
    str, typer.Argument(metavar="SOURCE", help="A folder of manifests, git:REV:FOLDER or NAME.json.")
]
OneTenantOption = Annotated[str | None, typer.Option("--tenant", help='Only of this tenant; "" = what is shared.')]
TableOption = Annotated[
    Path | None,
    typer.Option(
        "--output", "-o", metavar="FILE", dir_okay=False, help="Into this file; without it: to standard output."
    ),
]


@imports.command("extensions")
def import_extensions(
    file: FileArgument,
    tenant: TenantOption,
    output: ManifestsOption = None,
    data: DataOption = DATA,
    make_passwords: MakeOption = False,
    replace_passwords: ReplaceOption = False,
) -> None:
    """Extensions, and an InboundRule for each that has numbers outside (column did)."""
    _import("extensions", file, tenant, output, data, make=make_passwords, replace=replace_passwords)


@imports.command("inbound-rules")
def import_inbound_rules(file: FileArgument, tenant: TenantOption, output: ManifestsOption = None) -> None:
    """Where calls from outside go."""
    _import("inbound-rules", file, tenant, output, DATA, make=False, replace=False)


@imports.command("trunks")
def import_trunks(
    file: FileArgument,
    tenant: Annotated[str | None, typer.Option("--tenant", help="Whose they are; without it they are shared.")] = None,
    output: ManifestsOption = None,
    data: DataOption = DATA,
    replace_passwords: ReplaceOption = False,
) -> None:
    """Carriers and gateways."""
    _import("trunks", file, tenant, output, data, make=False, replace=replace_passwords)


FolderArgument = Annotated[
    Path, typer.Argument(metavar="FOLDER", file_okay=False, help="Its configuration files; nothing else is read.")
]
NewFolderOption = Annotated[
    Path, typer.Option("--output", "-o", metavar="FOLDER", file_okay=False, help="A new folder for the manifests.")
]
DomainOption = Annotated[
    str, typer.Option("--domain", help="The SIP domain of the phones; default: what is found, or TENANT.example.")
]
CountryOption = Annotated[
    str,
    typer.Option("--country", help="Where it is, as GB: whose numbers for help are dialled, and how numbers are read."),
]
ZoneOption = Annotated[str, typer.Option("--time-zone", help="Of its people, as Europe/London; default: UTC.")]
MakeMissingOption = Annotated[
    bool,
    typer.Option("--make-passwords", help="Make up a password for each that none is known of, in the data folder."),
]
ReplaceFoundOption = Annotated[
    bool, typer.Option("--replace-passwords", help="Passwords that are found replace those that are there.")
]


@imports.command("asterisk")
def import_asterisk(
    folder: FolderArgument,
    tenant: TenantOption,
    output: NewFolderOption,
    domain: DomainOption = "",
    country: CountryOption = "",
    time_zone: ZoneOption = "",
    data: DataOption = DATA,
    make_passwords: MakeMissingOption = False,
    replace_passwords: ReplaceFoundOption = False,
) -> None:
    """A PBX of Asterisk: pjsip.conf or sip.conf, extensions.conf, queues.conf, voicemail.conf, and what they include.

    Prints what could not be carried over, with the line that it stands in; also into left-behind.txt of the new folder.
    """
    _import_pbx(
        "asterisk", folder, tenant, output, (domain, country, time_zone), data, make_passwords, replace_passwords
    )


@imports.command("freeswitch")
def import_freeswitch(
    folder: FolderArgument,
    tenant: TenantOption,
    output: NewFolderOption,
    domain: DomainOption = "",
    country: CountryOption = "",
    time_zone: ZoneOption = "",
    data: DataOption = DATA,
    make_passwords: MakeMissingOption = False,
    replace_passwords: ReplaceFoundOption = False,
) -> None:
    """A PBX of FreeSWITCH: vars.xml, directory, dialplan, sip_profiles, ivr_menus, callcenter, and what they include.

    Prints what could not be carried over, with the line that it stands in; also into left-behind.txt of the new folder.
    """
    _import_pbx(
        "freeswitch", folder, tenant, output, (domain, country, time_zone), data, make_passwords, replace_passwords
    )


def _import_pbx(
    system: str,
    folder: Path,
    tenant: str,
    output: Path,
    about: tuple[str, str, str],
    data: Path,
    make: bool,
    replace: bool,
) -> None:
    from cli.import_pbx import ImportRequest, import_pbx

    domain, country, time_zone = about
    request = ImportRequest(
        system=system,
        folder=folder,
        output=output,
        data=data,
        tenant=tenant,
        domain=domain,
        country=country,
        time_zone=time_zone,
        makes_passwords=make,
        replaces_passwords=replace,
    )
    raise typer.Exit(import_pbx(request))


NameOption = Annotated[str, typer.Option("--name", help="Of the RateTable.")]


@imports.command("rates")
def import_rates(
    file: FileArgument,
    name: NameOption,
    tenant: Annotated[str | None, typer.Option("--tenant", help="Whose it is; without it it is shared.")] = None,
    currency: Annotated[str | None, typer.Option("--currency", help="What its amounts are in, as GBP.")] = None,
    output: ManifestsOption = None,
) -> None:
    """What calls cost: one RateTable of all rows."""
    from cli.rate_tables import import_rates

    raise typer.Exit(import_rates(file, tenant, name, currency, output))


def _import(
    table: str, file: Path, tenant: str | None, output: Path | None, data: Path, *, make: bool, replace: bool
) -> None:
    from cli.tables import ImportRequest, import_table

    request = ImportRequest(
        table=table,
        file=file,
        tenant=tenant,
        output=output,
        data=data,
        makes_passwords=make,
        replaces_passwords=replace,
    )
    raise typer.Exit(import_table(request))


@exports.command("extensions")
def export_extensions(source: SourceArgument, tenant: OneTenantOption = None, file: TableOption = None) -> None:
    """Extensions of manifests as CSV, without passwords."""
    _export("extensions", source, tenant, file)


@exports.command("inbound-rules")
def export_inbound_rules(source: SourceArgument, tenant: OneTenantOption = None, file: TableOption = None) -> None:
    """Inbound rules of manifests as CSV."""
    _export("inbound-rules", source, tenant, file)


@exports.command("trunks")
def export_trunks(source: SourceArgument, tenant: OneTenantOption = None, file: TableOption = None) -> None:
    """Trunks of manifests as CSV, without passwords."""
    _export("trunks", source, tenant, file)


@exports.command("rates")
def export_rates(
    source: SourceArgument,
    tenant: OneTenantOption = None,
    name: Annotated[str | None, typer.Option("--name", help="Of the RateTable, where there are several.")] = None,
    file: TableOption = None,
) -> None:
    """A RateTable of manifests as CSV."""
    from cli.rate_tables import export_rates

    raise typer.Exit(export_rates(source, tenant, name, file))


@exports.command("manifests")
def export_manifests(
    folder: Annotated[
        Path, typer.Option("--output", "-o", metavar="FOLDER", file_okay=False, help="A new folder for the files.")
    ],
    revision: Annotated[str | None, typer.Option(help="Those of this revision, by its number.")] = None,
    data: DataOption = DATA,
    server: ServerOption = None,
    token_file: TokenFileOption = None,
) -> None:
    """The manifests that the server runs, byte by byte as they were written: they plan to no change."""
    from cli.written import export_manifests as export

    raise typer.Exit(export(folder, revision, asked("export manifests", data, server, token_file)))


def _export(table: str, source: str, tenant: str | None, file: Path | None) -> None:
    from cli.tables import export_table

    raise typer.Exit(export_table(table, source, tenant, file))
