"""`trunkline init FOLDER`: writes the first manifests by asking the questions of a first set-up (feature A20).

They are: the address as phones reach it, the domain, the first listener, the first extensions, the mail server (there need be none).
Passwords are made up and kept in the data folder, for its owner only; none stands in a manifest, and there is no default one.
Nothing that is there is changed: a folder with manifests is refused, a password that exists is used. What is written is checked
first, as `validate` does.

The password of the mail server is somebody else's: it is not asked for, and what is said at the end says where it belongs.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cli.exit_code import Exit
from cli.init_questions import (
    Ask,
    Question,
    domain_fault,
    host_fault,
    in_quotes,
    mail_from_fault,
    mail_server_fault,
    port_fault,
    tenant_fault,
    transport_fault,
)
from cli.password_file import ensure
from cli.refused import Refused
from cli.schema import schema_text
from schema.manifest_set import HeldBack, load
from schema.problem import shown

SCHEMA: Final = "trunkline.schema.json"
"""For editors, beside the manifests; `trunkline schema` prints the same."""
EDITORS: Final = f"# yaml-language-server: $schema={SCHEMA}"
MOST_EXTENSIONS: Final = 200
SUBMISSIONS: Final = 465
"""The port of mail that is encrypted from the first byte (RFC 8314 §7.3)."""
_NUMBERS: Final = re.compile(r"([0-9]{1,10})(?:-([0-9]{1,10}))?", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """`host`: as phones reach this machine; `transport`: udp or tcp; `extensions`: numbers and ranges, as `101-104,110`; `mail_server`: a
    name, perhaps with a port, "" = none; `mail_user`: "" = nobody logs in there."""

    host: str
    domain: str
    tenant: str
    transport: str
    port: int
    extensions: str
    mail_server: str = ""
    mail_from: str = ""
    mail_user: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line was given; None = ask, or take `default`."""

    host: str | None
    domain: str | None
    tenant: str | None
    transport: str | None
    port: int | None
    extensions: str | None
    mail_server: str | None = None
    mail_from: str | None = None
    mail_user: str | None = None


HOST: Final = Question("--host", "This machine's address, as phones reach it", host_fault)
DOMAIN: Final = Question("--domain", "The SIP domain of your phones", domain_fault)
TRANSPORT: Final = Question("--transport", "What SIP is carried by: udp or tcp", transport_fault)
PORT: Final = Question("--port", "The port that SIP is answered at", port_fault)
TENANT: Final = Question("--tenant", "The name of the first tenant", tenant_fault)
MAIL_SERVER: Final = Question("--mail-server", "The mail server (SMTP), if there is one", mail_server_fault)
MAIL_FROM: Final = Question("--mail-from", "The address that mail is from", mail_from_fault)


def answers(asked: Asked, ask: Ask) -> Answers:
    """All answers, with a question for each that is missing. Refused."""
    host = HOST.answer(asked.host, "127.0.0.1", ask)
    domain = DOMAIN.answer(asked.domain, "office.example", ask)
    transport = TRANSPORT.answer(asked.transport, "udp", ask)
    port = PORT.answer(None if asked.port is None else str(asked.port), "5060", ask)
    extensions = Question("--extensions", "The first extensions", _extensions_fault).answer(
        asked.extensions, "101-104", ask
    )
    tenant = asked.tenant
    if tenant is None and tenant_fault(domain.partition(".")[0].lower()) is None:
        tenant = domain.partition(".")[0].lower()
    tenant = TENANT.answer(tenant, "office", ask)
    server = MAIL_SERVER.answer(asked.mail_server, "", ask)
    mail_from = mail_user = ""
    if server:
        mail_from = MAIL_FROM.answer(asked.mail_from, f"pbx@{domain}", ask)
        mail_user = asked.mail_user if asked.mail_user is not None else ask("The user name there, if it wants one", "")
    return Answers(
        host=host,
        domain=domain,
        tenant=tenant,
        transport=transport.lower(),
        port=int(port),
        extensions=extensions,
        mail_server=server,
        mail_from=mail_from,
        mail_user=mail_user,
    )


def _extensions_fault(text: str) -> str | None:
    try:
        numbers(text)
    except Refused as error:
        return str(error)
    return None


def numbers(text: str) -> list[str]:
    """The extensions that `101-104,110` names, leading zeros kept. Refused."""
    found: dict[str, None] = {}
    for part in text.replace(" ", "").split(","):
        match = _NUMBERS.fullmatch(part)
        if match is None:
            raise Refused(f"{shown(part)} is no extension; write numbers and ranges, as 101-104,110")
        first, last = match[1], match[2] or match[1]
        if len(first) != len(last) or int(last) < int(first):
            raise Refused(
                f"the range {shown(part)} goes nowhere; write the lower number first, both with as many digits"
            )
        if int(last) - int(first) + len(found) >= MOST_EXTENSIONS:
            raise Refused(
                f"{shown(text)} are more than {MOST_EXTENSIONS} extensions to begin with; write fewer, and add the others later"
            )
        found |= dict.fromkeys(str(number).zfill(len(first)) for number in range(int(first), int(last) + 1))
    return list(found)


def manifests(given: Answers) -> dict[str, str]:
    """The files by name. Refused with all that is wrong with them."""
    listener = f"{given.transport}-{given.port}" if given.transport in {"udp", "tcp"} else "phones"
    files = {
        "system.yaml": f"""\
{EDITORS}
# The machine: which ports calls use, and where SIP is answered. `trunkline schema` prints the JSON Schema of all fields.
apiVersion: trunkline/v1
kind: System
metadata: {{name: system}}
spec:
  media:
    ports: "33000-65000"
---
apiVersion: trunkline/v1
kind: Listener
metadata: {{name: {_quoted(listener)}}}
spec:
  transport: {_quoted(given.transport)}
  port: {given.port}
  tenant: {_quoted(given.tenant)} # whose phones may use the server's address as their domain
{_beside(given)}""",
        "tenant.yaml": f"""\
{EDITORS}
apiVersion: trunkline/v1
kind: Tenant
metadata: {{name: {_quoted(given.tenant)}}}
spec:
  domain: {_quoted(given.domain)}
""",
        "extensions.yaml": f"{EDITORS}\n"
        + "---\n".join(_extension(given.tenant, number) for number in numbers(given.extensions)),
    }
    if given.mail_server:
        files["mail.yaml"] = f"{EDITORS}\n{_mail(given)}"
    assembly = load(files.items())
    if assembly.report.errors:
        raise Refused("\n".join(str(problem) for problem in assembly.report.errors))
    assert not isinstance(assembly.system, HeldBack)  # noqa: S101  # else there were errors
    return files


def _beside(given: Answers) -> str:
    """A phone changes to TCP for a request that is too large for a datagram, on the same port (RFC 3261 §18.1.1)."""
    if given.transport != "udp":
        return ""
    return f"""\
---
apiVersion: trunkline/v1
kind: Listener
metadata: {{name: tcp-{given.port}}}
spec:
  transport: tcp # phones change to it for what is too large for UDP
  port: {given.port}
  tenant: {_quoted(given.tenant)}
"""


def _extension(tenant: str, number: str) -> str:
    return f"""\
apiVersion: trunkline/v1
kind: Extension
metadata: {{tenant: {_quoted(tenant)}, name: {_quoted(number)}}}
spec:
  password: {{file: {_quoted(_secret(tenant, number))}}}
"""


def _mail(given: Answers) -> str:
    server, colon, port = given.mail_server.rpartition(":")
    name, its_port = (server, int(port)) if colon else (given.mail_server, None)
    lines = [
        "apiVersion: trunkline/v1",
        "kind: MailServer",
        f"metadata: {{tenant: {_quoted(given.tenant)}, name: mail}}",
        "spec:",
        f"  server: {_quoted(name)}",
        *([] if its_port is None else [f"  port: {its_port}"]),
        f"  security: {'ssl' if its_port == SUBMISSIONS else 'starttls'}",
        f"  replyAddress: {_quoted(given.mail_from)}",
    ]
    if given.mail_user:
        lines += [
            f"  user: {_quoted(given.mail_user)}",
            f"  password: {{file: {_quoted(_secret(given.tenant, 'mail'))}}}",
        ]
    return "".join(f"{line}\n" for line in lines)


def _secret(tenant: str, number: str) -> str:
    return f"secrets/{tenant}-{number}"


def _quoted(text: str) -> str:
    """As a YAML scalar, whatever was typed."""
    return (
        text
        if re.fullmatch("[a-z][a-z0-9.-]*", text) and text not in {"no", "yes", "null", "true", "false"}
        else in_quotes(text)
    )


def init(folder: Path, data: Path, asked: Asked, ask: Ask) -> Exit:
    try:
        _check_folder(folder)
        given = answers(asked, ask)
        files = manifests(given)
        phones = [(number, ensure(data / _secret(given.tenant, number))) for number in numbers(given.extensions)]
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            with (folder / name).open("x", encoding="utf-8") as file:
                file.write(text)
        if not (folder / SCHEMA).exists():
            (folder / SCHEMA).write_text(schema_text(), encoding="utf-8")
    except Refused as error:
        sys.stderr.write(f"trunkline init: {error}\n")
        return Exit.PROBLEMS
    except OSError as error:
        sys.stderr.write(f"trunkline init: {error.filename}: {(error.strerror or str(error)).lower()}\n")
        return Exit.PROBLEMS
    sys.stdout.write(_said(folder, data, given, files, phones))
    return Exit.FINE


def _check_folder(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise Refused(f"{folder} is a file; name a folder for the manifests")
    there = (
        sorted(path.name for path in folder.glob("*") if path.suffix in {".yaml", ".yml"}) if folder.is_dir() else []
    )
    if there:
        raise Refused(f"{folder} has manifests already ({', '.join(there[:3])}); name another folder, or edit those")


def _said(folder: Path, data: Path, given: Answers, files: dict[str, str], phones: Sequence[tuple[str, str]]) -> str:
    wide = max(len(number) for number, _ in phones)
    host = f"[{given.host}]" if ":" in given.host and not given.host.startswith("[") else given.host
    place = host if given.port == 5060 else f"{host}:{given.port}"
    lines = [
        f"{len(files)} files are in {folder}: {', '.join(sorted(files))}; {SCHEMA} is for your editor",
        "",
        f"Serve them:      trunkline serve {folder} --data {data} --host {given.host}",
        f"Check a change:  trunkline validate {folder}",
        "",
        f"Register phones by {given.transport.upper()} at {place}, domain {given.domain}. User and password, kept in {data}/secrets:",
        "",
        *[f"    {number:<{wide}}  {password}" for number, password in phones],
    ]
    if given.mail_user:
        password = data / _secret(given.tenant, "mail")
        lines += ["", f"Put the password of {given.mail_user} at {given.mail_server} into {password}"]
    return "".join(f"{line}\n" for line in lines)
