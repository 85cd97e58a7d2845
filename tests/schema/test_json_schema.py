"""The published JSON Schemas: fresh, correct as schemas, and of one mind with the reader."""

import json
from functools import cache
from pathlib import Path

import jsonschema
import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode
from syrupy.location import PyTestLocation
from syrupy.types import SnapshotIndex

import schema.json_schema
from ci.faults import Fault, faults
from reconciler.handbook import OF_EXEMPTIONS, OF_ROUTING
from schema.document import read_documents
from schema.json_schema import ALL_KINDS, all_kinds_schema, kind_schema, published, write_published
from schema.manifest_set import load, parse_file
from schema.registry import KINDS
from schema.rules.registry import ACROSS_RULES, STRICT_RULES, SYSTEM_RULES, TENANT_RULES
from tests.support.manifests import GOOD, SYSTEM, extension, office_hours, tenant

FOLDER = Path(schema.json_schema.__file__).parent / "published"
QUICKSTART = sorted((Path(schema.json_schema.__file__).parents[1] / "manifests").glob("*.yaml"))
FULL = [
    *GOOD.values(),
    extension(
        "acme", "0101", "number: 0101\nauthUser: 5\ndisplayName: 007\nmaxContacts: 0x10\nringTime: 1h0m\n"
    ).replace("1h0m", "1m30s"),
    extension("acme", "x", "enabled: false\n").replace("{env: P}", "{file: secrets/x}"),
    tenant("a", "192.0.2.1", "displayName: ~\nenabled: TRUE\n"),
    tenant("a", "a.example", "timeZone: Europe/London\nofficeHours: main\n"),
    extension("acme", "x", "officeHours: main\n"),
    office_hours("acme", "x", "timeZone: UTC\nweek:\n  mon-fri: ['9:00-12:00', '13:00-24:00']\n  sat: closed\n"),
    office_hours("acme", "x", "week:\n  sat-mon: 22:00-6:00\nholidays: {country: GB, subdivision: ENG}\n"),
    office_hours("acme", "x", "week: {}\ndates: {2026-12-24: closed, 12-24/01-02: '09:00-10:00', 02-29: closed}\n"),
    SYSTEM.replace("2m}", "2m, address: '::', advertisedAddress: '[2001:db8::1]'}"),
]
BROKEN = [
    ("unknown-field", extension("acme", "101", "colour: red\n")),
    ("unknown-top", extension("acme", "101") + "extra: 1\n"),
    ("literal-password", extension("acme", "101").replace("{env: P}", "secret")),
    ("two-sources", extension("acme", "101").replace("{env: P}", "{env: P, file: x}")),
    ("no-password", extension("acme", "101").replace("password: {env: P}", "enabled: true")),
    ("no-tenant", extension("acme", "101").replace("tenant: acme, ", "")),
    ("bare-duration", extension("acme", "101", "ringTime: 30\n")),
    ("empty-duration", extension("acme", "101", "ringTime: ''\n")),
    ("quoted-count", extension("acme", "101", "maxContacts: '5'\n")),
    ("count-out-of-range", extension("acme", "101", "maxContacts: 0\n")),
    ("yes", tenant("a", "a.example", "enabled: yes\n")),
    ("bad-name", tenant("A", "a.example")),
    ("bad-label", tenant("a, labels: {'a b': c}", "a.example")),
    ("no-domain", tenant("a", "a.example").replace("domain", "displayName")),
    ("transport", "apiVersion: trunkline/v1\nkind: Listener\nmetadata: {name: a}\nspec: {transport: sctp}\n"),
    ("port", "apiVersion: trunkline/v1\nkind: Listener\nmetadata: {name: a}\nspec: {transport: udp, port: 70000}\n"),
    ("system-name", SYSTEM.replace("name: system", "name: other")),
    ("ports", SYSTEM.replace("40000-41000", "'40000'")),
    ("version", tenant("a", "a.example").replace("/v1", "/v2")),
    ("no-week", office_hours("acme", "x", "timeZone: UTC\n")),
    ("weekday", office_hours("acme", "x", "week: {Monday: closed}\n")),
    ("25:00", office_hours("acme", "x", "week: {mon: '09:00-25:00'}\n")),
    ("no-range", office_hours("acme", "x", "week: {mon: open}\n")),
    ("no-ranges", office_hours("acme", "x", "week: {mon: []}\n")),
    ("two-closed", office_hours("acme", "x", "week: {mon: [closed]}\n")),
    ("date", office_hours("acme", "x", "week: {}\ndates: {24.12.2026: closed}\n")),
    ("country", office_hours("acme", "x", "week: {}\nholidays: {country: England}\n")),
    ("zone", tenant("a", "a.example", "timeZone: 'New York'\n")),
    ("kind", tenant("a", "a.example").replace("kind: Tenant", "kind: Tennant")),
]

# What no JSON Schema of one document can see: other documents, YAML itself, and two fields compared.
BEYOND_A_SCHEMA = {
    *(rule.id for rule in TENANT_RULES), *(rule.id for rule in SYSTEM_RULES), *(rule.id for rule in ACROSS_RULES), *OF_ROUTING,
    *(rule.id for rule in STRICT_RULES), *OF_EXEMPTIONS, "backup-weekday", "client-root", "listener-tls", "session-order",
    "conference-invite", "conference-pin", "conference-video", "country", "country-both", "duplicate-key", "expires-order", "header-rule",
    "mail-login", "phone-key", "phone-twice", "report-duration", "report-party", "sms-provider",
    "inbound-match", "length-order", "network", "network-wide", "no-resources", "prompt-sound", "rate-twice", "rates-order",
    "receptionist-action", "recording-whom", "ring-group-type", "source-credentials", "source-not-its-tenant", "source-outside",
    "time-zone", "trunk-credentials", "trunk-number",
    "yaml-merge-key", "yaml-syntax", "yaml-tag",
}  # fmt: skip


@cache
def wanted() -> dict[str, str]:
    return dict(published())


@cache
def validator() -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(all_kinds_schema())


def is_valid(content: str) -> bool:
    """Return what the published schema of all kinds says about the documents of a file."""
    return all(validator().is_valid(document.as_json()) for document in read_documents("f", content).documents)


class Published(SingleFileSnapshotExtension):
    """The published files themselves are the golden ones: `pytest --snapshot-update` writes them, as the module does."""

    _write_mode = WriteMode.TEXT
    file_extension = "json"

    @classmethod
    def dirname(cls, *, test_location: PyTestLocation) -> str:
        return str(FOLDER)

    @classmethod
    def get_snapshot_name(cls, *, test_location: PyTestLocation, index: SnapshotIndex = 0) -> str:
        return str(index)


@pytest.mark.parametrize("name", sorted(wanted()))
def test_a_published_file_is_golden(name: str, snapshot: SnapshotAssertion) -> None:
    golden = snapshot.use_extension(Published)
    assert wanted()[name] == golden(name=name.removesuffix(".json"))


def test_nothing_else_is_published() -> None:
    assert {path.name for path in FOLDER.iterdir()} == wanted().keys()


def test_the_command_writes_them_all(tmp_path: Path) -> None:
    write_published(tmp_path / "published")
    assert {path.name: path.read_text() for path in (tmp_path / "published").iterdir()} == wanted()


def test_writing_removes_what_is_no_kind_any_more(tmp_path: Path) -> None:
    (tmp_path / "gone.json").write_text("{}")
    write_published(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == wanted().keys()


@pytest.mark.parametrize("name", sorted(wanted()))
def test_each_is_a_schema_of_the_2020_dialect(name: str) -> None:
    text = json.loads(wanted()[name])
    assert text["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    jsonschema.Draft202012Validator.check_schema(text)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_field_is_described(kind: str) -> None:
    described = kind_schema(kind)
    definitions = described["$defs"]
    assert isinstance(definitions, dict)
    for name, definition in definitions.items():
        assert definition["description"], name
        for field, value in definition["properties"].items():
            assert "description" in value or "$ref" in value, f"{name}.{field}"


@pytest.mark.parametrize("content", FULL)
def test_what_the_reader_takes_the_schema_takes(content: str) -> None:
    assert parse_file("f", content).problems == ()
    assert is_valid(content)


@pytest.mark.parametrize("content", [row[1] for row in BROKEN], ids=[row[0] for row in BROKEN])
def test_what_the_schema_refuses_the_reader_refuses(content: str) -> None:
    assert not is_valid(content)
    assert parse_file("f", content).problems != ()


@pytest.mark.parametrize("fault", faults().values(), ids=lambda fault: fault.id)
def test_an_editor_sees_every_planted_fault_that_a_schema_can_see(fault: Fault) -> None:
    assert is_valid(fault.text) is (fault.id in BEYOND_A_SCHEMA)


def test_one_kind_is_not_another() -> None:
    validator = jsonschema.Draft202012Validator(kind_schema("Tenant"))
    [document] = read_documents("f", extension("acme", "101")).documents
    assert not validator.is_valid(document.as_json())


def test_the_name_of_the_file_for_all_kinds_stays() -> None:
    """Manifests name it in their first line, for editors."""
    assert ALL_KINDS == "trunkline.json"


def test_the_quickstart_is_valid_for_both() -> None:
    files = [(path.name, path.read_text(encoding="utf-8")) for path in QUICKSTART]
    assert files
    assert load(files).report.as_text() == ""
    assert [name for name, content in files if not is_valid(content)] == []
