"""The kinds of call services: what they are by default, and what is wrong with them, said at its place."""

from datetime import timedelta

import pytest

from schema.announcement import Recording, Speech
from schema.destination import To
from schema.kinds.call_features import CallFeaturesSpec
from schema.kinds.conference import ConferenceSpec
from schema.kinds.music_on_hold import MusicOnHoldSpec
from schema.kinds.prompt import PromptSpec
from schema.kinds.queue import QueueSpec
from schema.kinds.receptionist import ReceptionistSpec
from schema.kinds.recording_policy import RecordingPolicySpec
from schema.kinds.ring_group import RingGroupSpec
from schema.kinds.voicemail import VoicemailSpec
from schema.manifest_set import parse_file
from schema.menu_action import MenuWord
from schema.resource import Spec
from tests.support.manifests import resource

MENU = "number: 600\ninHours: {onTimeout: repeat}\n"
GROUP = "number: 300\nmembers: ['101']\n"
QUEUE = "number: 700\nmembers: ['101']\n"


def spec_of(kind: str, spec: str) -> Spec:
    [found] = parse_file("t.yaml", resource(kind, "acme", "one", spec)).resources
    return found.spec


def problems_of(kind: str, spec: str) -> list[tuple[str, str]]:
    return [
        (problem.rule, problem.message.split(" ")[0])
        for problem in parse_file("t.yaml", resource(kind, "acme", "one", spec)).problems
    ]


def test_a_receptionist_by_default() -> None:
    spec = spec_of("Receptionist", "number: 600\ninHours: {}\n")
    assert isinstance(spec, ReceptionistSpec)
    assert (spec.language, spec.key_wait, spec.lines, spec.actions) == ("en", timedelta(seconds=3), (), ())
    assert (spec.direct_dial.enabled, spec.direct_dial.by) == (True, "match")
    assert (spec.in_hours.greeting, spec.in_hours.keys, spec.in_hours.on_timeout) == (None, {}, None)
    assert spec.in_hours.on_invalid is MenuWord.REPEAT
    assert spec.out_of_hours is None


def test_what_may_be_pressed() -> None:
    keys = "{1: {extension: 101}, 01#: {voicemail: 101}, '*': repeat, '#': {hangUp: busy}, 5x: ignore, F: {queue: fax}}"
    spec = spec_of(
        "Receptionist", f"number: 600\ninHours: {{keys: {keys}, onInvalid: {{external: '+442079460100'}}}}\n"
    )
    assert isinstance(spec, ReceptionistSpec)
    assert spec.in_hours.keys == {
        "1": To("extension", "101"),
        "01#": To("voicemail", "101"),
        "*": MenuWord.REPEAT,
        "#": To("hangUp", "busy"),
        "5x": MenuWord.IGNORE,
        "F": To("queue", "fax"),
    }
    assert spec.in_hours.on_invalid == To("external", "+442079460100")


def test_an_action_that_asks_a_web_server() -> None:
    action = "- {name: orders, digits: [22, 33], url: 'https://a.example/x', method: POST, auth: {user: u, password: {env: P}}}\n"
    spec = spec_of("Receptionist", f"{MENU}actions:\n  {action}")
    assert isinstance(spec, ReceptionistSpec)
    [found] = spec.actions
    assert (found.digits, found.method, found.connect_timeout, found.response_timeout) == (
        ("22", "33"),
        "POST",
        timedelta(seconds=5),
        timedelta(seconds=10),
    )
    assert found.on_failure is MenuWord.REPEAT


def test_a_queue_by_default() -> None:
    spec = spec_of("Queue", QUEUE)
    assert isinstance(spec, QueueSpec)
    assert (spec.strategy, spec.max_callers, spec.max_wait, spec.overflow) == (
        "simultaneous",
        0,
        timedelta(minutes=5),
        None,
    )
    assert (spec.announcements.position, spec.announcements.in_full, spec.sla, spec.music) == (False, False, None, None)


def test_a_conference_by_default() -> None:
    spec = spec_of("Conference", "number: 800\nmode: video\n")
    assert isinstance(spec, ConferenceSpec)
    assert (spec.max_participants, spec.language, spec.pin, spec.admin_pin) == (9, "en", None, None)
    video = spec.video
    assert (video.layout, video.bitrate_kbps, video.frames_per_second, video.resolution) == (4, 1024, 15, "720p")


def test_voicemail_by_default() -> None:
    spec = spec_of("Voicemail", "{}\n")
    assert isinstance(spec, VoicemailSpec)
    assert (spec.number, spec.enabled, spec.max_storage_mb, spec.retention) == ("999", True, 200, 0)
    assert (spec.waiting_indication, spec.mail.enabled) == (True, False)


def test_features_by_default() -> None:
    spec = spec_of("CallFeatures", "{}\n")
    assert isinstance(spec, CallFeaturesSpec)
    assert (spec.pickup.enabled, spec.pickup.ringing, spec.pickup.held) == (True, "**", "##")
    assert (spec.intercom.enabled, spec.intercom.prefix, spec.intercom.auto_answer) == (True, "*11", "alertInfo")
    assert (spec.fax.recognise, spec.fax.t38) == (True, True)


def test_music_prompts_and_recording() -> None:
    music = spec_of("MusicOnHold", "tracks: [{file: music/a.wav}, {say: Soon.}]\n")
    assert isinstance(music, MusicOnHoldSpec)
    assert (music.enabled, music.shuffle, music.tracks) == (True, "perDay", (Recording("music/a.wav"), Speech("Soon.")))
    prompt = spec_of("Prompt", "sound: {say: 你好, language: zh}\n")
    assert isinstance(prompt, PromptSpec)
    assert prompt.sound == Speech("你好", "zh")
    policy = spec_of("RecordingPolicy", "of: {everybody: true}\n")
    assert isinstance(policy, RecordingPolicySpec)
    assert (policy.calls, policy.video, policy.announcement) == (("inbound", "outbound", "internal"), False, None)


def test_a_group_that_is_paged() -> None:
    spec = spec_of("RingGroup", GROUP + "type: paging\n")
    assert isinstance(spec, RingGroupSpec)
    assert (spec.paging.talk_back, spec.paging.auto_answer) == (True, None)


ACTION = MENU + "actions: [{name: a, %s}]\n"
LOGIN = "digits: ['1'], url: '%s://a.example', auth: {user: u, password: %s}"
REFUSALS = [
    ("Receptionist", "number: 600\n", "missing-field", "spec.inHours"),
    ("Receptionist", "number: 600\ninHours: {keys: {a: repeat}}\n", "menu-key", "a"),
    ("Receptionist", "number: 600\ninHours: {keys: {'##': repeat}}\n", "menu-key", "a"),
    ("Receptionist", "number: 600\ninHours: {keys: {'123456789': repeat}}\n", "menu-key", "a"),
    ("Receptionist", "number: 600\ninHours: {keys: {1: hangup}}\n", "menu-action", "spec.inHours.keys.1"),
    ("Receptionist", "number: 600\ninHours: {keys: {1: queue}}\n", "menu-action", "spec.inHours.keys.1"),
    ("Receptionist", "number: 600\ninHours: {keys: {1: {kueue: a}}}\n", "destination", "spec.inHours.keys.1"),
    ("Receptionist", "number: 600\ninHours: {keys: {1: true}}\n", "destination", "spec.inHours.keys.1"),
    ("Receptionist", "number: 600\ninHours: {timeout: 8}\n", "duration", "spec.inHours.timeout"),
    ("Receptionist", "number: 600\ninHours: {onTimeout: ignore}\n", "menu-action", "spec.inHours"),
    ("Receptionist", "number: 600\ninHours: {greeting: hello.wav}\n", "announcement", "spec.inHours.greeting"),
    ("Receptionist", MENU + "language: de\n", "value", "spec.language"),
    ("Receptionist", MENU + "directDial: {by: length, length: 6}\n", "range", "spec.directDial.length"),
    ("Receptionist", ACTION % 'to: {queue: q}', "receptionist-action", "spec.actions[0]"),
    ("Receptionist", ACTION % "digits: ['1'], callers: ['1'], to: {queue: q}", "receptionist-action", "spec.actions[0]"),
    ("Receptionist", ACTION % "digits: ['1'], to: {queue: q}, url: 'https://a.example'", "receptionist-action", "spec.actions[0]"),
    ("Receptionist", ACTION % "digits: ['1'], to: {queue: q}, method: POST", "receptionist-action", "spec.actions[0]"),
    ("Receptionist", ACTION % LOGIN % ("http", "{env: P}"), "receptionist-action", "spec.actions[0]"),
    ("Receptionist", ACTION % "digits: ['1'], url: 'ftp://a.example'", "http-url", "spec.actions[0].url"),
    ("Receptionist", ACTION % "digits: ['1a'], to: {queue: q}", "menu-key", "spec.actions[0].digits[0]"),
    ("Receptionist", ACTION % "callers: ['sip:a'], to: {queue: q}", "calling-number", "spec.actions[0].callers[0]"),
    ("Receptionist", ACTION % LOGIN % ("https", "p"), "secret-literal", "spec.actions[0].auth.password"),
    ("Queue", "number: 700\nmembers: []\n", "range", "spec.members"),
    ("Queue", QUEUE + "strategy: random\n", "value", "spec.strategy"),
    ("Queue", QUEUE + "maxWait: 5s\n", "duration", "spec.maxWait"),
    ("Queue", QUEUE + "sla: {}\n", "missing-field", "spec.sla.answerWithin"),
    ("Queue", QUEUE + "music: Jazz\n", "resource-name", "spec.music"),
    ("Conference", "number: 800\npin: 1234\n", "secret-literal", "spec.pin"),
    ("Conference", "number: 800\npin: {env: A}\nadminPin: {env: A}\n", "conference-pin", "spec"),
    ("Conference", "number: 800\nmaxParticipants: 1\n", "range", "spec.maxParticipants"),
    ("Conference", "number: 800\nvideo: {layout: 4}\n", "conference-video", "spec"),
    ("Conference", "number: 800\nmode: video\nvideo: {layout: 5}\n", "range", "spec.video.layout"),
    ("Conference", "number: 800\nmode: video\nvideo: {layout: '4'}\n", "type", "spec.video.layout"),
    ("Conference", "number: 800\nmode: video\nvideo: {bitrateKbps: 127}\n", "range", "spec.video.bitrateKbps"),
    ("Conference", "number: 800\nmode: video\nvideo: {framesPerSecond: 31}\n", "range", "spec.video.framesPerSecond"),
    ("Conference", "number: 800\nmode: video\nvideo: {resolution: 4k}\n", "value", "spec.video.resolution"),
    ("Conference", "number: 800\ninvite: [{ringGroup: all}]\n", "conference-invite", "spec"),
    ("Voicemail", "retention: 90\n", "duration", "spec.retention"),
    ("Voicemail", "maxStorageMb: 200MB\n", "type", "spec.maxStorageMb"),
    ("RecordingPolicy", "of: {}\n", "recording-whom", "spec.of"),
    ("RecordingPolicy", "of: {everybody: true, groups: [sales]}\n", "recording-whom", "spec.of"),
    ("RecordingPolicy", "of: {everybody: true}\ncalls: [incoming]\n", "value", "spec.calls[0]"),
    ("MusicOnHold", "tracks: []\n", "range", "spec.tracks"),
    ("MusicOnHold", "tracks: [{file: a.mp3}]\n", "announcement", "spec.tracks[0]"),
    ("MusicOnHold", "tracks: [{file: a.wav}]\nshuffle: always\n", "value", "spec.shuffle"),
    ("Prompt", "sound: {prompt: other}\n", "prompt-sound", "spec"),
    ("Prompt", "{}\n", "missing-field", "spec.sound"),
    ("CallFeatures", "pickup: {ringing: '11'}\n", "feature-prefix", "spec.pickup.ringing"),
    ("CallFeatures", "intercom: {autoAnswer: always}\n", "value", "spec.intercom.autoAnswer"),
    ("RingGroup", GROUP + "type: intercom\n", "value", "spec.type"),
    ("RingGroup", GROUP + "paging: {talkBack: false}\n", "ring-group-type", "spec"),
    ("RingGroup", GROUP + "type: paging\nnoAnswer: {hangUp: busy}\n", "ring-group-type", "spec"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "spec", "rule", "where"), REFUSALS)
def test_refusals(kind: str, spec: str, rule: str, where: str) -> None:
    assert problems_of(kind, spec) == [(rule, where)]
