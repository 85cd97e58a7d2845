"""`System.spec.web`: where the API and its page are served to browsers."""

from typing import Annotated

from pydantic import Field

from schema.address import IpAddress
from schema.certificate import Certificate
from schema.not_yet import NotYet
from schema.resource import Part
from schema.whole import Port


class Http(Part):
    """In clear text: for this machine, or a proxy before it."""

    enabled: Annotated[bool, Field(description="false: not at all.")] = True
    address: Annotated[IpAddress | None, Field(description="The address to listen on; default: 127.0.0.1.")] = None
    port: Annotated[Port, Field(description="The port to listen on.")] = 8888


class Https(Certificate):
    """Encrypted. Without a certificate of its own it uses one that we sign ourselves, until it is replaced."""

    enabled: Annotated[bool, Field(description="true: it is served, too.")] = False
    address: Annotated[
        IpAddress | None, Field(description="The address to listen on; default: the machine's own --host.")
    ] = None
    port: Annotated[Port, Field(description="The port to listen on.")] = 8887


class WebServer(Part):
    """Where the API and its page are served to browsers; until this is carried out, --api says it."""

    http: Annotated[Http, NotYet(), Field(description="In clear text.", default_factory=Http)]
    https: Annotated[Https, NotYet(), Field(description="Encrypted.", default_factory=Https)]
