"""What events carry that no list shows in that form."""

from __future__ import annotations

from datetime import datetime

from api.bodies.body import Body


class HelloBody(Body):
    """First of every stream. `resumed`: false = take the lists anew, for what happened before is not told."""

    epoch: str
    version: str
    resumed: bool
    at: datetime


class RegistrationGoneBody(Body):
    tenant: str
    number: str
    contact: str
    reason: str


class TrunkGoneBody(Body):
    tenant: str | None
    name: str


class ListenerGoneBody(Body):
    name: str
    transport: str
    bound: str


class BanLiftedBody(Body):
    source: str


class RatesBody(Body):
    """`calls`, `registrations`: now; the others: calls in the second before `at`."""

    at: datetime
    calls: int
    registrations: int
    started: int
    answered: int
    ended: int
    failed: int
    refused: int


class RateHistoryBody(Body):
    """The same of the last seconds, oldest first: a column for each, so that a chart takes them as they are."""

    at: list[datetime]
    calls: list[int]
    registrations: list[int]
    started: list[int]
    answered: list[int]
    ended: list[int]
    failed: list[int]
    refused: list[int]
