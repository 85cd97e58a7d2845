"""What somebody without a password can tell from our answers."""

from engine.sip.message import SipResponse


def shape(response: SipResponse) -> list[tuple[str, str]]:
    """All that a stranger can see of an answer, but for what is random."""
    hidden = ("Via", "To", "Call-ID", "From", "CSeq")
    return [
        (name, "".join(part for part in value.split('"')[::2]))
        for name, value in response.headers.items
        if name not in hidden
    ]
