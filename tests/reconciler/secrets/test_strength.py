"""What is guessed, what is weak, what is strong; random passwords as people make them pass, those of the quickstart always."""

from __future__ import annotations

import random
import string
import time

import pytest

from cli.password_file import new_password
from reconciler.secrets.strength import Strength, estimated_bits, strength_of

WORDS = ("101", "Ada Lovelace", "Ada", "Lovelace", "acme", "pbx.acme.example")
ALNUM = string.ascii_letters + string.digits

GUESSABLE = [
    "101", "101101", "0101", "1234", "101-101", "password", "Passw0rd!", "P4$$w0rd!", "acme2024!", "Acme101!", "ada.lovelace",
    "adalovelace1815", "LOVELACE", "abcdefgh", "qwerty", "qwertz123", "aaaaaaaaaaaaaaaaaaaaaaaa", "12345678901234567890",
    "letmein", "changeme", "secret", "sip101", "pbx.acme.example", "x9k2", "1", " ", "ü", "password-of-a-test", "zyxwvut",
]  # fmt: skip
WEAK = ["7Kq9vT2m", "hunter2", "Tr0ub4dor&3", "8361940275", "kqzvwxptm"]
STRONG = ["correct-horse-battery", "quite-another-pass-word", "7Kq9vT2mZp4W", "f3a9c07be15d8264f3b0"]


@pytest.mark.parametrize(
    ("password", "strength"),
    [
        *((password, Strength.GUESSABLE) for password in GUESSABLE),
        *((password, Strength.WEAK) for password in WEAK),
        *((password, Strength.STRONG) for password in STRONG),
    ],
)
def test_strength(password: str, strength: Strength) -> None:
    assert strength_of(password, WORDS) is strength


def test_the_same_password_is_stronger_with_another_owner() -> None:
    assert strength_of("lovelace-1815-nzk", WORDS) is not Strength.STRONG
    assert strength_of("lovelace-1815-nzk", ("202", "Grace")) is Strength.STRONG


def test_words_of_one_or_two_letters_take_nothing_from_a_password() -> None:
    assert strength_of("7Kq9vT2mZp4W", ("7", "Kq", "9v")) is Strength.STRONG


def test_the_passwords_of_the_quickstart_are_strong() -> None:
    words = ("101", "quickstart", "Ada", "Grace", "127.0.0.1")
    assert {strength_of(new_password(), words) for _ in range(500)} == {Strength.STRONG}


@pytest.mark.parametrize(
    ("alphabet", "length", "strength"),
    [
        (string.hexdigits[:16], 32, Strength.STRONG),
        (ALNUM, 16, Strength.STRONG),
        (string.ascii_lowercase, 20, Strength.STRONG),
        (string.digits, 24, Strength.STRONG),
        (ALNUM, 8, Strength.WEAK),
        (string.digits, 12, Strength.WEAK),
    ],
)
def test_random_ones_are_what_their_length_says(alphabet: str, length: int, strength: Strength) -> None:
    chance = random.Random(7)
    made = ["".join(chance.choices(alphabet, k=length)) for _ in range(500)]
    assert sum(strength_of(password, WORDS) is strength for password in made) >= 490


def test_more_of_the_same_adds_nothing() -> None:
    assert estimated_bits("") == 0
    assert estimated_bits("xq" * 50) == estimated_bits("xq")
    assert estimated_bits("abcdefghijklmnop") < 20


def test_a_long_value_costs_no_more_than_a_short_one() -> None:
    before = time.process_time()
    strength_of("aB3$" * 1024, WORDS)
    strength_of("".join(random.Random(1).choices(ALNUM, k=4096)), WORDS)
    assert time.process_time() - before < 0.1
