"""The versions of the data, for a plan's digest."""

import re

from reconciler.compile.data_versions import data_versions


def test_all_have_a_version() -> None:
    found = data_versions()
    assert set(found) == {"holidays", "phonenumbers", "tzdata"}
    assert re.fullmatch(r"\d{4}[a-z]", found["tzdata"])
    assert re.fullmatch(r"[\d.]+", found["holidays"])
    assert re.fullmatch(r"[\d.]+", found["phonenumbers"])
