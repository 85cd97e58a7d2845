"""What decided a call: of a live one, or from its record."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from fastapi import APIRouter

from api.bodies.explanation import ExplanationBody
from api.caller import Caller, CallerOf
from api.doors import Doors, DoorsOf
from engine.config.ref import ConfigRef
from engine.errors import NotFound
from engine.identity import CallId
from reconciler.errors import ReconcileError
from reconciler.explanation import NOTHING_KEPT, DeclarationView, KeptManifests, explain, explain_live, rules_of
from reconciler.source.commit import GitCommit

FEWEST: Final = 8
WHOLE: Final = 36
"""Characters of an id, and the fewest of them that may be given."""

router = APIRouter(tags=["cdrs"])


@router.get("/explain/{call_id}")
async def explained(doors: DoorsOf, caller: CallerOf, call_id: str) -> ExplanationBody:
    """Each step with its rule, file, line and, where the revision is kept, how the rule was written; facts, phones, trunks, times.

    The beginning of an id will do, of 8 characters at least, if only one call has it.
    """
    found = await _meant(doors, caller, call_id)
    try:
        account = doors.engine.call_account(found)
    except NotFound:
        record = await doors.records.cdr(found)
        _see(caller, record.tenant, call_id)
        rules = rules_of(record.trace, record.onward)
        kept = await _kept(doors, caller, record.tenant, record.revision, record.query.at, rules)
        return ExplanationBody.model_validate(explain(record, kept))
    opened = account.opened
    _see(caller, opened.query.tenant, call_id)
    rules = rules_of(opened.trace, account.onward)
    kept = await _kept(doors, caller, opened.query.tenant, opened.revision, opened.query.at, rules)
    return ExplanationBody.model_validate(explain_live(account, kept))


async def _meant(doors: Doors, caller: Caller, call_id: str) -> CallId:
    """The call whose id this is or begins; NotFound if it begins several."""
    if not FEWEST <= len(call_id) < WHOLE:
        return CallId(call_id)
    live = {call.id for call in doors.engine.calls() if call.id.startswith(call_id) and caller.sees(call.tenant)}
    found = live | set(await doors.records.call_ids(call_id, caller.tenant))
    if len(found) > 1:
        raise NotFound(f"several calls have an id that begins with {call_id}; write more of it")
    return found.pop() if found else CallId(call_id)


def _see(caller: Caller, tenant: str, call_id: str) -> None:
    if not caller.sees(tenant):
        raise NotFound(f"no record of call {call_id}")


async def _kept(
    doors: Doors, caller: Caller, tenant: str, revision: str, at: datetime, refs: Sequence[ConfigRef]
) -> KeptManifests:
    refs = [ref for ref in refs if caller.sees(ref.tenant)]
    try:
        found = json.loads(await doors.plans.declarations(tenant, revision, refs, at.isoformat()))
    except ReconcileError:
        return NOTHING_KEPT  # what the record says is told all the same
    declarations = tuple(
        DeclarationView(
            str(ConfigRef(one["tenant"], one["kind"], one["name"])), f"{one['file']}:{one['line']}", one["manifest"]
        )
        for one in found["declarations"]
    )
    commit = GitCommit.from_json(found["commit"])
    if commit is not None:
        commit = commit.seen_by(caller.tenant)
    return KeptManifests(found["sequence"], declarations, commit)
