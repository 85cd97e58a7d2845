"""`System.spec.sip.authentication`: what a phone has to prove, and what is let pass."""

from typing import Annotated, Literal

from pydantic import Field

from schema.not_yet import NotYet
from schema.resource import Part


class SipAuthentication(Part):
    """What a phone has to prove, and what is let pass."""

    digest: Annotated[
        bool,
        NotYet(),
        Field(description="false: nobody is asked for a password; whoever reaches us calls as whom he likes."),
    ] = True
    auth_int: Annotated[
        bool, NotYet(), Field(description="true: qop auth-int is offered, too, which covers the body of a request.")
    ] = False
    in_dialog: Annotated[
        bool, NotYet(), Field(description="true: requests within a call have to prove their password, too.")
    ] = False
    wrong_nonce: Annotated[
        Literal["challenge", "refuse"],
        NotYet(),
        Field(description="What an answer to a challenge that is not ours gets: a new challenge, or 403."),
    ] = "challenge"
    register_with_to_tag: Annotated[
        bool, NotYet(), Field(description="true: a REGISTER with a tag in To is served; some phones send one.")
    ] = False
    create_unknown: Annotated[
        bool,
        NotYet(),
        Field(
            description="true: an extension that registers and that no manifest has is there until it unregisters; nothing of it is "
            "written anywhere, and it is listed with a warning."
        ),
    ] = False
