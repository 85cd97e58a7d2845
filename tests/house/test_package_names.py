"""The names of our import packages are ours alone: one on PyPI is called `schema`, and would be imported in our place."""

from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NAMES = ["dialing", "schema", "engine", "reconciler", "api", "cli"]


@pytest.mark.parametrize("name", NAMES)
def test_no_other_distribution_owns_the_name(name: str) -> None:
    owners = set(packages_distributions().get(name, []))
    assert owners <= {"trunkline"}, f"{owners} installs a package {name!r} too; whoever needs it must go"


@pytest.mark.parametrize("name", NAMES)
def test_what_is_imported_is_ours(name: str) -> None:
    module = __import__(name)
    assert module.__file__ is not None, f"{name} has no __init__.py: any other package of that name would win"
    assert Path(module.__file__).is_relative_to(ROOT)
