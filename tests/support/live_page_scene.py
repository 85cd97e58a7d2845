"""A busy afternoon as the live page's lists and events: two tenants, carriers good and bad, calls, a fault in the manifests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.support.live_page_server import Json, LivePageServer, event

REVISION = "91be07a3c4d2e5f60718293a4b5c6d7e"
OLD_REVISION = "4c1d9e2277aa01bc93df6650e8f4a1b2"
RULE = """\
apiVersion: trunkline/v1
kind: OutboundRule
metadata: {tenant: acme, name: international}
spec:
  prefixes: ["00", "+"]
  routes: [{trunk: acme-sip}]
"""


def instant(seconds_ago: float) -> str:
    return (datetime.now(UTC) - timedelta(seconds=seconds_ago)).isoformat().replace("+00:00", "Z")


def leg(call: str, number: str, lost: int = 0, jitter: float = 4.2, state: str = "answered") -> Json:
    return {
        "id": f"{call}/{number}",
        "number": number,
        "contact": f"sip:{number}@192.0.2.17:5060",
        "state": state,
        "sip_call_id": f"{call}@192.0.2.17",
        "local_rtp": "192.0.2.1:30002",
        "packets_in": 12_400,
        "packets_out": 12_380,
        "lost": lost,
        "jitter_ms": jitter,
        "group": "",
    }


def call(number: int, caller: str, callee: str, rule: str, **more: object) -> Json:
    name = f"0193-{number:04d}"
    body: Json = {
        "id": name,
        "tenant": "acme",
        "revision": REVISION,
        "caller": caller,
        "callee": callee,
        "state": "answered",
        "started_at": instant(40 + 83 * number),
        "answered_at": instant(31 + 83 * number),
        "decided_by": rule,
        "onward": [],
        "legs": [leg(name, caller), leg(name, callee)],
    }
    return body | more


def record(number: int, caller: str, callee: str, outcome: str, **more: object) -> Json:
    answered = outcome == "ANSWERED"
    body: Json = {
        "version": 3,
        "call_id": f"0192-{number:04d}",
        "sip_call_id": f"{number}@192.0.2.17",
        "tenant": "acme",
        "revision": REVISION,
        "caller": caller,
        "caller_display": "Ada Lovelace" if caller == "101" else "",
        "callee": callee,
        "answered_by": callee if answered else None,
        "started_at": instant(300 + 171 * number),
        "answered_at": instant(295 + 171 * number) if answered else None,
        "ended_at": instant(200 + 171 * number),
        "talk_s": 95.2 if answered else 0.0,
        "cause": {"outcome": outcome, "sip_status": 200, "q850": 16, "party": "caller", "reason": ""},
        "decided_by": "OutboundRule acme/international (routes.yaml:14)",
        "direction": "outbound",
        "trunk": "acme-sip",
        "prefix": "+49",
        "rate": "0.055",
        "rate_unit_s": 60,
        "currency": "GBP",
        "cost": "0.11" if answered else "0.00",
    }
    return body | more


def registration(number: str, agent: str, **more: object) -> Json:
    body: Json = {
        "tenant": "acme",
        "number": number,
        "contact": f"sip:{number}@192.0.2.17:5060;transport=udp",
        "source": "192.0.2.17:5060",
        "listener": "phones",
        "user_agent": agent,
        "registered_at": instant(1800),
        "expires_at": instant(-1500),
    }
    return body | more


def trunk(name: str, tenant: str | None, state: str, reason: str, *servers: tuple[str, str]) -> Json:
    return {
        "tenant": tenant,
        "name": name,
        "state": state,
        "reason": reason,
        "since": instant(5400),
        "registers": state == "registered",
        "registered_until": instant(-900) if state == "registered" else None,
        "servers": [
            {"address": address, "name": "sip.carrier.example", "state": how, "reason": "", "since": instant(5400)}
            for address, how in servers
        ],
        "channels": 7,
        "max_channels": 30,
    }


def condition(kind: str, reason: str, message: str = "", *, is_true: bool = True) -> Json:
    return {"type": kind, "is_true": is_true, "reason": reason, "message": message, "since": instant(7200)}


def problem(file: str, line: int, message: str, hint: str, rule: str, severity: str = "error") -> Json:
    return {
        "file": file,
        "line": line,
        "column": 5,
        "severity": severity,
        "rule": rule,
        "message": message,
        "hint": hint,
    }


RECONCILE: Json = {
    "revision": REVISION,
    "source": "git:main@91be07a",
    "source_problem": None,
    "last_round_at": instant(25),
    "last_applied_at": instant(7200),
    "state_problem": None,
    "units": [
        {
            "unit": "",
            "attempted": REVISION,
            "applied": REVISION,
            "conditions": [condition("Accepted", "Valid"), condition("Applied", "InSync"), condition("Ready", "Works")],
            "problems": [],
            "problem_count": 0,
        },
        {
            "unit": "acme",
            "attempted": REVISION,
            "applied": REVISION,
            "conditions": [condition("Accepted", "Valid"), condition("Applied", "InSync"), condition("Ready", "Works")],
            "problems": [],
            "problem_count": 0,
        },
        {
            "unit": "globex",
            "attempted": REVISION,
            "applied": OLD_REVISION,
            "conditions": [
                condition("Accepted", "Invalid", "1 problem; the last good revision goes on", is_true=False),
                condition("Applied", "LastGoodKept", is_true=False),
                condition("Ready", "Works"),
            ],
            "problems": [
                problem(
                    "globex/people.yaml", 31, 'unknown field "ringTyme"', 'did you mean "ringTime"?', "unknown-field"
                )
            ],
            "problem_count": 1,
        },
    ],
    "warnings": [
        problem(
            "acme/routes.yaml",
            22,
            "this rule never counts: acme/all has all its numbers",
            "put it first",
            "shadowed-rule",
            "warning",
        )
    ],
    "history": [],
    "sequence": 128,
    "proposal": {
        "digest": "7f3a9c02d1b4e88871c0",
        "revision": "aa01bc93df6650e8",
        "reason": "AwaitingApproval",
        "message": "2 changes wait for approval",
        "breaches": ["delete-share"],
    },
    "hold": None,
}


def fill(server: LivePageServer) -> None:
    """The lists of such an afternoon."""
    to_main = "InboundRule acme/main-line (acme/routes.yaml:3)"
    out = "OutboundRule acme/international (acme/routes.yaml:14)"
    server.lists["calls"] = [
        call(1, "101", "+4930123456", out),
        call(
            2,
            "+442071838750",
            "201",
            to_main,
            legs=[leg("2", "201", 311, 38.0), leg("2", "out")],
            onward=["extension 204"],
        ),
        call(3, "104", "102", "Extension acme/102 (acme/people.yaml:21)", state="ringing", answered_at=None, legs=[]),
        call(
            4, "+33142685300", "sales", "RingGroup acme/sales (acme/groups.yaml:2)", legs=[leg("4", "104", 1400, 71.5)]
        ),
        call(5, "411", "412", "Extension globex/412 (globex/people.yaml:40)", tenant="globex", revision=OLD_REVISION),
    ]
    outcomes = ["ANSWERED", "ANSWERED", "NO_ANSWER", "BUSY", "ANSWERED", "FAILED", "CANCELLED", "WRONG_NUMBER"]
    server.lists["cdrs"] = [
        record(number, "101" if number % 3 else "102", f"+49301234{number:02d}", outcomes[number % len(outcomes)])
        for number in range(60)
    ]
    agents = [
        "Yealink SIP-T54W 96.86.0.70",
        "snomD785/10.1.169.16",
        "Linphone Desktop/5.2.4",
        "MicroSIP/3.21.5",
        "Grandstream GXP2170 1.0.11.90",
    ]
    server.lists["registrations"] = [
        registration(str(100 + number), agents[number % len(agents)]) for number in range(120)
    ]
    server.lists["trunks"] = [
        trunk("acme-sip", "acme", "registered", "", ("203.0.113.5:5060", "up"), ("203.0.113.6:5060", "suspect")),
        trunk("backup", None, "unreachable", "no answer to OPTIONS within 5 s", ("198.51.100.9:5060", "down")),
        trunk("gateway", "globex", "up", "", ("192.0.2.80:5060", "up")),
    ]
    common: Json = {"tenant": "acme", "problem": None, "connections": None}
    server.lists["listeners"] = [
        {"name": "phones", "transport": "udp", "bound": "192.0.2.1:5060", "advertised": "192.0.2.1:5060"} | common,
        {"name": "phones-tcp", "transport": "tcp", "bound": "192.0.2.1:5060", "advertised": "192.0.2.1:5060"}
        | common
        | {"connections": 12},
    ]
    server.lists["bans"] = [
        {
            "source": "198.51.100.66",
            "reason": "10 failed authentications within 10 s",
            "since": instant(600),
            "until": instant(-3000),
            "count": 10,
            "dropped": 48_211,
        }
    ]
    server.lists["resources"] = [
        {
            "tenant": "acme",
            "kind": "Extension",
            "name": str(100 + number),
            "origin": {"file": "acme/people.yaml", "line": 3 + 9 * number},
            "applied": True,
            "revision": REVISION,
            "reason": "InSync",
            "message": "",
        }
        for number in range(30)
    ]
    server.lists["revisions"] = [
        {
            "sequence": 128 - number,
            "revision": f"{91 - number}be07a3c4d2",
            "at": instant(7200 + 9000 * number),
            "trigger": "approved",
            "author": "ada",
            "digest": "7f3a",
            "changes": {"create": number % 3, "update": 1, "delete": 0},
            "disruption": "none",
            "duration_s": 0.2,
            "source": "git:main",
            "result": "superseded" if number else "running",
            "note": "",
        }
        for number in range(12)
    ]
    server.status = {
        "version": "1.2.3",
        "engine": {
            "started_at": instant(93_000),
            "revision": REVISION,
            "secrets_version": "1",
            "media": "native",
            "calls": 5,
            "registrations": 120,
            "counters": {},
        },
        "reconcile": RECONCILE,
    }
    explanation: Json = {
        "version": 3,
        "call_id": "0193-0001",
        "is_live": True,
        "sentence": "101 calls +4930123456: outbound rule acme/international sends it to trunk acme-sip.",
        "tenant": "acme",
        "revision": REVISION,
        "kept": 128,
        "direction": "outbound",
        "trunk": "acme-sip",
        "caller": "101",
        "caller_display": "Ada Lovelace",
        "dialled": "004930123456",
        "number_kind": "e164",
        "number": "+4930123456",
        "listener": "phones",
        "source": "192.0.2.17:5060",
        "answered_by": None,
        "started_at": instant(123),
        "answered_at": instant(114),
        "ended_at": None,
        "talk_s": 0,
        "cause": None,
        "decided_by": out,
        "steps": [
            {
                "verdict": "missed",
                "rule": "OutboundRule acme/local",
                "origin": "acme/routes.yaml:2",
                "why": "its prefix 020 is not the number's",
            },
            {
                "verdict": "matched",
                "rule": "OutboundRule acme/international",
                "origin": "acme/routes.yaml:14",
                "why": "prefix 00 fits 004930123456; caller is in group staff",
            },
        ],
        "facts": [],
        "onward": [],
        "targets": [],
        "declarations": [
            {
                "rule": "OutboundRule acme/international",
                "origin": "acme/routes.yaml:14",
                "manifest": RULE,
            }
        ],
        "notes": [],
        "bills": [
            {
                "direction": "outgoing",
                "prefix": "+49",
                "rate": "0.055",
                "unit_s": 60,
                "units": 2,
                "currency": "GBP",
                "cost": "0.11",
                "payer": "101",
                "account": "101",
            }
        ],
    }
    server.explanations = {
        "0193-0001": explanation,
        "0192-0005": explanation
        | {
            "call_id": "0192-0005",
            "is_live": False,
            "ended_at": instant(60),
            "cause": {
                "outcome": "FAILED",
                "sip_status": 503,
                "q850": 41,
                "party": "carrier",
                "reason": "Service Unavailable",
            },
        },
    }


def rates(seconds: int) -> list[str]:
    """So many seconds of a rising afternoon, up to now."""
    return [event("rates", one) for one in seconds_of(seconds)]


def rate_history(seconds: int) -> Json:
    """The same as columns."""
    told = seconds_of(seconds)
    return {name: [one[name] for one in told] for name in told[0]}


def seconds_of(seconds: int) -> list[Json]:
    told: list[Json] = []
    for ago in range(seconds, 0, -1):
        wave = (seconds - ago) % 97
        told.append(
            {
                "at": instant(ago),
                "calls": 5 + wave // 9,
                "registrations": 118 + wave // 30,
                "started": (wave * 7) % 5,
                "answered": (wave * 3) % 4,
                "ended": (wave * 5) % 4,
                "failed": 1 if wave % 41 == 7 else 0,
                "refused": 1 if wave % 53 == 9 else 0,
            }
        )
    return told
