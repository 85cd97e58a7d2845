"""How a message finds its transaction.

RFC 3261 §17.2.3 (server), §17.1.3 (client), §8.2.2.2 (merged requests).

Deviation: for peers without the branch cookie (RFC 2543) the To tag is left out of the comparison, as the first request
has none and its ACK has ours: what remains (top Via, From tag, Call-ID, CSeq, Request-URI) tells two requests apart.

Surprising: each key is one text, not a tuple of its parts. A transaction waits for 32 s after its end, tens of thousands of them at a
time, and a text takes half as much memory; compiled, a tuple would be made anew for each look-up. No part has the blank or the line
break that stands between two, but the last.
"""

from __future__ import annotations

from typing import Final

from engine.sip.message import SipRequest, SipResponse

MAGIC_COOKIE: Final = "z9hG4bK"

TransactionKey = str
"""Server: method (an ACK has that of its INVITE), sent-by host in lower case, sent-by port or 0, branch.
For RFC 2543 peers the last part holds what identifies the request instead."""

ClientKey = str
"""Method of CSeq (a CANCEL has the branch of its INVITE) and branch (ours, so unique by itself)."""

MergeKey = str
"""Method, CSeq number, From tag and Call-ID: one request that came on several ways."""


def server_key(request: SipRequest, method: str) -> TransactionKey:
    """The key of a request; `method`: whose transaction is meant."""
    via = request.top_via
    branch = via.branch
    if branch is None or not branch.startswith(MAGIC_COOKIE):
        branch = (
            f"{request.call_id} {request.cseq.number} {request.from_.tag or ''} {request.uri_text} {branch or ''} "
            f"{via.transport}"
        )
    lower = via.host.lower()
    return f"{method} {lower} {via.port or 0} {branch}"


def client_key(response: SipResponse) -> ClientKey | None:
    """The key of a response; None if it can't be to a request of ours."""
    branch = response.top_via.branch
    return None if branch is None else new_client_key(branch, response.cseq.method)


def method_of(key: TransactionKey | ClientKey) -> str:
    """The method in it."""
    return key.partition(" ")[0]


def new_client_key(branch: str, method: str) -> ClientKey:
    """The key of a request of ours."""
    return f"{method} {branch}"


def branch_of(key: ClientKey) -> str:
    """The branch in it."""
    return key.partition(" ")[2]


def merge_key(request: SipRequest) -> MergeKey | None:
    """The key under which a merged request is known; None for requests that are never merged."""
    from_tag = request.from_.tag
    if from_tag is None or request.to.tag is not None:
        return None
    cseq = request.cseq
    return f"{cseq.method}\n{cseq.number}\n{from_tag}\n{request.call_id}"
