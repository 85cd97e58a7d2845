"""Users, groups, gateways, profiles, call center queues."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from schema.foreign.freeswitch.document import Node
from schema.foreign.pbx import BoxDraft, Carrier, Leftovers, ListenerDraft, Phone, QueueDraft
from schema.mark import Mark
from schema.problem import shown

STRATEGIES: Final[Mapping[str, str]] = {
    "ring-all": "simultaneous",
    "ring-progressively": "sequential",
    "top-down": "sequential",
    "sequentially-by-agent-order": "sequential",
    "round-robin": "roundRobin",
    "longest-idle-agent": "roundRobin",
    "agent-with-fewest-calls": "leastTalkTime",
    "agent-with-least-talk-time": "leastTalkTime",
}
NO: Final = frozenset({"false", "no", "off", "0"})


@dataclass(slots=True)
class Found:
    """`groups`: user ids by name."""

    domain: str = ""
    phones: dict[str, Phone] = field(default_factory=dict)
    groups: dict[str, list[str]] = field(default_factory=dict)
    boxes: dict[str, BoxDraft] = field(default_factory=dict)
    carriers: dict[str, Carrier] = field(default_factory=dict)
    listeners: list[ListenerDraft] = field(default_factory=list)
    queues: dict[str, QueueDraft] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    variables: dict[str, dict[str, str]] = field(default_factory=dict)
    """Of each user, with those of group and domain."""

    @property
    def shared(self) -> dict[str, str]:
        """The variables that all users have alike."""
        first, *others = self.variables.values() or [{}]
        return {key: value for key, value in first.items() if all(other.get(key) == value for other in others)}


def read_directory(root: Node, leftovers: Leftovers) -> Found:
    """All of it. Of several domains the first with users is taken."""
    found = Found()
    domains = [domain for domain in root.all("domain") if any(True for _ in domain.all("user"))]
    for domain in domains[1:]:
        what = f"domain {shown(domain.get('name'))} is another tenant's"
        leftovers.add(domain.mark, what, "import it by itself: a folder in which only its file is in directory/")
    if domains:
        _domain(domains[0], found, leftovers)
    for profile in root.all("profile"):
        _profile(profile, found)
    for gateway in _gateways(root):
        _gateway(gateway[0], gateway[1], found, leftovers)
    _call_center(root, found, leftovers)
    return found


def _domain(domain: Node, found: Found, leftovers: Leftovers) -> None:
    found.domain = domain.get("name")
    of_domain = domain.named("variable")
    grouped: set[int] = set()
    for group in domain.all("group"):
        members = found.groups.setdefault(group.get("name"), [])
        for user in group.all("user"):
            grouped.add(id(user))
            members.append(user.get("id"))
            if user.get("type") != "pointer":
                _user(user, {**of_domain, **group.named("variable")}, found, leftovers)
    for user in domain.all("user"):
        if id(user) not in grouped and user.get("type") != "pointer":
            _user(user, of_domain, found, leftovers)


def _user(user: Node, above: Mapping[str, tuple[str, Mark]], found: Found, leftovers: Leftovers) -> None:
    name = user.get("id")
    if not name or name in found.phones:
        leftovers.add(user.mark, f"user {shown(name)} is there already, or has no id", "the first one counts")
        return
    params, variables = user.named("param"), {**above, **user.named("variable")}

    found.variables[name] = {key: value for key, (value, _) in variables.items()}

    def param(key: str) -> str:
        return params[key][0] if key in params else ""

    def variable(key: str) -> str:
        return variables[key][0] if key in variables else ""

    if not param("password"):
        why = "a1-hash only, a hash of its password" if param("a1-hash") else "no password"
        leftovers.add(user.mark, f"user {shown(name)} has {why}", "give it a new password")
    if user.get("cidr"):
        leftovers.add(user.mark, f"user {shown(name)} needs no password from {user.get('cidr')}", "here it needs one")
    alias = user.get("number-alias")
    if alias:
        found.aliases[alias] = name
    found.phones[name] = Phone(
        name=name,
        mark=user.mark,
        auth_user=name,
        password=param("password") or None,
        display_name=variable("effective_caller_id_name"),
        caller_number=variable("effective_caller_id_number"),
        context=variable("user_context") or "default",
        box=name,
        outbound_number=variable("outbound_caller_id_number"),
    )
    mail = param("vm-mailto") or param("email-addr")
    found.boxes[name] = BoxDraft(name=name, mark=user.mark, pin=param("vm-password") or None, mail=mail)


def _profile(profile: Node, found: Found) -> None:
    params = profile.named("param")
    port, _ = params.get("sip-port", ("", profile.mark))
    if port.isdecimal() and 0 < int(port[:6]) < 65_536 and not any(one.port == int(port) for one in found.listeners):
        name = profile.get("name") or "profile"
        found.listeners.append(ListenerDraft(name=name, mark=profile.mark, transport="udp", port=int(port)))
        found.listeners.append(ListenerDraft(name=f"{name}-tcp", mark=profile.mark, transport="tcp", port=int(port)))


def _gateways(root: Node) -> list[tuple[Node, str]]:
    """Each with the context in which its calls begin: its profile's."""
    found: list[tuple[Node, str]] = []
    seen: set[int] = set()
    for profile in root.all("profile"):
        context = profile.named("param").get("context", ("public", profile.mark))[0]
        for gateway in profile.all("gateway"):
            seen.add(id(gateway))
            found.append((gateway, context))
    found += [(gateway, "public") for gateway in root.all("gateway") if id(gateway) not in seen]
    return found


def _gateway(gateway: Node, context: str, found: Found, leftovers: Leftovers) -> None:
    params = {key: value for key, (value, _) in gateway.named("param").items()}
    name = gateway.get("name")
    if not name or name in found.carriers:
        leftovers.add(gateway.mark, f"gateway {shown(name)} is there already, or has no name", "the first one counts")
        return
    realm = params.get("realm") or name
    host = params.get("proxy") or realm
    registers = params.get("register", "true").lower() not in NO
    user = params.get("username", "")
    seconds, ping = params.get("expire-seconds", ""), params.get("ping", "")
    register_proxy = params.get("register-proxy", "")
    proxy = params.get("outbound-proxy", "") or (register_proxy if register_proxy != host else "")
    found.carriers[name] = Carrier(
        name=name,
        mark=gateway.mark,
        host=host.removeprefix("sip:").partition(";")[0],
        proxy=proxy.removeprefix("sip:").partition(";")[0],
        transport=(params.get("register-transport") or "udp").lower(),
        domain=params.get("from-domain") or (realm if realm != host and "." in realm else ""),
        register_user=(params.get("from-user") or user) if registers else "",
        seconds=int(seconds) if seconds.isdecimal() and len(seconds) < 7 else None,
        auth_user=params.get("auth-username") or user,
        password=params.get("password") or None,
        context=params.get("context") or context,
        contact_user=params.get("extension", ""),
        options_seconds=int(ping) if ping.isdecimal() and len(ping) < 5 else None,
    )


def _call_center(root: Node, found: Found, leftovers: Leftovers) -> None:
    agents = {agent.get("name"): agent.get("contact") for agent in root.all("agent")}
    members: dict[str, list[tuple[int, int, str]]] = {}
    for tier in root.all("tier"):
        contact = agents.get(tier.get("agent"), "")
        user = contact.rpartition("user/")[2].partition("@")[0]
        if user not in found.phones:
            what = f"agent {shown(tier.get('agent'))} of queue {shown(tier.get('queue'))} is no user"
            leftovers.add(tier.mark, what, "only users are members")
            continue
        places = [
            int(text) if (text := tier.get(key)).isdecimal() and len(text) < 6 else 1 for key in ("level", "position")
        ]
        members.setdefault(tier.get("queue"), []).append((places[0], places[1], user))
    for queue in root.all("queue"):
        name = queue.get("name")
        if not name or name in found.queues:
            continue
        strategy = queue.named("param").get("strategy", ("ring-all", queue.mark))[0]
        if strategy not in STRATEGIES:
            leftovers.add(queue.mark, f"strategy {shown(strategy)} of queue {shown(name)}", "all are rung at once")
        found.queues[name] = QueueDraft(
            name=name,
            mark=queue.mark,
            members=tuple(dict.fromkeys(user for _, _, user in sorted(members.get(name, [])))),
            strategy=STRATEGIES.get(strategy, "simultaneous"),
        )
