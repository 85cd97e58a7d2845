"""What to do about a word that is not known: the known one that it was probably meant to be."""

from collections.abc import Iterable
from difflib import SequenceMatcher, get_close_matches
from heapq import nlargest
from typing import Final

from schema.problem import shown

MOST_COMPARED: Final = 200
MOST_IN_FULL: Final = 8
CUTOFF: Final = 0.6


def nearest(word: str, known: list[str]) -> str | None:
    """Return the known word that `word` was probably meant to be. Of numbers each is like many: only one that is the only one is meant."""
    if word.isdecimal():
        like = [name for name in known if _is_mistyped(word, name)]
        return like[0] if len(like) == 1 else None
    if len(known) > MOST_COMPARED:
        # Comparing word by word takes a microsecond and more; among many, one end at least has to be right.
        known = [name for name in known if name[:2] == word[:2] or name[-2:] == word[-2:]][:MOST_COMPARED]
    small = {name.lower(): name for name in known}
    close = get_close_matches(word[:100].lower(), _best(word[:100].lower(), small), n=1, cutoff=CUTOFF)
    return small[close[0]] if close else None


def _is_mistyped(word: str, meant: str) -> bool:
    """Whether one character is another, too many or missing, or two neighbours are swapped."""
    if abs(len(word) - len(meant)) > 1 or word == meant:
        return False
    at = next(
        (at for at, (one, other) in enumerate(zip(word, meant, strict=False)) if one != other),
        len(min(word, meant, key=len)),
    )
    one, other = word[at:], meant[at:]
    return one[1:] in (other, other[1:]) or one == other[1:] or (one[:2] == other[1::-1] and one[2:] == other[2:])


def _best(word: str, known: Iterable[str]) -> list[str]:
    """Return those that share most letters. Only they are compared in full: milliseconds for names that are made alike."""
    matcher = SequenceMatcher(b=word)
    scored: list[tuple[float, str]] = []
    for name in known:
        matcher.set_seq1(name)
        if matcher.real_quick_ratio() >= CUTOFF and (shared := matcher.quick_ratio()) >= CUTOFF:
            scored.append((shared, name))
    return [name for _, name in nlargest(MOST_IN_FULL, scored)]


def one_of(word: str, known: list[str]) -> str:
    """Return what to do about an unknown word: the nearest known one, or all of them if they are few."""
    near = nearest(word, known)
    if near is not None:
        return f"did you mean {shown(near)}?"
    if not known:
        return "there is none"
    listed = ", ".join(shown(name) for name in known[:12])
    return f"known are {listed}" + (f" and {len(known) - 12} more" if len(known) > 12 else "")
