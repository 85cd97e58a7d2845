"""What is sent beside the plan of posted manifests, and the form in which they come."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from api.bodies.body import Body
from api.bodies.live import LiveBody


class PostedSetBody(Body):
    """`files`: what each holds, by its path below the manifests' folder. What `GET /v1/manifests` answers has this form, too."""

    files: Annotated[dict[str, str], Field(min_length=1, max_length=20_000)]


class PostedBesidesBody(Body):
    """As beside the server's own plan; `note`: why that may have another digest. Nothing waits: nothing of it is kept."""

    live: LiveBody
    mode: str
    waiting: str | None = None
    suspended: None = None
    note: str | None
