"""The commands on secrets: `secret keygen|hash|encrypt|rotate`, and their options. No secret is ever an argument."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.options import DATA, DataOption, OutputOption
from cli.output import Output

GenerateOption = Annotated[bool, typer.Option("--generate", help="Make one up, instead of asking for it.")]
RecipientOption = Annotated[
    list[str] | None,
    typer.Option("--recipient", "-r", metavar="AGE1...", help="For whom; for each of them. Default: for our own key."),
]

secret = typer.Typer(
    help="Secrets: keys, hashes, encrypted files, new passwords. What is asked for is typed unseen, or read from standard input.",
    no_args_is_help=True,
)


@secret.command()
def keygen(data: DataOption = DATA) -> None:
    """Make our age key, in the data folder, and print its public half: for whom files are encrypted."""
    from cli.secret_keygen import keygen

    raise typer.Exit(keygen(data))


@secret.command("hash")
def hash_(
    sip_user: Annotated[
        str | None, typer.Option("--sip-user", help="Instead of argon2id: HA1 of this user of digest authentication.")
    ] = None,
    realm: Annotated[str | None, typer.Option("--realm", help="With --sip-user: the tenant's domain.")] = None,
) -> None:
    """The argon2id hash of a web password or PIN, or an HA1 (as good as the password) for another SIP server."""
    from cli.secret_hash import hash_secret

    raise typer.Exit(hash_secret(sip_user, realm))


@secret.command()
def encrypt(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A SOPS file (.yaml, .json, .env), or an .age file.")],
    key: Annotated[
        str | None, typer.Option("--key", metavar="A.B", help="Where in a SOPS file; new or to be replaced.")
    ] = None,
    recipients: RecipientOption = None,
    generate: GenerateOption = False,
    data: DataOption = DATA,
) -> None:
    """Put one secret into an encrypted file beside the manifests, new or there; all else in it stays as it is."""
    from cli.secret_encrypt import Asked, encrypt

    raise typer.Exit(encrypt(Asked(file, key, tuple(recipients or ()), data, generates=generate)))


@secret.command()
def rotate(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="Extension or Trunk.")],
    name: Annotated[str, typer.Argument(metavar="[TENANT/]NAME", help="As acme/101.")],
    manifests: Annotated[Path, typer.Argument(metavar="DIR", help="The folder of manifests.")],
    ask: Annotated[
        bool, typer.Option("--ask", help="Ask for it, instead of making one up: what a carrier gave.")
    ] = False,
    recipients: RecipientOption = None,
    data: DataOption = DATA,
    output: OutputOption = Output.TEXT,
) -> None:
    """Put a new password where the manifest says that the old one is. Phones that are registered keep theirs until that runs out."""
    from cli.secret_rotate import Asked, rotate

    raise typer.Exit(rotate(Asked(kind, name, manifests, data, tuple(recipients or ()), output, asks=ask)))
