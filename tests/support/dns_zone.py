"""A DNS server of the tests' own: a zone as text, answered over UDP on a loopback address. By dnslib."""

from __future__ import annotations

from types import TracebackType

from dnslib import RR  # type: ignore[import-untyped]  # ships no types
from dnslib.server import BaseResolver, DNSLogger, DNSServer  # type: ignore[import-untyped]  # the same

from tests.support.ports import LOOPBACK, free_udp_port


class Zone(BaseResolver):  # type: ignore[misc]  # untyped
    """`records`: in zone-file form; may be changed while it serves. `silent`: nothing is answered."""

    def __init__(self, records: str) -> None:
        self.records = records
        self.asked: list[tuple[str, str]] = []
        self.silent = False
        self.port = free_udp_port()
        self._server = DNSServer(
            self, address=LOOPBACK, port=self.port, logger=DNSLogger("-request,-reply,-truncated,-error")
        )
        self._server.start_thread()

    @property
    def place(self) -> str:
        return f"{LOOPBACK}:{self.port}"

    def resolve(self, request: object, handler: object) -> object:
        question = request.q  # type: ignore[attr-defined]  # untyped
        name, kind = str(question.qname).rstrip(".").lower(), question.qtype
        self.asked.append((name, str(kind)))
        reply = request.reply()  # type: ignore[attr-defined]  # untyped
        if self.silent:
            reply.header.rcode = 2
            return reply
        found = [rr for rr in RR.fromZone(self.records) if str(rr.rname).rstrip(".").lower() == name]
        if not found:
            reply.header.rcode = 3
        for rr in found:
            if rr.rtype == kind:
                reply.add_answer(rr)
        return reply

    def close(self) -> None:
        self._server.stop()
        self._server.server.server_close()

    def __enter__(self) -> Zone:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
