"""What the manifests declare."""

from __future__ import annotations

from api.bodies.body import Body
from api.bodies.commit import CommitBody
from api.bodies.condition import ConditionBody
from api.bodies.live import LiveBody
from api.bodies.origin import OriginBody
from api.bodies.preferences import PreferencesBody
from reconciler.views import ResourceView


class ResourceBody(Body):
    """`tenant`: null for what belongs to the system. `reason`, `message`: how its tenant, or the system, stands."""

    tenant: str | None
    kind: str
    name: str
    origin: OriginBody | None
    applied: bool
    revision: str | None
    reason: str
    message: str

    @classmethod
    def of(cls, view: ResourceView) -> ResourceBody:
        return cls(
            tenant=view.ref.tenant or None,
            kind=view.ref.kind,
            name=view.ref.name,
            origin=OriginBody.of(view.origin),
            applied=view.applied,
            revision=view.revision,
            reason=view.reason.value,
            message=view.message,
        )


class ResourceBesidesBody(Body):
    """What is sent beside a resource that the manifests declare. `preferences`: of an Extension, what its person has set over it."""

    conditions: list[ConditionBody]
    live: LiveBody
    preferences: PreferencesBody | None


class ResourceAnswerBody(ResourceBesidesBody):
    """`manifest`: as it is written; `effective`: as it counts; `sources`: for each field that the manifest does not say itself, by path,
    the resource that does, or `default`; `commit`: with which its tenant, or the system, came to be as it runs. They come ready from the
    child (`reconciler.worker.answers`)."""

    tenant: str | None
    kind: str
    name: str
    origin: OriginBody
    manifest: str
    effective: dict[str, object]
    sources: dict[str, str]
    applied: bool
    revision: str | None
    commit: CommitBody | None
