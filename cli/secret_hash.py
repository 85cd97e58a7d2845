"""`trunkline secret hash`: argon2id of what people type, or HA1 (RFC 7616 §3.4.2) for another SIP server; nothing else goes to stdout."""

from __future__ import annotations

import sys

from cli.exit_code import Exit
from cli.secret_input import NoSecret, read_secret
from engine.sip.digest import Algorithm, ha1
from reconciler.secrets.argon2id import TooLong, new_hash


def hash_secret(sip_user: str | None, realm: str | None) -> Exit:
    if (sip_user is None) != (realm is None):
        sys.stderr.write("trunkline secret hash: an HA1 needs both --sip-user and --realm\n")
        return Exit.USAGE
    try:
        given = read_secret("Password")
        if sip_user is None or realm is None:
            sys.stdout.write(f"{new_hash(given)}\n")
            return Exit.FINE
    except (NoSecret, TooLong) as error:
        sys.stderr.write(f"trunkline secret hash: {error}\n")
        return Exit.PROBLEMS
    sys.stderr.write("As good as the password: keep it as one.\n")
    for algorithm in (Algorithm.MD5, Algorithm.SHA256):
        sys.stdout.write(f"{algorithm.value} {ha1(sip_user, realm, given, algorithm)}\n")
    return Exit.FINE
