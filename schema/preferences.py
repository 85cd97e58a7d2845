"""What people may set themselves, beside the manifests: kept in the database, and only what a manifest allows."""

from typing import Final, Literal

Preference = Literal["doNotDisturb", "forwarding", "greeting", "queueLogin", "webPassword", "pin"]
MAY_CHANGE = (
    "doNotDisturb: its status (away, doNotDisturb), by which calls are kept from its phones; forwarding: where they go instead; greeting: "
    "which greeting callers hear; queueLogin: being in queues or not; webPassword, pin: its own."
)
WAITING: Final = ("greeting", "queueLogin", "webPassword", "pin")
"""Those that count for nothing yet, as what they are of is not carried out. `greeting` and `queueLogin` are stored meanwhile."""
