"""The sorts of refusals: what `type` of a problem body names, with its title and what a client does about it.

`type` is a path of this API that tells the same (`GET /v1/problems/{name}`), so it means something on a server without the internet.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from http import HTTPStatus
from typing import Final

PLACE: Final = "/v1/problems/"


@dataclass(frozen=True, slots=True)
class _Sort:
    name: str
    status: int
    title: str
    todo: str


class ProblemType(Enum):
    """One a row: name in the URI, status, title, what to do."""

    MALFORMED = _Sort(
        "malformed", 400, "Malformed request", "The body is not in the form that its media type says; correct it."
    )
    UNAUTHENTICATED = _Sort("unauthenticated", 401, "Not authenticated", "Send a valid token, or open a session again.")
    FORBIDDEN = _Sort("forbidden", 403, "Not allowed", "What you are may not do this; use a token of a higher scope.")
    NOT_FOUND = _Sort(
        "not-found",
        404,
        "Not found",
        "There is nothing of that name, or nothing that you may see; the lists say what there is.",
    )
    METHOD_NOT_ALLOWED = _Sort(
        "method-not-allowed", 405, "Method not allowed", "The header Allow names the methods of this path."
    )
    NOT_ACCEPTABLE = _Sort("not-acceptable", 406, "Not acceptable", "Ask for one of the forms that the detail names.")
    TIMEOUT = _Sort("timeout", 408, "Request too slow", "Send the whole body at once.")
    REFUSED = _Sort(
        "refused",
        409,
        "Refused",
        "Things stand otherwise than the request takes for granted; the detail says how. Look again.",
    )
    GONE = _Sort("gone", 410, "Gone", "It was used, or its time is over; get a new one.")
    CHANGED_MEANWHILE = _Sort(
        "changed-meanwhile", 412, "Changed meanwhile", "Read it again, and send the ETag of that as If-Match."
    )
    TOO_LARGE = _Sort("too-large", 413, "Body too large", "Send less in one request.")
    UNSUPPORTED_MEDIA_TYPE = _Sort(
        "unsupported-media-type", 415, "Unsupported media type", "Send one of the forms that the detail names."
    )
    MISDIRECTED = _Sort(
        "misdirected", 421, "Misdirected request", "Ask by the name or address that the server knows itself by."
    )
    INVALID = _Sort(
        "invalid", 422, "Invalid request", "A parameter or a field is not as the API says; `errors` tells which."
    )
    INVALID_MANIFESTS = _Sort(
        "invalid-manifests", 422, "Invalid manifests", "Correct what `problems` lists, with file, line and column."
    )
    TOO_MANY = _Sort("too-many", 429, "Too many requests", "Wait as long as Retry-After says.")
    INTERNAL = _Sort(
        "internal",
        500,
        "Internal error",
        "A bug in Trunkline; report it with the id in X-Request-Id, which stands in the log.",
    )
    BUSY = _Sort("busy", 503, "Busy", "Wait as long as Retry-After says.")
    NOT_FOLLOWING = _Sort(
        "not-following", 503, "Following the manifests fails", "Calls go on; `GET /v1/status` says what is wrong."
    )
    ENGINE = _Sort("engine", 503, "The engine refuses", "Try again; the log says what is wrong.")

    @property
    def uri(self) -> str:
        return PLACE + self.value.name


_BY_STATUS: Final = {sort.value.status: sort for sort in reversed(ProblemType)}


def type_of(status: int) -> ProblemType | None:
    """The first sort of that status; None if there is no other than the status itself."""
    return _BY_STATUS.get(status)


def title_of(status: int) -> str:
    """The title where there is no sort: what HTTP calls the status."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Refused"
