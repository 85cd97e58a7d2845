"""The index finds what asking every mask finds, in the order of precedence."""

from hypothesis import given
from hypothesis import strategies as st

from dialing.pattern import NumberPattern
from engine.config.mask_index import MaskIndex

digits = st.text("0123", min_size=1, max_size=4)
plus = st.sampled_from(["", "+"])


@st.composite
def ranges(draw: st.DrawFn) -> str:
    sign = draw(plus)
    first, last = sorted(draw(st.tuples(st.integers(1, 400), st.integers(1, 400))))
    return f"{sign}{first}-{sign}{last}"


@st.composite
def padded_ranges(draw: st.DrawFn) -> str:
    first, last = sorted(draw(st.tuples(st.integers(0, 400), st.integers(0, 400))))
    return f"{first:04}-{last:04}"


literals = st.builds(lambda sign, text: sign + text, plus, digits)
masks = (
    st.builds(
        lambda before, text, after: before + text + after,
        st.sampled_from(["", "*"]),
        literals,
        st.sampled_from(["", "*"]),
    )
    | ranges()
    | padded_ranges()
    | st.just("*")
)


@given(st.sets(masks, max_size=30), literals | st.text(max_size=6) | st.integers(0, 500).map(str))
def test_it_finds_what_asking_every_mask_finds(found: set[str], text: str) -> None:
    patterns = {str(NumberPattern.parse(mask)): mask for mask in found}
    index = MaskIndex.of({mask: mask for mask in patterns})
    fitting = [pattern for pattern in map(NumberPattern.parse, patterns) if pattern.matches(text)]
    expected = [str(pattern) for pattern in sorted(fitting, key=lambda pattern: pattern.precedence)]
    assert [(mask, value) for mask, value in index.matching(text)] == [(mask, mask) for mask in expected]


def test_a_text_of_any_length_is_asked_in_bounded_time() -> None:
    index = MaskIndex.of({"1-99": 1, "*77*": 2, "8*": 3})
    assert list(index.matching("8" + "0" * 100_000)) == [("8*", 3)]
