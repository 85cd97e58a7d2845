"""`trunkline apply [--digest D] [--confirm NAME]...`: approve the plan that was looked at, and no other.

Without a digest it shows what waits and how to approve it; exit status 1 if something does.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cli.client import ClientError, control_client, tell
from cli.colour import Colour
from cli.exit_code import Exit
from cli.output import PlanOutput
from cli.served_plan import served_plan, with_data
from cli.show_plan import show_plan
from reconciler.plan import SHORT
from schema.problem import printable, shown

DIGEST: Final = re.compile(f"[0-9a-fA-F]{{{SHORT},64}}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """`digest`: None = none was given, the plan is to be shown."""

    digest: str | None
    confirm: Sequence[str]
    author: str
    data: Path
    output: PlanOutput
    colour: Colour


def apply(asked: Approval) -> Exit:
    problem = misuse(asked)
    if problem is not None:
        sys.stderr.write(f"trunkline apply: {problem}\n")
        return Exit.USAGE
    try:
        with control_client(asked.data) as client:
            if asked.digest is not None:
                done = tell(client, "/v1/apply", order(asked))
                sys.stdout.write(applied_words(done, asked.output))
                return Exit.FINE
            planned = served_plan(client, "/v1/plan", with_data("trunkline apply", asked.data))
    except ClientError as error:
        sys.stderr.write(f"trunkline apply: {error}\n")
        return Exit.PROBLEMS
    show_plan(planned, asked.output, asked.colour)
    return Exit.FINE if planned.plan.is_empty else Exit.PROBLEMS


def misuse(asked: Approval) -> str | None:
    """What is wrong with the words of the command, or None."""
    if asked.digest is None:
        return "--confirm needs the --digest of the plan it is about" if asked.confirm else None
    if DIGEST.fullmatch(asked.digest) is None:
        return f"--digest {shown(asked.digest)} is no digest: give at least {SHORT} of the digits that the plan shows"
    return None


def order(asked: Approval) -> Mapping[str, object]:
    """The body of the request."""
    return {"digest": asked.digest, "confirm": list(asked.confirm), "author": asked.author}


def applied_words(done: Mapping[str, object], output: PlanOutput) -> str:
    if output is PlanOutput.JSON:
        return json.dumps(done, indent=2, ensure_ascii=False) + "\n"
    return (
        printable(f"{done.get('message')}: revision {done.get('sequence')} ({str(done.get('revision'))[:SHORT]})")
        + "\n"
    )
