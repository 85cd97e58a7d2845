"""Making the OpenAPI description: what FastAPI reads off the routes, and what holds for all of them: refusals, parameters, who may ask.

Refusals are told by what a route has: parameters can be invalid, a body malformed or too large, what stands in a path unknown. All have one
form, `application/problem+json`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.bodies.problem import ProblemBody
from api.problem_type import ProblemType
from api.problems import MEDIA_TYPE

Json: TypeAlias = dict[str, Any]  # what FastAPI makes is JSON of whatever shape

DESCRIPTION: Final = (
    "What is true now on a Trunkline server, and commands on live things. Configuration is never written here: it is what the manifests "
    "say. Instants are UTC; lists are pages, `next` is the `cursor` of the page after. Refusals are RFC 9457 problems whose `type` is a "
    "path that says what to do."
)
TAGS: Final[Mapping[str, str]] = {
    "status": "How the server stands.",
    "calls": "Live calls.",
    "registrations": "Phones.",
    "listeners": "Sockets that SIP comes in by.",
    "trunks": "Ways to the outside.",
    "drains": "What is gone and still used.",
    "balances": "What extensions may still spend.",
    "bans": "Who is banned.",
    "preferences": "What people set for themselves, where the manifests let them.",
    "cdrs": "Closed calls, and what decided them.",
    "resources": "What the manifests declare.",
    "plan": "What a change would do.",
    "revisions": "What ran before.",
    "control": "Commands on following the manifests.",
    "simulate": "Imagined calls.",
    "webhooks": "What is on its way to tenants' own servers.",
    "problems": "What refusals mean.",
}
PARAMETERS: Final[Mapping[str, tuple[str, object]]] = {
    "call_id": ("The call's id.", "01939d2f-6c4e-7d6a-9a43-1f0f5a1b2c3d"),
    "session_id": ("The session's id.", "5f1c0d2e9a417b36"),
    "sequence": ("Number of the revision.", 3),
    "tenant": ("Only of this tenant.", "acme"),
    "kind": ("Kind of the resource.", "Extension"),
    "name": ("Name.", "101"),
    "number": ("Only with this number.", "101"),
    "caller": ("Who called.", "internal"),
    "callee": ("Who was called.", "prefix:+44"),
    "outcome": ("How it ended.", "ANSWERED"),
    "direction": ("Which way.", "outbound"),
    "trunk": ("By this trunk.", "carrier"),
    "since": ("Not before.", "2026-11-01T00:00:00Z"),
    "until": ("Before.", "2026-12-01T00:00:00Z"),
    "min_talk_s": ("Seconds at least.", 60),
    "max_talk_s": ("Seconds at most.", 3600),
    "min_cost": ("It cost at least.", "0.50"),
    "max_cost": ("It cost at most.", "100"),
    "limit": ("How many at most.", 100),
    "from": ("Who calls.", "101"),
    "to": ("What is dialled.", "+442079460100"),
    "at": ("An instant.", "2026-12-24T18:00:00Z"),
    "listener": ("A listener's name.", "phones"),
    "registered": ("Registered numbers.", ["102=1"]),
    "calls": ("Live calls.", 0),
    "status": ("What people have set.", ["102=doNotDisturb"]),
    "extension": ("Name of the Extension in its manifest.", "101"),
    "format": ("Form.", "csv"),
}
"""By name: what it is, where the route does not say it, and an example."""
ALWAYS: Final = (ProblemType.UNAUTHENTICATED, ProblemType.FORBIDDEN, ProblemType.INTERNAL, ProblemType.BUSY)
BY_TAG: Final[Mapping[str, tuple[ProblemType, ...]]] = {
    "control": (ProblemType.REFUSED,),
    "plan": (ProblemType.REFUSED,),
    "resources": (ProblemType.REFUSED,),
    "revisions": (ProblemType.REFUSED, ProblemType.NOT_FOUND),
    "balances": (ProblemType.NOT_FOUND, ProblemType.REFUSED, ProblemType.ENGINE),
    "bans": (ProblemType.NOT_FOUND,),
    "preferences": (ProblemType.NOT_FOUND,),
}
BY_OPERATION: Final[Mapping[tuple[str, str], tuple[ProblemType, ...]]] = {
    ("get", "/v1/cdrs/export"): (ProblemType.NOT_ACCEPTABLE,),
    ("post", "/v1/plan"): (ProblemType.TIMEOUT,),
    **{
        (method, "/v1/preferences/{tenant}/{extension}"): (ProblemType.REFUSED, ProblemType.CHANGED_MEANWHILE)
        for method in ("patch", "put", "delete")
    },
    ("post", "/v1/tokens"): (ProblemType.REFUSED,),
    ("post", "/v1/links"): (ProblemType.REFUSED,),
    ("post", "/v1/session"): (ProblemType.GONE,),
    ("post", "/v1/source/hook"): (ProblemType.NOT_FOUND, ProblemType.TOO_LARGE),
    ("post", "/v1/tenants/{tenant}/source/hook"): (ProblemType.TOO_LARGE,),
    ("delete", "/v1/session"): (ProblemType.REFUSED,),
}


SCHEMES: Final = {
    "token": {"type": "http", "scheme": "bearer", "description": "A token of `trunkline token`, of scope read, operate or admin."},
    "session": {
        "type": "apiKey", "in": "cookie", "name": "trunkline_session", "description": "A session of the live page."
    },
}  # fmt: skip
OPEN: Final = frozenset(
    {("post", "/v1/session"), ("post", "/v1/source/hook"), ("post", "/v1/tenants/{tenant}/source/hook")}
)
"""What asks for neither."""


def describe(app: FastAPI) -> Json:
    """What the app's routes come to. Takes half a second: `ci/draw_openapi.py` keeps it in a file that servers read."""
    told: Json = get_openapi(
        title=app.title,
        version=app.version,
        summary="A business phone system that follows its manifests",
        description=DESCRIPTION,
        routes=app.routes,
        tags=[{"name": name, "description": text} for name, text in TAGS.items()],
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
    )
    schemas = told["components"]["schemas"]
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    problem = ProblemBody.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(problem.pop("$defs", {}))
    schemas["ProblemBody"] = problem
    told["components"]["securitySchemes"] = SCHEMES
    told["components"]["headers"] = {
        "ETag": {
            "description": "For If-None-Match; answers of more than 128 KiB have none.",
            "schema": {"type": "string"},
        }
    }
    told["components"]["responses"] = {sort.value.name: _response(sort) for sort in ProblemType}
    for path, method, operation in _operations(told):
        operation["security"] = [] if (method, path) in OPEN else [{"token": []}, {"session": []}]
        operation["responses"].pop("422", None)
        for sort in sorted(_refusals(path, method, operation), key=lambda sort: (sort.value.status, sort.value.name)):
            reference = {"$ref": f"#/components/responses/{sort.value.name}"}
            operation["responses"].setdefault(str(sort.value.status), reference)
        if method == "get" and "application/json" in operation["responses"]["200"].get("content", {}):
            operation["responses"]["200"]["headers"] = {"ETag": {"$ref": "#/components/headers/ETag"}}
            operation["responses"]["304"] = {
                "description": "It has not changed since the answer whose ETag stands in If-None-Match."
            }
        for parameter in operation.get("parameters", ()):
            _complete(parameter)
    return told


def _operations(told: Json) -> Iterator[tuple[str, str, Json]]:
    for path, item in told["paths"].items():
        for method, operation in item.items():
            yield path, method, operation


def _refusals(path: str, method: str, operation: Json) -> set[ProblemType]:
    found = {*ALWAYS, *BY_OPERATION.get((method, path), ())}
    for tag in operation.get("tags", ()):
        found.update(BY_TAG.get(tag, ()))
    parameters = operation.get("parameters", ())
    if any(parameter["in"] == "path" for parameter in parameters):
        found.add(ProblemType.NOT_FOUND)
    if parameters:
        found.add(ProblemType.INVALID)
    if "requestBody" in operation:
        found |= {
            ProblemType.MALFORMED, ProblemType.TOO_LARGE, ProblemType.UNSUPPORTED_MEDIA_TYPE, ProblemType.INVALID
        }  # fmt: skip
    return found


def _response(sort: ProblemType) -> Json:
    kind = sort.value
    response: Json = {
        "description": f"{kind.title}. {kind.todo}",
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemBody"}}},
    }
    if kind.status in {429, 503}:
        response["headers"] = {
            "Retry-After": {"description": "Seconds until it may be tried again.", "schema": {"type": "integer"}}
        }
    if kind.status == 401:
        response["headers"] = {"WWW-Authenticate": {"description": "Bearer.", "schema": {"type": "string"}}}
    return response


def _complete(parameter: Json) -> None:
    known = PARAMETERS.get(parameter["name"])
    if known is not None:
        parameter.setdefault("description", known[0])
        parameter.setdefault("example", known[1])
