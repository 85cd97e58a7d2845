"""`MediaServer`, `ConferenceServer`: defaults and limits."""

import pytest

from schema.kinds.conference_server import ConferenceServerSpec
from schema.kinds.media_server import MediaServerSpec
from schema.manifest_set import parse_file


def text(kind: str, spec: str) -> str:
    return f"apiVersion: trunkline/v1\nkind: {kind}\nmetadata: {{name: frankfurt}}\nspec: {{{spec}}}\n"


def test_the_defaults_of_a_media_server() -> None:
    [resource] = parse_file("f", text("MediaServer", "ipv4: 192.0.2.8")).resources
    assert isinstance(resource.spec, MediaServerSpec)
    assert (resource.spec.enabled, resource.spec.port, resource.spec.max_calls) == (True, 8896, 0)


def test_the_defaults_of_a_conference_server() -> None:
    [resource] = parse_file("f", text("ConferenceServer", "ipv6: '2001:db8::8'")).resources
    assert isinstance(resource.spec, ConferenceServerSpec)
    assert (resource.spec.port, resource.spec.max_rooms, resource.spec.max_participants) == (8886, 0, 0)


@pytest.mark.parametrize("kind", ["MediaServer", "ConferenceServer"])
@pytest.mark.parametrize(
    ("spec", "rule"),
    [
        ("port: 8000", "server-address"),
        ("ipv4: media.example.com", "address"),
        ("ipv4: '2001:db8::8'", "address"),
        ("ipv6: 192.0.2.8", "address"),
        ("ipv4: 192.0.2.8, port: 0", "range"),
        ("ipv4: 192.0.2.8, enabled: yes", "type"),
    ],
)
def test_what_does_not_fit_is_refused(kind: str, spec: str, rule: str) -> None:
    assert [problem.rule for problem in parse_file("f", text(kind, spec)).problems] == [rule]
