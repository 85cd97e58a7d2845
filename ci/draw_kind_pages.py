"""Draws docs/kinds/*.md from the models, docs/rules.md from the rules, and the causes in docs/calls.md.

With --check: says which pages are not what these say now.

Examples come from examples/, which the tests load; what a rule says is what it really says of the fault in docs/faults/ID.yaml.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from engine import cause
from engine.cause import Cause, Outcome
from reconciler.ground import Ground
from reconciler.handbook import OF_EXEMPTIONS, OF_ROUTING, OF_THE_MACHINE, entries
from reconciler.offline import weigh
from reconciler.source.tree import SourceFile, SourceTree
from schema.address import AdvertisedAddress, AdvertisedIpv4, AdvertisedIpv6, Domain, IpAddress, Ports
from schema.announcement import Announcement
from schema.countries import CountryOrPrefix
from schema.country import Country
from schema.dates import Dates
from schema.day_hours import TimeRangeText
from schema.days import Days
from schema.destination import CARRIED_OUT, FORMS, Destination
from schema.dialling import DiallingCountry
from schema.duration import Duration
from schema.field_type import FieldType
from schema.file_path import CertificateFile
from schema.http_url import HttpUrl
from schema.instant import Instant
from schema.kinds.backup_schedule import Saved, Weekday
from schema.kinds.listener import Transport
from schema.kinds.sms_gateway import BoughtNumber
from schema.mac_address import MacAddress
from schema.manifest_set import load, parse_file
from schema.menu_action import MenuAction
from schema.money import Amount, Currency
from schema.network import CarrierNetwork, Network
from schema.not_yet import marks_of
from schema.number_mask import NumberMask, NumberMasks
from schema.preset_name import PresetName
from schema.problem import Problem, Severity
from schema.registry import KINDS, Kind, Scope
from schema.rules.reasons import OF_FILES
from schema.rules.registry import ACROSS_RULES, STRICT_RULES, SYSTEM_RULES, TENANT_RULES
from schema.secret_source import SecretSource
from schema.server_address import NameServer, ServerAddress
from schema.text import Text
from schema.time_of_day import TimeOfDay
from schema.time_zone import TimeZone
from schema.webhook import EventTypes
from schema.weekdays import Weekdays
from schema.whole import Whole, WholeOf

ROOT: Final = Path(__file__).resolve().parent.parent
FAULTS: Final = ROOT / "docs" / "faults"
EXAMPLES: Final = {
    "System": "examples/two-tenants/system.yaml",
    "Listener": "examples/nat/pbx.yaml",
    "IpRule": "examples/whole-language/pbx.yaml",
    "MediaServer": "examples/whole-language/pbx.yaml",
    "ConferenceServer": "examples/whole-language/pbx.yaml",
    "BackupSchedule": "examples/whole-language/pbx.yaml",
    "PushApp": "examples/whole-language/pbx.yaml",
    "Administrator": "examples/whole-language/pbx.yaml",
    "Tenant": "examples/two-tenants/acme.yaml",
    "Extension": "examples/two-tenants/acme.yaml",
    "ExtensionProfile": "examples/people/acme.yaml",
    "ExtensionGroup": "examples/people/acme.yaml",
    "OfficeHours": "examples/office-hours/pbx.yaml",
    "Trunk": "examples/company/pbx.yaml",
    "InboundRule": "examples/company/acme.yaml",
    "OutboundRule": "examples/company/acme.yaml",
    "RingGroup": "examples/company/acme.yaml",
    **dict.fromkeys(
        (
            "Receptionist",
            "Queue",
            "Conference",
            "Voicemail",
            "RecordingPolicy",
            "MusicOnHold",
            "Prompt",
            "CallFeatures",
        ),
        "examples/whole-language/services.yaml",
    ),
    "RateTable": "examples/rates/acme.yaml",
    **dict.fromkeys(
        ("ProvisioningPolicy", "WebRtc", "PhoneTemplate", "Phone", "MailServer", "SmsGateway", "CallReport"),
        "examples/whole-language/phones.yaml",
    ),
}
OWNERS: Final = {
    Scope.SYSTEM: "the system: it has no `metadata.tenant`",
    Scope.TENANT: "nobody: it is the tenant, and its name is what others write in `metadata.tenant`",
    Scope.OWNED: "a tenant, by `metadata.tenant`",
    Scope.SHARED: "a tenant, by `metadata.tenant`; without that, to the system, for several tenants",
}
NOT_CARRIED_OUT: Final = (
    "**Not carried out yet.** It is checked, planned and kept; "
    "its condition `Applied` is false with the reason `NotSupportedYet`"
)
REFUSED_CALLS: Final = ",\nand a call that reaches it is refused"
DRAWN: Final = "<!-- Drawn by ci/draw_kind_pages.py; don't edit, draw again. -->"


def _type_of(alias: object) -> type:
    return type(get_args(alias)[1])


# Type and limits of the field types whose limits are not in their values.
WORDS: Final[Mapping[type, tuple[str, str]]] = {
    _type_of(IpAddress): ("IP address", "IPv4 or IPv6; no name"),
    _type_of(AdvertisedAddress): ("IP address", "one that can be sent to: not 0.0.0.0, no multicast group"),
    _type_of(Domain): ("domain", "host name or IP address, up to 253 characters; case does not matter"),
    _type_of(Ports): ("range of ports", "first-last, both from 1024 to 65535, in quotes or not"),
    _type_of(SecretSource): (
        "reference",
        "`{env: NAME}`, `{file: path}`, `{sops: path, key: a.b}` or `{age: path}`: [secrets](../secrets.md)",
    ),
    _type_of(AdvertisedIpv4): ("IP address", "IPv4, one that can be sent to"),
    _type_of(AdvertisedIpv6): ("IP address", "IPv6, one that can be sent to"),
    _type_of(Transport): ("word", "`udp`, `tcp`, `tls`, `ws`, `wss`"),
    _type_of(CertificateFile): ("path", "absolute, or below the data folder; no `..`"),
    _type_of(Instant): ("time", "`2026-12-31T18:00:00Z`, or a day: `2026-12-31`"),
    _type_of(TimeOfDay): ("time of day", "`00:00` to `23:59`"),
    _type_of(Saved): ("words", "`core`, `prompts`, `voicemail`, `recordings`, `cdrs`"),
    _type_of(Weekday): ("word", "`mon`, `tue`, `wed`, `thu`, `fri`, `sat`, `sun`"),
    _type_of(TimeZone): ("time zone", "a name of the IANA database"),
    _type_of(Country): ("country", "two letters of ISO 3166"),
    _type_of(DiallingCountry): ("country", "two letters of ISO 3166"),
    _type_of(CountryOrPrefix): ("country", "two letters of ISO 3166, or the first digits of full numbers: `+881`"),
    _type_of(Weekdays): ("weekdays", "`mon` or `mon-fri`"),
    _type_of(Dates): ("dates", "`2026-12-24`, `2026-12-24/2027-01-01`, every year: `12-25`, `12-24/01-02`"),
    _type_of(Destination): (
        "destination",
        '`{extension: "101"}`, `{ringGroup: sales}`, `{receptionist: welcome}`, `{queue: help}`, `{conference: team}`, '
        '`{voicemail: "101"}`, `{external: "+442079460100"}`, `{hangUp: busy}` (or declined ...); '
        "not carried out yet: " + ", ".join(f"`{form}`" for form in FORMS if form not in CARRIED_OUT),
    ),
    _type_of(MenuAction): ("action", "a destination, `repeat` or `ignore`"),
    _type_of(NumberMask): ("mask", "`2345`, `*345`, `2*`, `*23*`, `1-2346`, `*`"),
    _type_of(NumberMasks): ("mask or list of masks", "`2345`, `*345`, `2*`, `*23*`, `1-2346`, `*`"),
    _type_of(Network): ("network", "`192.0.2.0/24`, or one address"),
    _type_of(CarrierNetwork): (
        "network",
        "`192.0.2.0/24`, or one address; a public one with at least the prefix /16 (IPv6: /29)",
    ),
    _type_of(NameServer): ("address", "IP address, perhaps with a port (53 without)"),
    _type_of(MacAddress): ("MAC address", "`00:15:65:aa:bb:cc`, also with `-` or nothing between"),
    _type_of(BoughtNumber): ("number", "`+1 (212) 555-0100`: + and 7 to 15 digits"),
    _type_of(PresetName): ("preset", "a name of [trunks.md](../trunks.md#presets)"),
    _type_of(ServerAddress): ("server", "host name or IP address, perhaps with `:port`"),
    _type_of(Announcement): (
        "announcement",
        (
            '`{file: prompts/hello.wav}` (below the manifests; PCM, 8 kHz, 16 bits, mono), `{say: "Welcome.", language: en}` '
            "(or zh), `{prompt: NAME}`"
        ),
    ),
    _type_of(Amount): ("amount", "from 0 to 999999999.999999, in the tenant's currency"),
    _type_of(Currency): ("currency", "three letters of ISO 4217"),
    Days: ("days", "`90d`; 0: for ever"),
    _type_of(HttpUrl): ("URL", "`http://` or `https://`; no user, no password, no fragment"),
    _type_of(EventTypes): ("words", "`extension_registered`, `extension_unregistered`, `extension_expired`"),
    TimeRangeText: ("hours", "`09:00-17:30`, a list of such, or `closed`"),
}

# Faults are shown among these, so that nothing else is wrong.
AROUND: Final = """\
apiVersion: trunkline/v1
kind: Listener
metadata: {name: phones}
spec: {transport: udp}
---
apiVersion: trunkline/v1
kind: Tenant
metadata: {name: acme}
spec: {domain: acme.example}
"""
STRICT: Final = {rule.id: rule.why for rule in STRICT_RULES}
ALONE: Final = frozenset({"plug-and-play-port", "listener-needed", "no-resources"})


# Kinds


@dataclass(frozen=True, slots=True)
class Row:
    """A field, as the table shows it."""

    path: str
    type: str
    default: str
    limits: str
    description: str


def fields_of(model: type[BaseModel], path: str = "") -> Iterator[Row]:
    """The fields of a model and of the mappings in it, in the models' order."""
    for name, field in model.model_fields.items():
        where = f"{path}.{field.alias or name}".removeprefix(".")
        part, listed = _model_in(field.annotation), _list_of(field.annotation)
        if listed is not None and _model_in(listed) is not None:
            yield Row(where, "list", _default(field), _lengths(field), _told(field))
            yield from fields_of(_model_in(listed) or model, f"{where}[]")
        elif part is not None:
            if _is_not_yet(field):
                yield Row(where, "mapping", "-", "", _told(field))
            yield from fields_of(part, where)
        else:
            kind, limits = _words(field)
            yield Row(where, kind, _default(field), limits, _told(field))


def _is_not_yet(field: FieldInfo) -> bool:
    return any(not mark.only and mark.where is None for mark in marks_of(field))


def _told(field: FieldInfo) -> str:
    """What it is for, and what of it is not carried out yet. Destinations say that where their forms stand."""
    words = [word for mark in marks_of(field) for word in mark.only]
    told = field.description or ""
    if _is_not_yet(field):
        return f"{told} *Not carried out yet.*"
    return f"{told} *Not carried out yet: {', '.join(f'`{word}`' for word in words)}.*" if words else told


def _model_in(annotation: object) -> type[BaseModel] | None:
    """The model of a mapping that must or may be there."""
    for part in (annotation, *get_args(annotation)):
        if isinstance(part, type) and issubclass(part, BaseModel):
            return part
    return None


def _list_of(annotation: object) -> object | None:
    """What a list, which must or may be there, is of."""
    found: list[object] = [
        get_args(part)[0] for part in (annotation, *get_args(annotation)) if get_origin(part) is tuple
    ]
    return found[0] if found else None


def _lengths(field: FieldInfo) -> str:
    """How many entries a list may have."""
    bounds = {type(meta).__name__: meta for meta in field.metadata}
    least, most = bounds.get("MinLen"), bounds.get("MaxLen")
    return f"{getattr(least, 'min_length', 0)} to {getattr(most, 'max_length', 'any number of')} entries"


def _words(field: FieldInfo) -> tuple[str, str]:
    listed = _list_of(field.annotation)
    if listed is not None and not any(isinstance(meta, FieldType) for meta in field.metadata):
        words = _literal_of(listed)
        of = ", ".join(f"`{word}`" for word in words) if words else _form(_field_type(listed))
        return "list", f"{_lengths(field)}: {of}"
    words = _literal_of(field.annotation)
    if words:
        return "word", ", ".join(f"`{word}`" for word in words)
    if get_origin(field.annotation) is dict:
        (key, value) = (_field_type(part) for part in get_args(field.annotation))
        return "mapping", f"{_form(key)}; {_form(value)}"
    if field.annotation is bool:
        return "true or false", ""
    found = next((meta for meta in field.metadata if isinstance(meta, FieldType)), None) or _field_type(
        field.annotation
    )
    match found:
        case Duration(least=least, most=most):
            return "duration", f"from {found.write(least)} to {found.write(most)}"
        case Whole(least, most):
            return "whole number", f"from {least} to {most}"
        case WholeOf(known):
            return "whole number", ", ".join(f"`{one}`" for one in known)
        case Text():
            return "text", found.form
    return WORDS[type(found)]


def _literal_of(annotation: object) -> tuple[object, ...]:
    """The words of a Literal, which must or may be there."""
    for part in (annotation, *get_args(annotation)):
        if get_origin(part) is Literal:
            return get_args(part)
    return ()


def _form(found: FieldType[object] | None) -> str:
    if isinstance(found, Text):
        return found.form
    if isinstance(found, Whole):
        return f"from {found.least} to {found.most}"
    return WORDS[type(found)][1]


def _field_type(annotation: object) -> FieldType[object] | None:
    """The field type within `Annotated[...] | None`."""
    for part in (*getattr(annotation, "__metadata__", ()), *get_args(annotation)):
        found = part if isinstance(part, FieldType) else _field_type(part)
        if found is not None:
            return found
    return None


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    default = field.get_default(call_default_factory=True, validated_data={})
    if default is None or isinstance(default, BaseModel) or default in ("", {}, ()):
        return "-"
    if isinstance(default, bool):
        return f"`{default}`".lower()
    found = next((meta for meta in field.metadata if isinstance(meta, FieldType)), None) or _field_type(
        field.annotation
    )
    if isinstance(default, tuple):
        return f"`[{', '.join(str(one) for one in default)}]`"
    return f"`{default if found is None else found.write(default)}`"


def example_of(kind: str) -> tuple[str, str]:
    """The first resource of a kind in its example: the file, and the text without the comments above it."""
    file = EXAMPLES[kind]
    for document in (ROOT / file).read_text(encoding="utf-8").split("\n---\n"):
        if f"\nkind: {kind}\n" in f"\n{document}\n":
            lines = document.strip().splitlines()
            begin = next(number for number, line in enumerate(lines) if not line.startswith("#"))
            return file, "\n".join(lines[begin:])
    raise LookupError(f"{file} has no {kind}; name another file in EXAMPLES")


def kind_page(kind: Kind) -> str:
    file, example = example_of(kind.name)
    rows = [
        f"| `{row.path}` | {row.type} | {row.default} | {_cell(row.limits)} | {_cell(row.description)} |"
        for row in fields_of(kind.model)
    ]
    schema = f"{kind.file_name}.json"
    is_called = any(row.path == "spec.number" for row in fields_of(kind.model))
    waits = [] if kind.is_carried_out else [f"{NOT_CARRIED_OUT}{REFUSED_CALLS if is_called else ''}.", ""]
    return "\n".join(
        [
            f"# {kind.name}",
            "",
            DRAWN,
            "",
            (kind.model.__doc__ or "").strip(),
            "",
            *waits,
            f"Belongs to {OWNERS[kind.scope]}. JSON Schema: [`schema/published/{schema}`](../../schema/published/{schema}).",
            "",
            "```yaml",
            example,
            "```",
            "",
            f"From [`{file}`](../../{file}).",
            "",
            "| field | type | default | limits | |",
            "|---|---|---|---|---|",
            *rows,
            "",
            "What is wrong with a value is told with file, line and column; the word in brackets at the end of a message is a rule of",
            "[docs/rules.md](../rules.md).",
            "",
        ]
    )


def index_page() -> str:
    rows = [
        f"| [`{name}`]({kind.file_name}.md) | {_cell((kind.model.__doc__ or '').strip())}"
        f"{'' if kind.is_carried_out else ' *Not carried out yet.*'} |"
        for name, kind in KINDS.items()
    ]
    return "\n".join(
        [
            "# Kinds of resources",
            "",
            DRAWN,
            "",
            "A manifest file is YAML 1.2 with one resource or several, separated by `---`. Each has `apiVersion: trunkline/v1`, a `kind`,",
            "`metadata` and `spec`. Which file a resource stands in makes no difference; a file of its own for each tenant is",
            "wise, since a file that can't be read holds back all who have resources in it. Unknown fields are errors.",
            "",
            "| kind | |",
            "|---|---|",
            *rows,
            "",
            "Durations are written with their units (`30s`, `5m`, `1h30m`). Text needs no quotes where YAML needs none; an unquoted number",
            "is taken as the text it is where text is wanted (`number: 0101` is 0101).",
            "",
            "Editors complete and check manifests by the published schema of all kinds: put",
            "`# yaml-language-server: $schema=PATH/schema/published/trunkline.json` into a file's first line.",
            "`trunkline schema` prints that schema.",
            "",
        ]
    )


# Rules


def why_of_rules() -> dict[str, str]:
    """The rules between resources, by id, with their reasons; one that is asked of tenants and of the system is one."""
    found = {rule.id: rule.why for rule in TENANT_RULES}
    found |= {rule.id: rule.why for rule in SYSTEM_RULES}
    found |= {rule.id: rule.why for rule in ACROSS_RULES}
    return found


@dataclass(frozen=True, slots=True)
class Fault:
    """A manifest that a rule refuses, and what the handbook says of that rule."""

    id: str
    why: str
    text: str

    def problems(self) -> list[Problem]:
        """What is said of it, and of nothing else."""
        around = {} if self.id in ALONE else {"around.yaml": AROUND}
        files = [*around.items(), ("pbx.yaml", self.text)]
        is_strict = self.id in STRICT
        if not is_strict and self.id not in OF_ROUTING and self.id not in OF_EXEMPTIONS:
            return list(load(files).report)
        tree = SourceTree(tuple(SourceFile(path, text.encode(), path) for path, text in files))
        weighed = weigh([parse_file(*file) for file in files], tree, Ground())
        return list(weighed.exemptions.settle(weighed.found, strict=is_strict).report)


def faults() -> dict[str, Fault]:
    """All faults, by id."""
    known, found = entries(), sorted(FAULTS.glob("*.yaml"))
    nameless = [path.stem for path in found if path.stem not in known]
    if nameless:
        raise LookupError(f"no rule is called {', '.join(nameless)}; say what it is for in schema/rules/reasons.py")
    return {path.stem: Fault(path.stem, known[path.stem].why, path.read_text(encoding="utf-8")) for path in found}


def rules_page() -> str:
    planted, between = faults(), why_of_rules()
    of_files = {**OF_FILES, **OF_THE_MACHINE}
    lines = [
        "# Rules",
        "",
        DRAWN,
        "",
        "Each message about manifests ends in the id of the rule that was broken: what is wrong with which value, then what to do.",
        "Below is what each rule says of a manifest that breaks it, and why it is there. What is held back for a problem:",
        "[following.md](following.md#what-holds-back-what).",
        "",
        "All of these are the `standard` set but for those that the [`strict` set](#in-the-strict-set) asks besides. Warnings can be",
        "switched off with a reason, by a tenant for what is its own, by the System for the rest:",
        "[checking.md](checking.md#sets-of-rules-and-rules-that-are-switched-off). Warnings:",
        "",
        f"{_linked(rule.id for rule in entries().values() if rule.severity is Severity.WARNING)}.",
        "",
        "[Between resources](#between-resources) · [In routing](#in-routing) · [In the strict set](#in-the-strict-set) ·",
        "[In what is switched off](#in-what-is-switched-off) · [In one manifest](#in-one-manifest) ·",
        "[In files and secrets](#in-files-and-secrets)",
        "",
        "## Between resources",
        "",
    ]
    lines += [line for rule in sorted(between) for line in _section(planted[rule])]
    lines += ["## In routing", "", "What shows when the engine's own routing is asked.", ""]
    lines += [line for rule in sorted(OF_ROUTING) for line in _section(planted[rule])]
    lines += [
        "## In the strict set",
        "",
        "Asked by `validate --strict`, and where `System.spec.rules.set` is `strict`.",
        "",
    ]
    lines += [line for rule in sorted(STRICT) for line in _section(planted[rule])]
    lines += ["## In what is switched off", ""]
    lines += [line for rule in sorted(OF_EXEMPTIONS) for line in _section(planted[rule])]
    lines += ["## In one manifest", ""]
    elsewhere = {*between, *OF_ROUTING, *STRICT, *OF_EXEMPTIONS}
    lines += [line for rule in planted if rule not in elsewhere for line in _section(planted[rule])]
    lines += ["## In files and secrets", "", "| id | what it says | how to mend it |", "|---|---|---|"]
    lines += [
        f'| <a id="{rule}"></a>`{rule}` | {_cell(words.says)} | {_cell(words.mend)} |'
        for rule, words in sorted(of_files.items())
    ]
    return "\n".join([*lines, ""])


def _linked(rules: Iterable[str]) -> str:
    return ", ".join(f"[`{rule}`](#{rule})" for rule in rules)


def _section(fault: Fault) -> list[str]:
    told = [str(problem) for problem in fault.problems()]
    shown = ["```yaml", *fault.text.rstrip().splitlines(), "```", ""] if fault.text.strip() else []
    return [f"### {fault.id}", "", fault.why, "", *shown, "```", *told, "```", ""]


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


# Causes

CAUSES_BEGIN: Final = "<!-- causes: drawn by ci/draw_kind_pages.py -->"
CAUSES_END: Final = "<!-- end of causes -->"
# Answers a request within a call: no record has it.
NOT_OF_CALLS: Final = frozenset({"REQUEST_PENDING"})


def causes() -> dict[str, Cause]:
    """The causes that we give a call or one of its phones, by their names in engine/cause.py."""
    found = {name: value for name, value in vars(cause).items() if isinstance(value, Cause)}
    return {name: value for name, value in found.items() if name not in NOT_OF_CALLS}


def causes_text() -> str:
    """What ends a call on our side, then what becomes of a phone's answer."""
    lines = ["| outcome | status | Q.850 | by | reason |", "|---|---|---|---|---|"]
    order = list(Outcome)
    lines += [
        f"| `{c.outcome.value}` | {c.sip_status} | {c.q850} | {c.party.value} | {c.reason} |"
        for c in sorted(causes().values(), key=lambda c: order.index(c.outcome))
    ]
    lines += ["", "| a phone answers | outcome | the caller gets |", "|---|---|---|"]
    families: dict[tuple[Outcome, str], list[int]] = {}
    for status in range(300, 700):
        told = cause.of_failed_leg(status)
        gets = "the same" if told.sip_status == status else str(told.sip_status)
        families.setdefault((told.outcome, gets), []).append(status)
    rows = sorted(families.items(), key=lambda item: (order.index(item[0][0]), item[0][1]))
    lines += [f"| {_ranges(statuses)} | `{outcome.value}` | {gets} |" for (outcome, gets), statuses in rows]
    return "\n".join(lines)


def _ranges(statuses: list[int]) -> str:
    """Single statuses by number; where most of a family comes to the same, "other 6xx"."""
    by_family: dict[int, list[int]] = {}
    for status in statuses:
        by_family.setdefault(status // 100, []).append(status)
    told = [
        f"other {family}xx"
        if 50 < len(found) < 100
        else f"{family}xx"
        if len(found) == 100
        else ", ".join(map(str, found))
        for family, found in by_family.items()
    ]
    return ", ".join(told)


def calls_page(text: str) -> str:
    """docs/calls.md with the causes as they are."""
    before, begin, rest = text.partition(CAUSES_BEGIN)
    _, end, after = rest.partition(CAUSES_END)
    if not begin or not end:
        raise LookupError(f"docs/calls.md lacks the lines {CAUSES_BEGIN} and {CAUSES_END}")
    return f"{before}{CAUSES_BEGIN}\n\n{causes_text()}\n\n{CAUSES_END}{after}"


# Pages


def pages() -> dict[Path, str]:
    """All pages, by place."""
    docs = ROOT / "docs"
    drawn = {docs / "kinds" / f"{kind.file_name}.md": kind_page(kind) for kind in KINDS.values()}
    calls = docs / "calls.md"
    return {
        **drawn,
        docs / "kinds" / "README.md": index_page(),
        docs / "rules.md": rules_page(),
        calls: calls_page(calls.read_text(encoding="utf-8")),
    }


def main(arguments: list[str]) -> int:
    if arguments not in ([], ["--check"]):
        print(f"draw_kind_pages.py takes --check or nothing, not {' '.join(arguments)}", file=sys.stderr)
        return 2
    drawn = pages()
    kinds = ROOT / "docs" / "kinds"
    gone = set(kinds.glob("*.md")) - drawn.keys()
    if not arguments:
        kinds.mkdir(exist_ok=True)
        for path, text in drawn.items():
            path.write_text(text, encoding="utf-8")
        for path in gone:
            path.unlink()
        return 0
    stale = {path for path, text in drawn.items() if not path.exists() or path.read_text(encoding="utf-8") != text}
    for path in sorted(stale | gone):
        print(f"{path.relative_to(ROOT)} is not what the models say; run ci/draw_kind_pages.py", file=sys.stderr)
    return 1 if stale | gone else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
