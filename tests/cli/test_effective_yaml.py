"""A resource as it counts, with where what it does not say itself is from."""

from cli.effective_yaml import effective_yaml


def test_each_value_says_where_it_is_from() -> None:
    shape = {
        "spec": {"ringTime": "20s", "limits": {"calls": 2, "note": None}, "groups": ["a", {"b": 1}], "number": "0101"}
    }
    sources = {
        "spec.ringTime": "ExtensionProfile acme/desk at a.yaml:3:9",
        "spec.limits.note": "default",
        "spec.groups": "default",
    }
    assert effective_yaml(shape, sources) == [
        "spec:",
        "  ringTime: 20s # from ExtensionProfile acme/desk at a.yaml:3:9",
        "  limits:",
        "    calls: 2",
        "    note: # default",
        "  groups: # default",
        "  - a",
        "  - b: 1",
        "  number: '0101'",
    ]


def test_without_sources_it_is_plain_yaml() -> None:
    assert effective_yaml({"a": 1}, None) == ["a: 1"]
