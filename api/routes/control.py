"""Commands on following: approve a plan, go back, let it rest, look now. What is refused says why (409)."""

from __future__ import annotations

from fastapi import APIRouter

from api.access import AccessOf
from api.bodies.hold import HoldBody
from api.bodies.order import (
    AppliedBody,
    ApplyBody,
    FollowingBody,
    ReconciledBody,
    ResumeBody,
    RollbackBody,
    SuspendBody,
)
from api.caller import SystemOperatorOf
from api.doors import Doors, DoorsOf
from reconciler.views import Reason

router = APIRouter(tags=["control"])


@router.post("/apply")
async def apply(doors: DoorsOf, access: AccessOf, caller: SystemOperatorOf, asked: ApplyBody) -> AppliedBody:
    """Apply what the manifests say now, if its plan has this digest (or one that begins so)."""
    who, confirmed = caller.author(asked.author), frozenset(asked.confirm)
    async with access.audit.order(caller, "apply", asked.digest, author=asked.author):
        return AppliedBody.model_validate(await doors.control.approve(asked.digest, confirmed, who, asked.revision))


@router.post("/rollback")
async def rollback(doors: DoorsOf, access: AccessOf, caller: SystemOperatorOf, asked: RollbackBody) -> AppliedBody:
    """Go back to a revision, if the plan of that has this digest; following rests from then on."""
    who, confirmed = caller.author(asked.author), frozenset(asked.confirm)
    async with access.audit.order(caller, "rollback", f"{asked.sequence} {asked.digest}", author=asked.author):
        return AppliedBody.model_validate(await doors.control.go_back(asked.sequence, asked.digest, confirmed, who))


@router.post("/suspend")
async def suspend(
    doors: DoorsOf, access: AccessOf, caller: SystemOperatorOf, given: SuspendBody | None = None
) -> FollowingBody:
    """Let following rest: plans are made, nothing is applied. No body is an empty one."""
    asked = given or SuspendBody()
    async with access.audit.order(caller, "suspend", asked.reason, author=asked.author):
        await doors.control.suspend(caller.author(asked.author), asked.reason)
    return _following(doors)


@router.post("/resume")
async def resume(
    doors: DoorsOf, access: AccessOf, caller: SystemOperatorOf, given: ResumeBody | None = None
) -> FollowingBody:
    """Follow the manifests again. No body is an empty one."""
    asked = given or ResumeBody()
    async with access.audit.order(caller, "resume", "", author=asked.author):
        await doors.control.resume(caller.author(asked.author))
    return _following(doors)


@router.post("/reconcile")
async def reconcile(doors: DoorsOf, access: AccessOf, caller: SystemOperatorOf) -> ReconciledBody:
    """Look at the manifests now, and say what came of it."""
    async with access.audit.order(caller, "reconcile", ""):
        done = await doors.control.reconcile()
    status = doors.reconcile.status()
    result = "InSync" if status.proposal is None else status.proposal.reason.value
    if any(unit.problem_count for unit in status.units) and status.proposal is None:
        result = "HeldBack"
    if status.source_problem is not None:
        result = Reason.SOURCE_UNAVAILABLE.value
    return ReconciledBody(result=result, revision=done.revision, sequence=done.sequence, message=done.message)


def _following(doors: Doors) -> FollowingBody:
    hold = doors.reconcile.status().hold
    return FollowingBody(suspended=None if hold is None else HoldBody.model_validate(hold))
