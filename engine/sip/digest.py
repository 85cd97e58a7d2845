"""Digest authentication, server side: challenges, and what comes back.

RFC 7616 with RFC 8760 (SHA-256 in SIP) and RFC 3261 §22; RFC 2617 and RFC 2069 for old phones. Left out: `auth-int` and the
`-sess` algorithms, which we never offer (using them is UNSUPPORTED, so a new challenge), userhash and
Authentication-Info. The client side is `digest_client`.

Defined answers to what phones do: no qop (RFC 2069) is accepted, once for each nonce; a count used before is REPLAYED and
an old or foreign nonce STALE, both to be challenged with `stale=true`, upon which phones retry without asking their user;
algorithms in any case; a digest URI that differs from the Request-URI in port or parameters only.

Surprising: `verify` does the same work for users that don't exist; whoever answers must make no difference either.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import Enum
from hashlib import md5, sha256
from hmac import compare_digest
from typing import Final, NamedTuple

from engine.sip.errors import RemoteProtocolError
from engine.sip.grammar import TOKEN_CHARS, quote, shown, unquote
from engine.sip.identifiers import Identifiers
from engine.sip.nonce import Nonce, NonceMint
from engine.sip.nonce_count import HIGHEST_COUNT, NonceCounts
from engine.sip.uri import parse_uri


class Algorithm(Enum):
    """What we offer and take."""

    SHA256 = "SHA-256"
    MD5 = "MD5"


class Outcome(Enum):
    """What came of credentials."""

    ACCEPTED = "accepted"
    WRONG = "wrong user or password"
    FOREIGN = "for another realm"
    STALE = "nonce expired or not ours"
    REPLAYED = "nonce count used before"
    UNSUPPORTED = "algorithm or qop that was not offered"
    MALFORMED = "for another URI"


class Credentials(NamedTuple):
    """An Authorization or Proxy-Authorization value, unquoted. `username` is as sent, with a domain if the phone adds one.

    `algorithm` is None for one we don't know; `count_text` is nc as sent; `qop` is in lower case, "" for RFC 2069 (and then
    `count_text` and `cnonce` mean nothing).
    """

    username: str
    realm: str
    nonce: str
    uri: str
    response: str
    algorithm: Algorithm | None
    qop: str
    count_text: str
    cnonce: str

    @property
    def nonce_count(self) -> int:
        """The nonce count."""
        return int(self.count_text, 16) if self.count_text else 0


Ha1 = Callable[[Algorithm], str | None]
"""The hash of user, realm and password (see `ha1`), in lower-case hex; None if there is no such user."""

# RFC 8760 §2.3: the most preferred first. Old phones that know MD5 only are to skip what they don't know; the few that
# look at one header alone take the first, so for them the order can be turned round.
OFFERED: Final = (Algorithm.SHA256, Algorithm.MD5)

_PARAM_TEXT: Final = rf'[{TOKEN_CHARS}]++[ \t]*+=[ \t]*+(?:"(?:[^"\\]++|\\.)*+"|[^\s,"]*+)[ \t]*+'
_PARAMS: Final = re.compile(rf"[ \t,]*+{_PARAM_TEXT}(?:,[ \t,]*+(?:{_PARAM_TEXT})?)*+", re.DOTALL)
_PARAM: Final = re.compile(rf'([{TOKEN_CHARS}]++)[ \t]*+=[ \t]*+("(?:[^"\\]++|\\.)*+"|[^\s,"]*+)', re.DOTALL)
_HEX: Final = re.compile(r"[0-9A-Fa-f]+")
_COUNT: Final = re.compile(r"[0-9A-Fa-f]{1,8}")
_ALGORITHMS: Final = {algorithm.value.lower(): algorithm for algorithm in Algorithm}
# What is hashed for users that don't exist; no password is known that has these hashes.
_NOBODY: Final = {Algorithm.SHA256: "0" * 64, Algorithm.MD5: "0" * 32}


def ha1(username: str, realm: str, password: str, algorithm: Algorithm) -> str:
    """H(A1) of RFC 7616 §3.4.2. As good as the password: never write it anywhere."""
    return _hash(algorithm, f"{username}:{realm}:{password}")


def response_digest(credentials: Credentials, method: str, ha1_hex: str, algorithm: Algorithm) -> str:
    """What `response` has to be (RFC 7616 §3.4.1; without qop RFC 2069 §2.1.2)."""
    ha2 = _hash(algorithm, f"{method}:{credentials.uri}")
    if not credentials.qop:
        return _hash(algorithm, f"{ha1_hex}:{credentials.nonce}:{ha2}")
    return _hash(
        algorithm,
        f"{ha1_hex}:{credentials.nonce}:{credentials.count_text}:{credentials.cnonce}:{credentials.qop}:{ha2}",
    )


def parse_authorization(value: str) -> Credentials:
    """The credentials of an Authorization or Proxy-Authorization value; RemoteProtocolError(400) if it has none."""
    params = digest_params(value)
    try:
        username, realm, nonce = params["username"], params["realm"], params["nonce"]
        uri, response = params["uri"], params["response"]
    except KeyError as error:
        raise RemoteProtocolError(f"Digest credentials lack {error.args[0]}") from None
    if _HEX.fullmatch(response) is None:
        raise RemoteProtocolError("the response of Digest credentials is not hexadecimal")
    qop, count_text, cnonce = params.get("qop", "").lower(), params.get("nc", ""), params.get("cnonce", "")
    if qop and (_COUNT.fullmatch(count_text) is None or not cnonce):
        raise RemoteProtocolError("Digest credentials with qop lack cnonce, or an nc of eight hexadecimal digits")
    algorithm = _ALGORITHMS.get(params.get("algorithm", "MD5").lower())
    return Credentials(username, realm, nonce, uri, response.lower(), algorithm, qop, count_text, cnonce)


def digest_params(value: str) -> dict[str, str]:
    """The parameters of credentials or of a challenge, unquoted; RemoteProtocolError(400) if the scheme is not Digest."""
    scheme, _, rest = value.strip(" \t").partition(" ")
    if scheme.lower() != "digest":
        raise RemoteProtocolError(f"authorization scheme {shown(scheme)} is not Digest")
    return _read_plain(rest) or _read_any(rest)


def _read_plain(text: str) -> dict[str, str] | None:
    """The parameters, where no quoted value has commas or escapes in it, as is usual; None where one may."""
    if "\\" in text:
        return None
    params: dict[str, str] = {}
    pieces = text.split(",")
    for piece in pieces:
        name, equals, value = piece.partition("=")
        name, value = name.strip(" \t"), value.strip(" \t")
        if not equals or not name.isalpha():
            return None
        if '"' in value:
            if value[0] != '"' or value.find('"', 1) != len(value) - 1:
                return None
            value = value[1:-1]
        params[name.lower()] = value
    return params if len(params) == len(pieces) else None


def _read_any(text: str) -> dict[str, str]:
    if _PARAMS.fullmatch(text) is None:
        raise RemoteProtocolError("Digest credentials are malformed")
    found: list[tuple[str, str]] = _PARAM.findall(text)
    params = {name.lower(): unquote(value) for name, value in found}
    if len(params) != len(found):
        raise RemoteProtocolError("Digest credentials have a parameter twice")
    return params


class Challenger:
    """Makes challenges and checks what they bring. `key`: see `NonceMint`; `lifetime_s`: of a nonce."""

    __slots__ = ("_counts", "_lifetime_s", "_mint", "_offered")

    def __init__(
        self,
        key: bytes,
        lifetime_s: float,
        identifiers: Identifiers,
        offered: tuple[Algorithm, ...] = OFFERED,
        nonces_kept: int = 100_000,
    ) -> None:
        self._mint = NonceMint(key, identifiers)
        self._lifetime_s = lifetime_s
        self._counts = NonceCounts(lifetime_s, nonces_kept)
        self._offered = offered

    def challenge(self, realm: str, now: float, *, stale: bool = False, origin: str = "") -> list[str]:
        """The values of WWW-Authenticate (401) or Proxy-Authenticate (407), a line each, the preferred one first.

        `origin`: whom it is sent to; what comes back from elsewhere is STALE.
        """
        nonce = self._mint.make(_scope(realm, origin), now)
        end = ', qop="auth", stale=true' if stale else ', qop="auth"'
        begin = f'Digest realm={quote(realm)}, nonce="{nonce}", algorithm='
        return [f"{begin}{algorithm.value}{end}" for algorithm in self._offered]

    def verify(
        self,
        credentials: Credentials,
        method: str,
        request_uri: str,
        realm: str,
        known: Ha1,
        now: float,
        origin: str = "",
    ) -> Outcome:
        """Whether they prove their user for this request in `realm`.

        `known` is asked once. WRONG says that the nonce is ours, fresh, and was sent to `origin`. WRONG, FOREIGN, STALE, REPLAYED
        and UNSUPPORTED are to be challenged again (STALE and REPLAYED with `stale`), MALFORMED is to be answered 400 (RFC 7616
        §3.4.6).
        """
        algorithm = credentials.algorithm
        if algorithm is None or algorithm not in self._offered or credentials.qop not in ("auth", ""):
            return Outcome.UNSUPPORTED
        if credentials.realm != realm:
            return Outcome.FOREIGN
        nonce = self._mint.read(credentials.nonce, _scope(realm, origin))
        if nonce is None or not self._is_fresh(nonce, now):
            return Outcome.STALE
        if credentials.uri != request_uri and not means_same(credentials.uri, request_uri):
            return Outcome.MALFORMED
        ha1_hex = known(algorithm)
        expected = response_digest(credentials, method, ha1_hex or _NOBODY[algorithm], algorithm)
        if not compare_digest(expected, credentials.response) or ha1_hex is None:
            return Outcome.WRONG
        # Without qop there is no count, so such a nonce is good for one request: it uses up all counts.
        count = credentials.nonce_count if credentials.qop else HIGHEST_COUNT
        return Outcome.ACCEPTED if self._counts.use(nonce, count, now) else Outcome.REPLAYED

    def _is_fresh(self, nonce: Nonce, now: float) -> bool:
        oldest = now - self._lifetime_s
        valid_from = self._counts.valid_from
        if valid_from is not None and valid_from > oldest:
            oldest = valid_from
        return oldest < nonce.issued_at <= now


def _scope(realm: str, origin: str) -> str:
    return f"{realm}\0{origin}"


def means_same(digest_uri: str, request_uri: str) -> bool:
    """Whether two URIs name the same user at the same host, where both name a user (phones differ in ports and parameters)."""
    try:
        mine, asked = parse_uri(digest_uri), parse_uri(request_uri)
    except RemoteProtocolError:
        return False
    if mine.host.lower() != asked.host.lower() or mine.opaque != asked.opaque:
        return False
    return mine.user == asked.user or mine.user is None or asked.user is None


def _hash(algorithm: Algorithm, text: str) -> str:
    data = text.encode("utf-8", "surrogateescape")
    if algorithm is Algorithm.SHA256:
        return sha256(data).hexdigest()
    return md5(data, usedforsecurity=False).hexdigest()
