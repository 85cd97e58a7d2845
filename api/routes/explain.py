"""What decided a call: of a live one, or from its record."""

from __future__ import annotations

import json
from collections.abc import Sequence

from fastapi import APIRouter

from api.bodies.explanation import ExplanationBody
from api.caller import Caller, CallerOf
from api.doors import Doors, DoorsOf
from engine.config.ref import ConfigRef
from engine.errors import NotFound
from engine.identity import CallId
from reconciler.errors import ReconcileError
from reconciler.explanation import NOTHING_KEPT, DeclarationView, KeptManifests, explain, explain_live, rules_of

router = APIRouter(tags=["cdrs"])


@router.get("/explain/{call_id}")
async def explained(doors: DoorsOf, caller: CallerOf, call_id: str) -> ExplanationBody:
    """Each step with its rule, file, line and, where the revision is kept, how the rule was written; facts, phones, trunks, times."""
    try:
        account = doors.engine.call_account(CallId(call_id))
    except NotFound:
        record = await doors.records.cdr(CallId(call_id))
        _see(caller, record.tenant, call_id)
        kept = await _kept(doors, caller, record.tenant, record.revision, rules_of(record.trace, record.onward))
        return ExplanationBody.model_validate(explain(record, kept))
    opened = account.opened
    _see(caller, opened.query.tenant, call_id)
    kept = await _kept(doors, caller, opened.query.tenant, opened.revision, rules_of(opened.trace, account.onward))
    return ExplanationBody.model_validate(explain_live(account, kept))


def _see(caller: Caller, tenant: str, call_id: str) -> None:
    if not caller.sees(tenant):
        raise NotFound(f"no record of call {call_id}")


async def _kept(doors: Doors, caller: Caller, tenant: str, revision: str, refs: Sequence[ConfigRef]) -> KeptManifests:
    refs = [ref for ref in refs if caller.sees(ref.tenant)]
    if not refs:
        return NOTHING_KEPT
    try:
        found = json.loads(await doors.plans.declarations(tenant, revision, refs))
    except ReconcileError:
        return NOTHING_KEPT  # what the record says is told all the same
    declarations = tuple(
        DeclarationView(
            str(ConfigRef(one["tenant"], one["kind"], one["name"])), f"{one['file']}:{one['line']}", one["manifest"]
        )
        for one in found["declarations"]
    )
    return KeptManifests(found["sequence"], declarations)
