"""A phone of one bare UDP socket: what strangers send, and what SIPp can't do by itself.

SIPp answers MD5 challenges only, and only the first one offered. So credentials are made here, for the port on which SIPp then
starts, and given to its scenario as a finished header line; and a port is registered here, on which SIPp then answers. Digest is
RFC 7616 with qop=auth, as RFC 3261 §22.4 has it and RFC 8760 extends it.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import socket
import time
from dataclasses import dataclass, field

from tests.support.phone import Account
from tests.support.ports import LOOPBACK

ANSWER_S = 3.0
RETRANSMIT_S = 0.5
_PARAMETER = re.compile(r'(\w+)\s*=\s*(?:"([^"]*)"|([^\s,"]+))')
_HASHES = {"MD5": "md5", "SHA-256": "sha256"}


class NoAnswer(AssertionError):
    """Nothing came back in time."""


@dataclass(frozen=True, slots=True)
class Challenge:
    """One WWW-Authenticate or Proxy-Authenticate header; `header` is the one that answers it."""

    header: str
    realm: str
    nonce: str
    algorithm: str
    opaque: str | None


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    text: str

    def all(self, name: str) -> list[str]:
        """Values of the header, one per line, in their order."""
        prefix = f"{name.lower()}:"
        lines = self.text.split("\r\n\r\n", 1)[0].split("\r\n")[1:]
        return [line.split(":", 1)[1].strip() for line in lines if line.lower().startswith(prefix)]

    def challenges(self) -> list[Challenge]:
        """In the server's order of preference."""
        found: list[Challenge] = []
        for offered, answered in (("WWW-Authenticate", "Authorization"), ("Proxy-Authenticate", "Proxy-Authorization")):
            for value in self.all(offered):
                parameters = {name.lower(): quoted or bare for name, quoted, bare in _PARAMETER.findall(value)}
                found.append(
                    Challenge(
                        answered,
                        parameters["realm"],
                        parameters["nonce"],
                        parameters.get("algorithm", "MD5"),
                        parameters.get("opaque"),
                    )
                )
        return found


def credentials(challenge: Challenge, account: Account, method: str, uri: str) -> str:
    """The whole header line that answers the challenge, with a nonce count of 1."""

    def digest(text: str) -> str:
        return hashlib.new(_HASHES[challenge.algorithm], text.encode(), usedforsecurity=False).hexdigest()

    user = account.auth_user or account.user
    cnonce = secrets.token_hex(8)
    secret = digest(f"{user}:{challenge.realm}:{account.password}")
    response = digest(f"{secret}:{challenge.nonce}:00000001:{cnonce}:auth:{digest(f'{method}:{uri}')}")
    opaque = f', opaque="{challenge.opaque}"' if challenge.opaque is not None else ""
    return (
        f'{challenge.header}: Digest username="{user}", realm="{challenge.realm}", nonce="{challenge.nonce}", uri="{uri}", '
        f'response="{response}", algorithm={challenge.algorithm}, qop=auth, nc=00000001, cnonce="{cnonce}"{opaque}'
    )


@dataclass(slots=True)
class BarePhone:
    """One socket, one account. Use as a context manager; after it the port is free for SIPp. `host`: an address of this machine.

    By TCP it connects from any port, and gives `port`, if there is one, as its own: somebody else is to listen there.
    """

    account: Account
    port: int = 0
    host: str = LOOPBACK
    _socket: socket.socket = field(init=False)

    def __post_init__(self) -> None:
        if self.account.transport == "tcp":
            assert self.account.server is not None
            host, port = self.account.server.rsplit(":", 1)
            self._socket = socket.create_connection((host, int(port)))
            self.port = self.port or self._socket.getsockname()[1]
            return
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((self.host, self.port))
        self.port = self._socket.getsockname()[1]

    def __enter__(self) -> BarePhone:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    @property
    def contact(self) -> str:
        transport = ";transport=tcp" if self.account.transport == "tcp" else ""
        return f"sip:{self.account.user}@{self.host}:{self.port}{transport}"

    def request(
        self, method: str, uri: str, *lines: str, call_id: str | None = None, cseq: int = 1, body: str = ""
    ) -> Answer:
        """Send, retransmit as UDP needs it, and return the final answer; NoAnswer if none comes."""
        branch = f"z9hG4bK{secrets.token_hex(8)}"
        call_id = call_id or secrets.token_hex(8)
        address = f"sip:{self.account.user}@{self.account.domain}"
        to = address if method == "REGISTER" else uri
        head = [
            f"Via: SIP/2.0/{self.account.transport.upper()} {self.host}:{self.port};branch={branch};rport",
            f"From: <{address}>;tag={secrets.token_hex(4)}",
            f"Call-ID: {call_id}",
            "Max-Forwards: 70",
        ]
        text = [f"{method} {uri} SIP/2.0", *head, f"To: <{to}>", f"CSeq: {cseq} {method}", f"Contact: <{self.contact}>"]
        if body:
            lines = (*lines, "Content-Type: application/sdp")
        message = "\r\n".join([*text, *lines, f"Content-Length: {len(body)}", "", body])
        self._send(message)
        answer = self._final(message, branch)
        if method == "INVITE" and answer.status >= 300:
            to_line = f"To: {answer.all('To')[0]}"
            ack = [f"ACK {uri} SIP/2.0", *head, to_line, f"CSeq: {cseq} ACK", "Content-Length: 0", "", ""]
            self._send("\r\n".join(ack))
        return answer

    def credentials_for(self, method: str, uri: str, *lines: str) -> str:
        """Send the request without credentials and answer the challenge that comes: the header line for the next try."""
        answer = self.request(method, uri, *lines)
        challenges = answer.challenges()
        assert challenges, f"no challenge for {method} {uri}, but:\n{answer.text}"
        return credentials(challenges[0], self.account, method, uri)

    def register(self, expires_s: int = 300) -> Answer:
        """REGISTER, 401, REGISTER with credentials; the last answer."""
        uri = f"sip:{self.account.domain}"
        call_id = secrets.token_hex(8)
        first = self.request("REGISTER", uri, f"Expires: {expires_s}", call_id=call_id)
        challenges = first.challenges()
        if first.status != 401 or not challenges:
            return first
        line = credentials(challenges[0], self.account, "REGISTER", uri)
        return self.request("REGISTER", uri, f"Expires: {expires_s}", line, call_id=call_id, cseq=2)

    def _send(self, text: str) -> None:
        assert self.account.server is not None
        if self.account.transport == "tcp":
            self._socket.sendall(text.encode())
            return
        host, port = self.account.server.rsplit(":", 1)
        self._socket.sendto(text.encode(), (host, int(port)))

    def _final(self, sent: str, branch: str) -> Answer:
        deadline = time.monotonic() + ANSWER_S
        while time.monotonic() < deadline:
            self._socket.settimeout(RETRANSMIT_S)
            try:
                text = self._socket.recv(65535).decode(errors="replace")
            except TimeoutError:
                if self.account.transport == "udp":
                    self._send(sent)
                continue
            status = text.split(" ", 2)[1] if text.startswith("SIP/2.0 ") else ""
            if branch in text and status.isdigit() and int(status) >= 200:
                return Answer(int(status), text)
        raise NoAnswer(f"no final answer within {ANSWER_S} s to:\n{sent}")
