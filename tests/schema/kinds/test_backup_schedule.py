"""`BackupSchedule`: what, when, where to."""

from datetime import time

import pytest

from schema.kinds.backup_schedule import SAVED, BackupScheduleSpec
from schema.manifest_set import parse_file

HEAD = "apiVersion: trunkline/v1\nkind: BackupSchedule\nmetadata: {name: nightly}\n"


def read(spec: str) -> BackupScheduleSpec:
    [resource] = parse_file("f", f"{HEAD}spec: {{{spec}}}\n").resources
    assert isinstance(resource.spec, BackupScheduleSpec)
    return resource.spec


def test_the_defaults() -> None:
    spec = read("to: /mnt/backups")
    assert (spec.enabled, spec.what, spec.every, spec.at, spec.weekday) == (True, SAVED, "day", time(3), None)
    assert (spec.time_zone, spec.keep) == ("UTC", 7)


def test_everything_can_be_set() -> None:
    spec = read("what: [cdrs, core], every: week, weekday: sun, at: '23:59', timeZone: Europe/Paris, to: /b, keep: 1")
    assert (spec.what, spec.every, spec.weekday, spec.at) == (("core", "cdrs"), "week", "sun", time(23, 59))


def test_one_thing_alone_needs_no_list() -> None:
    assert read("to: /b, what: recordings").what == ("recordings",)


@pytest.mark.parametrize(
    ("spec", "rule"),
    [
        ("what: core", "missing-field"),
        ("to: /b, what: []", "backup-what"),
        ("to: /b, what: [calls]", "backup-what"),
        ("to: /b, what: [[core]]", "backup-what"),
        ("to: /b, every: week", "backup-weekday"),
        ("to: /b, weekday: sun", "backup-weekday"),
        ("to: /b, every: week, weekday: sunday", "weekday"),
        ("to: /b, every: week, weekday: [sun]", "weekday"),
        ("to: /b, at: '24:00'", "time-of-day"),
        ("to: /b, at: 3", "time-of-day"),
        ("to: /b, keep: 0", "range"),
        ("to: ../b", "file-path"),
        ("to: ''", "file-path"),
        ("to: [/b]", "file-path"),
        ("to: /b, timeZone: Mars", "time-zone"),
    ],
)
def test_what_does_not_fit_is_refused(spec: str, rule: str) -> None:
    assert [problem.rule for problem in parse_file("f", f"{HEAD}spec: {{{spec}}}\n").problems] == [rule]
