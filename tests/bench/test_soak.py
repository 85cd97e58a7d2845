"""The soak's judgement, and that it runs."""

from __future__ import annotations

import os
import random
import re
from pathlib import Path

import pytest

from bench import manifests
from bench.soak import __main__ as soaking
from bench.soak.__main__ import Soak, report
from bench.soak.samples import FIGURES, judge, slope, take
from tests.support.ports import free_udp_range

TIMES_S = [5.0 * index for index in range(720)]
"""An hour."""


def samples(**values: list[float]) -> list[dict[str, float]]:
    found = [{figure.name: 0.0 for figure in FIGURES} for _ in TIMES_S]
    for name, series in values.items():
        for sample, value in zip(found, series, strict=True):
            sample[name] = value
    return found


def verdict(memory: list[float]) -> bool:
    return {each.figure.name: each.is_flat for each in judge(TIMES_S, samples(memory=memory))}["memory"]


def test_what_grows_steadily_is_found_in_noise() -> None:
    chance = random.Random(1)
    assert not verdict([100 + 20 * at / 3600 + chance.gauss(0, 1) for at in TIMES_S])


def test_noise_is_flat() -> None:
    chance = random.Random(1)
    assert verdict([100 + chance.gauss(0, 3) for _ in TIMES_S])


def test_what_grows_at_first_and_then_no_more_is_flat() -> None:
    assert verdict([100 + min(at, 900.0) / 30 for at in TIMES_S])


def test_a_few_odd_samples_move_nothing() -> None:
    assert verdict([500.0 if index % 40 == 39 and index > 500 else 100.0 for index in range(720)])


def test_the_slope_of_a_line_is_its_own() -> None:
    assert slope(TIMES_S, [3 + 0.5 * at for at in TIMES_S]) == pytest.approx(0.5)


def test_a_call_or_a_port_that_is_left_is_a_problem() -> None:
    found = Soak(TIMES_S, samples(), {"calls": 0, "port pairs in use": 2})
    found.counters["talk: answered"] = 1
    assert found.problems == ["2 port pairs in use left at the end"]
    assert "**Not flat: 2 port pairs in use left at the end.**" in report(found, 60, 3)


def test_without_a_call_nothing_was_proved() -> None:
    assert Soak(TIMES_S, samples(), {}).problems == ["no call was answered"]


def test_metrics_of_all_tenants_are_added_up(tmp_path: Path) -> None:
    metrics = (
        'trunkline_calls{tenant="a"} 2\ntrunkline_calls{tenant="b"} 3\n'
        'trunkline_media_port_pairs{state="in_use"} 4\ntrunkline_media_port_pairs{state="ready"} 16\n'
    )
    sample = take(os.getpid(), tmp_path, metrics)
    assert (sample["calls"], sample["port pairs in use"]) == (5, 4)
    assert sample["memory"] > 1


@pytest.mark.e2e
def test_it_runs_and_gives_everything_back(monkeypatch: pytest.MonkeyPatch) -> None:
    first = free_udp_range(200)
    monkeypatch.setattr(manifests, "MEDIA_PORTS", f"{first}-{first + 199}")
    monkeypatch.setattr(soaking, "SETTLES_S", 10.0)
    monkeypatch.setattr(soaking, "SAMPLE_S", 1.0)
    found = soaking.soak(0.12, 8.0)
    assert found.left == {"calls": 0, "port pairs in use": 0, "journal, unconfirmed": 0}
    seen = found.counters
    for kind in (
        "talk: answered",
        "hold: answered",
        "trunk: answered",
        "REGISTER 200",
        "BYE 200",
        "edits of manifests",
        "event streams",
    ):
        assert seen[kind] > 0, (kind, seen)
    assert not [name for name in seen if re.search("failed|no answer", name)]
