"""The tables that there are, one each."""

from __future__ import annotations

from typing import Final

from schema.tables.table import Column, Form, Table

EXTENSIONS: Final = Table(
    "extensions",
    "Extension",
    (
        Column("number", ("metadata", "name"), Form.TEXT, "what others dial", is_required=True),
        Column("displayName", ("spec", "displayName"), Form.TEXT, "the name that others see"),
        Column("password", (), Form.SECRET, "the SIP password; it goes into a file of the data folder"),
        Column("passwordFile", ("spec", "password"), Form.SECRET_FILE, "where the SIP password is, instead"),
        Column("passwordEnv", ("spec", "password"), Form.SECRET_ENV, "in which variable it is, instead"),
        Column("authUser", ("spec", "authUser"), Form.TEXT, "the user name of digest authentication"),
        Column("did", (), Form.DID, "numbers outside that go to it"),
        Column("outboundCallerId", ("spec", "outboundCallerId"), Form.TEXT, "the number that people outside see"),
        Column("mayCallOutside", ("spec", "mayCallOutside"), Form.YES_NO, "whether it may call outside"),
        Column("groups", ("spec", "groups"), Form.LIST, "the groups that it is in"),
        Column("ringTime", ("spec", "ringTime"), Form.TEXT, "how long its phones ring, as 30s"),
        Column("maxContacts", ("spec", "maxContacts"), Form.WHOLE, "how many phones may be registered"),
        Column("officeHours", ("spec", "officeHours"), Form.TEXT, "the name of its OfficeHours"),
        Column("enabled", ("spec", "enabled"), Form.YES_NO, "no makes it unusable"),
        Column("firstName", ("spec", "person", "firstName"), Form.TEXT, "the first name of whoever has it"),
        Column("lastName", ("spec", "person", "lastName"), Form.TEXT, "the last name"),
        Column("gender", ("spec", "person", "gender"), Form.TEXT, "female, male or other"),
        Column("mail", ("spec", "person", "mail"), Form.TEXT, "where mail for this person goes"),
        Column("profile", ("spec", "profile"), Form.TEXT, "the name of its ExtensionProfile"),
    ),
    "number",
    ("spec", "password"),
)

INBOUND_RULES: Final = Table(
    "inbound-rules",
    "InboundRule",
    (
        Column("name", ("metadata", "name"), Form.TEXT, "the rule's name", is_required=True),
        Column("did", ("spec", "match", "did"), Form.LIST, "masks of the number that is called"),
        Column("cid", ("spec", "match", "cid"), Form.LIST, "masks of the number that calls"),
        Column("asDialled", ("spec", "match", "asDialled"), Form.YES_NO, "whether masks are of numbers as they came"),
        Column("trunks", ("spec", "trunks"), Form.LIST, "the trunks that it is for"),
        Column("inHours", ("spec", "inHours"), Form.DESTINATION, "where the call goes", is_required=True),
        Column("hours", ("spec", "hours"), Form.TEXT, "the name of the OfficeHours"),
        Column("outOfHours", ("spec", "outOfHours"), Form.DESTINATION, "where it goes out of hours"),
        Column("enabled", ("spec", "enabled"), Form.YES_NO, "no: as if it were not there"),
    ),
    "name",
)

TRUNKS: Final = Table(
    "trunks",
    "Trunk",
    (
        Column("name", ("metadata", "name"), Form.TEXT, "the trunk's name", is_required=True),
        Column("preset", ("spec", "preset"), Form.TEXT, "the carrier, where its settings are known here"),
        Column("host", ("spec", "host"), Form.TEXT, "the carrier's server, perhaps with a port"),
        Column("backupHosts", ("spec", "backupHosts"), Form.LIST, "servers if the first can't be reached"),
        Column("outboundProxy", ("spec", "outboundProxy"), Form.TEXT, "where everything is sent instead"),
        Column("transport", ("spec", "transport"), Form.TEXT, "udp or tcp"),
        Column("domain", ("spec", "domain"), Form.TEXT, "the domain of the addresses that we write"),
        Column("registrationUser", ("spec", "registration", "user"), Form.TEXT, "the user that registers, if any"),
        Column("refresh", ("spec", "registration", "expires"), Form.TEXT, "for how long it registers, as 10m"),
        Column("user", ("spec", "credentials", "user"), Form.TEXT, "the user name of digest authentication"),
        Column("password", (), Form.SECRET, "its password; it goes into a file of the data folder"),
        Column("passwordFile", ("spec", "credentials", "password"), Form.SECRET_FILE, "where it is, instead"),
        Column("passwordEnv", ("spec", "credentials", "password"), Form.SECRET_ENV, "in which variable it is, instead"),
        Column("addresses", ("spec", "addresses"), Form.LIST, "networks that its calls may come from"),
        Column("sameNetwork", ("spec", "sameNetwork"), Form.YES_NO, "a gateway or PBX in our own network"),
        Column("tenants", ("spec", "tenants"), Form.LIST, "who may use a shared trunk"),
        Column("maxChannels", ("spec", "maxChannels"), Form.WHOLE, "how many calls it carries, 0 = any"),
        Column("numberFormat", ("spec", "numberFormat"), Form.TEXT, "e164, plain, international, national or dialled"),
        Column("callerIdPolicy", ("spec", "callerId", "policy"), Form.TEXT, "extension, trunk or anonymous"),
        Column("callerIdNumber", ("spec", "callerId", "number"), Form.TEXT, "the trunk's own number"),
        Column("enabled", ("spec", "enabled"), Form.YES_NO, "no: nothing goes over it"),
    ),
    "name",
    ("spec", "credentials", "password"),
)

TABLES: Final[dict[str, Table]] = {table.name: table for table in (EXTENSIONS, INBOUND_RULES, TRUNKS)}
