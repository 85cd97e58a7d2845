"""The questions of `trunkline init`: each answer is looked at by itself, and on a terminal asked for again with what is wrong with it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final

from cli.refused import Refused
from schema.manifest_set import parse_file
from schema.problem import shown

MOST_TRIES: Final = 5
TRANSPORTS: Final = ("udp", "tcp")

Ask = Callable[[str, str], str]
"""A question and its default; the answer, the default where nothing is typed."""
Fault = Callable[[str], str | None]
"""What is wrong with an answer, with the answer and what to write instead; None if it can be."""


@dataclass(frozen=True, slots=True)
class Question:
    """`option`: by which the command line answers it."""

    option: str
    text: str
    fault: Fault

    def answer(self, given: str | None, default: str, ask: Ask) -> str:
        """What was given, or the answer. Refused."""
        if given is not None:
            if (why := self.fault(given)) is not None:
                raise Refused(f"{self.option} {why}")
            return given
        for _ in range(MOST_TRIES):
            answer = ask(self.text, default).strip()
            why = self.fault(answer)
            if why is None:
                return answer
            sys.stderr.write(f"{why}\n")
        raise Refused(f"{self.option} was not answered; give it as an option")


def host_fault(text: str) -> str | None:
    try:
        address = ip_address(text.removeprefix("[").removesuffix("]"))
    except ValueError:
        return f"{shown(text)} is no IP address; give the one that phones reach this machine at"
    if address.is_unspecified or address.is_multicast:
        return f"{shown(text)} is no address that phones can reach; give this machine's own"
    return None


def domain_fault(text: str) -> str | None:
    return _in_manifest("Tenant", "name: x", f"domain: {in_quotes(text)}", text)


def tenant_fault(text: str) -> str | None:
    return _in_manifest("Tenant", f"name: {in_quotes(text)}", "domain: x.example", text)


def transport_fault(text: str) -> str | None:
    if text.lower() in TRANSPORTS:
        return None
    return f"{shown(text)} is none of them; write udp or tcp, and others later in the Listener"


def port_fault(text: str) -> str | None:
    if text.isascii() and text.isdecimal() and len(text) <= 5 and 1 <= int(text) <= 65_535:
        return None
    return f"{shown(text)} is no port; write a number from 1 to 65535"


def mail_server_fault(text: str) -> str | None:
    """ "" is none, which may be."""
    name, colon, port = text.rpartition(":")
    if colon and (why := port_fault(port)) is not None:
        return why
    server = name if colon else text
    fields = f"server: {in_quotes(server)}, replyAddress: a@b.example"
    return _in_manifest("MailServer", "tenant: x, name: mail", fields, server) if text else None


def mail_from_fault(text: str) -> str | None:
    fields = f"server: mail.example, replyAddress: {in_quotes(text)}"
    return _in_manifest("MailServer", "tenant: x, name: mail", fields, text)


def _in_manifest(kind: str, metadata: str, spec: str, value: str) -> str | None:
    """What the language says of a value."""
    text = f"apiVersion: trunkline/v1\nkind: {kind}\nmetadata: {{{metadata}}}\nspec: {{{spec}}}\n"
    for rejected in parse_file("answer", text).rejected:
        for problem in rejected.problems:
            return f"{_of_value(problem.message, shown(value))}; {problem.hint}"
    return None


def _of_value(message: str, value: str) -> str:
    """`spec.domain is "a b", neither ...` without the field, which nobody wrote."""
    _, _, rest = message.partition(" is ")
    if not rest.startswith(value):
        return f"{value} can't be: {message}"
    what = rest.removeprefix(value).removeprefix(", ").removeprefix("which ").removeprefix("is ")
    return f"{value} is {what}"


def in_quotes(text: str) -> str:
    """As a YAML scalar, whatever was typed."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in escaped) + '"'
