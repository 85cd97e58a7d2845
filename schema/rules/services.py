"""Rules on ring groups, queues and receptionists that contradict themselves: what of them never comes about."""

from collections.abc import Iterator

from schema.kinds.call_features import CallFeaturesSpec
from schema.kinds.conference import ConferenceSpec
from schema.kinds.extension import ExtensionSpec
from schema.kinds.extension_group import ExtensionGroupSpec
from schema.kinds.inbound_rule import InboundRuleSpec
from schema.kinds.office_hours import OfficeHoursSpec
from schema.kinds.queue import QueueSpec
from schema.kinds.receptionist import ReceptionistLine, ReceptionistSpec
from schema.kinds.ring_group import RingGroupSpec
from schema.problem import shown
from schema.resource import Resource, specs_of
from schema.rules.rule import Finding, TenantSubject


def member_twice(subject: TenantSubject) -> Iterator[Finding]:
    """A member that is named twice is rung once; most often another one was meant."""
    groups: list[Resource[RingGroupSpec] | Resource[QueueSpec]] = [*specs_of(subject.resources, RingGroupSpec)]
    groups += specs_of(subject.resources, QueueSpec)
    for resource in groups:
        members = resource.spec.members
        for index, number in enumerate(members):
            if number in members[:index]:
                yield Finding(
                    resource.mark("spec", "members", index),
                    f"{resource.ref} names the member {shown(number)} twice; the first is at "
                    f"{resource.mark('spec', 'members', members.index(number))}",
                    "remove one, or correct it",
                )
    for room in specs_of(subject.resources, ConferenceSpec):
        invited = room.spec.invite
        for index, to in enumerate(invited):
            if to in invited[:index]:
                yield Finding(
                    room.mark("spec", "invite", index),
                    f"{room.ref} invites {to} twice; the first is at {room.mark('spec', 'invite', invited.index(to))}",
                    "remove one, or correct it",
                )


def queue_times(subject: TenantSubject) -> Iterator[Finding]:
    """Callers overflow when `maxWait` is over: an agent who would ring for longer is cut short, and a longer promise is never broken."""
    for queue in specs_of(subject.resources, QueueSpec):
        spec = queue.spec
        wait = f"maxWait is {spec.max_wait.total_seconds():.0f} s"
        if spec.member_ring_time >= spec.max_wait:
            yield Finding(
                queue.mark("spec", "memberRingTime"),
                f"{queue.ref} rings an agent for {spec.member_ring_time.total_seconds():.0f} s, and {wait}: no second one is ever rung",
                "raise maxWait, or lower memberRingTime",
            )
        if spec.sla is not None and spec.sla.answer_within >= spec.max_wait:
            yield Finding(
                queue.mark("spec", "sla", "answerWithin"),
                f"{queue.ref} promises an answer within {spec.sla.answer_within.total_seconds():.0f} s, and {wait}: nobody is ever told",
                "raise maxWait, or lower sla.answerWithin",
            )
        said = spec.announcements
        for field, every, is_said, what in (
            ("messageEvery", said.message_every, said.message is not None, "says its message"),
            ("positionEvery", said.position_every, said.position, "tells callers their position"),
        ):
            if is_said and every >= spec.max_wait:
                yield Finding(
                    queue.mark("spec", "announcements", field),
                    f"{queue.ref} {what} every {every.total_seconds():.0f} s, and {wait}: it is never said again",
                    f"raise maxWait, or lower announcements.{field}",
                )


def receptionist_line_hidden(subject: TenantSubject) -> Iterator[Finding]:
    """The first entry of `lines` that fits a call counts, so one behind an entry that fits whenever it does never counts."""
    for receptionist in specs_of(subject.resources, ReceptionistSpec):
        lines = receptionist.spec.lines
        for index, line in enumerate(lines):
            hiding = next((at for at, other in enumerate(lines[:index]) if _hides(other, line)), None)
            if hiding is not None:
                yield Finding(
                    receptionist.mark("spec", "lines", index),
                    f"{receptionist.ref} never comes to lines[{index}]: the entry at "
                    f"{receptionist.mark('spec', 'lines', hiding)} fits first",
                    "move it up, or remove it",
                )
            elif not line.trunks and (line.did is None or "*" in line.did):
                yield Finding(
                    receptionist.mark("spec", "lines", index),
                    f"{receptionist.ref} has an entry that fits every call, so its own menus never count",
                    "name trunks or did in it, or write its menus in place of inHours and outOfHours",
                )


def _hides(other: ReceptionistLine, line: ReceptionistLine) -> bool:
    """Whether `other` fits whenever `line` does."""
    all_trunks = not other.trunks or (bool(line.trunks) and set(line.trunks) <= set(other.trunks))
    all_numbers = other.did is None or "*" in other.did or (line.did is not None and set(line.did) <= set(other.did))
    return all_trunks and all_numbers


def paging_disabled(subject: TenantSubject) -> Iterator[Finding]:
    """Where nobody may make phones answer by themselves, a group that is paged reaches nobody."""
    off = next((one for one in specs_of(subject.resources, CallFeaturesSpec) if not one.spec.intercom.enabled), None)
    for group in specs_of(subject.resources, RingGroupSpec) if off is not None else ():
        if group.spec.type == "paging" and group.spec.enabled and off is not None:
            yield Finding(
                group.mark("spec", "type"),
                f"{group.ref} is paged, and {off.ref} has intercom.enabled: false, at {off.mark('spec', 'intercom', 'enabled')}",
                "enable it there, or write type: ring",
            )


def paging_nobody(subject: TenantSubject) -> Iterator[Finding]:
    """Paging needs a permission, which nobody has who was not given it: a group that is paged by nobody is never heard."""
    people = [one.spec for one in specs_of(subject.resources, ExtensionSpec) if one.spec.enabled]
    granting = {group.ref.name for group in specs_of(subject.resources, ExtensionGroupSpec) if group.spec.may_page}
    if not subject.is_complete or any(one.may_page or granting.intersection(one.groups) for one in people):
        return
    for group in specs_of(subject.resources, RingGroupSpec):
        if group.spec.type == "paging" and group.spec.enabled:
            yield Finding(
                group.mark("spec", "type"),
                f"{group.ref} is paged, and nobody of Tenant {subject.tenant} may page",
                "write mayPage: true in those Extensions that shall, or in an ExtensionGroup of theirs; or type: ring",
            )


def hours_unused(subject: TenantSubject) -> Iterator[Finding]:
    """Hours decide between what is in and what is out of hours; without something for the time out of hours they decide nothing."""
    known = {hours.ref.name for hours in specs_of(subject.resources, OfficeHoursSpec)}
    for rule in specs_of(subject.resources, InboundRuleSpec):
        if rule.spec.hours in known and rule.spec.out_of_hours is None:
            yield _unused(rule)
    for one in specs_of(subject.resources, ReceptionistSpec):
        menus = (one.spec.out_of_hours, *(line.out_of_hours for line in one.spec.lines))
        if one.spec.hours in known and not any(menus):
            yield _unused(one)


def _unused(resource: Resource[InboundRuleSpec] | Resource[ReceptionistSpec]) -> Finding:
    return Finding(
        resource.mark("spec", "hours"),
        f"{resource.ref} has the hours {shown(resource.spec.hours)} and nothing for the time out of them: nights go as days do",
        "write outOfHours, or remove hours",
    )
