"""Where a tenant sends calls: of what the engine carries out by its own values, of the rest (receptionists, queues) as manifests say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from engine.config.destination import DestinationConfig
from engine.config.extension import ExtensionConfig
from engine.config.ref import ConfigRef
from reconciler.compile.destination import destination
from reconciler.compile.registry import config_ref
from reconciler.proof.proof import Subject
from schema.document import Path
from schema.mentions import destinations, mentions
from schema.registry import KINDS


@dataclass(frozen=True, slots=True)
class Sent:
    """`path`: where in the manifest it is said; `by`: the extension if it forwards its own calls."""

    ref: ConfigRef
    path: Path
    to: DestinationConfig
    by: ExtensionConfig | None = None


def sent(subject: Subject) -> Iterator[Sent]:
    """All that is enabled, wherever in a menu it stands."""
    tenant = subject.tenant
    for extension in tenant.extensions.values():
        if extension.enabled:
            for index, entry in enumerate(extension.forwarding):
                yield Sent(extension.ref, ("spec", "forwarding", index, "to"), entry.to, extension)
    yield from sent_by_rules(subject)


def sent_by_rules(subject: Subject) -> Iterator[Sent]:
    """What no extension's own limits and permissions are asked for."""
    tenant = subject.tenant
    for group in tenant.ring_groups.values():
        if group.enabled and group.no_answer is not None:
            yield Sent(group.ref, ("spec", "noAnswer"), group.no_answer)
    for rule in tenant.inbound_rules.values():
        if rule.enabled:
            yield Sent(rule.ref, ("spec", "inHours"), rule.in_hours)
            if rule.out_of_hours is not None:
                yield Sent(rule.ref, ("spec", "outOfHours"), rule.out_of_hours)
    waiting = [one for one in subject.resources if not KINDS[one.ref.kind].is_carried_out]
    for resource, path, to in destinations(mentions(waiting)):
        if getattr(resource.spec, "enabled", True):
            yield Sent(config_ref(resource), path, destination(to))
