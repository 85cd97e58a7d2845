"""How a message finds its transaction.

RFC 3261 §17.2.3 (server), §17.1.3 (client), §8.2.2.2 (merged requests).

Deviation: for peers without the branch cookie (RFC 2543) the To tag is left out of the comparison, as the first request
has none and its ACK has ours: what remains (top Via, From tag, Call-ID, CSeq, Request-URI) tells two requests apart.
"""

from __future__ import annotations

from typing import Final

from engine.sip.message import SipRequest, SipResponse

MAGIC_COOKIE: Final = "z9hG4bK"

TransactionKey = tuple[str, str, int, str]
"""Server: branch, sent-by host in lower case, sent-by port or 0, method (an ACK has that of its INVITE).
For RFC 2543 peers the first part holds what identifies the request instead."""

ClientKey = tuple[str, str]
"""Branch (ours, so unique by itself) and method of CSeq: a CANCEL has the branch of its INVITE."""

MergeKey = tuple[str, str, int, str]
"""From tag, Call-ID, CSeq number and method: one request that came on several ways."""


def server_key(request: SipRequest, method: str) -> TransactionKey:
    """The key of a request; `method`: whose transaction is meant."""
    via = request.top_via
    branch = via.branch
    if branch is None or not branch.startswith(MAGIC_COOKIE):
        branch = (
            f"{request.call_id} {request.cseq.number} {request.from_.tag or ''} {request.uri_text} {branch or ''} "
            f"{via.transport}"
        )
    host = via.host
    lower = host.lower()
    return branch, host if host == lower else lower, via.port or 0, method


def client_key(response: SipResponse) -> ClientKey | None:
    """The key of a response; None if it can't be to a request of ours."""
    branch = response.top_via.branch
    return None if branch is None else (branch, response.cseq.method)


def merge_key(request: SipRequest) -> MergeKey | None:
    """The key under which a merged request is known; None for requests that are never merged."""
    from_tag = request.from_.tag
    if from_tag is None or request.to.tag is not None:
        return None
    cseq = request.cseq
    return from_tag, request.call_id, cseq.number, cseq.method
