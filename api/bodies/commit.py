"""The commit that manifests are of."""

from __future__ import annotations

from datetime import datetime

from api.bodies.body import Body


class CommitBody(Body):
    """`at`: when it was committed. `author`, `subject`: empty for who may see one tenant only, for it may be about another; not so in a
    tenant's own source, whose tenant `source` names; empty: it is the platform's.
    """

    id: str
    author: str
    at: datetime
    subject: str
    source: str = ""
