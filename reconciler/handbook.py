"""All rules on manifests and the secrets they name, each with what it is for: the schema's, and those that only the machine can ask.

What a person reads in docs/rules.md and what a machine gets beside our findings (SARIF) both come from here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from reconciler.proof.foreign_numbers import NUMBER_OF_OTHER_TENANT, NUMBER_OF_OTHER_TENANT_WHY
from reconciler.proof.registry import DID_TWO_OWNERS, DID_TWO_OWNERS_WHY, PROOFS
from schema.problem import Severity
from schema.rules.reasons import OF_FILES, OF_VALUES, OfFiles
from schema.rules.registry import ACROSS_RULES, STRICT_RULES, SYSTEM_RULES, TENANT_RULES

OF_THE_MACHINE: Final[Mapping[str, OfFiles]] = {
    "certificate-expired": OfFiles(
        "A certificate that a manifest names is past its time: nobody who checks it connects any more. "
        "`serve` looks, and `validate --secrets`.",
        "Renew it.",
    ),
    "certificate-expiring": OfFiles(
        "A certificate that a manifest names is past its time within 30 days. `serve` looks, and `validate --secrets`.",
        "Renew it before that.",
    ),
    "certificate-invalid": OfFiles(
        "A file that a manifest names as a certificate holds none in PEM, or one whose time has not come. "
        "`serve` looks, and `validate --secrets`.",
        "Convert it (`openssl x509 -inform der -in FILE -out FILE.pem`), or put the right one there.",
    ),
    "certificate-missing": OfFiles(
        "The file of a certificate that a manifest names is not there, or can't be read. "
        "`serve` looks, and `validate --secrets`.",
        "Put it there, or correct the path: a relative one is below the data folder.",
    ),
    "file-blank": OfFiles(
        "A file is empty from which resources came before: perhaps half a save. Held back: those who had resources in it.",
        "Save it again; remove the file if its resources are to go.",
    ),
    "file-unreadable": OfFiles(
        "A file or folder can't be read. Held back: those who had resources in it; everybody, if it is new.",
        "As the message says: permissions, a dangling link, a file that is too large, a name that is no UTF-8.",
    ),
    "hash-unusable": OfFiles(
        "A warning: what is kept of a password for web pages is no argon2id hash, or one that is too cheap to try, or too dear at "
        "each log-in. It is not said. "
        "`serve` looks, and `validate --secrets`.",
        "`trunkline secret hash` makes one.",
    ),
    "holidays-ending": OfFiles(
        "A warning: office hours list the holidays of this year by date, and none of the next, which is less than three months away. "
        "`serve` and `validate` look, by the clock.",
        "Add them, or let `holidays.country` know them.",
    ),
    "pin-weak": OfFiles(
        "A warning: a PIN has fewer than 4 digits, is among those that people try first (1234, 2580, a year, the number of whose it is), "
        "can't be pressed on a phone, or is both for participants and for managing. The PIN is not said. "
        "`serve` looks, and `validate --secrets`.",
        "Make up another one, of 6 digits or more.",
    ),
    "recording-format": OfFiles(
        "A WAV file that a manifest names is not what can be played as it is: PCM, 8 kHz, 16 bits, mono. "
        "`serve` and `validate` look, where the manifests are a folder.",
        "Convert it, as the message says.",
    ),
    "recording-missing": OfFiles(
        "A WAV file that a manifest names is not below the manifests' folder. "
        "`serve` and `validate` look, where the manifests are a folder.",
        "Put it there, or correct the path.",
    ),
    "ip-rule-expired": OfFiles(
        "An IpRule was for a time that is past: it does nothing but confuse who reads it. `serve` looks, and `validate`, by the clock.",
        "Remove it, or give it a later time.",
    ),
    "source-unavailable": OfFiles(
        "The source of a tenant's own can't be fetched, or was not yet. Held back: that tenant; what runs of it goes on. `serve` looks.",
        "As the message says: address, token, key, branch, signature. [Sources](sources.md#a-source-of-a-tenants-own).",
    ),
    "secret-missing": OfFiles(
        "A secret that a manifest names is not there, is no single line of text (a `key`: no private key in PEM), or can't be decrypted. "
        "Holds back the tenant, but for what nothing needs yet, which is a warning. "
        "`serve` looks, and `validate --secrets`; that an encrypted file has the value that is named, `validate` sees without any key.",
        "Create the file, set the variable, or encrypt the value that the message names. [Secrets](secrets.md).",
    ),
    "secret-open": OfFiles(
        "A warning: others than its owner may read a secret's file, or its group may write it. "
        "`serve` looks, and `validate --secrets`.",
        "`chmod 600` the file.",
    ),
    "secret-shared": OfFiles(
        "A warning: two tenants name one secret: the same value of an encrypted file, the same file, the same variable. Who writes the "
        "manifests of one then has the other's. `serve` and `validate` look.",
        "Give each tenant one of its own, or write why it is meant (`spec.rules.off`).",
    ),
    "secret-weak": OfFiles(
        "A SIP password can be guessed, would be found by trying, or is used by two extensions. Neither the password nor what "
        "exactly is wrong with it is said, since that would help to guess it. `serve` warns; `validate --secrets` refuses what "
        "can be guessed and warns of the rest.",
        "Write a long random one into the file or variable (`openssl rand -hex 16`), and into the phone.",
    ),
}
BY_THE_CLOCK: Final = frozenset({"holidays-ending", "ip-rule-expired", "secret-shared"})
"""Of these, those that need no more of the machine than the time, or nothing."""
OF_ROUTING: Final[Mapping[str, OfFiles]] = {
    **{proof.id: OfFiles(proof.why, "As the message says.") for proof in PROOFS},
    DID_TWO_OWNERS: OfFiles(DID_TWO_OWNERS_WHY, "As the message says."),
    NUMBER_OF_OTHER_TENANT: OfFiles(NUMBER_OF_OTHER_TENANT_WHY, "As the message says."),
}
"""Proofs: what only shows when the engine's own routing is asked."""
OF_EXEMPTIONS: Final[Mapping[str, OfFiles]] = {
    "rule-needed": OfFiles(
        "What is an error would break something when it ran, so it can't be switched off.", "As the message says."
    ),
    "rule-off-twice": OfFiles("Of two reasons for one thing, one is out of date.", "As the message says."),
    "rule-off-unused": OfFiles(
        "What is switched off and finds nothing any more would hide what comes next year.", "As the message says."
    ),
    "rule-unknown": OfFiles("Who switches off a rule by a wrong name believes that he did.", "As the message says."),
}
"""On `spec.rules` of System and Tenants."""
WARNINGS: Final = frozenset(
    {
        "hash-unusable",
        "holidays-ending",
        "certificate-expired",
        "certificate-expiring",
        "certificate-invalid",
        "certificate-missing",
        "ip-rule-expired",
        "rule-off-unused",
        "secret-open",
        "secret-shared",
        "secret-weak",
        *(proof.id for proof in PROOFS if proof.severity is Severity.WARNING),
    }
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One rule. `mend`: empty where each message says by itself what to do; `severity`: what it is where not said otherwise."""

    id: str
    why: str
    mend: str
    severity: Severity


def entries() -> Mapping[str, Entry]:
    """All rules by id, in the order of their ids."""
    return {entry.id: entry for entry in sorted(_entries(), key=lambda entry: entry.id)}


def _entries() -> Iterator[Entry]:
    yield from (Entry(rule.id, rule.why, "", rule.severity) for rule in TENANT_RULES)
    yield from (Entry(rule.id, rule.why, "", rule.severity) for rule in SYSTEM_RULES)
    yield from (Entry(rule.id, rule.why, "", rule.severity) for rule in ACROSS_RULES)
    yield from (Entry(rule.id, rule.why, "", rule.severity) for rule in STRICT_RULES)
    for rule_id, why in OF_VALUES.items():
        yield Entry(rule_id, why, "", Severity.ERROR)
    for rule_id, words in (*OF_FILES.items(), *OF_THE_MACHINE.items(), *OF_ROUTING.items(), *OF_EXEMPTIONS.items()):
        yield Entry(rule_id, words.says, words.mend, Severity.WARNING if rule_id in WARNINGS else Severity.ERROR)
