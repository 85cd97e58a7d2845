"""Rules on extensions and what they share: planted faults and clean twins."""

import pytest

from schema.manifest_set import load
from tests.support.manifests import GOOD, documents, extension, resource, tenant

ACME = tenant("acme", "acme.example")
DESK = resource("ExtensionProfile", "acme", "desk", "ringTime: 20s\n")
SALES = resource("ExtensionGroup", "acme", "sales", "mayCallOutside: true\n")
IN_SALES = extension("acme", "101", "groups: [sales]\n")
VOICEMAIL = resource("Voicemail", "acme", "voicemail", "{}\n")
PROFILED = extension("acme", "101", "profile: desk\n")

# The manifests, and the rules that find something in them: "[id]".
CASES: list[tuple[str, tuple[str, ...], list[str]]] = [
    ("profile", (DESK, PROFILED), []),
    ("no-profile", (DESK, PROFILED, extension("acme", "102", "profile: dekk\n")), ["[extension-profile-exists]"]),
    ("unused-profile", (DESK,), ["[extension-profile-unused]"]),
    ("groups-undeclared", (extension("acme", "101", "groups: [anything]\n"),), []),
    ("group", (SALES, IN_SALES), []),
    ("group-default-named", (SALES, extension("acme", "101", "groups: [Default, sales]\n")), []),
    ("no-group", (SALES, extension("acme", "101", "groups: [salse]\n")), ["[extension-group-exists]"]),
    (
        "no-group-in-a-profile-of-many",
        (
            SALES,
            DESK.replace("ringTime: 20s", "groups: [salse]"),
            PROFILED,
            extension("acme", "102", "profile: desk\n"),
        ),
        ["[extension-group-exists]"],
    ),
    ("default-declared", (SALES.replace("sales", "default"),), ["[extension-group-default]"]),
    ("manager", (SALES + "  managers: ['101']\n", IN_SALES), []),
    ("manager-outside", (SALES + "  managers: ['101']\n", extension("acme", "101")), ["[group-manager-member]"]),
    ("greeting", (extension("acme", "101", "voicemail: {greetings: {a: {say: A}}, greeting: a}\n"),), []),
    (
        "no-greeting",
        (extension("acme", "101", "voicemail: {greetings: {a: {say: A}}, greeting: b}\n"),),
        ["[greeting-exists]"],
    ),
    (
        "greeting-from-profile",
        (
            DESK.replace("ringTime: 20s", "voicemail: {greeting: b}"),
            PROFILED,
            extension("acme", "102", "profile: desk\n"),
        ),
        ["[greeting-exists]"],
    ),
    (
        "greeting-named-in-profile",
        (
            DESK.replace("ringTime: 20s", "voicemail: {greeting: b}"),
            PROFILED + "  voicemail: {greetings: {b: {say: B}}}\n",
        ),
        [],
    ),
    ("pin", (extension("acme", "101", "voicemail: {askPin: true, pin: {env: PIN}}\n"),), []),
    ("no-pin", (extension("acme", "101", "voicemail: {askPin: true}\n"),), ["[voicemail-pin-missing]"]),
    (
        "no-pin-by-profile",
        (
            DESK.replace("ringTime: 20s", "voicemail: {askPin: true}"),
            PROFILED + "  voicemail: {pin: {env: PIN}}\n",
            extension("acme", "102", "profile: desk\n"),
        ),
        ["[voicemail-pin-missing]"],
    ),
    (
        "voicemail",
        (
            VOICEMAIL,
            extension("acme", "101", "forwarding: [{when: busy, to: {voicemail: '101'}}]\n"),
        ),
        [],
    ),
    (
        "voicemail-off",
        (
            VOICEMAIL,
            extension(
                "acme", "101", "voicemail: {enabled: false}\nforwarding: [{when: busy, to: {voicemail: '101'}}]\n"
            ),
        ),
        ["[voicemail-off]"],
    ),
    ("mail", (extension("acme", "101", "welcomeMail: true\nperson: {mail: a@b.example}\n"),), []),
    ("no-mail", (extension("acme", "101", "welcomeMail: true\n"),), ["[mail-missing]"]),
]


@pytest.mark.parametrize(("parts", "rules"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_rules(parts: tuple[str, ...], rules: list[str]) -> None:
    files = GOOD | {"acme.yaml": documents(ACME, *parts)}
    assert [f"[{problem.rule}]" for problem in load(files.items()).report] == rules


def test_a_message_on_what_a_profile_says_names_the_profiles_line() -> None:
    profile = DESK.replace("ringTime: 20s", "forwarding: [{when: busy, to: {voicemail: '101'}}]")
    off = PROFILED + "  voicemail: {enabled: false}\n"
    files = GOOD | {"a-profile.yaml": profile, "acme.yaml": documents(ACME, off)}
    assert {problem.mark.file for problem in load(files.items()).report} == {"a-profile.yaml"}
