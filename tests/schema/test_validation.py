"""Documents into resources: every refusal word by word, with its place, its value and what to do."""

import pytest

from schema.document import read_documents
from schema.manifest_set import parse_file
from schema.mark import Mark
from schema.nearest import nearest, one_of
from schema.registry import KINDS
from schema.resource import Resource, ResourceRef
from schema.validation import validate
from tests.support.manifests import GOOD, extension, tenant

HEAD = "apiVersion: trunkline/v1\n"
ALL = ", ".join(KINDS)
LISTENER = HEAD + "kind: Listener\nmetadata: {name: a}\n"

REFUSED: list[tuple[str, str, list[str]]] = [
    (
        "a-list",
        "- a\n- b\n",
        [
            (
                "f:1:1: the document is a list, not a resource; "
                "write a mapping with apiVersion, kind, metadata and spec [not-a-resource]"
            )
        ],
    ),
    (
        "a-word",
        "hello\n",
        [
            (
                'f:1:1: the document is "hello", not a resource; '
                "write a mapping with apiVersion, kind, metadata and spec [not-a-resource]"
            )
        ],
    ),
    ("no-version", "kind: Tenant\n", ["f:1:1: apiVersion is missing; write apiVersion: trunkline/v1 [api-version]"]),
    (
        "old-version",
        "apiVersion: trunkline/v0\nkind: Tenant\n",
        ['f:1:13: apiVersion is "trunkline/v0", which is not known here; write apiVersion: trunkline/v1 [api-version]'],
    ),
    ("no-kind", HEAD, [f"f:1:1: kind is missing; write one of {ALL} [kind]"]),
    (
        "misspelt-kind",
        HEAD + "kind: extention\n",
        ['f:2:7: kind is "extention", which is not known here; did you mean "Extension"? [kind]'],
    ),
    (
        "foreign-kind",
        HEAD + "kind: Deployment\n",
        [(f'f:2:7: kind is "Deployment", which is not known here; {one_of("Deployment", list(KINDS))} [kind]')],
    ),
    (
        "kind-is-a-list",
        HEAD + "kind: [Tenant]\n",
        [f"f:2:7: kind is a list, which is not known here; write one of {ALL} [kind]"],
    ),
    (
        "nothing-else",
        HEAD + "kind: Tenant\n",
        ["f:1:1: metadata is missing; add it [missing-field]", "f:1:1: spec is missing; add it [missing-field]"],
    ),
    (
        "empty-parts",
        HEAD + "kind: Tenant\nmetadata:\nspec: text\n",
        [
            "f:3:10: metadata is empty; write its fields below it, indented [type]",
            'f:4:7: spec is "text", not a mapping; write its fields below it [type]',
        ],
    ),
    (
        "missing-fields",
        HEAD + "kind: Extension\nmetadata: {name: a}\nspec: {}\n",
        [
            "f:3:1: metadata.tenant is missing; add it: the name of the Tenant that owns it [missing-field]",
            (
                "f:4:1: spec.password is missing; "
                "add it: where the SIP password is found; never the password [missing-field]"
            ),
        ],
    ),
    (
        "misspelt-and-so-missing",
        HEAD + "kind: Tenant\nmetadata: {name: a}\nspce: {domain: a.example}\n",
        ['f:4:1: field "spce" is not known in Tenant; did you mean "spec"? [unknown-field]'],
    ),
    (
        "unknown-field",
        tenant("acme", "a.example", "enable: true\n"),
        ['f:6:3: field "enable" is not known in Tenant, spec; did you mean "enabled"? [unknown-field]'],
    ),
    (
        "unknown-field-like-none",
        extension("acme", "101", "outsideLimits: {zzz: true}\n"),
        [
            (
                'f:6:19: field "zzz" is not known in Extension, spec.outsideLimits; '
                'known are "maxCalls", "maxCallsPerMinute" [unknown-field]'
            )
        ],
    ),
    (
        "python-name",
        tenant("acme", "a.example", "display_name: x\n"),
        ['f:6:3: field "display_name" is not known in Tenant, spec; did you mean "displayName"? [unknown-field]'],
    ),
    (
        "unknown-top",
        tenant("acme", "a.example") + "sepc: {}\n",
        ['f:6:1: field "sepc" is not known in Tenant; did you mean "spec"? [unknown-field]'],
    ),
    (
        "unknown-deeper",
        HEAD + "kind: System\nmetadata: {name: system}\nspec:\n  sip: {minexpires: 1m}\n",
        [('f:5:9: field "minexpires" is not known in System, spec.sip; did you mean "minExpires"? [unknown-field]')],
    ),
    (
        "system-with-tenant",
        LISTENER.replace("{name: a}", "{name: a, tenant: x}") + "spec: {transport: udp}\n",
        [
            (
                "f:3:21: metadata.tenant is set, but a Listener belongs to the system, not to a tenant; "
                "remove it [unknown-field]"
            )
        ],
    ),
    (
        "tenant-with-tenant",
        tenant("acme, tenant: acme", "a.example"),
        ["f:3:24: metadata.tenant is set, but a Tenant is itself the tenant; remove it [unknown-field]"],
    ),
    (
        "several-at-once",
        extension("acme", "101", "ringTime: 30\nmaxContacts: many\nenabled: yes\nnumber: 1 2\n"),
        [
            (
                'f:6:13: spec.ringTime is "30", a number without a unit; '
                'write "30s" for seconds, or "m" and "h" for minutes and hours [duration]'
            ),
            'f:7:16: spec.maxContacts is "many", not a whole number; write a number from 1 to 100 [type]',
            'f:8:12: spec.enabled is "yes", neither true nor false; write true or false [type]',
            (
                'f:9:11: spec.number is "1 2", which is not an extension\'s number: up to 32 letters, digits and '
                '* # + . _ -; write it like "101" [extension-number]'
            ),
        ],
    ),
    (
        "labels",
        extension("acme", "101, labels: {a b: c, d: [x], e: 'ü'}"),
        [
            (
                'f:3:46: a key of metadata.labels is "a b", which is not a label\'s key: letters, digits and . _ - /; '
                'write it like "team" [label]'
            ),
            'f:3:57: metadata.labels.d is a list, not text; write one value, such as "sales" [type]',
            (
                'f:3:65: metadata.labels.e is "ü", which is not a label\'s value: up to 63 letters, digits and . _ -; '
                'write it like "sales" [label]'
            ),
        ],
    ),
    (
        "yaml-and-fields-together",
        tenant("acme", "a..example", "enabled: maybe\nenabled: true\n"),
        [
            (
                'f:5:11: spec.domain is "a..example", neither a host name nor an IP address; '
                'write it like "pbx.example.com" [domain]'
            ),
            'f:6:12: spec.enabled is "maybe", neither true nor false; write true or false [type]',
            'f:7:3: key "enabled" stands twice in one mapping, first in line 6; keep one of them [duplicate-key]',
        ],
    ),
    (
        "unreadable-value-hides-the-rest",
        tenant("acme", "*nowhere", "enabled: maybe\n"),
        ['f:5:11: alias "*nowhere" names no anchor above it; write "&nowhere" before the value meant [yaml-alias]'],
    ),
]


@pytest.mark.parametrize(("content", "expected"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_what_is_wrong_is_told_all_at_once(content: str, expected: list[str]) -> None:
    file = parse_file("f", content)
    assert file.resources == ()
    assert sorted(map(str, file.problems), key=lambda line: line.split(": ")[0].split(":")[1:]) == expected


def test_the_good_set_has_no_problem() -> None:
    files = [parse_file(name, content) for name, content in GOOD.items()]
    assert [problem for file in files for problem in file.problems] == []


def test_a_resource_knows_who_it_is_and_where_its_values_stand() -> None:
    [document] = read_documents("f", extension("acme", "0101", "ringTime: 20s\n")).documents
    resource = validate(document)
    assert isinstance(resource, Resource)
    assert resource.ref == ResourceRef("acme", "Extension", "0101")
    assert str(resource.ref) == "Extension acme/0101"
    assert resource.origin == Mark("f", 1, 1)
    assert resource.mark("spec", "ringTime") == Mark("f", 6, 13)
    assert resource.key_mark("spec", "ringTime") == Mark("f", 6, 3)


def test_resources_are_equal_by_what_they_say() -> None:
    one = parse_file("f", extension("acme", "101")).resources
    moved = parse_file("g", "# moved\n" + extension("acme", "101")).resources
    other = parse_file("f", extension("acme", "101", "enabled: false\n")).resources
    assert one == moved
    assert one != other


def test_problems_of_one_document_are_bounded() -> None:
    content = tenant("acme", "a.example", "".join(f"x{number}: 1\n" for number in range(1000)))
    assert len(parse_file("f", content).problems) == 50


def test_nearest_names() -> None:
    assert nearest("extention", ["Tenant", "Extension"]) == "Extension"
    assert nearest("x", ["Tenant", "Extension"]) is None
    assert one_of("x", []) == "there is none"
    assert one_of("qq", [f"name-{number}" for number in range(20)]).endswith("and 8 more")
    many = [f"tenant-{number}" for number in range(10_000)]
    assert nearest("tenant-999", many) is not None
