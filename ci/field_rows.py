"""The fields of a kind as the rows of its page: path, type, default, limits and what it is for, read from the model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

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
from schema.git_address import GitAddress
from schema.http_url import HttpUrl
from schema.instant import Instant
from schema.kinds.backup_schedule import Saved, Weekday
from schema.kinds.listener import Transport
from schema.kinds.sms_gateway import BoughtNumber
from schema.mac_address import MacAddress
from schema.menu_action import MenuAction
from schema.money import Amount, Currency
from schema.network import CarrierNetwork, Network
from schema.not_yet import marks_of
from schema.number_mask import NumberMask, NumberMasks
from schema.preset_name import PresetName
from schema.secret_source import SecretSource
from schema.server_address import NameServer, ServerAddress
from schema.text import Text
from schema.time_of_day import TimeOfDay
from schema.time_zone import TimeZone
from schema.webhook import EventTypes
from schema.weekdays import Weekdays
from schema.whole import Whole, WholeOf


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
    _type_of(GitAddress): (
        "address",
        "`git+https://HOST/REPO`, `git+ssh://USER@HOST/REPO`, `git+file:///REPO`; no password",
    ),
    _type_of(HttpUrl): ("URL", "`http://` or `https://`; no user, no password, no fragment"),
    _type_of(EventTypes): ("words", "`extension_registered`, `extension_unregistered`, `extension_expired`"),
    TimeRangeText: ("hours", "`09:00-17:30`, a list of such, or `closed`"),
}


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
