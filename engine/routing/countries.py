"""Countries that nobody of a tenant calls (feature C5). Help is never a matter of countries."""

from __future__ import annotations

from dialing.number import E164, Canonical, DialContext, ShortCode, Unclassified
from engine.cause import COUNTRY_NOT_ALLOWED
from engine.config.countries import CountryIndex
from engine.routing.decision import Refuse
from engine.routing.journey import Journey


def refuse_country(journey: Journey, called: Canonical) -> Refuse | None:
    """The refusal if nobody of the tenant may call there. A number whose country can't be told is left to what the routes would send."""
    policy = journey.tenant.countries
    if policy is None or not isinstance(called, E164):
        return None
    why = _why(journey, policy, journey.tenant.context, called, "")
    return journey.refuse(COUNTRY_NOT_ALLOWED, journey.tenant.config.ref, why) if why else None


def country_of_sent(journey: Journey, context: DialContext, readings: list[Canonical], sent: str) -> str:
    """Which country keeps the call off a route that would send `sent`, read as its carrier reads it, by `context`; "" if none does."""
    policy = journey.tenant.countries
    if policy is None:
        return ""
    by = f" by {sent!r}"
    # What is put before a number may be the carrier's own code, and hides no country.
    full = [reading for reading in readings if isinstance(reading, E164)]
    for reading in full or readings[:1]:
        why = _why(journey, policy, context, reading, by)
        if why:
            return why
    for reading in () if full else readings[1:]:
        why = _why_taken(journey, policy, context, reading, by)
        if why:
            return why
    return ""


def _why(journey: Journey, policy: CountryIndex, context: DialContext, called: Canonical, by: str) -> str:
    why = _why_taken(journey, policy, context, called, by)
    if why or policy.allows_others or not isinstance(called, Unclassified):
        return why
    name = journey.tenant.config.name
    return (
        f"which country {called.text!r} is in can't be told, and tenant {name!r} allows some only: spec.countries.allow"
    )


def _why_taken(journey: Journey, policy: CountryIndex, context: DialContext, called: Canonical, by: str) -> str:
    """By all that a lenient carrier may take it for."""
    if isinstance(called, ShortCode) and (called.is_emergency or called.text[:1] not in "*#"):
        return ""
    for digits in context.taken_for(called.text):
        why = _why_digits(journey, policy, called.text, digits, by)
        if why:
            return why
    return ""


def _why_digits(journey: Journey, policy: CountryIndex, text: str, digits: str, by: str) -> str:
    name = journey.tenant.config.name
    found = policy.find(digits)
    if found is None:
        if policy.allows_others:
            return ""
        return f"{text!r} is called{by}, in none of the countries that tenant {name!r} allows: spec.countries.allow"
    if found.is_allowed:
        return ""
    field = "spec.countries.deny" if policy.allows_others else "spec.countries"
    return f"{text!r} is called{by}, in {found.name}, and tenant {name!r} does not allow calls there: {field}"
