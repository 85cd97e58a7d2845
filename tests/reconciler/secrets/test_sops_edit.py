"""Values put into SOPS files: the real SOPS reads what comes of it, and everything else stays as it was."""

from __future__ import annotations

import difflib
import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from reconciler.secrets.age import NoKey
from reconciler.secrets.sops_edit import new_file, with_value
from reconciler.secrets.sops_file import SopsFile
from reconciler.secrets.unusable import Unusable
from tests.reconciler.secrets.test_sops_file import ENV, JSON, YAML
from tests.support.sops import Keyring, needs_sops

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
VALUE = "hünter2: #'\""
CASES: dict[str, tuple[str, list[tuple[str, ...]]]] = {
    "a.yaml": (
        YAML,
        [
            ("sip", "101", "password"),
            ("sip", "101", "empty"),
            ("sip", "101", "fresh"),
            ("sip", "list", "0"),
            ("sip", "list", "1", "two"),
            ("sip", "105", "pass word"),
            ("yes",),
        ],
    ),
    "b.json": (JSON, [("a", "b"), ("a", "l", "0"), ("x",), ("y", "z")]),
    "c.env": (ENV, [("A",), ("NEW",)]),
}


def put(path: Path, keyring: Keyring, where: tuple[str, ...], value: str = VALUE) -> None:
    path.write_bytes(with_value(path.name, path.read_bytes(), where, value, keyring.keys(), NOW))


def told(path: Path, keyring: Keyring, where: tuple[str, ...]) -> str:
    steps = "".join(
        f"[{step}]" if step.isdecimal() and step in {"0", "1"} else f"[{json.dumps(step)}]" for step in where
    )
    return keyring.sops("decrypt", "--extract", steps, str(path)).removesuffix("\n")


@needs_sops
@pytest.mark.parametrize("name", CASES)
def test_sops_reads_what_was_put_there(tmp_path: Path, name: str) -> None:
    keyring, path = Keyring(tmp_path / "keys"), tmp_path / name
    text, wheres = CASES[name]
    keyring.encrypt(path, text)
    for where in wheres:
        put(path, keyring, where)
    keyring.sops("decrypt", str(path))
    for where in (wheres[0], wheres[-1]):
        assert told(path, keyring, where) == VALUE
    file = SopsFile.parse(name, path.read_bytes())
    values = file.values(file.data_key(keyring.keys()))
    assert {values[where].content.decode() for where in wheres} == {VALUE}


@needs_sops
def test_comments_order_and_all_other_values_stay(tmp_path: Path) -> None:
    keyring, path = Keyring(tmp_path / "keys"), tmp_path / "a.yaml"
    before = keyring.encrypt(path, YAML).decode().splitlines()
    path.write_text("\n".join(["# by hand", *before, "# the end", ""]))
    put(path, keyring, ("sip", "101", "password"))
    put(path, keyring, ("new",))
    changed = [
        re.sub("ENC.*", "ENC", line)
        for line in difflib.unified_diff(before, path.read_text().splitlines(), n=0, lineterm="")
        if line[:1] in "+-" and line[1:3] not in {"--", "++"} and "lastmodified" not in line
    ]
    assert changed == [
        "+# by hand",
        "-        password: ENC",
        "+        password: ENC",
        "+new: ENC",
        "-    mac: ENC",
        "+    mac: ENC",
        "+# the end",
    ]


@needs_sops
@pytest.mark.parametrize(
    ("name", "where"), [("n.yaml", ("sip", "1.0", "password")), ("n.json", ("sip", "a")), ("n.env", ("A_B",))]
)
def test_sops_reads_and_edits_new_files(tmp_path: Path, name: str, where: tuple[str, ...]) -> None:
    keyring, other, path = Keyring(tmp_path / "keys"), Keyring(tmp_path / "other"), tmp_path / name
    path.write_bytes(new_file(name, where, VALUE, [other.recipient, keyring.recipient], NOW))
    assert told(path, keyring, where) == told(path, other, where) == VALUE
    steps = "".join(f"[{json.dumps(step)}]" for step in where)
    keyring.sops("set", str(path), steps, json.dumps("by sops"))
    put(path, keyring, where, "by us")
    assert told(path, other, where) == "by us"


REFUSED = [
    ("a.yaml", "a: {b: c}\n", ("a",), "a of file a.yaml holds other values"),
    ("a.yaml", "a: b\n", ("a", "c"), "a of file a.yaml is no mapping in block style"),
    ("a.yaml", "a: [b]\n", ("a", "1"), "a of file a.yaml is no mapping in block style"),
    ("a.yaml", "a: b\n", ("c_unencrypted",), "leaves c_unencrypted in clear text by its own rule"),
    ("a.yaml", "a: b\n---\nc: d\n", ("a",), "holds several documents"),
    ("a.json", '{"a": {"b": "c"}}', ("a",), "a of file a.json holds other values"),
    ("a.json", '{"a": "b"}', ("a", "c"), "a of file a.json holds a value"),
    ("a.json", '{"a": ["b"]}', ("a", "7"), "a of file a.json holds a value"),
    ("a.env", "A=b\n", ("a", "b"), "a.b is no name of a variable"),
]


@needs_sops
@pytest.mark.parametrize(("name", "text", "where", "why"), REFUSED, ids=[row[3] + row[0] for row in REFUSED])
def test_what_can_not_be_put_there_is_told(
    tmp_path: Path, name: str, text: str, where: tuple[str, ...], why: str
) -> None:
    keyring = Keyring(tmp_path / "keys")
    keyring.encrypt(tmp_path / name, text)
    with pytest.raises(Unusable) as caught:
        put(tmp_path / name, keyring, where)
    assert why in str(caught.value)


@needs_sops
def test_nothing_is_put_into_a_file_that_was_tampered_with(tmp_path: Path) -> None:
    keyring, path = Keyring(tmp_path / "keys"), tmp_path / "a.yaml"
    path.write_bytes(
        keyring.encrypt(path, "a: b\nx_unencrypted: 1\n").replace(b"x_unencrypted: 1", b"x_unencrypted: 2")
    )
    with pytest.raises(Unusable, match="its MAC is another"):
        put(path, keyring, ("a",))


def test_a_new_file_needs_recipients_that_are_some() -> None:
    with pytest.raises(NoKey):
        new_file("a.yaml", ("a",), VALUE, ["age1nope"], NOW)
    with pytest.raises(Unusable, match="stays in clear text"):
        new_file("a.yaml", ("a_unencrypted",), VALUE, [], NOW)
