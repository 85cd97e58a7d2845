"""Buckets hold what is at most their bound, and the sum is of all."""

from __future__ import annotations

import pytest

from engine.histogram import Histogram

BOUNDS = (0.1, 1.0, 10.0)


@pytest.mark.parametrize(
    ("value", "bucket"),
    [(0.0, 0), (0.1, 0), (0.11, 1), (1.0, 1), (9.9, 2), (10.0, 2), (10.1, 3)],
)
def test_a_value_is_in_the_first_bucket_that_has_room_for_it(value: float, bucket: int) -> None:
    histogram = Histogram(BOUNDS)
    histogram.observe(value)
    assert histogram.view().counts == tuple(int(index == bucket) for index in range(4))


def test_a_view_does_not_follow_what_comes_later() -> None:
    histogram = Histogram(BOUNDS)
    histogram.observe(2.0)
    histogram.observe(3.0)
    view = histogram.view()
    histogram.observe(4.0)
    assert (view.total, sum(view.counts)) == (5.0, 2)
