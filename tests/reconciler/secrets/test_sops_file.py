"""Files of SOPS: those that the real SOPS wrote are read, value by value; whatever is wrong with one is told, and nothing of a value."""

from __future__ import annotations

import contextlib
import json
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.secrets.sops_edit import with_value
from reconciler.secrets.sops_file import MOST_BYTES, SopsFile, shown_path
from reconciler.secrets.sops_metadata import read_metadata
from reconciler.secrets.unusable import Unusable
from tests.support.sops import Keyring, needs_sops

YAML = """\
# our phones
sip:
  "101": {password: hunter2-one, port: 5060, on: true, f: 1.50, e: 1.0e21, n: null, empty: ""}
  '102.x':
    password: "h\\u00fcnter2\\nline" # two lines
  list:
    - hunter2-first
    - {two: three, four: [5, 6.25]}
octal_unencrypted: 0101
hex_unencrypted: 0x1F
under_unencrypted: 1_000
float_unencrypted: 1.50
exponent_unencrypted: 1e3
yes_unencrypted: yes
true_unencrypted: true
infinite_unencrypted: -.inf
block_unencrypted: |
  several
  lines
null_unencrypted: ~
"""
JSON = '{"a": {"b": "hunter2", "n": 12, "f": 1.5, "t": false, "z": null, "l": ["x", 3]}, "p_unencrypted": 5060, "q_unencrypted": 1e3}'
ENV = "# hi\nA=hunter2\nB=two words=3\nC=x\\ny\n"
DOCUMENTS = "a: hunter2\n---\na: 2\nb: [3]\n"
FILES = {"a.yaml": YAML, "b.json": JSON, "c.env": ENV, "d.yaml": DOCUMENTS}
CHOICES = [
    (),
    ("--encrypted-regex", "^(password|list|a|B)$"),
    ("--unencrypted-regex", "^port"),
    ("--encrypted-suffix", "word"),
    ("--unencrypted-suffix", "_clear"),
]


def opened(path: Path, keyring: Keyring) -> dict[str, tuple[str, bool]]:
    file = SopsFile.parse(path.name, path.read_bytes())
    values = file.values(file.data_key(keyring.keys()))
    return {shown_path(where): (value.content.decode(), value.is_secret) for where, value in values.items()}


@needs_sops
@pytest.mark.parametrize("choice", CHOICES, ids=lambda choice: choice[0] if choice else "default")
def test_what_sops_wrote_is_read(tmp_path: Path, choice: tuple[str, ...]) -> None:
    keyring = Keyring(tmp_path / "keys")
    for name, text in FILES.items():
        keyring.encrypt(tmp_path / name, text, *choice)
        assert opened(tmp_path / name, keyring), name


@needs_sops
def test_values_are_what_sops_says_they_are(tmp_path: Path) -> None:
    keyring = Keyring(tmp_path / "keys")
    for name, text in FILES.items():
        keyring.encrypt(tmp_path / name, text)
    values = opened(tmp_path / "a.yaml", keyring)
    assert values["sip.101.password"] == ("hunter2-one", True)
    assert values['sip."102.x".password'] == ("hünter2\nline", True)
    assert values["sip.list.0"] == ("hunter2-first", True)
    assert values["sip.list.1.four.1"] == ("6.25", True)
    assert values["sip.101.on"] == ("True", True)
    assert values["octal_unencrypted"] == ("65", False)
    assert opened(tmp_path / "b.json", keyring)["a.l.1"] == ("3", True)
    assert opened(tmp_path / "c.env", keyring)["B"] == ("two words=3", True)
    assert opened(tmp_path / "d.yaml", keyring) == {"a": ("hunter2", True)}
    for name, where in (("a.yaml", '["sip"]["list"][1]["two"]'), ("b.json", '["a"]["b"]')):
        shown = ".".join(re.findall(r'"?(\w+)"?\]', where))
        assert opened(tmp_path / name, keyring)[shown][0] == keyring.sops(
            "decrypt", "--extract", where, str(tmp_path / name)
        )


@needs_sops
def test_a_mac_of_encrypted_values_only(tmp_path: Path) -> None:
    keyring = Keyring(tmp_path / "keys")
    rule = f"creation_rules:\n  - age: {keyring.recipient}\n    mac_only_encrypted: true\n"
    content = keyring.encrypt(tmp_path / "a.yaml", YAML, config=rule)
    assert b"mac_only_encrypted: true" in content
    (tmp_path / "a.yaml").write_bytes(content.replace(b"hex_unencrypted: 31", b"hex_unencrypted: 32"))
    assert opened(tmp_path / "a.yaml", keyring)["sip.101.port"] == ("5060", True)


@needs_sops
def test_binary_files_are_read_by_their_one_key(tmp_path: Path) -> None:
    keyring = Keyring(tmp_path / "keys")
    (tmp_path / "plain").write_text("hunter2")
    arguments = ("encrypt", "--age", keyring.recipient, "--input-type", "binary", "--output-type", "json")
    (tmp_path / "x.json").write_text(keyring.sops(*arguments, str(tmp_path / "plain")))
    assert opened(tmp_path / "x.json", keyring) == {"data": ("hunter2", True)}


@needs_sops
def test_one_of_several_recipients_is_enough(tmp_path: Path) -> None:
    ours, theirs = Keyring(tmp_path / "ours"), Keyring(tmp_path / "theirs")
    path = tmp_path / "a.yaml"
    path.write_text("a: hunter2\n")
    ours.sops("encrypt", "-i", "--age", f"{theirs.recipient},{ours.recipient}", str(path))
    assert opened(path, ours) == opened(path, theirs) == {"a": ("hunter2", True)}


MAC = re.compile(rb"mac: ENC\[.*\]")
FAULTS: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "a value that was exchanged": (
        lambda c: c.replace(b"one: ", b"two: ", 1),
        "the value two of file f.yaml was changed after SOPS encrypted it, or moved there from another key",
    ),
    "a value in clear": (lambda c: re.sub(rb"one: ENC.*", b"one: hunter2", c), "is not encrypted, though SOPS's rule"),
    "a value that is gone": (lambda c: re.sub(rb"one: ENC.*\n", b"", c), "its MAC is another"),
    "a clear value that was changed": (lambda c: c.replace(b"5060", b"5061"), "its MAC is another"),
    "a value that was cut": (lambda c: re.sub(rb"(one: ENC.{60}).*", rb"\1", c), "is no value of SOPS, or was cut off"),
    "base64 that is none": (lambda c: re.sub(rb"iv:[^,]*", b"iv:A", c, count=1), "base64"),
    "a file cut in a text": (lambda c: c[: c.index(b'lastmodified: "') + 20], "was it cut off"),
    "half a file": (lambda c: c[: c.index(b"-----END")], "without its MAC or time"),
    "a file without its end": (lambda c: c[: c.index(b"    mac:")], "without its MAC or time"),
    "a MAC of something else": (
        lambda c: MAC.sub(b"mac: ENC[AES256_GCM,data:AAAA,iv:AAAA,tag:AAAA,type:str]", c),
        "MAC",
    ),
    "no mac": (lambda c: MAC.sub(b"x: y", c), "without its MAC or time"),
    "another time": (
        lambda c: re.sub(rb'lastmodified: "20', b'lastmodified: "19', c),
        "MAC of file f.yaml was changed",
    ),
    "no sops part": (lambda c: c[: c.index(b"sops:")], "is not encrypted by SOPS"),
    "two rules": (lambda c: c + b"    encrypted_regex: x\n", "has unencrypted_suffix and encrypted_regex"),
    "a bad rule": (lambda c: c.replace(b"unencrypted_suffix: _un", b"encrypted_regex: (_un"), "that is not understood"),
    "a rule by comments": (lambda c: c + b"    encrypted_comment_regex: x\n", "chooses values by comments"),
    "only pgp": (lambda c: c.replace(b"    age:", b"    pgp:"), "is not encrypted for an age key but by pgp"),
    "key groups without age": (
        lambda c: (
            c + b"    key_groups: [{kms: [{arn: x}]}, {pgp: [{fp: x}], hc_vault: []}, {}]\n    shamir_threshold: 2\n"
        ),
        "age keys are in too few: group 1 kms, group 2 pgp, group 3 nothing that is known; add an age key of ours to 2 groups",
    ),
    "a threshold that can't be met": (
        lambda c: c + b"    key_groups: [{}, {}]\n    shamir_threshold: 3\n",
        "has a shamir_threshold that none of its 2 key groups can meet",
    ),
    "a threshold of one": (lambda c: c + b"    key_groups: [{}, {}]\n    shamir_threshold: 1\n", "shamir_threshold"),
    "a threshold that is none": (
        lambda c: c + b"    key_groups: [{}, {}]\n    shamir_threshold: x\n",
        "shamir_threshold",
    ),
    "endless groups": (lambda c: c + b"    key_groups: [" + b"{}," * 256 + b"]\n", "more than 255 key groups"),
    "a key twice": (lambda c: c.replace(b"one: ", b"one: x\none: ", 1), "has a key twice, in line 2"),
    "an alias": (lambda c: b"z: &a 1\n" + c, "has an alias or anchor in line 1"),
    "a date": (lambda c: b"z_unencrypted: 2026-01-01\n" + c, "has a date in line 1"),
    "a tag": (lambda c: b"z: !!binary AAAA\n" + c, "has a tag in line 1"),
    "no mapping": (lambda _: b"- ENC[AES256_GCM,data:\n", "holds no mapping"),
    "depth": (lambda _: b"[" * 90 + b"]" * 90, "more than"),
    "no text": (lambda c: b"\xff" + c, "no UTF-8 text"),
    "a huge file": (lambda c: c + b"#" * MOST_BYTES, f"more than the {MOST_BYTES:,} allowed"),
    "the data key": (lambda c: re.sub(rb"(BEGIN AGE.*\n.*\n\s+)....", rb"\1AAAA", c), "the data key of file f.yaml"),
}


@needs_sops
def test_each_fault_is_told_without_the_secret(tmp_path: Path) -> None:
    keyring = Keyring(tmp_path / "keys")
    content = keyring.encrypt(tmp_path / "f.yaml", "one: hunter2-one\nport_unencrypted: 5060\n")
    for name, (change, told) in FAULTS.items():
        (tmp_path / "f.yaml").write_bytes(change(content))
        with pytest.raises(Unusable) as caught:
            opened(tmp_path / "f.yaml", keyring)
        assert told in str(caught.value), name
        assert caught.value.is_broken, name
        assert "; " in str(caught.value), name  # says what to do
        assert "hunter2" not in str(caught.value), name
        assert keyring.text.splitlines()[-1] not in str(caught.value), name


@needs_sops
def test_a_wrong_key_is_told_by_public_keys(tmp_path: Path) -> None:
    ours, theirs = Keyring(tmp_path / "ours"), Keyring(tmp_path / "theirs")
    content = theirs.encrypt(tmp_path / "f.yaml", "one: hunter2\n")
    file = SopsFile.parse("f.yaml", content)
    with pytest.raises(Unusable, match=rf"encrypted for {theirs.recipient}, and our key is {ours.recipient}; add ours"):
        file.data_key(ours.keys())


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("f.json", b'{"a": ', "no JSON from line 1 on"),
        ("f.json", b'{"a": 1, "a": 2}', "a key twice"),
        ("f.json", b"[1]", "holds no object"),
        ("f.json", b"[" * 100_000, "nested too deeply"),
        ("f.env", b"A=1\nB\n", "no = in line 2"),
        ("f.env", b"A=1\nA=2\n", "a name twice, in line 2"),
        ("f.env", b"A=\xff\n", "no UTF-8"),
        ("f.env", b"A=1\n", "is not encrypted by SOPS"),
    ],
)
def test_other_forms_have_faults_of_their_own(name: str, content: bytes, told: str) -> None:
    with pytest.raises(Unusable, match=told):
        SopsFile.parse(name, content)


SHAPE = {
    "lastmodified": "2026-01-01T00:00:00Z",
    "mac": "ENC[x]",
    "age": [{"recipient": "age1x", "enc": "x"}],
}


@pytest.mark.parametrize(
    "expression", ["(a+)+$", "(a|a)*$", "(x+x+)+y", "(.*)*(.*)*(.*)*!", "a{0,900}b{0,90}$", "(" * 250 + ")" * 250]
)
def test_no_expression_of_a_file_holds_us_up(expression: str) -> None:
    rule = read_metadata({**SHAPE, "encrypted_regex": expression}, "file f.yaml").rule
    began = time.process_time()
    for _ in range(10):
        rule.is_encrypted(("a" * 5_000 + "!", "x" * 5_000))
    assert time.process_time() - began < 5  # milliseconds; with Python's own engine not in our lifetime


@pytest.mark.parametrize("expression", ["(a{1000}){1000}", "(?=a)b", "(a)\\1", "(", "\ud800("])
def test_what_the_engine_of_sops_does_not_take_is_told(expression: str) -> None:
    with pytest.raises(Unusable, match="that is not understood"):
        read_metadata({**SHAPE, "encrypted_regex": expression}, "file f.yaml")


def test_an_end_is_the_end_of_the_name_as_sops_takes_it() -> None:
    rule = read_metadata({**SHAPE, "unencrypted_regex": "^port$"}, "file f.yaml").rule
    assert not rule.is_encrypted(("port",))
    assert rule.is_encrypted(("port\n",))


@pytest.mark.parametrize("value", [[], {}, [True], 1.5, None], ids=repr)
def test_a_part_of_another_shape_is_no_crash(value: object) -> None:
    for name in ("mac_only_encrypted", "key_groups", "encrypted_regex", "unencrypted_suffix", "pgp"):
        assert not read_metadata({**SHAPE, name: value}, "file f.yaml").mac_only_encrypted
    for name in ("lastmodified", "mac", "age"):
        with pytest.raises(Unusable, match=r"f\.yaml"):
            read_metadata({**SHAPE, name: value}, "file f.yaml")


STARTS = {
    "yaml": "sops: {lastmodified: '2026-01-01T00:00:00Z', mac: x, age: [{recipient: a, enc: b}]}\na: ",
    "json": '{"sops": ' + json.dumps(SHAPE) + ', "a": ',
    "env": "sops_mac=x\nsops_lastmodified=2026-01-01T00:00:00Z\nsops_age__list_0__map_enc=x\nsops_age__list_0__map_recipient=a\n",
}


@settings(max_examples=60, deadline=None)
@given(text=st.text("ab01x_{}[]:,-.'\"\n ~#&*!|>%@\\/é", max_size=60), ending=st.sampled_from(sorted(STARTS)))
def test_whatever_a_file_holds_is_read_or_told(text: str, ending: str) -> None:
    content = f"{STARTS[ending]}{text}{'}' if ending == 'json' else ''}"
    with contextlib.suppress(Unusable):
        assert isinstance(list(SopsFile.parse(f"f.{ending}", content.encode()).leaves()), list)


@pytest.mark.parametrize("text", ["0x_", "0b_", "0o_", "+0x__", "0x", "-_", "1e", ".", "0_", "08", "1_", "0x_1F"])
def test_what_only_begins_as_a_number_is_a_text(text: str) -> None:
    sops = "sops: {lastmodified: '2026-01-01T00:00:00Z', mac: x, age: [{recipient: a, enc: b}]}\n"
    ((_, _, value, _),) = SopsFile.parse("f.yaml", f"a_unencrypted: {text}\n{sops}".encode()).leaves()
    assert value == {"0_": 0, "1_": 1, "0x_1F": 31, "08": 8.0}.get(text, text)


@pytest.mark.parametrize("depth", [60, 300, 900, 985, 992, 2_000])
def test_depth_is_bounded_in_json_too(depth: int) -> None:
    content = b'{"a": ' + b"[" * depth + b"1" + b"]" * depth + b', "sops": ' + json.dumps(SHAPE).encode() + b"}"
    with pytest.raises(Unusable, match="nest"):
        SopsFile.parse("f.json", content)


GROUPS = """\
creation_rules:
  - shamir_threshold: 2
    key_groups:
      - age: [{0}]
      - age: [{1}, {0}]
      - age: [{2}]
"""


@needs_sops
@pytest.mark.parametrize(
    ("name", "text"), [("a.yaml", "a: hunter2\n"), ("a.json", '{"a": "hunter2"}'), ("a.env", "a=hunter2\n")]
)
def test_with_key_groups_so_many_keys_as_sops_asks_for_are_enough(tmp_path: Path, name: str, text: str) -> None:
    one, two, three = rings = [Keyring(tmp_path / str(number)) for number in range(3)]
    path = tmp_path / name
    path.write_text(text)
    one.sops("encrypt", "-i", str(path), config=GROUPS.format(*(ring.recipient for ring in rings)))
    assert opened(path, one) == {"a": ("hunter2", True)}
    both = Keyring(tmp_path / "both")
    both.path.write_text(two.text + three.text)
    assert opened(path, both) == {"a": ("hunter2", True)}
    with pytest.raises(Unusable) as caught:
        opened(path, three)
    told = str(caught.value)
    assert f"needs keys of 2 of its 3 key groups, and ours ({three.recipient}) are in 1 of them: group 1 age" in told
    assert "add ours to 2 groups in .sops.yaml, and run: sops updatekeys" in told
    with pytest.raises(Unusable, match="are in none of them"):
        opened(path, Keyring(tmp_path / "stranger"))


@needs_sops
def test_a_value_is_put_into_a_file_with_key_groups(tmp_path: Path) -> None:
    rings = [Keyring(tmp_path / str(number)) for number in range(3)]
    path = tmp_path / "a.yaml"
    path.write_text("a: hunter2\n")
    rings[0].sops("encrypt", "-i", str(path), config=GROUPS.format(*(ring.recipient for ring in rings)))
    now = datetime(2026, 11, 27, tzinfo=UTC)
    path.write_bytes(with_value("a.yaml", path.read_bytes(), ("b",), "hunter3", rings[0].keys(), now))
    assert rings[0].sops("decrypt", str(path)) == "a: hunter2\nb: hunter3\n"


@pytest.mark.parametrize("sort", ["kms", "gcp_kms", "azure_kv", "hc_vault", "pgp", "hckms"])
def test_a_dotenv_file_for_other_keys_says_which(sort: str) -> None:
    text = f"A=1\nsops_{sort}__list_0__map_enc=x\nsops_lastmodified=2026-01-01T00:00:00Z\nsops_mac=x\n"
    with pytest.raises(Unusable, match=f"not encrypted for an age key but by {sort}; add ours"):
        SopsFile.parse("f.env", text.encode())


@pytest.mark.timeout(5)
def test_long_names_in_a_dotenv_file_take_no_time() -> None:
    text = "sops_" + "a__list_1__map_" * 200_000 + "!=x\n"
    with pytest.raises(Unusable):
        SopsFile.parse("f.env", text.encode())
