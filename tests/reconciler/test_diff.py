"""The difference between two states, and the snapshot that follows it."""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from engine.config.extension import ExtensionConfig
from engine.config.ref import ConfigRef
from engine.config.secret import SecretRef
from engine.config.snapshot import ConfigItem
from reconciler.diff import Change, Create, Delete, Update, diff

State = Mapping[ConfigRef, ConfigItem]


def extension(name: str, number: str) -> ExtensionConfig:
    return ExtensionConfig(tenant="acme", name=name, number=number, auth_user=name, password=SecretRef("env:PW"))


def state(*items: ConfigItem) -> State:
    return {item.ref: item for item in items}


def after(before: State, changes: list[Change]) -> State:
    items = dict(before)
    for change in changes:
        match change:
            case Create(new) | Update(_, new):
                items[new.ref] = new
            case Delete(old):
                del items[old.ref]
    return items


STATES = st.dictionaries(st.sampled_from("abcdef"), st.sampled_from(["101", "102", "103"])).map(
    lambda numbers: state(*(extension(name, number) for name, number in numbers.items()))
)


@given(STATES)
def test_nothing_differs_from_itself(one: State) -> None:
    assert not list(diff(one, one))


@given(STATES, STATES)
def test_the_difference_leads_there(one: State, two: State) -> None:
    assert after(one, list(diff(one, two))) == two


@given(STATES, STATES)
def test_each_key_changes_once_and_in_order(one: State, two: State) -> None:
    refs = [change.ref for change in diff(one, two)]
    assert refs == sorted(set(refs))


def test_the_three_sorts() -> None:
    one = state(extension("a", "101"), extension("b", "102"), extension("c", "103"))
    two = state(extension("a", "109"), extension("c", "103"), extension("d", "104"))
    assert list(diff(one, two)) == [
        Update(extension("a", "101"), extension("a", "109")),
        Delete(extension("b", "102")),
        Create(extension("d", "104")),
    ]
