"""Hashes of web passwords and PINs: made, compared, and refused where they are too cheap or too dear."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher

from reconciler.secrets.argon2id import TooLong, hash_fault, matches, new_hash

SALT, HASH = "c2FsdHNhbHRzYWx0c2FsdA", "A" * 43


def written(parameters: str, kind: str = "argon2id", version: str = "v=19") -> str:
    return f"${kind}${version}${parameters}${SALT}${HASH}"


def test_a_hash_is_of_one_password_and_no_other() -> None:
    stored = new_hash("hünter2")
    assert hash_fault(stored) is None
    assert matches(stored, "hünter2")
    assert not matches(stored, "hunter2")
    assert not matches(stored, stored)
    assert new_hash("hünter2") != stored


def test_hashes_of_other_programs_are_taken() -> None:
    stored = PasswordHasher(memory_cost=19_456, time_cost=2, parallelism=1).hash("hunter2")
    assert matches(stored, "hunter2")
    assert not matches(stored, "hunter3")


BAD = {
    written("m=19455,t=1,p=1"): "is too cheap to try (m=19455,t=1)",
    written("m=7000,t=9,p=1"): "is too cheap to try (m=7000,t=9)",
    written("m=47104,t=0,p=1"): "is too cheap to try",
    written("m=47104,t=1,p=0"): "is too cheap to try",
    written("m=200000,t=1,p=1"): "costs too much at each log-in (m=200000,t=1,p=1)",
    written("m=65536,t=9,p=1"): "costs too much at each log-in",
    written("m=47104,t=1,p=9"): "costs too much at each log-in",
    written("m=47104,t=1,p=1", kind="argon2i"): "is no argon2id hash",
    written("m=47104,t=1,p=1", version="v=16"): "is no argon2id hash",
    "$2b$12$abcdefghijklmnopqrstuv": "is no argon2id hash",
    "hunter2": "is no argon2id hash",
    "": "is no argon2id hash",
}


@pytest.mark.parametrize("stored", BAD)
def test_a_hash_that_is_too_cheap_or_too_dear_lets_nobody_in(stored: str) -> None:
    fault = hash_fault(stored)
    assert fault is not None
    assert fault.startswith(BAD[stored])
    assert "; make one: trunkline secret hash" in fault
    assert HASH not in fault
    assert "hunter2" not in fault
    assert not matches(stored, "x")


def test_a_pin_may_stand_for_itself() -> None:
    assert matches("4711", "4711")
    assert not matches("4711", "4712")
    assert not matches("4711", "")


def test_nobody_keeps_the_server_busy_with_long_ones() -> None:
    with pytest.raises(TooLong):
        new_hash("x" * 2000)
    assert not matches(new_hash("x" * 1024), "x" * 1025)
