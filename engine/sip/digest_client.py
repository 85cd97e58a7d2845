"""Digest authentication, client side: answering the challenges of a carrier (401, 407).

RFC 7616 §3.4, RFC 8760 §2.4 (which of several challenges), RFC 3261 §22.2, §22.3 and §13.2.2.4 (the ACK of a 2xx). Left out:
`auth-int` and the `-sess` algorithms (a challenge with nothing else is not answered), userhash, Authentication-Info, several challenges
in one header line.

Surprising: a nonce is used again, with a higher count, for later requests to the same peer, so that a BYE is not challenged anew; a peer
that wants a new nonce each time says so by another challenge, which is answered once.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from engine.sip.digest import Algorithm, Credentials, digest_params, ha1, response_digest
from engine.sip.errors import RemoteProtocolError
from engine.sip.grammar import quote
from engine.sip.identifiers import Identifiers
from engine.sip.message import SipRequest, SipResponse

CHALLENGE_STATUSES: Final = (401, 407)
_REALMS_KNOWN: Final = 4
_STALE_IN_A_ROW: Final = 3
_ANSWER_TO: Final = {"WWW-Authenticate": "Authorization", "Proxy-Authenticate": "Proxy-Authorization"}


class Challenge(NamedTuple):
    """`algorithm_text`: as the peer wrote it, None if it did not (MD5); `qop`: "auth" or "" (RFC 2069)."""

    realm: str
    nonce: str
    opaque: str | None
    algorithm: Algorithm
    algorithm_text: str | None
    qop: str
    is_stale: bool


def parse_challenge(value: str) -> Challenge | None:
    """What a WWW-Authenticate or Proxy-Authenticate value asks for; None if it is nothing that we can answer."""
    try:
        params = digest_params(value)
    except RemoteProtocolError:
        return None
    realm, nonce = params.get("realm"), params.get("nonce")
    text = params.get("algorithm")
    algorithm = next((known for known in Algorithm if known.value.lower() == (text or "MD5").lower()), None)
    offered = [qop.strip(" \t").lower() for qop in params.get("qop", "").split(",") if qop.strip(" \t")]
    if realm is None or nonce is None or algorithm is None or (offered and "auth" not in offered):
        return None
    is_stale = params.get("stale", "").lower() == "true"
    return Challenge(realm, nonce, params.get("opaque"), algorithm, text, "auth" if offered else "", is_stale)


class _Realm:
    """One challenge that is being answered; `count`: how often its nonce was used."""

    __slots__ = ("challenge", "count", "header", "stale_in_a_row")

    def __init__(self, challenge: Challenge, header: str, stale_in_a_row: int) -> None:
        self.challenge = challenge
        self.header = header
        self.count = 0
        self.stale_in_a_row = stale_in_a_row


class Authenticator:
    """Of one dialog, or one registration: what it was challenged with, and the credentials for the next request.

    Use: `sign` each request before it is sent; on a 401 or 407 `learn` it and, if True, sign and send the request again with the next
    CSeq.
    """

    __slots__ = ("_identifiers", "_invite_credentials", "_password", "_realms", "_user")

    def __init__(self, user: str, password: str, identifiers: Identifiers) -> None:
        self._user = user
        self._password = password
        self._identifiers = identifiers
        self._realms: dict[tuple[str, str], _Realm] = {}
        self._invite_credentials: list[tuple[str, str]] = []

    def learn(self, response: SipResponse) -> bool:
        """Take the challenges of a 401 or 407. False: sending again is no use, for the credentials are wrong or nothing can be answered."""
        challenged = "WWW-Authenticate" if response.status == 401 else "Proxy-Authenticate"
        header = _ANSWER_TO[challenged]
        found: dict[str, Challenge] = {}
        for value in response.headers.all(challenged):
            challenge = parse_challenge(value)
            if challenge is not None:
                found.setdefault(challenge.realm, challenge)  # RFC 8760 §2.4: the topmost that is understood
        worth_it = False
        for challenge in found.values():
            key = (header, challenge.realm)
            before = self._realms.get(key)
            stale_in_a_row = 0
            if before is not None and before.count:
                if challenge.is_stale:
                    stale_in_a_row = before.stale_in_a_row + 1
                elif before.count == 1 or before.challenge.nonce == challenge.nonce:
                    return False
            if stale_in_a_row > _STALE_IN_A_ROW:
                return False
            if before is None and len(self._realms) >= _REALMS_KNOWN:
                return False
            self._realms[key] = _Realm(challenge, header, stale_in_a_row)
            worth_it = True
        return worth_it

    def sign(self, request: SipRequest) -> None:
        """Put the credentials for every challenge known so far into the request, in place of those that it has."""
        lines: dict[str, list[str]] = {}
        for realm in self._realms.values():
            lines.setdefault(realm.header, []).append(self._credentials(realm, request))
        for header, values in lines.items():
            request.headers.remove(header)
            for value in values:
                request.headers.add(header, value)
        if request.method == "INVITE":
            self._invite_credentials = [(header, value) for header, values in lines.items() for value in values]

    def sign_ack(self, ack: SipRequest) -> None:
        """The ACK of a 2xx carries the credentials of its INVITE (RFC 3261 §13.2.2.4), for it can't be challenged."""
        for header, value in self._invite_credentials:
            ack.headers.add(header, value)

    def _credentials(self, realm: _Realm, request: SipRequest) -> str:
        challenge = realm.challenge
        realm.count += 1
        count = f"{realm.count:08x}"
        cnonce = self._identifiers.nonce_bytes(8).hex()
        made = Credentials(
            username=self._user,
            realm=challenge.realm,
            nonce=challenge.nonce,
            uri=request.uri_text,
            response="",
            algorithm=challenge.algorithm,
            qop=challenge.qop,
            count_text=count,
            cnonce=cnonce,
        )
        secret = ha1(self._user, challenge.realm, self._password, challenge.algorithm)
        answer = response_digest(made, request.method, secret, challenge.algorithm)
        parts = [
            f"Digest username={quote(self._user)}",
            f"realm={quote(challenge.realm)}",
            f"nonce={quote(challenge.nonce)}",
            f"uri={quote(request.uri_text)}",
            f'response="{answer}"',
        ]
        if challenge.algorithm_text is not None:
            parts.append(f"algorithm={challenge.algorithm.value}")
        if challenge.opaque is not None:
            parts.append(f"opaque={quote(challenge.opaque)}")
        if challenge.qop:
            parts += [f"qop={challenge.qop}", f"nc={count}", f'cnonce="{cnonce}"']
        return ", ".join(parts)
