"""What becomes of calls in a dial plan of Asterisk, number by number."""

from __future__ import annotations

import pytest

from schema.foreign.asterisk.config_file import read_sections
from schema.foreign.asterisk.dial_plan import read_dial_plan
from schema.foreign.asterisk.machine import Machine
from schema.foreign.asterisk.targets import Accounts
from schema.foreign.outcome import (
    ByHours,
    Ends,
    Failure,
    Listens,
    Mailbox,
    Menu,
    Nobody,
    Outcome,
    Outside,
    Queues,
    Rings,
    Room,
    Untold,
)
from schema.foreign.pbx import Leftovers
from schema.foreign.work import resolve

PHONES = frozenset({"101", "102", "103", "alice"})


def machine(text: str) -> Machine:
    leftovers = Leftovers()
    plan = read_dial_plan(read_sections({"extensions.conf": text}, "extensions.conf"), leftovers)
    return Machine(plan, Accounts(PHONES, frozenset({"carrier", "other"}), {}), leftovers, PHONES)


def told(outcome: Outcome | None) -> str:
    """In a line, without places."""
    match outcome:
        case None:
            return "-"
        case Rings(phones, seconds, then):
            after = {told(one) for one in then.values()}
            word = " | ".join(f"{why}: {told(one)}" for why, one in then.items()) if len(after) > 1 else after.pop()
            return f"{'&'.join(phones)} {seconds}s > {word}"
        case Outside(carrier, number, then):
            strip, prepend = number.change()
            return f"{carrier}(-{strip} +{prepend})" + (f" > {told(then)}" if then else "")
        case Queues(queue, seconds, then):
            return f"queue {queue} {seconds}s > {told(then)}"
        case Mailbox(box):
            return f"box {box}"
        case Listens():
            return "listens"
        case Menu(key):
            return f"menu {key}"
        case Room(name):
            return f"room {name}"
        case Ends(how):
            return how
        case ByHours(when, at, otherwise):
            return f"[{when.minutes[0] // 60}-{-(-when.minutes[1] // 60)} {len(when.days)}d] {told(at)} else {told(otherwise)}"
        case Untold(why):
            return f"? {why}"
        case Nobody(why):
            return f"nobody: {why}"


RING = "Dial(PJSIP/101,20)"
CASES: dict[str, tuple[str, str, str]] = {
    "dial": (f"exten => 1,1,{RING}", "1", "101 20s > noAnswer: unavailable | busy: busy | offline: unavailable"),
    "by number": (
        "exten => _10X,1,Dial(PJSIP/${EXTEN})\n same => n,VoiceMail(${EXTEN}@x,u)",
        "102",
        "102 Nones > box 102",
    ),
    "unknown": ("exten => _10X,1,Dial(PJSIP/${EXTEN})", "109", "-"),
    "both": ("exten => 1,1,Dial(PJSIP/101&PJSIP/102,9)\n same => n,Busy()", "1", "101&102 9s > busy"),
    "old form": ("exten => 1,1,Dial,SIP/101|20\nexten => 1,2,Congestion", "1", "101 20s > unavailable"),
    "after one another": (
        f"exten => 1,1,{RING}\n same => n,Dial(PJSIP/102,10)\n same => n,VoiceMail(101)",
        "1",
        "101 20s > 102 10s > box 101",
    ),
    "numbered": (
        "exten => 1,1,NoOp()\nexten => 1,2,Queue(q,t,,,60)\nexten => 1,3,VoiceMail(101)",
        "1",
        "queue q 60s > box 101",
    ),
    "labels": ("exten => 1,1(a),Goto(b)\n same => 9(b),ConfBridge(r)", "1", "room r"),
    "goto elsewhere": (
        f"exten => 1,1,Goto(d,7,1)\n[d]\nexten => 7,1,{RING}\n same => n,Hangup(17)",
        "1",
        "101 20s > busy",
    ),
    "goto number": (f"exten => 1,1,Goto(7,1)\nexten => 7,1,{RING}\n same => n,Hangup(21)", "1", "101 20s > declined"),
    "goto nowhere": ("exten => 1,1,Goto(d,7,1)", "1", 'nobody: there is no context "d"'),
    "circle": ("exten => 1,1,Goto(2,1)\nexten => 2,1,Goto(1,1)", "1", "? it goes from one to the next without an end"),
    "itself": ("exten => 1,1(a),NoOp()\n same => n,Goto(a)", "1", "? it goes from one to the next without an end"),
    "strip": ("exten => _9.,1,Dial(PJSIP/${EXTEN:1}@carrier)", "95551234", "carrier(-1 +)"),
    "prepend": ("exten => _0X.,1,Dial(PJSIP/carrier/sip:+49${EXTEN:1}@x.example)", "0891234", "carrier(-1 ++49)"),
    "variable": ("exten => 1,1,Set(N=10)\n same => n,Dial(PJSIP/${N}1,5)\n same => n,Busy()", "1", "101 5s > busy"),
    "global": ("exten => 1,1,Dial(${OP},5)\n same => n,Busy()\n[globals]\nOP=PJSIP/102", "1", "102 5s > busy"),
    "failover": (
        "exten => _9X.,1,Dial(PJSIP/${EXTEN}@carrier)\n same => n,Dial(PJSIP/${EXTEN}@other)",
        "912",
        "carrier(-0 +) > other(-0 +)",
    ),
    "status": (
        f"exten => 1,1,{RING}\n same => n,Goto(s-${{DIALSTATUS}},1)\nexten => s-BUSY,1,VoiceMail(1)\nexten => _s-.,1,VoiceMail(2)",
        "1",
        "101 20s > noAnswer: box 2 | busy: box 1 | offline: box 2",
    ),
    "macro": (
        "exten => 1,1,Macro(std,101)\n[macro-std]\nexten => s,1,Dial(PJSIP/${ARG1},9)\nexten => s,2,Busy()",
        "1",
        "101 9s > busy",
    ),
    "gosub": (
        "exten => 1,1,Gosub(sub,s,1(102))\n same => n,Busy()\n[sub]\nexten => s,1,Dial(PJSIP/${ARG1},9)\n same => n,Return()",
        "1",
        "102 9s > busy",
    ),
    "local": (
        f"exten => 1,1,Dial(Local/7@c&PJSIP/103,9)\n same => n,Busy()\nexten => 7,1,{RING}",
        "1",
        "101&103 9s > busy",
    ),
    "condition met": (
        f'exten => 1,1,GotoIf($["1" = "1"]?a:b)\n same => n(b),Busy()\n same => n(a),{RING}\n same => n,Busy()',
        "1",
        "101 20s > busy",
    ),
    "condition unknown": (
        f"exten => 1,1,GotoIf($[${{CALLERID(num)}} = 5]?b)\n same => n,{RING}\n same => n(b),Busy()",
        "1",
        "101 20s > busy",
    ),
    "hours": (
        f"exten => 1,1,GotoIfTime(9:00-17:00,mon-fri,*,*?2,1)\n same => n,Busy()\nexten => 2,1,{RING}\n same => n,Busy()",
        "1",
        "[9-17 5d] 101 20s > busy else busy",
    ),
    "timed include": (
        f"include => d,9:00-17:00,mon-fri,*,*\nexten => _1.,1,Busy()\n[d]\nexten => 12,1,{RING}\n same => n,Busy()",
        "12",
        "busy",
    ),
    "include": (f"include => d\ninclude => e\n[d]\nexten => _1X,1,Busy()\n[e]\nexten => 12,1,{RING}", "12", "busy"),
    "own first": (f"include => d\nexten => _1X,1,Busy()\n[d]\nexten => 12,1,{RING}", "12", "busy"),
    "particular first": (
        "exten => _1.,1,Busy()\nexten => _1X,1,Hangup(1)\nexten => _1[23],1,Congestion()",
        "12",
        "unavailable",
    ),
    "exact first": ("exten => _1X,1,Busy()\nexten => 12,1,Congestion()", "12", "unavailable"),
    "listens": ("exten => *97,1,VoiceMailMain(${CALLERID(num)}@x)", "*97", "listens"),
    "agi": ("exten => 1,1,AGI(x.py)\n same => n,Dial(PJSIP/101)", "1", "? a program (AGI) decides where it goes"),
    "unheard": ("exten => 1,1,Frobnicate()", "1", "? Frobnicate is not known here"),
    "pin": (
        "exten => _9.,1,Authenticate(1234)\n same => n,Dial(PJSIP/${EXTEN}@carrier)",
        "912",
        "? a PIN is asked for",
    ),
    "menu": ("exten => 1,1,Background(hi)\n same => n,WaitExten(5)", "1", "menu c"),
    "named": (
        "exten => alice,1,Dial(PJSIP/alice,5)\n same => n,Busy()\nexten => office,1,Busy()",
        "alice",
        "alice 5s > busy",
    ),
    "a place": ("exten => office,1,Busy()", "office", "-"),
}


@pytest.mark.parametrize("name", CASES)
def test_what_becomes_of_a_number(name: str) -> None:
    text, number, expected = CASES[name]
    rows = machine(f"[c]\n{text}\n").rows("c")
    outcome = resolve(rows, number)
    assert told(outcome) == expected


def test_a_restricted_pattern_is_cut_out_of_what_leads_through_it() -> None:
    rows = machine(
        "[c]\nexten => _NXXNXXXXXX,1,Goto(out,1${EXTEN},1)\n[out]\nexten => _1900NXXXXXX,1,Hangup()\n"
        "exten => _1NXX976XXXX,1,Hangup()\nexten => _X.,1,Dial(PJSIP/${EXTEN}@carrier)\n"
    ).rows("c")
    assert told(resolve(rows, "9005551234")) == "declined"
    assert told(resolve(rows, "2129761234")) == "declined"
    sent = resolve(rows, "2125551234")
    assert isinstance(sent, Outside)
    assert sent.number.change() == (0, "1")


def test_a_jump_of_all_numbers_keeps_phones_services_and_ways_out_apart() -> None:
    rows = machine(
        "[c]\nexten => _X.,1,Goto(main,${EXTEN},1)\n[main]\nexten => 100,1,ConfBridge(all)\n"
        "exten => _10X,1,Dial(PJSIP/${EXTEN}${OPTIONS})\n same => n,Busy()\nexten => _9.,1,Dial(PJSIP/${EXTEN:1}@carrier)\n"
        "[globals]\nOPTIONS=,30\n"
    ).rows("c")
    asked = {number: told(resolve(rows, number)) for number in ("100", "102", "109", "9112", "8")}
    assert asked == {"100": "room all", "102": "102 30s > busy", "109": "-", "9112": "carrier(-1 +)", "8": "-"}


def test_a_menu_has_its_keys_and_what_comes_without_one() -> None:
    made = machine(
        "[c]\nexten => 1,1,Goto(m,s,1)\n[in]\nexten => _10X,1,Dial(PJSIP/${EXTEN})\n[m]\ninclude => in\n"
        "exten => s,1,Answer()\n same => n(again),Background(hello)\n same => n,WaitExten(7)\n"
        "exten => 1,1,Dial(PJSIP/101,9)\n same => n,Busy()\nexten => 2,1,Goto(s,again)\n"
        "exten => i,1,Goto(s,again)\nexten => t,1,Hangup()\n"
    )
    assert told(resolve(made.rows("c"), "1")) == "menu m"
    menu = made.menus["m"]
    assert (menu.prompts, menu.seconds, menu.has_direct_dial) == (("hello",), 7, True)
    assert {key: told(outcome) for key, outcome in menu.keys.items()} == {"1": "101 9s > busy", "2": "menu m"}
    assert (told(menu.on_invalid), told(menu.on_timeout)) == ("menu m", "declined")


def test_a_condition_that_only_a_call_can_tell_is_said() -> None:
    made = machine("[c]\nexten => 1,1,GotoIf(${BLACKLIST()}?9)\n same => n,Busy()\n")
    made.rows("c")
    [problem] = made.leftovers.report
    assert str(problem.mark) == "extensions.conf:2:1"
    assert problem.message == "GotoIf(${BLACKLIST()}?9): whether that holds can't be told beforehand"
    assert problem.hint == "it is taken as not met"


@pytest.mark.parametrize("failure", Failure)
def test_statuses_of_dial_are_known(failure: Failure) -> None:
    rows = machine(
        '[c]\nexten => 1,1,Dial(PJSIP/101,9)\n same => n,ExecIf($["${DIALSTATUS}" = "BUSY"]?Queue(q))\n'
    ).rows("c")
    outcome = resolve(rows, "1")
    assert isinstance(outcome, Rings)
    assert isinstance(outcome.then[failure], Queues) == (failure is Failure.BUSY)
