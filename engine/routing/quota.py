"""Whether a tenant may have one more call at once."""

from __future__ import annotations

from engine.cause import OVER_QUOTA
from engine.routing.decision import Refuse
from engine.routing.journey import Journey


def over_quota(journey: Journey) -> Refuse | None:
    """The refusal if its quota of calls leaves no room.

    How many there are is asked where no quota limits them, too, so that a record shows what a quota would have refused. A call that is
    under way has its room already.
    """
    if journey.is_under_way:
        return None
    calls = journey.calls()
    config = journey.tenant.config
    most = config.quotas.max_concurrent_calls
    if most and calls >= most:
        why = f"tenant {config.name!r} has {calls} calls and may have {most} at once"
        return journey.refuse(OVER_QUOTA, config.ref, why)
    return None
