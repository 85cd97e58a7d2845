"""A `ForeignPbx` into manifests that are valid: what would not be is taken out again, and said."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from schema.foreign.drafts import Draft, Drafts
from schema.foreign.going import Going
from schema.foreign.hours import Hours
from schema.foreign.names import secret_file
from schema.foreign.pbx import Carrier, ForeignPbx, Leftovers, ListenerDraft
from schema.foreign.people import People
from schema.foreign.ways_in import WaysIn
from schema.foreign.ways_out import REFUSED, WaysOut
from schema.foreign.work import Settings, Work, told
from schema.kinds.listener import CARRIED_OUT
from schema.manifest_set import load
from schema.mark import Mark
from schema.problem import Problem, shown
from schema.registry import KINDS

MOST_ROUNDS: Final = 200
_AUTH_USER: Final = re.compile("[A-Za-z0-9*#+._@-]{1,64}")
_FULL: Final = re.compile(r"\+[1-9][0-9]{6,14}")


@dataclass(frozen=True, slots=True)
class Carried:
    """`problems`: what keeps the whole from being valid; then nothing is to be written."""

    drafts: Drafts
    problems: tuple[Problem, ...]


def carry(pbx: ForeignPbx, settings: Settings, leftovers: Leftovers) -> Carried:
    """The manifests."""
    work = Work(pbx, settings, leftovers)
    work.names.new("Trunk", REFUSED)
    hours = Hours(work)
    going = Going(work, hours)
    people = People(work, going)
    trunks = {name: work.names.new("Trunk", name) for name in pbx.carriers}
    people.find_numbers()
    out = WaysOut(work, trunks)
    out.find()
    people.write(out.groups, out.may_call)
    for name, carrier in pbx.carriers.items():
        _trunk(work, carrier, trunks[name])
    WaysIn(work, going, trunks).write()
    out.write(going.wanted_outside)
    _groups(work, out)
    _tenant(work, out)
    _system(work)
    return Carried(work.out, _validated(work))


def _groups(work: Work, out: WaysOut) -> None:
    if "ExtensionGroup" not in KINDS:
        return
    for names in out.groups.values():
        for name in names:
            work.add("ExtensionGroup", name, {}, None)


def _trunk(work: Work, carrier: Carrier, name: str) -> None:
    transport = (
        carrier.transport if carrier.transport in CARRIED_OUT else "tcp" if carrier.transport == "tls" else "udp"
    )
    if transport != carrier.transport:
        what = f"carrier [{carrier.name}] is spoken with over {shown(carrier.transport)}"
        work.left(carrier.mark, what, f"it is written with {transport}, which everybody on the way can read")
    spec = told(
        {
            "host": carrier.host,
            "backupHosts": list(carrier.backup_hosts),
            "outboundProxy": carrier.proxy,
            "transport": transport if transport != "udp" else None,
            "domain": carrier.domain,
        }
    )
    user = carrier.auth_user or carrier.register_user
    if carrier.register_user and _AUTH_USER.fullmatch(carrier.register_user):
        registration: dict[str, object] = {"user": carrier.register_user}
        if carrier.seconds is not None:
            registration["expires"] = f"{min(max(carrier.seconds, 60), 86_400)}s"
        spec["registration"] = registration
        if carrier.contact_user not in ("", "s", carrier.register_user):
            what = f"carrier [{carrier.name}] is told the Contact {shown(carrier.contact_user)}"
            work.left(carrier.mark, what, f"here it is {carrier.register_user}; look at the masks of its InboundRules")
    if user and _AUTH_USER.fullmatch(user) and (carrier.password or "registration" in spec):
        file = secret_file(work.settings.tenant, f"trunk.{name}")
        if carrier.password:
            work.out.secrets[file] = carrier.password
        else:
            work.out.unset[f"trunk {name}"] = file
        spec["credentials"] = {"user": user, "password": {"file": file}}
    spec |= told({"addresses": _further(carrier), "numberFormat": "dialled"})
    if carrier.options_seconds is not None:
        spec["optionsInterval"] = f"{min(carrier.options_seconds, 3600)}s"
    if _FULL.fullmatch(carrier.number):
        spec["callerId"] = {"number": carrier.number}
    work.add("Trunk", name, spec, carrier.mark)


def _further(carrier: Carrier) -> list[str]:
    """Networks besides its servers, whose addresses count by themselves."""
    servers = {host.rpartition(":")[0] or host for host in (carrier.host, *carrier.backup_hosts)} | {
        carrier.host,
        *carrier.backup_hosts,
    }
    return [address for address in carrier.addresses if address not in servers]


def _tenant(work: Work, out: WaysOut) -> None:
    settings = work.settings
    taken = {str(draft.spec.get("number", draft.name)) for draft in work.out.drafts if draft.kind != "Trunk"}
    numbers = [number for number in out.emergency if number not in taken]
    for number in sorted(set(out.emergency) - set(numbers)):
        work.left(
            Mark("extensions.conf", 1, 1),
            f"{number} is somebody's number, and one for help",
            "it is taken from dialling.emergencyNumbers",
        )
    dialling: dict[str, object] = {"country": settings.country} if settings.country else {}
    if set(numbers) != set(settings.emergency):
        dialling["emergencyNumbers"] = numbers
    spec = told({"domain": settings.domain, "timeZone": settings.time_zone, "dialling": dialling})
    work.out.drafts.append(Draft("Tenant", settings.tenant, None, spec))


def _system(work: Work) -> None:
    system = told({"media": {"ports": "{}-{}".format(*work.pbx.ports)} if work.pbx.ports else None})
    work.out.drafts.append(Draft("System", "system", None, system))
    seen: set[tuple[str, int]] = set()
    listeners = list(work.pbx.listeners) or [ListenerDraft(name="udp", mark=Mark("", 1, 1), transport="udp", port=5060)]
    for listener in listeners:
        place = (listener.transport, listener.port)
        if listener.transport not in CARRIED_OUT:
            what = f"transport [{listener.name}] is {shown(listener.transport)}"
            work.left(listener.mark, what, "write a Listener with its certificate, where it needs one")
            continue
        if place in seen:
            work.left(
                listener.mark, f"transport [{listener.name}] has the port of another", "one Listener is enough for both"
            )
            continue
        seen.add(place)
        _listener(work, listener)
    # Trunks are spoken with over a Listener of their transport.
    wanted = {str(draft.spec.get("transport", "udp")) for draft in work.out.drafts if draft.kind == "Trunk"} or {"udp"}
    for transport in sorted(wanted - {transport for transport, _ in seen}):
        _listener(work, ListenerDraft(name=transport, mark=Mark("", 1, 1), transport=transport, port=5060))


def _listener(work: Work, listener: ListenerDraft) -> None:
    spec: dict[str, object] = {"transport": listener.transport, "port": listener.port, "tenant": work.settings.tenant}
    name = work.names.new("Listener", listener.name)
    work.out.drafts.append(Draft("Listener", name, None, spec, listener.mark if listener.mark.file else None))


def _validated(work: Work) -> tuple[Problem, ...]:
    """Takes out what the rules of the language refuse, until nothing is left to refuse."""
    for _ in range(MOST_ROUNDS):
        errors = load(work.out.files().items()).report.errors
        faulty: dict[int, Problem] = {}
        for error in errors:
            draft = work.out.at(error.mark.file, error.mark.line)
            if draft is not None and draft.kind not in ("Tenant", "System"):
                faulty.setdefault(id(draft), error)
        if not faulty:
            return errors
        for draft in [draft for draft in work.out.drafts if id(draft) in faulty]:
            error = faulty[id(draft)]
            work.left(
                draft.mark or Mark(draft.file, 1, 1), f"{draft.kind} {draft.name}: {error.message}", "it is not written"
            )
            work.out.drafts.remove(draft)
        _forget_secrets(work)
    return tuple(errors)


def _forget_secrets(work: Work) -> None:
    """Of those that are not written."""
    text = "".join(work.out.files().values())
    for file in [file for file in work.out.secrets if f'"{file}"' not in text and file not in text]:
        del work.out.secrets[file]
    for name in [name for name, file in work.out.unset.items() if file not in text]:
        del work.out.unset[name]
