"""Events as the stream has them: the bodies that the lists have, too."""

from __future__ import annotations

from datetime import datetime

from api.bodies.ban import BanBody
from api.bodies.call import CallBody
from api.bodies.cdr import cdr_body
from api.bodies.event import BanLiftedBody, ListenerGoneBody, RatesBody, RegistrationGoneBody, TrunkGoneBody
from api.bodies.listener import ListenerBody
from api.bodies.preferences import PreferencesBody
from api.bodies.registration import RegistrationBody
from api.bodies.status import ReconcileBody
from api.bodies.trunk import TrunkBody
from api.events.entry import Encoded, EventType
from engine.live_event import (
    BanLifted,
    Banned,
    CallChanged,
    CallEnded,
    Figures,
    ListenerChanged,
    ListenerGone,
    LiveEvent,
    Missed,
    PreferencesChanged,
    Rates,
    RegistrationChanged,
    RegistrationGone,
    TrunkChanged,
    TrunkGone,
)
from reconciler.views import ReconcileView

NO_FIGURES = Figures()
_FIGURES_BYTES = 250


def encode(event: LiveEvent) -> Encoded | None:
    """None: nothing that readers are told."""
    match event:
        case CallChanged(call):
            return Encoded(EventType.CALL, call.tenant, CallBody.model_validate(call).model_dump_json())
        case CallEnded(record):
            return Encoded(EventType.CALL_ENDED, record.tenant, cdr_body(record).model_dump_json())
        case RegistrationChanged(registration):
            body = RegistrationBody.model_validate(registration)
            return Encoded(EventType.REGISTRATION, registration.tenant, body.model_dump_json())
        case RegistrationGone():
            gone = RegistrationGoneBody.model_validate(event)
            return Encoded(EventType.REGISTRATION_GONE, event.tenant, gone.model_dump_json())
        case PreferencesChanged(view):
            return Encoded(EventType.PREFERENCES, view.tenant, PreferencesBody.of(view).model_dump_json())
        case TrunkChanged(trunk):
            return Encoded(EventType.TRUNK, trunk.ref.tenant or None, TrunkBody.of(trunk).model_dump_json())
        case TrunkGone(ref):
            left = TrunkGoneBody(tenant=ref.tenant or None, name=ref.name)
            return Encoded(EventType.TRUNK_GONE, left.tenant, left.model_dump_json())
        case ListenerChanged(listener):
            return Encoded(EventType.LISTENER, listener.tenant, ListenerBody.model_validate(listener).model_dump_json())
        case ListenerGone():
            return Encoded(
                EventType.LISTENER_GONE, event.tenant, ListenerGoneBody.model_validate(event).model_dump_json()
            )
        case Banned(ban):
            return Encoded(EventType.BAN, None, BanBody.model_validate(ban).model_dump_json())
        case BanLifted(source):
            return Encoded(EventType.BAN_LIFTED, None, BanLiftedBody(source=source).model_dump_json())
        case Rates(at, figures, tenants):

            def of_tenant(name: str) -> str:
                return _rates(at, tenants.get(name, NO_FIGURES))

            return Encoded(EventType.RATES, None, _rates(at, figures), of_tenant, len(tenants) * _FIGURES_BYTES)
        case Missed():
            return None


def encode_reconcile(view: ReconcileView) -> Encoded:
    def of_tenant(name: str) -> str:
        return ReconcileBody.of_tenant(view, name).model_dump_json()

    data = ReconcileBody.model_validate(view).model_dump_json()
    return Encoded(EventType.RECONCILE, None, data, of_tenant, len(data))


def _rates(at: datetime, figures: Figures) -> str:
    return RatesBody(
        at=at,
        calls=figures.calls,
        registrations=figures.registrations,
        started=figures.started,
        answered=figures.answered,
        ended=figures.ended,
        failed=figures.failed,
        refused=figures.refused,
    ).model_dump_json()
