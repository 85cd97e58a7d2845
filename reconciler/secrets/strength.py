"""How well a SIP password withstands guessing. Pure; what is said of one never tells the password, its length or its alphabet.

Whoever hears one REGISTER over UDP can try passwords at home, 10^10 a second and more; whoever only reaches the port tries names,
numbers and lists. So an estimate in bits: what is left when words that an attacker starts with (of the manifests, of lists) are
taken out. An estimate knows no dictionary: "correct-horse" passes for better than it is.
"""

from __future__ import annotations

import re
from enum import Enum, auto
from functools import lru_cache
from math import log2
from typing import Final

GUESSABLE_BELOW_BITS: Final = 28
WEAK_BELOW_BITS: Final = 60
SHORTEST_WORD: Final = 3
LONGEST_LOOKED_AT: Final = 128

# What heads the lists of passwords that scanners try, and the words of the trade.
COMMON: Final = """
    password passwort passwd passphrase pass pwd secret geheim change changeme default welcome willkommen letmein login
    admin administrator root user guest test testing demo example sample temp temporary abc123 iloveyou monkey dragon
    sunshine princess football baseball master shadow superman batman qwerty azerty qwertz sip voip phone telefon telephone
    extension ext asterisk freeswitch freepbx trunkline kamailio hello hallo summer winter spring autumn sommer monday friday
    office company server cisco polycom yealink snom grandstream
"""
KEYBOARD: Final = ("890", "qwertyuiop", "qwertzuiop", "asdfghjkl", "zxcvbnm", "yxcvbnm", "azerty", "!@#$%^&*()")

# What people write for letters: p4$$w0rd.
FOLDED: Final = str.maketrans("013457@$!", "oleasta" + "si")
_SMALL: Final = str.maketrans({chr(code): chr(code + 32) for code in range(ord("A"), ord("Z") + 1)})


class Strength(Enum):
    """What a password is worth."""

    GUESSABLE = auto()
    """It follows from the manifests or from lists, or there are few to try."""
    WEAK = auto()
    """Found in days by whoever heard one registration."""
    STRONG = auto()


@lru_cache(maxsize=32_768)
def strength_of(password: str, names: tuple[str, ...]) -> Strength:
    """`names`: what an attacker knows of its owner: numbers, names, domain. Remembered, for each look at the source asks again."""
    text = password[:LONGEST_LOOKED_AT]
    folded = _fold(text)
    known = {_fold(word) for name in names for word in (name, name.replace(" ", ""), *PARTS.split(name)) if word}
    if folded in known or _fold(_unit(text)) in known:
        return Strength.GUESSABLE
    left = _without(text, folded, known)
    bits = estimated_bits(left)
    if bits < GUESSABLE_BELOW_BITS:
        return Strength.GUESSABLE
    return Strength.WEAK if bits < WEAK_BELOW_BITS else Strength.STRONG


def estimated_bits(text: str) -> float:
    """How many bits the choice of this text took at most: by its sorts of characters, less what runs on or repeats."""
    text = _unit(text)
    if not text:
        return 0.0
    run_on = _run_on(text)
    of_alphabet = log2(sum(size for sort, size in SORTS if sort.search(text)))
    of_variety = log2(len(set(text))) + 2
    return (len(text) - run_on) * min(of_alphabet, of_variety) + run_on


SORTS: Final = (
    (re.compile("[0-9]"), 10),
    (re.compile("[a-f]"), 6),
    (re.compile("[g-z]"), 20),
    (re.compile("[A-F]"), 6),
    (re.compile("[G-Z]"), 20),
    (re.compile("[^0-9A-Za-z]"), 33),
)


PARTS: Final = re.compile("[ .]+")


def _fold(text: str) -> str:
    """As compared: case and the usual stand-ins for letters make no difference. Every character stays one."""
    return text.translate(_SMALL).translate(FOLDED)


def _unit(text: str) -> str:
    """What the text repeats: "101" of "101101", "a" of "aaaa"."""
    at = (text + text).find(text, 1)
    return text[:at] if 0 < at < len(text) else text


def _run_on(text: str) -> int:
    """How many characters are the third or later of a run: aaa, abc, 321, qwe."""
    codes = [*map(ord, text)]
    steps = sum(c - b == b - a and -2 < c - b < 2 for a, b, c in zip(codes, codes[1:], codes[2:], strict=False))
    return min(len(text) - 1, steps + len(KEY_RUNS.findall(text.translate(_SMALL))))


KEY_RUNS: Final = re.compile(
    "(?=(?:"
    + "|".join(
        sorted(
            {
                re.escape(line[at : at + 3])
                for row in KEYBOARD
                for line in (row, row[::-1])
                for at in range(len(line) - 2)
            }
        )
    )
    + "))"
)


def _without(text: str, folded: str, known: set[str]) -> str:
    """The characters of the text that are in no known word."""
    gone: set[int] = set()
    for word in (*known, *COMMON_WORDS):
        if len(word) >= SHORTEST_WORD and word in folded:
            at = folded.find(word)
            while at >= 0:
                gone.update(range(at, at + len(word)))
                at = folded.find(word, at + 1)
    return text if not gone else "".join(character for at, character in enumerate(text) if at not in gone)


COMMON_WORDS: Final = tuple(sorted({_fold(word) for word in COMMON.split()}))
