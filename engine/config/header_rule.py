"""One typed change of a header field of a trunk's INVITEs: which part of which field gets which value. Never pasted text."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderRuleConfig:
    """`header`: `From`, `To`, `Request-URI`, `P-Asserted-Identity`, `Remote-Party-ID`, `Contact` or `Diversion`; `part`: `user`,
    `display` or `host`; `source`: `callerId`, `callerExtension`, `callerDisplay`, `callee`, `dialled`, `trunkUser`, `trunkHost`,
    `tenantDomain` or `text`; `text`: the value if the source is `text`, else "". `remove` takes the whole field away.
    """

    header: str
    part: str = "user"
    source: str = "text"
    text: str = ""
    remove: bool = False
