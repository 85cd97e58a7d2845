"""Rules on call services: each planted fault of docs/faults is found, and its clean twin is not.

[receptionist-exists] [queue-exists] [conference-exists] [prompt-exists] [music-exists] [routing-loop] [destination-disabled] [queue-dead]
[one-of-a-kind] [feature-prefix-taken] [menu-key-dead] [menu-key-overlap] [menu-timeout-missing] [direct-dial-length]
[receptionist-action-twice] [queue-times] [member-twice]
[receptionist-line-hidden] [paging-disabled] [paging-nobody] [hours-unused] [voicemail-missing] [direct-dial-hidden]
[music-unused]
"""

import pytest

from schema.manifest_set import load
from tests.schema.rules.test_routing import FAULTS, found
from tests.support.manifests import ACME, GLOBEX, GOOD, documents, extension, resource, tenant

# the rule, what makes its planted fault right
TWINS = [
    ("receptionist-exists", "receptionist: sales", "receptionist: welcome"),
    ("queue-exists", "{queue: help}", "repeat"),
    ("conference-exists", "{conference: board}", "ignore"),
    ("prompt-exists", "{prompt: welcom}", "{prompt: welcome}"),
    ("prompt-exists", "{prompt: welcom}", "{say: Welcome.}"),
    ("music-exists", ", music: jazz", ""),
    ("routing-loop", "onTimeout: {queue: help}", "onTimeout: {hangUp: unavailable}"),
    ("routing-loop", "onTimeout: {queue: help}", 'onTimeout: {extension: "101"}'),
    ("routing-loop", ", overflow: {receptionist: welcome}", ""),
    ("destination-disabled", ", enabled: false", ""),
    ("destination-disabled", 'onTimeout: {extension: "101"}', "onTimeout: {hangUp: busy}"),
    ("destination-disabled", 'number: "600"', 'number: "600"\n  enabled: false'),
    ("queue-dead", ", enabled: false", ""),
    ("queue-dead", 'number: "700"', 'number: "700", enabled: false'),
    ("one-of-a-kind", "tenant: acme, name: messages", "tenant: acme, name: voicemail"),
    ("music-unused", "name: jazz", "name: default"),
    ("music-unused", "spec: {", "spec: {enabled: false, "),
    (
        "music-unused",
        "jazz.wav}]}\n",
        (
            "jazz.wav}]}\n---\napiVersion: trunkline/v1\nkind: Extension\nmetadata: {tenant: acme, name: '101'}\n"
            "spec: {password: {env: P}}\n---\napiVersion: trunkline/v1\nkind: Queue\nmetadata: {tenant: acme, name: q}\n"
            "spec: {number: '700', members: ['101'], music: jazz}\n"
        ),
    ),
    ("feature-prefix-taken", '"*110"', '"*120"'),
    ("feature-prefix-taken", "spec: {}", "spec: {intercom: {enabled: false}}"),
    ("menu-key-dead", '"12": repeat', '"22": repeat'),
    ("menu-key-dead", '{"1":', '{"1#":'),
    ("menu-key-overlap", '{"1":', '{"1#":'),
    ("menu-key-overlap", '{"1":', '{"2":'),
    ("menu-key-overlap", '"600"', '"600"\n  directDial: {enabled: false}'),
    ("menu-timeout-missing", '"101"}}}', '"101"}}, onTimeout: {hangUp: unavailable}}'),
    ("direct-dial-length", "length: 4", "length: 3"),
    ("direct-dial-length", "by: length, length: 4", "by: hash"),
    ("direct-dial-hidden", '"1015"', '"201"'),
    ("direct-dial-hidden", 'number: "600"', 'number: "600", directDial: {by: hash}'),
    ("direct-dial-hidden", 'number: "600"', 'number: "600", directDial: {enabled: false}'),
    ("queue-times", "maxWait: 2m", "maxWait: 4m"),
    ("queue-times", ", sla: {answerWithin: 3m}", ""),
    ("member-twice", '"101", "101"', '"101"'),
    ("receptionist-line-hidden", '"+442079460101", inHours', '"+442079460102", inHours'),
    ("receptionist-line-hidden", '- {did: ["+442079460100", "+442079460101"]', '- {did: ["+442079460100"]'),
    ("paging-disabled", "{intercom: {enabled: false}}", "{}"),
    ("paging-disabled", "type: paging, ", ""),
    ("paging-nobody", "password: {env: P}", "password: {env: P}, mayPage: true"),
    ("paging-nobody", "type: paging, ", ""),
    ("paging-nobody", 'number: "300"', 'number: "300", enabled: false'),
    (
        "paging-nobody",
        "{password: {env: P}}\n",
        (
            "{password: {env: P}, groups: [all]}\n---\napiVersion: trunkline/v1\nkind: ExtensionGroup\n"
            "metadata: {tenant: acme, name: all}\nspec: {mayPage: true}\n"
        ),
    ),
    ("hours-unused", "hours: office, ", ""),
    ("hours-unused", "hours: office, ", "hours: office, outOfHours: {onTimeout: {hangUp: busy}}, "),
    ("voicemail-missing", '{voicemail: "101"}', "{hangUp: busy}"),
    (
        "voicemail-missing",
        '{voicemail: "101"}}]}\n',
        '{voicemail: "101"}}]}\n---\napiVersion: trunkline/v1\nkind: Voicemail\nmetadata: {tenant: acme, name: v}\nspec: {}\n',
    ),
    ("receptionist-action-twice", 'returns, digits: ["33"]', 'returns, digits: ["34"]'),
]
# What a clean set would be called for all the same: it is the same resource twice.
ANOTHER = {"one-of-a-kind": {"duplicate-resource"}}


@pytest.mark.parametrize(("rule", "fault", "right"), TWINS)
def test_planted_faults_and_clean_twins(rule: str, fault: str, right: str) -> None:
    text = (FAULTS / f"{rule}.yaml").read_text()
    assert found(text) == {rule}
    assert fault in text
    assert found(text.replace(fault, right)) == ANOTHER.get(rule, set())


def lines(*acme: str, globex: tuple[str, ...] = ()) -> list[str]:
    """Return the problems of the good set with these resources more."""
    files = GOOD | {"acme.yaml": documents(ACME, *acme), "globex.yaml": documents(GLOBEX, *globex)}
    return [str(problem) for problem in load(files.items()).report]


def rules(*acme: str) -> list[str]:
    return [line.rsplit("[", 1)[1].rstrip("]") for line in lines(*acme)]


QUIET = "inHours: {onTimeout: {hangUp: unavailable}}\n"
DOUBLED = [
    ("RingGroup", 'members: ["101"]\n'),
    ("Receptionist", QUIET),
    ("Queue", 'members: ["101"]\n'),
    ("Conference", ""),
    ("Voicemail", ""),
]


@pytest.mark.parametrize(("kind", "spec"), DOUBLED)
def test_no_two_resources_have_one_number(kind: str, spec: str) -> None:
    taken = resource(kind, "acme", "one", f'number: "102"\n{spec}')
    [line] = lines(taken)
    assert f'{kind} acme/one has number "102", which Extension acme/102 has too' in line
    assert line.endswith("[duplicate-number]")
    assert lines(taken.replace('"102"', '"901"')) == []


def test_a_number_by_default_is_taken_as_one_that_is_written() -> None:
    [line] = lines(resource("Voicemail", "acme", "voicemail", "language: zh\n"), extension("acme", "999"))
    assert line.startswith("acme.yaml:")
    assert 'Voicemail acme/voicemail has number "999", which Extension acme/999 has too' in line


NAMED = [
    ("Receptionist", 'number: "600"\nhours: none\n' + QUIET, "office-hours-exist"),
    ("Receptionist", f'number: "600"\n{QUIET}lines: [{{trunks: [none], {QUIET[:-1]}}}]\n', "trunk-exists"),
    (
        "Receptionist",
        'number: "600"\ninHours: {keys: {"5": {voicemail: "501"}}, onTimeout: repeat}\n',
        "extension-exists",
    ),
    ("Queue", 'number: "700"\nmembers: ["101", "501"]\n', "extension-exists"),
    ("Queue", 'number: "700"\nmembers: ["101"]\nsla: {answerWithin: 20s, manager: "501"}\n', "extension-exists"),
    ("Queue", 'number: "700"\nmembers: ["101"]\nannouncements: {message: {prompt: none}}\n', "prompt-exists"),
    ("Conference", 'number: "800"\ninvite: [{extension: "501"}]\n', "extension-exists"),
    ("RecordingPolicy", 'of: {extensions: ["101", "501"]}\n', "extension-exists"),
    ("RecordingPolicy", "of: {queues: [none]}\n", "queue-exists"),
    ("RecordingPolicy", "of: {conferences: [none]}\n", "conference-exists"),
    ("RecordingPolicy", "of: {groups: [slaes]}\n", "group-empty"),
    ("MusicOnHold", "tracks: [{prompt: none}]\n", "prompt-exists"),
]


@pytest.mark.parametrize(("kind", "spec", "rule"), NAMED)
def test_whatever_is_named_has_to_be_there(kind: str, spec: str, rule: str) -> None:
    assert rules(resource(kind, "acme", "default", spec)) == [rule]


OF_GLOBEX = (
    resource("Receptionist", "globex", "theirs", 'number: "600"\n' + QUIET),
    resource("Queue", "globex", "theirs", 'number: "700"\nmembers: ["101"]\nmusic: theirs\n'),
    resource("Conference", "globex", "theirs", 'number: "800"\n'),
    resource("RingGroup", "globex", "theirs", 'number: "900"\nmembers: ["101"]\n'),
    resource("Prompt", "globex", "theirs", "sound: {say: Hello.}\n"),
    resource("MusicOnHold", "globex", "theirs", "tracks: [{file: music/a.wav}]\n"),
    extension("globex", "501"),
)
CROSSING = [
    ("keys: {'7': {receptionist: theirs}}", "receptionist-exists"),
    ("keys: {'7': {queue: theirs}}", "queue-exists"),
    ("keys: {'7': {conference: theirs}}", "conference-exists"),
    ("keys: {'7': {ringGroup: theirs}}", "ring-group-exists"),
    ("keys: {'7': {voicemail: '501'}}", "extension-exists"),
    ("keys: {'7': {extension: '501'}}", "extension-exists"),
    ("greeting: {prompt: theirs}", "prompt-exists"),
]


@pytest.mark.parametrize(("menu", "rule"), CROSSING)
def test_nothing_that_is_named_crosses_tenants(menu: str, rule: str) -> None:
    ours = resource("Receptionist", "acme", "ours", f'number: "600"\ninHours: {{{menu}, onTimeout: repeat}}\n')
    [line] = lines(ours, globex=OF_GLOBEX)
    assert line.endswith(f"[{rule}]")
    assert "which Tenant acme does not have" in line


CIRCLES = [
    ("two receptionists", "onTimeout: {receptionist: b}", "onTimeout: {receptionist: a}", True),
    (
        "back by a key",
        "keys: {'2': {receptionist: b}}, onTimeout: repeat",
        "keys: {'9': {receptionist: a}}, onTimeout: repeat",
        False,
    ),
    ("itself", "onTimeout: {receptionist: a}", "onTimeout: repeat", True),
    ("itself by words", "onTimeout: repeat", "onTimeout: repeat", False),
]


@pytest.mark.parametrize(("a", "b", "is_circle"), [case[1:] for case in CIRCLES], ids=[case[0] for case in CIRCLES])
def test_a_circle_is_one_that_nobody_has_to_press_anything_for(a: str, b: str, is_circle: bool) -> None:
    menus = [("a", "600", a), ("b", "601", b)]
    both = [
        resource("Receptionist", "acme", name, f'number: "{no}"\ninHours: {{{menu}}}\n') for name, no, menu in menus
    ]
    assert rules(*both) == (["routing-loop"] if is_circle else [])


def test_a_circle_over_four_kinds_is_told_once_with_its_way() -> None:
    [line] = lines(
        extension("acme", "103", "forwarding: [{when: noAnswer, to: {ringGroup: all}}]\n"),
        resource("RingGroup", "acme", "all", 'number: "200"\nmembers: ["101"]\nnoAnswer: {queue: help}\n'),
        resource("Queue", "acme", "help", 'number: "700"\nmembers: ["102"]\noverflow: {receptionist: night}\n'),
        resource("Receptionist", "acme", "night", 'number: "600"\ninHours: {onTimeout: {extension: "103"}}\n'),
    )
    assert "extension 103 -> ringGroup all -> queue help -> receptionist night -> extension 103" in line
    assert line.endswith("[routing-loop]")


def test_who_asks_a_web_server_in_vain_may_go_round_too() -> None:
    action = '{name: a, callers: ["1"], url: "https://a.example", onFailure: {receptionist: one}}'
    found_rules = rules(resource("Receptionist", "acme", "one", f'number: "600"\n{QUIET}actions: [{action}]\n'))
    assert found_rules == ["routing-loop"]


KEYS = [
    (["1", "2", "1#"], ["1#"]),
    (["x", "5"], []),
    (["x", *"0123456789"], ["x"]),
    (["x", *"012345678"], []),
    (["x", "12", "1"], ["12"]),
    (["x#", "12"], []),
    (["1x", "12", "1"], ["12", "1x"]),
    (["xx", *(f"{digit}x" for digit in range(10))], ["xx"]),
    (["xx", *(f"x{digit}" for digit in range(10))], ["xx"]),
    (["x1x", *(str(digit) for digit in range(1, 10))], []),
    (["x1x", *(str(digit) for digit in range(10))], ["x1x"]),
    (["*", "#", "F", "x"], []),
    (["*", "*1", "**#"], ["**#", "*1"]),
]


@pytest.mark.parametrize(("keys", "dead"), KEYS)
def test_dead_keys(keys: list[str], dead: list[str]) -> None:
    menu = ", ".join(f'"{key}": repeat' for key in keys)
    spec = f'number: "600"\ninHours: {{keys: {{{menu}}}, onTimeout: repeat}}\ndirectDial: {{enabled: false}}\n'
    told = [line for line in lines(resource("Receptionist", "acme", "one", spec)) if line.endswith("[menu-key-dead]")]
    assert sorted(line.split(' has for "')[1].split('"')[0] for line in told) == dead


def test_what_an_action_is_for_is_no_key_of_the_menu() -> None:
    spec = (
        'number: "600"\ninHours: {keys: {"22": repeat}, onTimeout: repeat}\n'
        'actions: [{name: orders, digits: ["22"], url: "https://crm.example.com"}]\n'
    )
    [line] = lines(resource("Receptionist", "acme", "one", spec))
    assert 'the action "orders" is for the same, and goes before' in line


def test_an_agent_who_rings_as_long_as_one_may_wait() -> None:
    spec = 'number: "700"\nmembers: ["101"]\nmaxWait: 20s\n'
    [line] = lines(resource("Queue", "acme", "help", spec))
    assert "rings an agent for 20 s, and maxWait is 20 s: no second one is ever rung" in line
    assert lines(resource("Queue", "acme", "help", spec + "memberRingTime: 10s\n")) == []


LINES = [
    ("[{did: '*', %s}]", ["fits every call"]),
    ("[{%s}]", ["fits every call"]),
    ("[{trunks: [a], %s}]", []),
    ("[{trunks: [a, b], %s}, {trunks: [b], %s}]", ["lines[1]"]),
    ("[{trunks: [b], %s}, {trunks: [a, b], %s}]", []),
    ("[{trunks: [a], %s}, {did: '1', %s}]", []),
    ("[{trunks: [a], %s}, {trunks: [a], did: '1', %s}]", ["lines[1]"]),
    ("[{did: '1', %s}, {trunks: [a], did: '1', %s}]", ["lines[1]"]),
]


@pytest.mark.parametrize(("entries", "words"), LINES)
def test_lines_that_never_count(entries: str, words: list[str]) -> None:
    spec = f'number: "600"\n{QUIET}lines: {entries.replace("%s", QUIET.strip())}\n'
    trunks = [resource("Trunk", "acme", name, f"host: {name}.example\n") for name in "ab"]
    told = lines(resource("Receptionist", "acme", "one", spec), *trunks)
    assert len(told) == len(words)
    assert all(word in line for word, line in zip(words, told, strict=True))


OVERLAPS = [
    ("1", ['the extension "101" and 1 more']),
    ("10", ['the extension "101" and 1 more']),
    ("x", ['the extension "101" and 1 more', 'the mailbox number "999"', 'the outbound prefix']),
    ("9", ['the mailbox number "999"']),
    ("00", ['the outbound prefix "00"']),
    ("0", []),
    ("0049", ['the outbound prefix "00"']),
    ("2", []),
    ("1#", []),
    ("F", []),
]  # fmt: skip


@pytest.mark.parametrize(("key", "what"), OVERLAPS)
def test_what_a_key_stands_in_the_way_of(key: str, what: list[str]) -> None:
    spec = f'number: "600"\ninHours: {{keys: {{"{key}": repeat}}, onTimeout: repeat}}\n'
    told = lines(
        resource("Receptionist", "acme", "one", spec),
        resource("Voicemail", "acme", "voicemail", "{}\n"),
        resource("Trunk", "acme", "carrier", "host: 192.0.2.51\n"),
        resource("OutboundRule", "acme", "outside", 'match: {prefixes: ["00"]}\nroutes: [{trunk: carrier}]\n'),
    )
    if key == "x":
        what = what[:2]
    assert len(told) == (1 if what else 0)
    assert all(word in told[0] for word in what)


def test_voicemail_that_is_switched_off_takes_no_messages() -> None:
    rule = resource("Queue", "acme", "help", 'number: "700"\nmembers: ["101"]\noverflow: {voicemail: "101"}\n')
    off = resource("Voicemail", "acme", "voicemail", "enabled: false\n")
    assert rules(rule, off) == ["destination-disabled"]
    assert rules(rule, off.replace("false", "true")) == []


def test_prefixes_that_begin_with_each_other() -> None:
    [line] = lines(resource("CallFeatures", "acme", "features", "pickup: {ringing: '*1'}\n"))
    assert 'has the prefix "*11", and spec.pickup.ringing is "*1": one begins with the other' in line
    assert line.endswith("[feature-prefix-taken]")
    assert rules(resource("CallFeatures", "acme", "features", "pickup: {ringing: '*1', enabled: false}\n")) == []


def test_nothing_is_missing_while_something_can_not_be_read() -> None:
    broken = resource("Queue", "acme", "help", 'nubmer: "700"\nmembers: ["101"]\n')
    group = resource("RingGroup", "acme", "all", 'number: "200"\nmembers: ["101"]\nnoAnswer: {queue: help}\n')
    assert "queue-exists" not in rules(broken, group)


def test_a_tenant_of_its_own_is_looked_at_by_itself() -> None:
    both = documents(tenant("acme", "acme.example"), resource("Voicemail", "acme", "voicemail", "{}\n"))
    files = {**GOOD, "acme.yaml": both, "globex.yaml": documents(GLOBEX, resource("Voicemail", "globex", "v", "{}\n"))}
    assert list(load(files.items()).report) == []


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("announcements: {message: {say: Please wait.}, messageEvery: 6m}", "says its message every 360 s"),
        ("announcements: {position: true, positionEvery: 5m}", "tells callers their position every 300 s"),
        ("announcements: {messageEvery: 6m, positionEvery: 6m}", ""),
        ("announcements: {message: {say: Please wait.}, messageEvery: 4m}", ""),
    ],
)
def test_what_is_said_to_those_who_wait_is_said_before_they_overflow(spec: str, said: str) -> None:
    told = lines(resource("Queue", "acme", "help", f'number: "700"\nmembers: ["101"]\n{spec}\n'))
    assert len(told) == (1 if said else 0)
    assert all(said in line and "maxWait is 300 s: it is never said again" in line for line in told)


@pytest.mark.parametrize(
    ("key", "extension_number", "is_told"),
    [
        ("0", "101", False),
        ("9", "101", False),
        ("01", "101", True),
        ("90", "101", True),
        ("0", "0", True),
        ("0", "010", True),
        ("0#", "010", False),
    ],
)
def test_a_single_key_is_never_an_outside_line(key: str, extension_number: str, is_told: bool) -> None:
    """0 for the reception is in most menus of the world, and 0 or 9 for the outside on most of their phones."""
    menu = f'number: "600"\ninHours: {{keys: {{"{key}": repeat}}, onTimeout: repeat}}\n'
    told = rules(
        resource("Receptionist", "acme", "one", menu),
        resource("Extension", "acme", "more", f'number: "{extension_number}"\npassword: {{env: P}}\n'),
        resource("Trunk", "acme", "carrier", "host: 192.0.2.51\n"),
        resource(
            "OutboundRule", "acme", "outside", 'match: {prefixes: ["0", "9"]}\nroutes: [{trunk: carrier, strip: 1}]\n'
        ),
    )
    assert told.count("menu-key-overlap") == is_told


def test_hours_of_an_inbound_rule_need_something_for_the_time_out_of_them() -> None:
    hours = resource("OfficeHours", "acme", "main", 'week: {mon-fri: "09:00-17:00"}\n')
    rule = resource("InboundRule", "acme", "main", 'match: {did: "+44"}\nhours: main\ninHours: {hangUp: busy}\n')
    assert rules(hours, rule) == ["hours-unused"]
    assert rules(hours, f"{rule}  outOfHours: {{hangUp: declined}}\n") == []


@pytest.mark.parametrize("owner", ["acme", None])
def test_there_is_one_mail_server_for_a_tenant_and_one_for_all_who_have_none(owner: str | None) -> None:
    servers = [
        resource("MailServer", "acme", name, "server: smtp.example.net\nreplyAddress: pbx@example.com\n")
        for name in ("one", "two")
    ]
    if owner is None:
        servers = [server.replace("tenant: acme, ", "") for server in servers]
    [line] = lines(*servers)
    assert f"is one too many: {'Tenant acme' if owner else 'the system'} has MailServer" in line
    assert lines(servers[0], resource("SmsGateway", "acme", "sms", "clickatell: {apiKey: {env: K}}\n")) == []


def test_who_is_invited_twice_is_called_twice() -> None:
    room = "number: '800'\ninvite: [{extension: '101'}, {extension: '102'}, {extension: '101'}]\n"
    [line] = lines(resource("Conference", "acme", "board", room))
    assert "invites extension 101 twice; the first is at acme.yaml:" in line
    assert line.endswith("[member-twice]")
