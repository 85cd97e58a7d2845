"""The options of `serve`, and the settings that they come to."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.log import LogFormat
from cli.options import DATA, DataOption


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
    public_url: Annotated[
        str,
        typer.Option(
            "--public-url",
            metavar="URL",
            envvar="TRUNKLINE_PUBLIC_URL",
            help="What browsers call the page behind a proxy, as https://pbx.example: where links to it lead.",
            show_default=False,
        ),
    ] = "",
) -> None:
    """Serve phones as the manifests say, and follow the manifests."""
    from cli.api_address import api_address, api_proxies, api_public_url
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
        public = api_public_url(public_url)
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
                public_url=public,
                protocol=form,
            )
        )
    )


def add_to(app: typer.Typer) -> None:
    app.command()(serve)
