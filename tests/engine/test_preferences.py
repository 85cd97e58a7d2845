"""What people set: what is written down comes back, and who set it last stays known."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.config.destination import DestinationConfig
from engine.config.extension import ForwardingConfig
from engine.preferences import (
    ALLOWANCES,
    AVAILABLE,
    AWAY,
    DO_NOT_DISTURB,
    FORWARDING,
    HOURS,
    STATUS,
    STATUSES,
    WHEN,
    PreferenceChange,
    Preferences,
    Said,
    changed,
    preferences_of,
)

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)
TEXT = st.text(max_size=20)
ENTRIES = st.builds(
    ForwardingConfig,
    when=st.sampled_from(WHEN),
    hours=st.sampled_from(HOURS),
    to=st.builds(DestinationConfig, kind=TEXT, value=TEXT),
)
SAID = st.builds(Said, st.datetimes(timezones=st.just(UTC)), TEXT)
ANY = st.builds(
    Preferences,
    tenant=TEXT,
    extension=TEXT,
    status=st.sampled_from(STATUSES),
    forwarding=st.none() | st.lists(ENTRIES, max_size=3).map(tuple),
    greeting=st.none() | TEXT,
    queues=st.dictionaries(TEXT, st.booleans(), max_size=3).map(lambda found: tuple(found.items())),
    said=st.dictionaries(st.sampled_from(tuple(ALLOWANCES.values())), SAID).map(lambda found: tuple(found.items())),
)
NOBODY = Preferences(tenant="acme", extension="101")
TO_102 = ForwardingConfig(when="busy", to=DestinationConfig(kind="extension", value="102"))


@given(ANY)
def test_what_is_written_down_comes_back(one: Preferences) -> None:
    again = preferences_of(one.tenant, one.extension, one.text)
    assert again == one
    assert one.text.isascii()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "7",
        "null",
        '{"status":"asleep"}',
        '{"status":["away"]}',
        '{"forwarding":[{"when":"busy"}]}',
        '{"forwarding":[{"when":"busy","hours":"any","to":{}}]}',
        '{"forwarding":[{"when":"busy","hours":"any","to":{"a":"1","b":"2"}}]}',
        '{"forwarding":[{"when":"sometimes","hours":"any","to":{"extension":"1"}}]}',
        '{"greeting":7}',
        '{"queues":["help"]}',
        '{"said":{"forwarding":["noon","ada"]}}',
        '{"said":{"forwarding":[1]}}',
        '{"said":{"forwarding":["9999-12-31T23:59:59-23:59","ada"]}}',
        "[" * 100_000,
    ],
)
def test_what_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        preferences_of("acme", "101", text)


def test_what_is_not_named_stays_as_it_is() -> None:
    first = changed(NOBODY, PreferenceChange(fields=frozenset({"status"}), status=DO_NOT_DISTURB), NOON, "ada")
    second = changed(first, PreferenceChange(fields=frozenset({"forwarding"}), forwarding=(TO_102,)), LATER, "grace")
    assert (second.status, second.forwarding) == (DO_NOT_DISTURB, (TO_102,))
    assert second.said == ((STATUS, Said(NOON, "ada")), (FORWARDING, Said(LATER, "grace")))


def test_what_is_set_again_to_what_it_is_keeps_who_set_it() -> None:
    change = PreferenceChange(fields=frozenset({"status"}), status=AWAY)
    first = changed(NOBODY, change, NOON, "ada")
    assert changed(first, change, LATER, "grace") == first


def test_what_is_taken_back_is_forgotten() -> None:
    first = changed(NOBODY, PreferenceChange(fields=frozenset({"status"}), status=AWAY), NOON, "ada")
    assert changed(first, PreferenceChange(fields=frozenset(ALLOWANCES)), LATER, "grace") == NOBODY
    assert NOBODY.is_empty
    assert not first.is_empty


def test_forwarding_to_nowhere_is_something_that_is_set() -> None:
    nowhere = changed(NOBODY, PreferenceChange(fields=frozenset({"forwarding"}), forwarding=()), NOON, "ada")
    assert not nowhere.is_empty
    assert nowhere.status == AVAILABLE
    assert preferences_of("acme", "101", nowhere.text).forwarding == ()
