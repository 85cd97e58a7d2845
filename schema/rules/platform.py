"""Rules on the system beside its sockets: media and conference servers, backups, what phones have to prove."""

from collections.abc import Iterator

from schema.kinds.backup_schedule import BackupScheduleSpec
from schema.kinds.conference_server import ConferenceServerSpec
from schema.kinds.listener import ListenerSpec
from schema.kinds.media_server import MediaServerSpec
from schema.kinds.push_app import PushAppSpec
from schema.kinds.system import SystemSpec
from schema.kinds.web_rtc import WebRtcSpec
from schema.resource import Resource, specs_of
from schema.rules.rule import Finding, SystemSubject


def web_rtc_listener(subject: SystemSubject) -> Iterator[Finding]:
    """Browsers speak SIP over WebSocket only: without a Listener for it no browser ever calls."""
    listeners = specs_of(subject.resources, ListenerSpec)
    if not subject.is_complete or any(one.spec.transport in ("ws", "wss") for one in listeners):
        return
    for web_rtc in specs_of(subject.resources, WebRtcSpec):
        if web_rtc.spec.enabled:
            yield Finding(
                web_rtc.mark("spec"),
                f"{web_rtc.ref} is for calls in browsers, and no Listener has the transport ws or wss",
                "define one: kind: Listener, spec: {transport: wss, tls: ...}; or write enabled: false",
            )


def media_servers_off(subject: SystemSubject) -> Iterator[Finding]:
    """With all media servers off, audio goes straight from phone to phone: nothing records it, and prompts and music have no way in."""
    for system in _without_media(subject):
        if system.spec.network.profile == "lan":
            yield Finding(
                system.mark("spec", "media", "builtIn"),
                f"{system.ref} has no built-in media server, and no enabled MediaServer is defined: audio goes from phone to phone",
                "remove builtIn: false, or define a MediaServer",
            )


def direct_media_public(subject: SystemSubject) -> Iterator[Finding]:
    """Phones in different networks don't reach each other, so that calls without a media server have no audio and no video."""
    for system in _without_media(subject):
        if system.spec.network.profile == "public":
            yield Finding(
                system.mark("spec", "media", "builtIn"),
                f"{system.ref} is public and has no media server: phones behind NAT would have neither audio nor video",
                "remove builtIn: false, or define a MediaServer",
            )


def _without_media(subject: SystemSubject) -> Iterator[Resource[SystemSpec]]:
    servers = specs_of(subject.resources, MediaServerSpec)
    if subject.is_complete and not any(server.spec.enabled for server in servers):
        yield from (one for one in specs_of(subject.resources, SystemSpec) if not one.spec.media.built_in)


def conference_servers_off(subject: SystemSubject) -> Iterator[Finding]:
    """With all conference servers off, who calls a conference is refused."""
    servers = specs_of(subject.resources, ConferenceServerSpec)
    if not subject.is_complete or any(server.spec.enabled for server in servers):
        return
    for system in specs_of(subject.resources, SystemSpec):
        if not system.spec.conferences.built_in:
            yield Finding(
                system.mark("spec", "conferences", "builtIn"),
                f"{system.ref} has no built-in conference server, and no enabled ConferenceServer is defined: conferences are refused",
                "remove builtIn: false, or define a ConferenceServer",
            )


def backup_nowhere(subject: SystemSubject) -> Iterator[Finding]:
    """A backup on the disk that it was made of is lost with it; and schedules that are all off save nothing."""
    schedules = specs_of(subject.resources, BackupScheduleSpec)
    for schedule in schedules:
        if schedule.spec.enabled and not schedule.spec.to.startswith("/"):
            yield Finding(
                schedule.mark("spec", "to"),
                f'{schedule.ref} writes to "{schedule.spec.to}", which is in the data folder that it saves',
                "write the absolute path of a folder on another disk, or of a mounted share",
            )
    if subject.is_complete and schedules and not any(schedule.spec.enabled for schedule in schedules):
        yield Finding(
            schedules[0].mark("spec", "enabled"),
            f"{schedules[0].ref} is off, as are all others: nothing is saved",
            "enable one, or remove them if backups are made by other means",
        )


def digest_off(subject: SystemSubject) -> Iterator[Finding]:
    """Who needs no password calls at somebody else's expense: within hours, where the PBX can be reached from the internet."""
    for system in specs_of(subject.resources, SystemSpec):
        if not system.spec.sip.authentication.digest:
            yield Finding(
                system.mark("spec", "sip", "authentication", "digest"),
                f"{system.ref} asks nobody for a password: whoever reaches it calls as whom he likes",
                "remove digest: false",
            )


def unknown_extensions(subject: SystemSubject) -> Iterator[Finding]:
    """Extensions that nobody wrote down have no password of their own: anybody may be one."""
    for system in specs_of(subject.resources, SystemSpec):
        if system.spec.sip.authentication.create_unknown:
            yield Finding(
                system.mark("spec", "sip", "authentication", "createUnknown"),
                f"{system.ref} lets everybody register as an extension that no manifest has",
                "remove createUnknown: true once phones are set up, and write their extensions",
            )


def push_app_twice(subject: SystemSubject) -> Iterator[Finding]:
    """Of two sets of credentials for one app nobody knows which one is used."""
    first: dict[str, Resource[PushAppSpec]] = {}
    for app in specs_of(subject.resources, PushAppSpec):
        before = first.setdefault(app.spec.app_id, app)
        if before is not app and before.ref != app.ref:
            where = before.mark("spec", "appId")
            yield Finding(
                app.mark("spec", "appId"),
                f'{app.ref} is for the app "{app.spec.app_id}", as is {before.ref} at {where}',
                "remove one of them, or correct its appId",
            )
