"""The versions of the data that manifests are compiled with: two machines with the same ones compile the same values."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.metadata import version

import tzdata


@cache
def data_versions() -> Mapping[str, str]:
    """By name, for a plan's digest: `holidays` and `phonenumbers` as their packages have it, `tzdata` of the IANA database ("2026f")."""
    return {
        "holidays": version("holidays"),
        "phonenumbers": version("phonenumberslite"),
        "tzdata": tzdata.IANA_VERSION,
    }
