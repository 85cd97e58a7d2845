"""What people may set themselves, beside the manifests: kept in the database, and only what a manifest allows."""

from typing import Literal

Preference = Literal["doNotDisturb", "forwarding", "greeting", "queueLogin", "webPassword", "pin"]
MAY_CHANGE = (
    "doNotDisturb: calls are kept from its phones; forwarding: where they go instead; greeting: which greeting callers hear; queueLogin: "
    "being in queues or not; webPassword, pin: its own."
)
