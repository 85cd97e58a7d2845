"""What wall clocks show, from instant to instant and back."""

from datetime import UTC, datetime

from dialing.time_zone import UTC as NO_OFFSET
from dialing.time_zone import TimeZone


def seconds(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


SPRING, AUTUMN = seconds("2026-03-29 01:00"), seconds("2026-10-25 01:00")
LONDON = TimeZone("Europe/London", (SPRING, AUTUMN), (0, 3600, 0))


def test_the_offset_from_instant_to_instant() -> None:
    shown = [LONDON.offset_s(at_s) for at_s in (SPRING - 1, SPRING, AUTUMN - 1, AUTUMN)]
    assert shown == [0, 3600, 3600, 0]
    assert LONDON.wall_s(SPRING) == seconds("2026-03-29 02:00")


def test_a_wall_time_has_one_instant_none_or_two() -> None:
    assert LONDON.instants(seconds("2026-07-01 12:00")) == (seconds("2026-07-01 11:00"),)
    assert LONDON.instants(seconds("2026-03-29 01:30")) == ()
    assert LONDON.instants(seconds("2026-10-25 01:30")) == (seconds("2026-10-25 00:30"), seconds("2026-10-25 01:30"))


def test_a_day_that_is_skipped_has_no_instants() -> None:
    """Samoa went from the 29th to the 31st of December 2011."""
    jump = seconds("2011-12-30 10:00")
    apia = TimeZone("Pacific/Apia", (jump,), (-10 * 3600, 14 * 3600))
    assert apia.instants(seconds("2011-12-30 12:00")) == ()
    assert apia.instants(seconds("2011-12-31 00:00")) == (jump,)


def test_changes_of_the_clocks_in_a_span() -> None:
    assert LONDON.starts_between(SPRING - 1, AUTUMN) == (SPRING, AUTUMN)
    assert LONDON.starts_between(SPRING, AUTUMN - 1) == ()


def test_a_zone_without_changes() -> None:
    assert NO_OFFSET.wall_s(SPRING) == SPRING
    assert NO_OFFSET.instants(SPRING) == (SPRING,)


def test_people_see_the_name() -> None:
    assert str(LONDON) == "Europe/London"
