"""What following the manifests would change now, or going back to a revision. The plan itself comes ready from the child."""

from __future__ import annotations

from fastapi import APIRouter, Response

from api.bodies.commit import CommitBody
from api.bodies.hold import HoldBody
from api.bodies.plan import PlanAnswerBody, PlanBesidesBody
from api.caller import SystemCallerOf
from api.doors import Doors, DoorsOf
from api.routes.live import live_body
from reconciler.ports import PlanView

router = APIRouter(tags=["plan"])


@router.get("/plan", response_model=PlanAnswerBody)
async def plan(doors: DoorsOf, caller: SystemCallerOf) -> Response:
    """`plan`, what of it is `live`, the `mode` (auto or approved), why it is `waiting`, and whether following is `suspended`."""
    return await planned(doors, await doors.plans.plan())


@router.get("/revisions/{sequence}/plan", response_model=PlanAnswerBody)
async def plan_back(doors: DoorsOf, caller: SystemCallerOf, sequence: int) -> Response:
    """What going back to that revision would change."""
    return await planned(doors, await doors.plans.plan(sequence))


async def planned(doors: Doors, view: PlanView) -> Response:
    """The plan is put into the answer as it is: reading and writing 10,000 changes anew would hold the loop."""
    beside = PlanBesidesBody(
        live=await live_body(doors, view.refs),
        mode=view.mode,
        waiting=view.waiting,
        suspended=None if view.hold is None else HoldBody.model_validate(view.hold),
        commit=None if view.commit is None else CommitBody.model_validate(view.commit),
        more_commits=[CommitBody.model_validate(commit) for commit in view.more_commits],
    )
    content = b'{"plan":' + view.plan + b"," + beside.model_dump_json().encode()[1:]
    return Response(content, media_type="application/json")
