"""What dialled text means, by table and for any text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialing.number import E164, Canonical, DialContext, ExtensionNumber, Number, ShortCode, Unclassified, Uri

BRITAIN = DialContext(
    country_code="44", national_prefix="0", emergency=frozenset({"112", "999"}), short_codes=frozenset({"101", "141"})
)
AMERICA = DialContext(
    country_code="1",
    national_prefix="1",
    international_prefixes=("011",),
    emergency=frozenset({"911"}),
    bare_national_lengths=frozenset({10}),
)
LINES = DialContext(
    country_code="44",
    national_prefix="0",
    emergency=frozenset({"112", "999", "12"}),
    outside_prefixes=frozenset({"9", "00"}),
    sos="112",
)
NOWHERE = DialContext()
EXTENSIONS = frozenset({"201", "0101", "john.doe", "999", "+201"})

CASES: list[tuple[str, DialContext, str, Canonical]] = [
    ("e164", BRITAIN, "+442079460460", E164("+442079460460")),
    ("separators", BRITAIN, "+44 (20) 7946-0460", E164("+442079460460")),
    ("printed-zero", BRITAIN, "+44 (0)20 7946.0460", E164("+442079460460")),
    ("national", BRITAIN, "020 7946 0460", E164("+442079460460")),
    ("international", BRITAIN, "0049 30 123456", E164("+4930123456")),
    ("international-before-national", BRITAIN, "00 44 20 7946 0460", E164("+442079460460")),
    ("tel-uri", BRITAIN, "tel:+44-20-7946-0460;ext=5", E164("+442079460460")),
    ("tel-uri-local", BRITAIN, "TEL:020-7946-0460", E164("+442079460460")),
    ("north-american", AMERICA, "1 (212) 555-0100", E164("+12125550100")),
    ("north-american-bare", AMERICA, "(212) 555-0100", E164("+12125550100")),
    ("north-american-abroad", AMERICA, "011 44 20 7946 0460", E164("+442079460460")),
    ("unknown-country-still-knows-plus", NOWHERE, "+4930123456", E164("+4930123456")),
    ("unknown-country-has-no-national", NOWHERE, "030123456", Unclassified("030123456")),
    ("extension", BRITAIN, "201", ExtensionNumber("201")),
    ("extension-leading-zero", BRITAIN, "0101", ExtensionNumber("0101")),
    ("extension-letters", BRITAIN, "john.doe", ExtensionNumber("john.doe")),
    ("extension-with-plus", BRITAIN, "+201", ExtensionNumber("+201")),
    ("extension-separated", BRITAIN, "2 01", ExtensionNumber("201")),
    ("extension-case-counts", BRITAIN, "John.Doe", Unclassified("John.Doe")),
    ("emergency", BRITAIN, "112", ShortCode("112", is_emergency=True)),
    ("emergency-before-extension", BRITAIN, "999", ShortCode("999", is_emergency=True)),
    ("emergency-separated", BRITAIN, "9-9-9", ShortCode("999", is_emergency=True)),
    ("not-their-emergency", AMERICA, "112", Unclassified("112")),
    ("short-code", BRITAIN, "101", ShortCode("101")),
    ("service-code", BRITAIN, "*97", ShortCode("*97")),
    ("service-code-hash", BRITAIN, "#21#", ShortCode("#21#")),
    ("sip-uri", BRITAIN, "sip:bob@example.com", Uri("sip:bob@example.com")),
    ("sips-uri", BRITAIN, "SIPS:bob@example.com;transport=tcp", Uri("SIPS:bob@example.com;transport=tcp")),
    ("address", BRITAIN, "bob@example.com", Uri("bob@example.com")),
    ("short-and-wrong", BRITAIN, "205", Unclassified("205")),
    ("only-the-prefix", BRITAIN, "0", Unclassified("0")),
    ("only-the-international-prefix", BRITAIN, "00", Unclassified("00")),
    ("too-long", BRITAIN, "+1234567890123456", Unclassified("+1234567890123456")),
    ("longest", BRITAIN, "+123456789012345", E164("+123456789012345")),
    ("zero-country", BRITAIN, "+0123456", Unclassified("+0123456")),
    ("too-short", BRITAIN, "+44207", Unclassified("+44207")),
    ("national-of-wrong-length", AMERICA, "1 555 0100", Unclassified("1 555 0100")),
    ("plus-alone", BRITAIN, "+", Unclassified("+")),
    ("two-pluses", BRITAIN, "++4420", Unclassified("++4420")),
    ("empty", BRITAIN, "", Unclassified("")),
    ("only-separators", BRITAIN, " - ", Unclassified(" - ")),
    ("wide-digits", BRITAIN, "\uff11\uff11\uff12", Unclassified("\uff11\uff11\uff12")),
    ("letters", BRITAIN, "0800FLOWERS", Unclassified("0800FLOWERS")),
    ("line-break", BRITAIN, "+4420\n", Unclassified("+4420\n")),
    ("help-outside", LINES, "9112", ShortCode("112", is_emergency=True)),
    ("help-outside-separated", LINES, "9-999", ShortCode("999", is_emergency=True)),
    ("help-outside-the-longer-number", LINES, "00112", ShortCode("112", is_emergency=True)),
    ("help-without-the-line", LINES, "999", ShortCode("999", is_emergency=True)),
    (
        "an-extension-before-help-outside",
        DialContext(outside_prefixes=frozenset({"20"}), emergency=frozenset({"1"})),
        "201",
        ExtensionNumber("201"),
    ),
    ("more-than-help", LINES, "91123", Unclassified("91123")),
    ("another-line", LINES, "8112", Unclassified("8112")),
    ("a-number-that-begins-so", LINES, "0044207112999", E164("+44207112999")),
    ("sos", LINES, "urn:service:sos", ShortCode("112", is_emergency=True)),
    ("sos-police", LINES, "URN:service:SOS.police", ShortCode("112", is_emergency=True)),
    ("sos-of-nobody", NOWHERE, "urn:service:sos", Unclassified("urn:service:sos")),
    ("no-sos", LINES, "urn:service:sosomething", Unclassified("urn:service:sosomething")),
    ("endless", BRITAIN, "1" * 100_000, Unclassified("1" * 100_000)),
]


@pytest.mark.parametrize(("context", "dialled", "canonical"), [case[1:] for case in CASES], ids=[c[0] for c in CASES])
def test_dialled_text_is_typed(context: DialContext, dialled: str, canonical: Canonical) -> None:
    assert context.number(dialled, EXTENSIONS) == Number(dialled, canonical)


@given(st.text(alphabet=st.sampled_from("0123456789+*#() -./@:;abtelsip\n\u0664\ud800"), max_size=30) | st.text())
def test_any_text_gets_a_form_and_keeps_what_was_dialled(dialled: str) -> None:
    for context in (BRITAIN, AMERICA, NOWHERE):
        number = context.number(dialled, EXTENSIONS)
        assert number.dialled == dialled
        if isinstance(number.canonical, E164):
            assert number.canonical.text[0] == "+"
            assert number.canonical.text[1:].isascii()
            assert number.canonical.text[1:].isdecimal()
            assert 8 <= len(number.canonical.text) <= 16


@given(st.from_regex(r"\+[1-9][0-9]{6,13}", fullmatch=True))
def test_the_full_form_means_itself_everywhere(text: str) -> None:
    assert {context.number(text).canonical for context in (BRITAIN, AMERICA, NOWHERE)} == {E164(text)}


@given(st.from_regex(r"[1-9][0-9]{6,9}", fullmatch=True))
def test_national_and_international_dialling_mean_the_same(subscriber: str) -> None:
    wanted = E164(f"+44{subscriber}")
    assert BRITAIN.number(f"0{subscriber}").canonical == wanted
    assert BRITAIN.number(f"0044{subscriber}").canonical == wanted
    assert BRITAIN.number(f"+44 (0) {subscriber}").canonical == wanted
