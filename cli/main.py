"""`trunkline`: the commands and their options. What a command needs is imported when it runs, so that each starts quickly."""

from __future__ import annotations

import errno
import gc
import os
import sys
from enum import StrEnum
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated

import typer
import typer.core

from cli import access_commands, live_commands, record_commands, secret_commands, table_commands
from cli.call_options import (
    CalleeOption,
    CallerOption,
    DirectionOption,
    MaxTalkOption,
    MinTalkOption,
    OutcomeOption,
    SinceOption,
    TrunkOption,
    UntilOption,
)
from cli.colour import Colour
from cli.completion import Shell, answer_the_shell, kinds
from cli.detailed import DetailedCommand
from cli.listing_command import ListingCommand
from cli.log import LogFormat
from cli.output import GetOutput, Output, PlanOutput, ProblemOutput
from cli.server_options import ServerOption, TokenFileOption, asked

app = typer.Typer(
    name="trunkline",
    help="A PBX that is run by manifests in git.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

DataOption = Annotated[
    Path, typer.Option("--data", envvar="TRUNKLINE_DATA", help="The data folder: control socket, records, secrets.")
]
OutputOption = Annotated[Output, typer.Option("--output", "-o", envvar="TRUNKLINE_OUTPUT", help="How to print.")]
SourceArgument = Annotated[
    str,
    typer.Argument(
        metavar="SOURCE",
        help="A folder of manifests; git:REV or git:REV:FOLDER of the repository here; or a saved snapshot NAME.json.",
    ),
]
PlanOutputOption = Annotated[
    PlanOutput, typer.Option("--output", "-o", envvar="TRUNKLINE_OUTPUT", help="How to print.")
]
ColourOption = Annotated[
    Colour, typer.Option("--colour", "--color", help="auto: on a terminal, unless NO_COLOR is set.")
]
DigestOption = Annotated[
    str | None, typer.Option("--digest", metavar="DIGEST", help="Of the plan that was looked at; 12 digits are enough.")
]
ConfirmOption = Annotated[
    list[str] | None,
    typer.Option(
        "--confirm", metavar="NAME", help="A limit that the plan breaks, and that is meant; for each of them."
    ),
]
AuthorOption = Annotated[
    str | None,
    typer.Option(
        "--author", envvar="TRUNKLINE_AUTHOR", help="Who says so, for the history; default: who is logged in."
    ),
]
DATA = Path("data")


class What(StrEnum):
    """What `get` lists."""

    AUDIT = "audit"
    BANS = "bans"
    CALLS = "calls"
    CDRS = "cdrs"
    DRAINS = "drains"
    LISTENERS = "listeners"
    MANIFESTS = "manifests"
    REGISTRATIONS = "registrations"
    RESOURCES = "resources"
    REVISIONS = "revisions"
    STATUS = "status"
    TRUNKS = "trunks"
    WEBHOOKS = "webhooks"


def _whats() -> list[str]:
    return [*What]


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(help="Where the manifests go: a folder without any.")],
    data: DataOption = DATA,
    host: Annotated[
        str | None,
        typer.Option("--host", envvar="TRUNKLINE_HOST", help="This machine's address, as phones reach it."),
    ] = None,
    domain: Annotated[str | None, typer.Option(help="The SIP domain of your phones.")] = None,
    tenant: Annotated[
        str | None, typer.Option(help="The name of the first tenant; default: as the domain begins.")
    ] = None,
    transport: Annotated[str | None, typer.Option(help="What SIP is carried by: udp or tcp.")] = None,
    port: Annotated[int | None, typer.Option(help="The port that SIP is answered at.")] = None,
    extensions: Annotated[str | None, typer.Option(help="The first extensions, as 101-104,110.")] = None,
    mail_server: Annotated[
        str | None, typer.Option(help="The SMTP server, perhaps with its port; default: mail is set up later.")
    ] = None,
    mail_from: Annotated[
        str | None, typer.Option(help="The address that mail is from; default: pbx@ the domain.")
    ] = None,
    mail_user: Annotated[str | None, typer.Option(help="The user name there; default: nobody logs in.")] = None,
) -> None:
    """Write the first manifests, and passwords for the first phones. Asks for what is not said, on a terminal."""
    from cli.init import Asked, init

    def ask(question: str, default: str) -> str:
        return str(typer.prompt(question, default=default, err=True)) if sys.stdin.isatty() else default

    asked = Asked(host, domain, tenant, transport, port, extensions, mail_server, mail_from, mail_user)
    raise typer.Exit(init(folder, data, asked, ask))


@app.command()
def serve(
    source: Annotated[
        # A folder that can't be read keeps nobody from serving what was applied last: the source says so itself.
        str,
        typer.Argument(
            metavar="SOURCE",
            help="The folder of manifests, or a git repository to follow: git+https://HOST/REPO, git+ssh:// or git+file://.",
        ),
    ],
    data: DataOption = DATA,
    branch: Annotated[
        str, typer.Option("--branch", envvar="TRUNKLINE_GIT_BRANCH", help="Of the git repository.")
    ] = "main",
    path: Annotated[
        str, typer.Option("--path", envvar="TRUNKLINE_GIT_PATH", help="The folder of manifests in the git repository.")
    ] = "",
    poll: Annotated[
        str, typer.Option("--poll", envvar="TRUNKLINE_GIT_POLL", help="How often the git server is asked for news.")
    ] = "60s",
    git_token: Annotated[
        str,
        typer.Option("--git-token", envvar="TRUNKLINE_GIT_TOKEN", help="Where its token is: env:NAME or file:PATH."),
    ] = "",
    git_key: Annotated[
        str, typer.Option("--git-key", envvar="TRUNKLINE_GIT_KEY", help="The file of the private key for git+ssh://.")
    ] = "",
    git_known_hosts: Annotated[
        str,
        typer.Option(
            "--git-known-hosts",
            envvar="TRUNKLINE_GIT_KNOWN_HOSTS",
            help="The file of host keys that are believed; default: ssh's own.",
        ),
    ] = "",
    git_hook: Annotated[
        str,
        typer.Option(
            "--git-hook",
            envvar="TRUNKLINE_GIT_HOOK",
            help="Where the secret is that its webhooks are signed with (POST /v1/source/hook): env:NAME or file:PATH.",
        ),
    ] = "",
    signers: Annotated[
        str,
        typer.Option(
            "--signers",
            envvar="TRUNKLINE_GIT_SIGNERS",
            help="Follow only commits signed by these: a file of allowed signers (SSH) or a keyring (.gpg, .kbx).",
        ),
    ] = "",
    host: Annotated[
        str,
        typer.Option(
            "--host", envvar="TRUNKLINE_HOST", help="This machine's address for SIP and media, as phones reach it."
        ),
    ] = "127.0.0.1",
    log_level: Annotated[
        str, typer.Option("--log-level", envvar="TRUNKLINE_LOG_LEVEL", help="debug, info, warning or error.")
    ] = "info",
    log_format: Annotated[
        LogFormat,
        typer.Option("--log-format", envvar="TRUNKLINE_LOG_FORMAT", help="How lines are written on stderr."),
    ] = LogFormat.TEXT,
    api: Annotated[
        str,
        typer.Option(
            "--api",
            metavar="ADDRESS:PORT",
            envvar="TRUNKLINE_API",
            help="Where the API and its page are served, or off.",
        ),
    ] = "127.0.0.1:8888",
    api_name: Annotated[
        list[str] | None,
        typer.Option(
            "--api-name",
            metavar="NAME",
            envvar="TRUNKLINE_API_NAMES",
            help="What browsers call the API's server, besides localhost and its address; may be given several times.",
        ),
    ] = None,
    api_proxy: Annotated[
        list[str] | None,
        typer.Option(
            "--api-proxy",
            metavar="ADDRESS|NETWORK",
            envvar="TRUNKLINE_API_PROXIES",
            help="Whose X-Forwarded-Proto and -For are believed, besides this machine's own; may be given several times.",
        ),
    ] = None,
) -> None:
    """Serve phones as the manifests say, and follow the manifests."""
    from cli.api_address import api_address, api_proxies
    from cli.exit_code import Exit
    from cli.followed import Followed, NotFollowed
    from engine.native import protocol

    try:
        followed = Followed.of(
            source,
            poll,
            branch=branch,
            path=path,
            token=git_token,
            key=git_key,
            known_hosts=git_known_hosts,
            signers=signers,
        )
        where = api_address(api)
        proxies = api_proxies(api_proxy or ())
    except (NotFollowed, ValueError) as error:
        typer.echo(f"trunkline serve: {error}", err=True)
        raise typer.Exit(Exit.USAGE) from None
    form = protocol.use().why  # before the first of these modules is imported
    from cli.serve import Settings, serve

    raise typer.Exit(
        serve(
            Settings(
                source=followed.source,
                poll_s=followed.poll_s,
                hook_secret=git_hook,
                data=data,
                host=host,
                log_level=log_level,
                log_format=log_format,
                api=where,
                api_names=tuple(api_name or ()),
                api_proxies=proxies,
                protocol=form,
            )
        )
    )


@app.command()
def validate(
    source: SourceArgument,
    output: Annotated[
        ProblemOutput, typer.Option("--output", "-o", envvar="TRUNKLINE_OUTPUT", help="How to print.")
    ] = ProblemOutput.TEXT,
    secrets: Annotated[
        Path | None,
        typer.Option("--secrets", help="The data folder whose secrets are checked, too; without it they are unknown."),
    ] = None,
    strict: Annotated[
        bool,
        typer.Option(
            "--strict", help="By the strict set of rules: also what could be better, and what is not carried out yet."
        ),
    ] = False,
    colour: Annotated[
        Colour, typer.Option("--colour", "--color", help="auto: on a terminal, unless NO_COLOR is set.")
    ] = Colour.AUTO,
) -> None:
    """Check manifests without serving them. Exit status 1 if something is wrong."""
    from cli.validate import Request, validate

    raise typer.Exit(validate(Request(source=source, output=output, secrets=secrets, strict=strict, colour=colour)))


@app.command()
def simulate(
    caller: Annotated[
        str, typer.Option("--from", help="The extension that calls; with --trunk the number outside, or anonymous.")
    ],
    to: Annotated[str, typer.Option("--to", help="What it dials: a number, or a SIP address.")],
    source: Annotated[
        str | None,
        typer.Argument(
            metavar="[SOURCE]",
            help="Decide offline by these manifests: a folder, git:REV:FOLDER or NAME.json. Without it the running server decides.",
        ),
    ] = None,
    data: DataOption = DATA,
    tenant: Annotated[str | None, typer.Option(help="The caller's tenant; needed if there are several.")] = None,
    at: Annotated[
        str | None,
        typer.Option(help="When, as 2026-11-26T09:00 (UTC if not said) or 2026-11-26T09:00+01:00; now if not said."),
    ] = None,
    registered: Annotated[
        list[str] | None,
        typer.Option(
            help="NUMBER or NUMBER=PHONES that has registered phones; may be given several times. Offline, nobody else has."
        ),
    ] = None,
    calls: Annotated[int | None, typer.Option(min=0, help="How many calls the tenant has already.")] = None,
    listener: Annotated[str | None, typer.Option(help="The listener by which the call comes in.")] = None,
    trunk: Annotated[str | None, typer.Option(help="The trunk by which the call comes from outside.")] = None,
    output: OutputOption = Output.TEXT,
) -> None:
    """Say what would become of a call, and why. Exit status 1 if it would be refused."""
    from cli.simulate import Request, simulate
    from reconciler.question import Question

    question = Question(
        caller=caller,
        to=to,
        tenant=tenant,
        listener=listener,
        at=at,
        registered=registered or (),
        calls=calls,
        trunk=trunk,
    )
    raise typer.Exit(simulate(Request(source=source, data=data, question=question, output=output)))


@app.command()
def ports(
    source: Annotated[str, typer.Argument(help="A folder of manifests, git:REV:FOLDER or NAME.json.")],
    output: OutputOption = Output.TEXT,
) -> None:
    """Print what a firewall has to let through for these manifests."""
    from cli.ports import ports

    raise typer.Exit(ports(source, output))


@app.command(cls=DetailedCommand)
def plan(
    source: Annotated[
        str | None,
        typer.Argument(
            metavar="[SOURCE]",
            help="Plan these manifests: a folder, git:REV:FOLDER or NAME.json. Without it: those that the server follows.",
        ),
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(
            metavar="SOURCE",
            help="Compare with a folder, git:REV:FOLDER or NAME.json. Without it: with what the server runs.",
        ),
    ] = None,
    data: DataOption = DATA,
    output: PlanOutputOption = PlanOutput.TEXT,
    detailed: Annotated[
        bool, typer.Option("--detailed-exitcode", help="Exit status 0: no changes, 2: changes, 1: no plan.")
    ] = False,
    expect_no_changes: Annotated[
        bool, typer.Option("--expect-no-changes", help="Exit status 1 if there are changes.")
    ] = False,
    colour: ColourOption = Colour.AUTO,
) -> None:
    """Say what would change, whom it disturbs and what has to be confirmed, before it happens."""
    from cli.plan import Request, plan

    request = Request(
        source=source,
        against=against,
        data=data,
        output=output,
        detailed=detailed,
        expect_no_changes=expect_no_changes,
        colour=colour,
    )
    raise typer.Exit(plan(request))


@app.command()
def apply(
    digest: DigestOption = None,
    confirm: ConfirmOption = None,
    author: AuthorOption = None,
    data: DataOption = DATA,
    output: PlanOutputOption = PlanOutput.TEXT,
    colour: ColourOption = Colour.AUTO,
) -> None:
    """Apply the plan with this digest. Without one: show what waits, and how to apply it; exit status 1 if something does."""
    from cli.apply import Approval, apply
    from cli.author import author as who

    asked = Approval(digest=digest, confirm=confirm or (), author=who(author), data=data, output=output, colour=colour)
    raise typer.Exit(apply(asked))


@app.command()
def rollback(
    revision: Annotated[str, typer.Argument(metavar="REVISION", help="Its number, or 12 digits of its hash at least.")],
    digest: DigestOption = None,
    confirm: ConfirmOption = None,
    author: AuthorOption = None,
    data: DataOption = DATA,
    output: PlanOutputOption = PlanOutput.TEXT,
    colour: ColourOption = Colour.AUTO,
) -> None:
    """Go back to what ran before, by the plan with this digest. Without one: show the plan."""
    from cli.apply import Approval
    from cli.author import author as who
    from cli.rollback import rollback

    asked = Approval(digest=digest, confirm=confirm or (), author=who(author), data=data, output=output, colour=colour)
    raise typer.Exit(rollback(revision, asked))


@app.command()
def suspend(
    reason: Annotated[str, typer.Option(help="Why, for whoever looks at the status.")] = "",
    author: AuthorOption = None,
    data: DataOption = DATA,
    output: OutputOption = Output.TEXT,
) -> None:
    """Let following rest: what runs goes on as it is, whatever the manifests say."""
    from cli.author import author as who
    from cli.suspend import suspend

    raise typer.Exit(suspend(data, reason, who(author), output))


@app.command()
def resume(author: AuthorOption = None, data: DataOption = DATA, output: OutputOption = Output.TEXT) -> None:
    """Follow the manifests again."""
    from cli.author import author as who
    from cli.suspend import resume

    raise typer.Exit(resume(data, who(author), output))


@app.command()
def reconcile(data: DataOption = DATA, output: OutputOption = Output.TEXT) -> None:
    """Look at the manifests now, and say what came of it. Exit status 1 if something is held back or waits."""
    from cli.reconcile import reconcile

    raise typer.Exit(reconcile(data, output))


@app.command()
def unban(
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="As trunkline get bans shows it.")],
    author: AuthorOption = None,
    data: DataOption = DATA,
    output: OutputOption = Output.TEXT,
) -> None:
    """End a ban: whoever was banned for guessing passwords or flooding us may come again."""
    from cli.author import author as who
    from cli.unban import unban

    raise typer.Exit(unban(address, data, who(author), output))


@app.command()
def doctor(
    manifests: Annotated[
        str | None,
        typer.Argument(
            metavar="[MANIFESTS]", help="Look at these; without them, at what was applied last.", show_default=False
        ),
    ] = None,
    data: DataOption = DATA,
    host: Annotated[
        str, typer.Option("--host", envvar="TRUNKLINE_HOST", help="As serve --host, where no server runs.")
    ] = "127.0.0.1",
    output: OutputOption = Output.TEXT,
) -> None:
    """Find what is wrong with this machine, the configuration and the running server. Exit status 1 if something is."""
    from cli.doctor.command import doctor

    raise typer.Exit(doctor(manifests, data, host, output))


@app.command(name="log-level")
def log_level(
    module: Annotated[
        str | None, typer.Argument(metavar="[MODULE]", help="As calls; without it, all of them.", show_default=False)
    ] = None,
    level: Annotated[
        str | None, typer.Argument(metavar="[LEVEL]", help="debug, info, warning or error.", show_default=False)
    ] = None,
    duration: Annotated[
        str | None, typer.Option("--for", metavar="TIME", help="As 10m: then it is again what it was.")
    ] = None,
    author: AuthorOption = None,
    data: DataOption = DATA,
    output: OutputOption = Output.TEXT,
) -> None:
    """Show from which level on the running server logs, or change it."""
    from cli.author import author as who
    from cli.log_level import log_level

    raise typer.Exit(log_level(module, level, duration, data, who(author), output))


@app.command()
def describe(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="As Extension.", autocompletion=kinds)],
    name: Annotated[str, typer.Argument(metavar="[TENANT/]NAME", help="As acme/101.")],
    effective: Annotated[
        bool, typer.Option("--effective", help="Also as it counts: with defaults, profile and groups, and from where.")
    ] = False,
    data: DataOption = DATA,
    output: OutputOption = Output.TEXT,
) -> None:
    """Show one resource: what is written, where, how it stands, what uses it, and its last changes."""
    from cli.describe import describe

    raise typer.Exit(describe(kind, name, data, output, effective=effective))


@app.command(cls=ListingCommand)
def get(
    what: Annotated[
        str,
        typer.Argument(
            metavar="WHAT", help=f"What to list: {', '.join(What)}; or a kind, as Extension.", autocompletion=_whats
        ),
    ],
    name: Annotated[
        str | None, typer.Argument(metavar="[[TENANT/]NAME]", help="Of a kind: only this one.", show_default=False)
    ] = None,
    data: DataOption = DATA,
    output: Annotated[
        GetOutput,
        typer.Option("--output", "-o", help="How to print; yaml: manifests of that kind (or all) as they are written."),
    ] = GetOutput.TEXT,
    tenant: Annotated[str | None, typer.Option(help="Only of this tenant.")] = None,
    number: Annotated[str | None, typer.Option(help="Only with this number (calls, cdrs, registrations).")] = None,
    kind: Annotated[str | None, typer.Option(help="Only of this kind (resources).", autocompletion=kinds)] = None,
    caller: CallerOption = None,
    callee: CalleeOption = None,
    outcome: OutcomeOption = None,
    direction: DirectionOption = None,
    trunk: TrunkOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    min_talk: MinTalkOption = None,
    max_talk: MaxTalkOption = None,
    revision: Annotated[str | None, typer.Option(help="Those of this revision, by its number (manifests).")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 1000,
    server: ServerOption = None,
    token_file: TokenFileOption = None,
) -> None:
    """Ask the running server what is true now."""
    from cli.get import Filters
    from cli.get_words import Asked, get_asked

    filters = Filters(
        tenant=tenant,
        number=number,
        kind=kind,
        revision=revision,
        caller=caller,
        callee=callee,
        outcome=outcome,
        direction=direction,
        trunk=trunk,
        since=since,
        until=until,
        min_talk=min_talk,
        max_talk=max_talk,
    )
    words = Asked(what, name, asked("get", data, server, token_file), output)
    raise typer.Exit(get_asked(words, filters, limit, frozenset(What)))


@app.command()
def schema() -> None:
    """Print the JSON Schema of all manifests, for editors and CI."""
    from cli.schema import schema

    raise typer.Exit(schema())


@app.command()
def version() -> None:
    """Print the version."""
    from cli.version import version

    raise typer.Exit(version())


@app.command()
def completion(shell: Annotated[Shell, typer.Argument(help="Whose it is.")]) -> None:
    """Print the script that completes commands and options in a shell."""
    from cli.completion import completion

    raise typer.Exit(completion(shell))


app.add_typer(table_commands.imports, name="import")
app.add_typer(secret_commands.secret, name="secret")
record_commands.add_to(app)
access_commands.add_to(app)
live_commands.add_to(app)


def main() -> None:
    """The entry point of the installed command."""
    # Manifests become objects that stay, half a million of ten thousand extensions; looking for garbage among them is in vain.
    gc.set_threshold(200_000, 50, 100)
    # A locale that can't write all that manifests hold is no reason for a traceback.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    answer_the_shell()
    try:
        try:
            app()
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read us (`| head`) has enough. The interpreter must not complain about it at its end, either.
        sys.stderr.close()
        sys.exit(0)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        # Standard output is a file on a full disk. Nothing more goes there, also not at the interpreter's end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(f"trunkline: the output can't be written: {error.strerror}; make room, or write it elsewhere")


if __name__ == "__main__":
    main()
