"""`trunkline rollback REVISION [--digest D] [--confirm NAME]...`: go back to what ran before, which is a plan like any other.

A revision is named by its number or by the beginning of its hash. Without a digest the plan is shown.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import httpx

from cli.apply import Approval, applied_words, misuse, order
from cli.client import ClientError, ask, control_client, tell
from cli.exit_code import Exit
from cli.output import PlanOutput
from cli.served_plan import served_plan, with_data
from cli.show_plan import show_plan
from reconciler.plan import SHORT
from schema.problem import shown

AFTERWARDS: Final = (
    "Following is suspended then, so that the manifests don't undo it; it goes on with: trunkline resume\n"
)


def rollback(revision: str, asked: Approval) -> Exit:
    problem = misuse(asked)
    if problem is None and not _is_name(revision):
        problem = f"{shown(revision)} names no revision: give its number, or {SHORT} digits of its hash at least"
    if problem is not None:
        sys.stderr.write(f"trunkline rollback: {problem}\n")
        return Exit.USAGE
    try:
        with control_client(asked.data) as client:
            sequence = _sequence(client, revision)
            if asked.digest is not None:
                done = tell(client, "/v1/rollback", {"sequence": sequence, **order(asked)})
                sys.stdout.write(applied_words(done, asked.output))
                if asked.output is PlanOutput.TEXT:
                    sys.stdout.write("following is suspended; it goes on with: trunkline resume\n")
                return Exit.FINE
            command = with_data(f"trunkline rollback {sequence}", asked.data)
            planned = served_plan(client, f"/v1/revisions/{sequence}/plan", command)
    except ClientError as error:
        sys.stderr.write(f"trunkline rollback: {error}\n")
        return Exit.PROBLEMS
    # Going back is always asked for, also where changes of the manifests need no approval, or wait.
    planned = replace(planned, mode="approved", waiting=None, suspended=None)
    show_plan(planned, asked.output, asked.colour)
    if asked.output is PlanOutput.TEXT and planned.next_command:
        sys.stdout.write(AFTERWARDS)
    return Exit.FINE


def _is_name(revision: str) -> bool:
    is_hex = all(character in "0123456789abcdefABCDEF" for character in revision)
    return is_hex and (len(revision) >= SHORT or (revision.isdecimal() and int(revision) > 0))


def _sequence(client: httpx.Client, revision: str) -> int:
    """The number of the revision that is meant."""
    if len(revision) < SHORT:
        return int(revision)
    items = ask(client, "/v1/revisions", {"limit": "1000"}).get("items")
    found = [
        item
        for item in (items if isinstance(items, list) else [])
        if isinstance(item, dict) and str(item.get("revision")).startswith(revision.lower())
    ]
    if not found:
        raise ClientError(f"no revision that is kept begins with {revision}; trunkline get revisions lists them")
    if len(found) > 1:
        numbers = ", ".join(str(item.get("sequence")) for item in found)
        raise ClientError(f"revisions {numbers} begin with {revision}; give the number of one of them")
    return _number(found[0])


def _number(item: Mapping[str, object]) -> int:
    sequence = item.get("sequence")
    if not isinstance(sequence, int):
        raise ClientError("the server's revisions have no numbers; is it of another version?")
    return sequence
