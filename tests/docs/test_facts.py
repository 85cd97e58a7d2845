"""The figures and words of the pages are those of the code."""

import re
from pathlib import Path

import pytest

from cli.exit_code import Exit
from cli.get import LISTINGS
from cli.query_commands import What
from cli.serve import SECOND_SIGNAL_STATUS
from dialing.calendar import YEARS
from engine.call import switch
from engine.cause import INTERRUPTED, SHUTTING_DOWN
from engine.cdr import CDR_VERSION, CallDetailRecord
from engine.config.security import SecurityConfig
from engine.guard import guard
from engine.media import learning
from engine.media.backend import MediaSettings
from engine.media.ports import pairs_for
from engine.runtime import engine, journal, locations, udp_listener
from engine.runtime.journal import JournalLimits
from engine.sip.digest import OFFERED
from engine.sip.nonce_count import WINDOW
from engine.sip.parser import MAX_MESSAGE_BYTES
from engine.sip.timers import RFC_TIMERS
from reconciler import loop, status
from reconciler.secrets.resolver import MOST_BYTES
from reconciler.source.selection import ENDINGS, Limits
from reconciler.views import Reason
from reconciler.worker.store import KEPT_REVISIONS
from schema.kinds.listener import PORTS
from schema.kinds.system import Media, Sip

ROOT = Path(__file__).resolve().parents[2]
MEDIA = MediaSettings()
GUARD = SecurityConfig()
MIB = 1024 * 1024

FACTS = [
    ("docs/following.md", f"looked at every {loop.INTERVAL_S:.0f} s"),
    ("docs/following.md", f"after {loop.FIRST_RETRY_S:.0f} s, then 2, 4... up to\n{loop.LONGEST_RETRY_S:.0f} s"),
    ("docs/following.md", f"the last {status.HISTORY} rounds"),
    ("docs/following.md", "Every " + " and ".join(f"`*{ending}`" for ending in ENDINGS)),
    ("docs/following.md", f"recorded as `{SHUTTING_DOWN.outcome.value}`"),
    (
        "docs/running.md",
        f"`Listener` ({PORTS['udp']}; to come: TLS {PORTS['tls']}, WS {PORTS['ws']}, WSS {PORTS['wss']})",
    ),
    ("docs/running.md", f"`System` ({Media.model_fields['ports'].default})"),
    ("docs/running.md", f"{MEDIA.ahead} pairs of audio ports are bound ahead"),
    ("docs/running.md", f"has sent nothing there for {MEDIA.quarantine_s:.0f} s"),
    ("docs/security.md", f"has sent nothing there for {MEDIA.quarantine_s:.0f} s"),
    ("docs/running.md", f"the manifests of the last {KEPT_REVISIONS}"),
    ("docs/running.md", f"status {SECOND_SIGNAL_STATUS}"),
    (
        "docs/running.md",
        f"Exit status: {Exit.FINE:d} fine, {Exit.PROBLEMS:d} it can't serve, {Exit.USAGE:d} wrong usage",
    ),
    ("docs/running.md", f"the outcome `{SHUTTING_DOWN.outcome.value}`. Phones have {engine.GOODBYE_S:.0f} s"),
    (
        "docs/running.md",
        f"as `{INTERRUPTED.outcome.value}` at the next start; their end may be told up to {journal._ALIVE_EVERY_S:.0f} s",
    ),
    ("docs/running.md", f"({JournalLimits().buffer_bytes // MIB} MiB of them)"),
    (
        "docs/running.md",
        f"with a hard limit of 1024 some {pairs_for(1024)} pairs\nare left, that is {pairs_for(1024) // 2} calls",
    ),
    ("docs/running.md", f"ask for {udp_listener._BUFFER_BYTES // MIB} MiB"),
    ("docs/running.md", f"rmem_max={udp_listener._BUFFER_BYTES} net.core.wmem_max={udp_listener._BUFFER_BYTES}"),
    (
        "docs/running.md",
        f"{Limits().files:,} files, {Limits().file_bytes // MIB} MiB each, {Limits().total_bytes // MIB} MiB together",
    ),
    ("docs/running.md", f"{Limits().depth} folders deep"),
    ("docs/office-hours.md", f"for the years {YEARS[0]} to {YEARS[-1]}"),
    ("docs/security.md", f"only after {learning.PROBATION_PACKETS} packets in sequence"),
    ("docs/security.md", "For one second the announced address may still take over"),
    ("docs/security.md", " and ".join(algorithm.value for algorithm in OFFERED) + " are offered, in this order"),
    ("docs/security.md", f"`nonceLifetime` ({Sip.model_fields['nonce_lifetime'].default.seconds // 60} minutes)"),
    ("docs/security.md", f"at most {WINDOW} late"),
    (
        "docs/security.md",
        f"| {GUARD.failed_authentications} wrong answers to challenges | {GUARD.period_s:.0f} s | 1 h |",
    ),
    (
        "docs/security.md",
        f"| {GUARD.unanswered_challenges} challenges that it leaves unanswered | {GUARD.period_s:.0f} s | 1 h |",
    ),
    ("docs/security.md", f"| {GUARD.level2.per_s} datagrams | 1 s | {GUARD.level2.ban_s:.0f} s |"),
    ("docs/security.md", f"| {GUARD.level1.per_s} datagrams | 1 s | 1 h |"),
    ("docs/security.md", f"bounded ({guard._SOURCES_A_SECOND:,} sources a second;"),
    ("docs/security.md", f"the oldest of {guard._BANS_KEPT:,} makes room"),
    (
        "docs/calls.md",
        f"`inactivityTimeout` ({Media.model_fields['inactivity_timeout'].default.seconds // 60} minutes)",
    ),
    ("docs/calls.md", f"call after {RFC_TIMERS.giving_up_s:.0f} s"),
    ("docs/records.md", f"Version {CDR_VERSION} of a record"),
    ("docs/compatibility.md", f"{MAX_MESSAGE_BYTES:,} bytes"),
    ("examples/rotation/README.md", f"at most {MOST_BYTES} bytes"),
    ("examples/rotation/README.md", f"within about {loop.INTERVAL_S:.0f} seconds"),
]


@pytest.mark.parametrize(("page", "words"), FACTS, ids=[f"{page.split('/')[1]}: {words[:40]}" for page, words in FACTS])
def test_a_page_says_what_the_code_says(page: str, words: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    assert " ".join(words.split()) in " ".join(text.split())


def test_figures_that_are_told_in_words() -> None:
    assert MEDIA.settle_s == 1  # security.md: for one second
    assert locations._EVERY_S == 0.5  # following.md: the last half second
    assert (GUARD.ban_s, GUARD.level1.ban_s) == (3600, 3600)  # security.md: 1 h


def test_every_reason_is_explained() -> None:
    text = (ROOT / "docs" / "following.md").read_text(encoding="utf-8")
    assert {reason for reason in Reason if f"| `{reason.value}` |" not in text} == {Reason.FAILED}  # never given


def test_all_methods_are_named() -> None:
    text = (ROOT / "docs" / "compatibility.md").read_text(encoding="utf-8")
    served = {method for row in re.findall(r"^\| ([A-Z, ]+) \|", text, re.MULTILINE) for method in row.split(", ")}
    assert served - {"RFC"} == switch._SUPPORTED_METHODS


def test_every_field_of_a_record_is_explained() -> None:
    text = (ROOT / "docs" / "records.md").read_text(encoding="utf-8")
    named = {
        word
        for row in re.findall(r"^\| (`[a-z].*?) \|", text, re.MULTILINE)
        for word in re.findall(r"`([a-z_]+)`", row)
    }
    assert set(CallDetailRecord.__dataclass_fields__) - {"version"} <= named


def test_commands_of_the_pages_exist() -> None:
    for page in [*(ROOT / "docs").glob("*.md"), *ROOT.glob("examples/*/README.md"), ROOT / "README.md"]:
        for what in re.findall(r"trunkline get ([a-z]+)", page.read_text(encoding="utf-8")):
            assert what in set(What), page
    text = (ROOT / "docs" / "records.md").read_text(encoding="utf-8")
    options = {option.replace("-", "_") for option in re.findall(r"`--([a-z-]+)`", text)}
    assert options - {"status"} == LISTINGS["cdrs"].filters - {"order"}
