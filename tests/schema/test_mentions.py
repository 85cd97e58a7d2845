"""What resources say of others is found in every field that can say it."""

from schema.announcement import PromptNamed, Recording
from schema.destination import To
from schema.manifest_set import parse_file
from schema.mentions import Mention, Named, Numbered, destinations, extensions_of, mentions, names_of
from schema.resource import AnyResource
from tests.support.manifests import documents, extension, resource

RECEPTIONIST = resource(
    "Receptionist",
    "acme",
    "welcome",
    """\
number: "600"
hours: office
inHours:
  greeting: {prompt: hello}
  keys: {"1": {queue: help}, "2": repeat}
  onTimeout: {voicemail: "101"}
lines: [{trunks: [carrier], inHours: {greeting: {file: a.wav}, onInvalid: {hangUp: busy}}}]
actions: [{name: a, callers: ["1"], to: {extension: "102"}}]
""",
)
QUEUE = resource(
    "Queue",
    "acme",
    "help",
    'number: "700"\nmembers: ["101", "102"]\nmusic: jazz\nsla: {answerWithin: 9s, manager: "103"}\n',
)
EXTENSION = extension("acme", "101", "forwarding: [{when: busy, to: {ringGroup: all}}]\n")


def found(text: str) -> list[tuple[str, Mention]]:
    return [(".".join(map(str, path)), mention) for _, path, mention in mentions(resources_of(text))]


def resources_of(text: str) -> tuple[AnyResource, ...]:
    parsed = parse_file("t.yaml", text)
    assert not parsed.problems
    return parsed.resources


def test_all_that_a_receptionist_mentions() -> None:
    assert found(RECEPTIONIST) == [
        ("spec.hours", Named("OfficeHours", "office")),
        ("spec.inHours.greeting", PromptNamed("hello")),
        ("spec.inHours.keys.1", To("queue", "help")),
        ("spec.inHours.onTimeout", To("voicemail", "101")),
        ("spec.lines.0.trunks.0", Named("Trunk", "carrier")),
        ("spec.lines.0.inHours.greeting", Recording("a.wav")),
        ("spec.lines.0.inHours.onInvalid", To("hangUp", "busy")),
        ("spec.actions.0.to", To("extension", "102")),
    ]


def test_all_that_a_queue_and_an_extension_mention() -> None:
    assert found(documents(QUEUE, EXTENSION)) == [
        ("spec.members.0", Numbered("101")),
        ("spec.members.1", Numbered("102")),
        ("spec.music", Named("MusicOnHold", "jazz")),
        ("spec.sla.manager", Numbered("103")),
        ("spec.groups.0", Named("ExtensionGroup", "Default")),
        ("spec.forwarding.0.to", To("ringGroup", "all")),
    ]


def test_destinations_names_and_numbers_apart() -> None:
    said = tuple(mentions(resources_of(documents(RECEPTIONIST, QUEUE, EXTENSION))))
    assert [str(to) for _, _, to in destinations(said)] == [
        "queue help", "voicemail 101", "hangUp busy", "extension 102", "ringGroup all",
    ]  # fmt: skip
    assert [name for _, _, name in names_of(said, "Queue")] == ["help"]
    assert [name for _, _, name in names_of(said, "Prompt")] == ["hello"]
    assert [name for _, _, name in names_of(said, "OfficeHours")] == ["office"]
    assert [number for _, _, number in extensions_of(said)] == ["101", "102", "101", "102", "103"]


def test_the_place_of_a_mention_is_where_it_is_written() -> None:
    [(resource_of_queue, path, _)] = names_of(mentions(resources_of(QUEUE)), "MusicOnHold")
    assert str(resource_of_queue.mark(*path)) == "t.yaml:7:10"
