"""What the rules on single values and on files are for, by id. Rules between resources say it in their own docstrings.

`docs/rules.md` is drawn from these, and machines that read our findings (SARIF) get them beside each finding.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

OF_VALUES: Final[Mapping[str, str]] = {
    "address": "Which address a name has is not in git, so an address is written as one.",
    "announcement": "What callers hear is one thing: a file below the manifests, a sentence, or a prompt by its name.",
    "api-version": "Which fields exist depends on the version of the language, so each document names it.",
    "app-id": "An app is told by the id that it names itself by when it registers.",
    "auth-user": "Phones type it, and it stands in quotes in SIP.",
    "backup-weekday": "Once a week is on some day, and every day is on all.",
    "backup-what": "What can't be saved can't be had back; the words say what can.",
    "calling-country": "Countries are named by their codes, and what no country has by the first digits.",
    "calling-number": "A number that calls is compared as a whole: a + in front, then digits.",
    "certificate-pair": "A certificate proves something to whoever has its key: one without the other is of no use.",
    "client-root": "A certificate that is checked against nothing proves nothing.",
    "conference-invite": "Who is invited is called, and joins by answering: people do, groups and menus do not.",
    "conference-pin": "Whoever may join could manage the room, too, if one PIN did for both.",
    "conference-video": "Settings of pictures do nothing where nobody is seen; most often the mode was forgotten.",
    "country": "A country is named by its code; without its holidays an office would seem to be open on them.",
    "country-both": "What is allowed and denied at once is a mistake in one of the two.",
    "country-code": "It stands behind the + of a full number.",
    "currency": "Amounts are in one currency of the tenant, named by its code.",
    "date": "A date that no calendar has, or one of another century, is never reached.",
    "destination": "A call goes to one place, of a kind that is known.",
    "dialling-country": "Prefixes and emergency numbers are those of a country, named by its two letters.",
    "digits": "What is put before a number is dialled, too.",
    "display-name": "It travels in SIP header fields: one line, and not for ever.",
    "domain": "A domain stands right of the @ of every SIP address.",
    "duplicate-key": "Of two values under one key, YAML readers silently take the last.",
    "duration": "Nobody can see what a bare number counts.",
    "event-type": "A type of event that does not exist would never be sent.",
    "expires-order": "A phone could not be given any time between a minimum above a maximum.",
    "extension-number": "What phones can dial and a SIP address can hold.",
    "feature-prefix": "What begins with * or # is no number of anybody outside, so a prefix takes none away.",
    "file-path": "A relative path stays below the data folder.",
    "full-number": "A number that others see, or that is ours, is written with its country code: only so it is the same everywhere.",
    "git-address": "Manifests are fetched from where they are safe on the way, by an address that holds no password.",
    "git-branch": "A branch has a name that git takes.",
    "git-folder": "A folder stays within its repository.",
    "group-name": "Names of groups stand in rules and log lines.",
    "header-rule": "A change of a header field is one thing: a part that is set to something, or a field that is taken away.",
    "header-text": "Text in a header field has no characters that could end the field or begin another.",
    "http-url": "A URL is copied and logged wherever it goes, so it holds no password; and webhooks speak HTTP only.",
    "http-user": "A colon would end it, and other characters are read differently by different servers.",
    "inbound-match": "A rule that asks for nothing would be for no call, or for all: which, nobody could say.",
    "instant": "A time without an offset is another one in each place.",
    "kind": "The kind decides which fields are known.",
    "label": "Labels are words to select by.",
    "length-order": "No number has at least more digits than at most.",
    "listener-tls": "A certificate for what is sent in the clear would seem to encrypt it.",
    "mac-address": "A phone is known by the address on its label.",
    "mail-address": "A mail to an address that is none comes back, or goes nowhere.",
    "mail-login": "Who logs in has a name and a password.",
    "menu-action": "What is pressed leads to one place, or to one of a few things that are known.",
    "menu-key": "Phones send digits, * and #; everything else could never be pressed.",
    "missing-field": "Some fields have no sensible default.",
    "money": "An amount is exact, not negative, and in the tenant's currency.",
    "network": "An address with a prefix that is shorter may mean the address or the network.",
    "network-wide": "Calls from a trunk's networks need no password and nobody there is ever banned: not for half the internet.",
    "no-resources": "An empty set of manifests is a mistake, never an order to delete everything.",
    "not-a-resource": "A document of a manifest file is one resource; other YAML files belong elsewhere.",
    "number-mask": "A mask that can't be read would match nothing, or everything.",
    "phone-key": "A key does one thing, for one whom it names.",
    "phone-model-name": "Models are called as on the label.",
    "phone-setting": "Settings of a vendor are one line of text each.",
    "phone-twice": "A key can do one thing only, and a codec has one place in an order.",
    "port-range": "Audio takes ports in pairs, from a range of unprivileged ones.",
    "prefix": "Prefixes are compared with digits as they are dialled.",
    "preset": "A preset that is not known fills in nothing; carriers without one have preset: generic.",
    "prompt-sound": "A prompt that is another one's name would have to be looked up again and again, perhaps for ever.",
    "push-credentials": "Google and Apple wake an app only for who can show that it is his.",
    "range": "Counts and ports have bounds.",
    "rate-prefix": "Rates are for full numbers, which begin alike wherever they are dialled from.",
    "rate-twice": "Of two rates for one prefix nobody could say which counts.",
    "rates-order": "Of two rates the higher one is for the worse flood, and only above the lower one does it ever count.",
    "receptionist-action": "An action is for somebody, and does one thing; a password is shown to nobody on the way.",
    "recording-whom": "Whom a policy means is written down: recording nobody is no policy, and everybody and some is two.",
    "remark": "Remarks are one line, and not for ever.",
    "report-duration": "No call is longer than at least and shorter than at most.",
    "report-number": "Records are looked through for numbers and parts of them.",
    "report-party": "A number is looked for only where a report says how.",
    "resource-name": "Names stand in addresses, files and log lines.",
    "ring-group-type": "Members who answer by themselves are not rung in an order, and leave no call that nobody answers.",
    "rule-id": "What is switched off is one rule, by its id.",
    "rule-reason": "Who comes after you has to know whether the reason still holds.",
    "secret-literal": (
        "A password in git is everybody's. What stood there is not repeated; change it, for it has been seen."
    ),
    "secret-source": "A relative path stays below the data folder, or beside the manifests if encrypted; one secret has one source.",
    "sender-id": "Google knows senders by number.",
    "server": "A server is a host name or an address, perhaps with a port; it is no SIP URI.",
    "server-address": "A server without an address is not reached.",
    "session-order": "A phone could not be given any interval between a minimum above it.",
    "short-number": "What is dialled is digits, * and #.",
    "sms-provider": "Messages go by one provider; with two, nobody could say which.",
    "sms-sender": "Networks take numbers, and short names.",
    "source-credentials": "A server asks for one sort of proof, and it has to be at hand before anything is fetched.",
    "source-not-its-tenant": (
        "Whoever may push to a tenant's own source is trusted with that tenant, and with nothing of anybody else's: held back is that "
        "tenant alone."
    ),
    "source-outside": (
        "Whoever may push to a tenant's own source names files below that tenant's own folder (`DATA/tenants/TENANT/`), and what is "
        "encrypted beside its manifests: another's secrets, and the server's, stay out of reach."
    ),
    "speed-dial": "What is dialled is a number.",
    "time-of-day": "What happens once a day happens at one time of the clock.",
    "time-range": "Hours are ranges of the clock from 00:00 to 24:00, each of some length.",
    "time-zone": "Clocks follow the rules of a zone of the IANA database; abbreviations like CET or IST are several zones.",
    "transport": "A listener speaks one transport.",
    "trunk-credentials": "Whoever registers without proving who it is could be replaced by anybody.",
    "trunk-number": "A trunk that always shows its own number has to have one.",
    "type": "`yes` is text in YAML 1.2; nothing is guessed.",
    "unknown-field": "A field that is not known would do nothing, and its author would believe it did.",
    "user-agent": "It stands in every message we send.",
    "webhook-auth": "One request can log in in one way.",
    "weekday": "A week has seven days, with three letters each.",
    "yaml-alias": "An alias stands for an anchor above it in the same document.",
    "yaml-key": "A key that is itself a list or a mapping is in no manifest on purpose.",
    "yaml-merge-key": "Merge keys are YAML 1.1; what they mean differs from reader to reader.",
    "yaml-syntax": (
        "The file can't be read to its end, so nobody knows what else it says: all who have resources in it are held back."
    ),
    "yaml-tag": "Tags ask a reader to make something special of a value; manifests hold plain values only.",
}


@dataclass(frozen=True, slots=True)
class OfFiles:
    """A rule whose fault no text of a manifest can show: what it says, and how to mend it."""

    says: str
    mend: str


OF_FILES: Final[Mapping[str, OfFiles]] = {
    "annotation": OfFiles(
        "An annotation is longer than 4096 characters, or holds a null character.",
        "Shorten it.",
    ),
    "too-many-problems": OfFiles(
        "A file has more problems than are listed.",
        "Mend those that are listed first.",
    ),
    "value": OfFiles(
        "A value does not fit, in a way that no other rule names.",
        "See the page of the kind.",
    ),
    "yaml-depth": OfFiles(
        "Lists and mappings are nested too deeply.",
        "Flatten them.",
    ),
    "yaml-encoding": OfFiles(
        "The file is not UTF-8, or holds a character that YAML does not allow.",
        "Save it as UTF-8.",
    ),
    "yaml-size": OfFiles(
        "A file, a document, a value or a key is too large.",
        "Split or shorten it.",
    ),
}
