"""All kinds, one line each."""

import re
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from schema.kinds.administrator import Administrator
from schema.kinds.backup_schedule import BackupSchedule
from schema.kinds.call_features import CallFeatures
from schema.kinds.call_report import CallReport
from schema.kinds.conference import Conference
from schema.kinds.conference_server import ConferenceServer
from schema.kinds.extension import Extension
from schema.kinds.extension_group import ExtensionGroup
from schema.kinds.extension_profile import ExtensionProfile
from schema.kinds.inbound_rule import InboundRule
from schema.kinds.ip_rule import IpRule
from schema.kinds.listener import Listener
from schema.kinds.mail_server import MailServer
from schema.kinds.media_server import MediaServer
from schema.kinds.music_on_hold import MusicOnHold
from schema.kinds.office_hours import OfficeHours
from schema.kinds.outbound_rule import OutboundRule
from schema.kinds.phone import Phone
from schema.kinds.phone_template import PhoneTemplate
from schema.kinds.prompt import Prompt
from schema.kinds.provisioning_policy import ProvisioningPolicy
from schema.kinds.push_app import PushApp
from schema.kinds.queue import Queue
from schema.kinds.rate_table import RateTable
from schema.kinds.receptionist import Receptionist
from schema.kinds.recording_policy import RecordingPolicy
from schema.kinds.ring_group import RingGroup
from schema.kinds.sms_gateway import SmsGateway
from schema.kinds.system import System
from schema.kinds.tenant import Tenant
from schema.kinds.tenant_source import TenantSource
from schema.kinds.trunk import Trunk
from schema.kinds.voicemail import Voicemail
from schema.kinds.web_rtc import WebRtc
from schema.resource import Manifest


class Scope(Enum):
    """Whom the resources of a kind belong to."""

    SYSTEM = auto()
    """The system: no `metadata.tenant`."""
    TENANT = auto()
    """It is a tenant: no `metadata.tenant`, its name is the key that others carry there."""
    OWNED = auto()
    """A tenant, by `metadata.tenant`."""
    SHARED = auto()
    """A tenant, by `metadata.tenant`; the system where that is missing, for several tenants."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind's model and scope. `is_carried_out`: False where its resources are accepted and do nothing yet."""

    model: type[Manifest]
    scope: Scope
    is_carried_out: bool = True

    @property
    def name(self) -> str:
        """What `kind:` says."""
        return self.model.__name__

    @property
    def file_name(self) -> str:
        """The name of the files about it, without ending: office-hours."""
        return re.sub("(?<=[a-z])(?=[A-Z])", "-", self.name).lower()


KINDS: Final[dict[str, Kind]] = {
    kind.name: kind
    for kind in (
        Kind(System, Scope.SYSTEM),
        Kind(Listener, Scope.SYSTEM),
        Kind(IpRule, Scope.SYSTEM),
        Kind(MediaServer, Scope.SYSTEM, is_carried_out=False),
        Kind(ConferenceServer, Scope.SYSTEM, is_carried_out=False),
        Kind(BackupSchedule, Scope.SYSTEM, is_carried_out=False),
        Kind(PushApp, Scope.SYSTEM, is_carried_out=False),
        Kind(Administrator, Scope.SHARED, is_carried_out=False),
        Kind(Tenant, Scope.TENANT),
        Kind(TenantSource, Scope.SYSTEM),
        Kind(Extension, Scope.OWNED),
        Kind(ExtensionProfile, Scope.OWNED),
        Kind(ExtensionGroup, Scope.OWNED),
        Kind(OfficeHours, Scope.OWNED),
        Kind(Trunk, Scope.SHARED),
        Kind(InboundRule, Scope.OWNED),
        Kind(OutboundRule, Scope.OWNED),
        Kind(RingGroup, Scope.OWNED),
        Kind(Receptionist, Scope.OWNED, is_carried_out=False),
        Kind(Queue, Scope.OWNED, is_carried_out=False),
        Kind(Conference, Scope.OWNED, is_carried_out=False),
        Kind(Voicemail, Scope.OWNED, is_carried_out=False),
        Kind(RecordingPolicy, Scope.OWNED, is_carried_out=False),
        Kind(MusicOnHold, Scope.OWNED, is_carried_out=False),
        Kind(Prompt, Scope.OWNED, is_carried_out=False),
        Kind(CallFeatures, Scope.OWNED, is_carried_out=False),
        Kind(RateTable, Scope.SHARED),
        Kind(ProvisioningPolicy, Scope.SYSTEM, is_carried_out=False),
        Kind(WebRtc, Scope.SYSTEM, is_carried_out=False),
        Kind(PhoneTemplate, Scope.SHARED, is_carried_out=False),
        Kind(Phone, Scope.OWNED, is_carried_out=False),
        Kind(MailServer, Scope.SHARED, is_carried_out=False),
        Kind(SmsGateway, Scope.OWNED, is_carried_out=False),
        Kind(CallReport, Scope.OWNED, is_carried_out=False),
    )
}
