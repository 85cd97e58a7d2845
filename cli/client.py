"""The command line's side of the control socket."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx

from api import control_socket

TIMEOUT_S = 30.0
READY_S = 10.0
AGAIN_S = 0.25


class ClientError(Exception):
    """The server can't be asked, or refuses; the message says why and what to do."""


class Misasked(ClientError):
    """The server does not understand the question: it names what is not there, or is of a wrong form."""


class NotLetIn(ClientError):
    """The server takes nothing that we have for a right to ask."""


@contextmanager
def control_client(data: Path) -> Iterator[httpx.Client]:
    """A client of the server that runs on this data folder. ClientError if there is none."""
    try:
        # Tried by ourselves first: httpx forgets to close a socket that does not connect, and hides why it does not.
        control_socket.connect(data, TIMEOUT_S).close()
        # Named through the folder's descriptor, as in control_socket: data folders may lie deep.
        folder = os.open(data, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise ClientError(_why_not_connected(data, error)) from None
    try:
        transport = httpx.HTTPTransport(uds=f"/proc/self/fd/{folder}/{control_socket.NAME}")
        with httpx.Client(
            transport=transport, base_url="http://trunkline", timeout=TIMEOUT_S, trust_env=False
        ) as client:
            yield client
    except httpx.TimeoutException:
        raise ClientError(
            f"the server on {data / control_socket.NAME} does not answer within {TIMEOUT_S:.0f} s"
        ) from None
    except UnicodeEncodeError as error:
        raise no_text(error) from None
    except httpx.HTTPError as error:
        raise ClientError(f"the server on {data / control_socket.NAME} broke the connection off: {error}") from None
    finally:
        os.close(folder)


def ask(client: httpx.Client, path: str, query: Mapping[str, str | Sequence[str]]) -> Mapping[str, object]:
    """A GET's JSON object. ClientError with the server's own words if it refuses, Misasked if the question is at fault."""
    return _object(client.get(path, params=dict(query)))


def tell(client: httpx.Client, path: str, body: Mapping[str, object]) -> Mapping[str, object]:
    """A POST's JSON object. ClientError with the server's own words if it refuses, Misasked if the question is at fault."""
    return _object(client.post(path, json=dict(body)))


def tell_when_ready(client: httpx.Client, path: str, body: Mapping[str, object]) -> Mapping[str, object]:
    """As `tell`; one that has just been started, and says so, is told again for some seconds."""
    until = time.monotonic() + READY_S
    while True:
        response = client.post(path, json=dict(body))
        if response.status_code != 503 or "retry-after" not in response.headers or time.monotonic() > until:
            return _object(response)
        time.sleep(AGAIN_S)


def put(client: httpx.Client, path: str, body: Mapping[str, object]) -> Mapping[str, object]:
    """A PUT's JSON object. ClientError with the server's own words if it refuses, Misasked if the question is at fault."""
    return _object(client.put(path, json=dict(body)))


def patch(client: httpx.Client, path: str, body: Mapping[str, object]) -> Mapping[str, object]:
    """A PATCH's JSON object. ClientError with the server's own words if it refuses, Misasked if the question is at fault."""
    return _object(client.patch(path, json=dict(body)))


def _object(response: httpx.Response) -> Mapping[str, object]:
    try:
        found = response.json()
    except ValueError:
        raise ClientError(f"the server answered {response.status_code} with something that is not JSON") from None
    if not isinstance(found, dict):
        raise ClientError(f"the server answered {response.status_code} with a {type(found).__name__}")
    if response.is_error:
        raise refusal_of(response)
    return found


def refusal_of(response: httpx.Response) -> ClientError:
    """Why the server does not do what was asked, in its own words."""
    try:
        found = response.json()
    except ValueError:
        found = None
    told = found.get("detail") if isinstance(found, dict) else None
    refusal = {401: NotLetIn, 422: Misasked}.get(response.status_code, ClientError)
    return refusal(str(told or f"the server answered {response.status_code}"))


def no_text(error: UnicodeEncodeError) -> ClientError:
    """Of what was typed: bytes that a terminal in another encoding sent."""
    found = ascii(error.object[error.start : error.end])
    return ClientError(
        f"what was typed holds bytes that are no UTF-8: {found}; set terminal and LANG to UTF-8, and type it again"
    )


def _why_not_connected(data: Path, error: OSError) -> str:
    path = data / control_socket.NAME
    if not data.is_dir():
        return f"there is no data folder {data}; name the one of the running server with --data"
    match error:
        case FileNotFoundError():
            return f"no server runs on the data folder {data}; start one with: trunkline serve MANIFESTS --data {data}"
        case ConnectionRefusedError():
            return f"no server answers on {path}; start one with: trunkline serve MANIFESTS --data {data}"
        case PermissionError():
            return f"{path} may not be used by you; run this as the user that runs the server"
        case _:
            return f"{path} can't be used: {(error.strerror or str(error)).lower()}"
