"""pjsip.conf: which endpoints are phones, which are carriers, and what belongs to each.

An endpoint whose calls must prove who they are (`auth`) is a phone; one that proves itself to somebody (`outbound_auth`), is known by an
address (`identify`) or has a fixed contact is a carrier. Wizards (pjsip_wizard.conf) are read as the sections that they stand for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from schema.foreign.asterisk.accounts import YES, Found, Uri, address_of, named, read_caller, read_uri
from schema.foreign.asterisk.config_file import Entry, Section
from schema.foreign.pbx import Carrier, Leftovers, ListenerDraft, Phone
from schema.problem import shown

_CARRIED: Final = frozenset(
    {"endpoint", "auth", "aor", "registration", "identify", "transport", "global", "system", "wizard", "contact"}
)
# What a phone's endpoint may say that means something here and is not carried over; most other options are about media and NAT.
_TOLD: Final[Mapping[str, str]] = {
    "call_group": "CallFeatures say who may pick up what",
    "pickup_group": "CallFeatures say who may pick up what",
    "named_call_group": "CallFeatures say who may pick up what",
    "named_pickup_group": "CallFeatures say who may pick up what",
    "media_encryption": "audio is not encrypted yet",
    "webrtc": "browsers are not served yet",
    "acl": "write System.spec.security",
}


def read_pjsip(sections: Sequence[Section], leftovers: Leftovers) -> Found:
    """All accounts of pjsip.conf."""
    return _Reading([*sections, *_of_wizards(sections)], leftovers).found()


class _Reading:
    def __init__(self, sections: Sequence[Section], leftovers: Leftovers) -> None:
        self._sections = sections
        self._leftovers = leftovers
        self._auths = named(sections, "auth")
        self._aors = named(sections, "aor")
        self._transports = named(sections, "transport")
        self._registrations = list(named(sections, "registration").values())
        self._identifies = list(named(sections, "identify").values())
        self._taken: set[str] = set()

    def found(self) -> Found:
        found = Found()
        for section in self._sections:
            kind = section.value("type").lower()
            if section.is_template:
                continue
            found.has_any = True
            if kind not in _CARRIED:
                what = f"[{section.name}] of type {shown(kind)}" if kind else f"[{section.name}] has no type"
                self._leftovers.add(section.mark, what, "it is left out")
        for section in self._transports.values():
            self._transport(section, found)
        for name, section in named(self._sections, "endpoint").items():
            registration = self._registration_of(section)
            if self._is_carrier(section, registration):
                found.carriers[name] = self._carrier(section, registration)
            else:
                found.phones[name] = self._phone(section)
        for registration in self._registrations:
            if registration.name not in self._taken:
                self._lonely(registration, found)
        return found

    def _transport(self, section: Section, found: Found) -> None:
        protocol = section.value("protocol", "udp").lower()
        _, _, port = section.value("bind").rpartition(":")
        default = {"tls": 5061, "wss": 8089, "ws": 8088}.get(protocol, 5060)
        number = int(port) if port.isdecimal() and len(port) < 6 else default
        found.listeners.append(ListenerDraft(name=section.name, mark=section.mark, transport=protocol, port=number))
        for entry in section.all("external_signaling_address", "external_media_address"):
            what = f"{entry.key} of transport [{section.name}] is {shown(entry.value)}"
            self._leftovers.add(entry.mark, what, "write advertisedAddress of the Listener and of System.spec.media")

    # Phone or carrier

    def _identifies_of(self, section: Section) -> list[Section]:
        return [one for one in self._identifies if one.value("endpoint", one.name) == section.name]

    def _contacts(self, section: Section) -> list[Uri]:
        texts = [
            entry.value
            for name in _names(section.value("aors"))
            if name in self._aors
            for entry in self._aors[name].all("contact")
        ]
        return [uri for uri in map(read_uri, texts) if uri is not None]

    def _is_carrier(self, section: Section, registration: Section | None) -> bool:
        if section.last("outbound_auth") is not None or registration is not None:
            return True
        if section.value("auth"):
            return False
        return bool(self._identifies_of(section) or self._contacts(section))

    def _registration_of(self, section: Section) -> Section | None:
        hosts = {uri.host for uri in self._contacts(section)}
        auth = section.value("outbound_auth")
        for one in self._registrations:
            server = read_uri(one.value("server_uri"))
            is_same = one.value("endpoint", "") == section.name or one.name == section.name
            if (
                is_same
                or (auth and one.value("outbound_auth") == auth)
                or (server is not None and server.host in hosts)
            ):
                return one
        return None

    def _phone(self, section: Section) -> Phone:
        name = section.name
        auth = next((self._auths[one] for one in _names(section.value("auth")) if one in self._auths), None)
        aor = next((self._aors[one] for one in _names(section.value("aors")) if one in self._aors), None)
        password = None if auth is None else auth.value("password") or None
        if auth is None:
            self._leftovers.add(
                section.mark, f"endpoint [{name}] has no auth, so it needs no password there", "here it needs one"
            )
        elif password is None and auth.value("auth_type").lower() == "md5":
            self._leftovers.add(
                auth.mark, f"[{auth.name}] has md5_cred only, a hash of its password", "give it a new password"
            )
        if aor is not None and aor.all("contact"):
            self._leftovers.add(aor.mark, f"aor [{aor.name}] has a fixed contact", "let the phone register")
        for entry in section.entries:
            if entry.key in _TOLD and not entry.value.lower().startswith("no"):
                self._leftovers.add(entry.mark, f"{entry.key} of endpoints", _TOLD[entry.key])  # of a template: once
        caller_name, caller_number = read_caller(section.value("callerid"))
        most = "" if aor is None else aor.value("max_contacts")
        box = section.value("mailboxes") or ("" if aor is None else aor.value("mailboxes"))
        return Phone(
            name=name,
            mark=section.mark,
            auth_user=name if auth is None else auth.value("username", auth.name),
            password=password,
            display_name=caller_name,
            caller_number=caller_number,
            max_contacts=int(most) if most.isdecimal() and len(most) < 6 else None,
            context=section.value("context", "default"),
            box=box.split(",")[0].partition("@")[0].strip(),
        )

    def _carrier(self, section: Section, registration: Section | None) -> Carrier:
        if registration is not None:
            self._taken.add(registration.name)
        auth_name = section.value("outbound_auth") or (
            "" if registration is None else registration.value("outbound_auth")
        )
        auth = next((self._auths[one] for one in _names(auth_name) if one in self._auths), None)
        contacts = self._contacts(section)
        server = None if registration is None else read_uri(registration.value("server_uri"))
        client = None if registration is None else read_uri(registration.value("client_uri"))
        matches = [entry.value for one in self._identifies_of(section) for entry in one.all("match")]
        matches = [part.strip() for text in matches for part in text.split(",") if part.strip()]
        networks = [address for address in map(address_of, matches) if address is not None]
        names = [match for match in matches if address_of(match) is None]
        hosts = list(dict.fromkeys([*(uri.server for uri in contacts), *([server.server] if server else []), *names]))
        hosts = hosts or [network.partition("/")[0] for network in networks] or [section.name]
        proxy = read_uri(section.value("outbound_proxy")) if section.last("outbound_proxy") else None
        aor = next((self._aors[one] for one in _names(section.value("aors")) if one in self._aors), None)
        asked = "" if aor is None else aor.value("qualify_frequency")
        seconds = "" if registration is None else registration.value("expiration", "3600")
        password = None if auth is None else auth.value("password") or None
        if section.value("auth"):
            self._leftovers.add(
                section.mark, f"carrier [{section.name}] has to prove who it is (auth)", "it is known by its address"
            )
        return Carrier(
            name=section.name,
            mark=section.mark,
            host=hosts[0],
            backup_hosts=tuple(hosts[1:9]),
            proxy=proxy.server if proxy else "",
            transport=self._transport_of(section, [*contacts, *([server] if server else [])]),
            domain=section.value("from_domain"),
            register_user="" if client is None else client.user,
            seconds=int(seconds) if seconds.isdecimal() and len(seconds) < 7 else None,
            auth_user="" if auth is None else auth.value("username", auth.name),
            password=password,
            addresses=tuple(dict.fromkeys(networks)),
            context=section.value("context", "default"),
            contact_user="" if registration is None else registration.value("contact_user"),
            options_seconds=int(asked) if asked.isdecimal() and len(asked) < 5 else None,
            number=read_caller(section.value("callerid"))[1],
        )

    def _transport_of(self, section: Section, uris: Sequence[Uri]) -> str:
        named_one = self._transports.get(section.value("transport"))
        protocol = next((uri.transport for uri in uris if uri.transport), "")
        return protocol or ("udp" if named_one is None else named_one.value("protocol", "udp").lower())

    def _lonely(self, registration: Section, found: Found) -> None:
        server, client = read_uri(registration.value("server_uri")), read_uri(registration.value("client_uri"))
        if server is None or client is None or not client.user:
            self._leftovers.add(registration.mark, f"registration [{registration.name}] can't be read", "write a Trunk")
            return
        auth = self._auths.get(registration.value("outbound_auth"))
        seconds = registration.value("expiration", "3600")
        found.carriers[registration.name] = Carrier(
            name=registration.name,
            mark=registration.mark,
            host=server.server,
            transport=server.transport or "udp",
            register_user=client.user,
            seconds=int(seconds) if seconds.isdecimal() and len(seconds) < 7 else None,
            auth_user="" if auth is None else auth.value("username", auth.name),
            password=None if auth is None else auth.value("password") or None,
            contact_user=registration.value("contact_user"),
        )


def _names(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _of_wizards(sections: Sequence[Section]) -> list[Section]:
    """The endpoint, auth, aor, registration and identify that each wizard makes (res_pjsip_config_wizard)."""
    made: list[Section] = []
    for wizard in sections:
        if wizard.is_template or wizard.value("type").lower() != "wizard":
            continue
        name = wizard.name
        hosts = _names(wizard.value("remote_hosts"))
        out, inside = (wizard.value(key).lower() in YES for key in ("sends_auth", "accepts_auth"))
        endpoint = {"type": "endpoint", "aors": name} | ({"auth": f"{name}-iauth"} if inside else {})
        endpoint |= {"outbound_auth": f"{name}-oauth"} if out else {}
        made.append(_made(wizard, name, endpoint, "endpoint/"))
        aor = _made(wizard, name, {"type": "aor"}, "aor/")
        aor.entries += [Entry("contact", f"sip:{host}", wizard.mark, "contact") for host in hosts]
        made.append(aor)
        if inside:
            made.append(_made(wizard, f"{name}-iauth", {"type": "auth"}, "inbound_auth/"))
        if out:
            made.append(_made(wizard, f"{name}-oauth", {"type": "auth"}, "outbound_auth/"))
        if hosts and wizard.value("sends_registrations").lower() in YES:
            user = wizard.value("outbound_auth/username") or name
            uris = {"server_uri": f"sip:{hosts[0]}", "client_uri": f"sip:{user}@{hosts[0]}"}
            made.append(
                _made(wizard, name, {"type": "registration", "outbound_auth": f"{name}-oauth", **uris}, "registration/")
            )
        if hosts and not inside:
            identify = _made(wizard, name, {"type": "identify", "endpoint": name}, "identify/")
            identify.entries += [Entry("match", host, wizard.mark, "match") for host in hosts]
            made.append(identify)
    return made


def _made(wizard: Section, name: str, values: Mapping[str, str], prefix: str) -> Section:
    entries = [Entry(key, value, wizard.mark, key) for key, value in values.items()]
    entries += [
        Entry(entry.key.removeprefix(prefix), entry.value, entry.mark, entry.written)
        for entry in wizard.entries
        if entry.key.startswith(prefix)
    ]
    return Section(name, wizard.mark, False, entries)
