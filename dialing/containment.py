"""Whether one mask of numbers holds all that another one does."""

from dialing.pattern import Form, NumberPattern


def contains(wide: str, narrow: str) -> bool:
    """Whether every number that falls under the mask `narrow` falls under `wide`."""
    outer, inner = NumberPattern.parse(wide), NumberPattern.parse(narrow)
    match inner.form:
        case Form.EXACT:
            return outer.matches(inner.literal)
        case Form.RANGE:
            return _contains_range(outer, inner)
        case Form.PREFIX:
            return (outer.form is Form.PREFIX and inner.literal.startswith(outer.literal)) or _is_within(outer, inner)
        case Form.SUFFIX:
            return (outer.form is Form.SUFFIX and inner.literal.endswith(outer.literal)) or _is_within(outer, inner)
        case Form.INFIX:
            return _is_within(outer, inner)
        case Form.ANY:
            return outer.form is Form.ANY


def _is_within(outer: NumberPattern, inner: NumberPattern) -> bool:
    return outer.form is Form.ANY or (outer.form is Form.INFIX and outer.literal in inner.literal)


def _contains_range(outer: NumberPattern, inner: NumberPattern) -> bool:
    match outer.form:
        case Form.RANGE:
            return _contains_bounds(outer, inner)
        case Form.EXACT:
            return inner.literal == inner.last == outer.literal
        case Form.ANY:
            return True
        case _:
            # By the first and last number alone one can't tell; a range within one prefix of its own width is what is usual.
            return (
                outer.form is Form.PREFIX
                and len(inner.literal) == len(inner.last)
                and inner.literal.startswith(outer.literal)
                and inner.last.startswith(outer.literal)
            )


def _contains_bounds(outer: NumberPattern, inner: NumberPattern) -> bool:
    if not (outer.matches(inner.literal) and outer.matches(inner.last)):
        return False
    # A number of one width with leading zeros is in no range of several widths.
    return len(inner.literal) == len(inner.last) or len(outer.literal) != len(outer.last)
