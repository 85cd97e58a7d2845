"""Our own keys: where they are looked for, that nobody else may read them, and that no message shows one."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.secrets.age_keys import AgeKeys
from reconciler.secrets.unusable import Unusable
from tests.support.sops import Keyring


def test_the_first_place_that_is_set_counts(tmp_path: Path) -> None:
    own, file, variable = (Keyring(tmp_path / name) for name in ("own", "file", "variable"))
    ours = Keyring(tmp_path / "data" / "age")
    environ = {
        "TRUNKLINE_AGE_KEY_FILE": str(own.path),
        "SOPS_AGE_KEY_FILE": str(file.path),
        "SOPS_AGE_KEY": variable.text,
    }
    keys = AgeKeys(tmp_path / "data", environ)
    assert keys.keys().recipients == (own.recipient,)
    del environ["TRUNKLINE_AGE_KEY_FILE"]
    assert keys.keys().recipients == (file.recipient, variable.recipient)
    environ.clear()
    assert keys.keys().recipients == (ours.recipient,)


def test_another_key_in_its_place_is_noticed(tmp_path: Path) -> None:
    keyring, other = Keyring(tmp_path / "age"), Keyring(tmp_path / "other")
    keys = AgeKeys(tmp_path, {})
    before = keys.keys()
    assert keys.keys() is before
    other.path.replace(keyring.path)
    assert keys.keys().recipients == (other.recipient,)
    assert keys.keys().version != before.version


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o666])
def test_a_key_that_is_open_to_others_is_refused(tmp_path: Path, mode: int) -> None:
    keyring = Keyring(tmp_path / "age")
    keyring.path.chmod(mode)
    with pytest.raises(Unusable, match=rf"is open to others \(mode 0{mode:o}\); run: chmod 600 "):
        AgeKeys(tmp_path, {}).keys()


TEXTS = {
    "": "no age key is in what should hold it; make one",
    "# nothing\n\n": "no age key is in what should hold it; make one",
    "AGE-PLUGIN-YUBIKEY-1XXXX\n": "plugins are not run",
    "AGE-SECRET-KEY-PQ-1XXXX\n": "only X25519 ones are read",
    "-----BEGIN AGE ENCRYPTED FILE-----\n": "the key file is itself encrypted",
    "-----BEGIN OPENSSH PRIVATE KEY-----\n": "an SSH key is there",
    "AGE-SECRET-KEY-1HUNTER2\n": "a line is there that does not begin with AGE-SECRET-KEY-1",
    "x" * 70_000: "more than 65536 bytes",
}


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: text[:20])
def test_what_holds_no_key_is_told_and_not_shown(tmp_path: Path, text: str) -> None:
    keyring = Keyring(tmp_path / "age")
    keyring.path.write_text(text)
    with pytest.raises(Unusable) as caught:
        AgeKeys(tmp_path, {}).keys()
    assert TEXTS[text] in str(caught.value)
    assert "HUNTER2" not in str(caught.value)


def test_a_key_that_is_not_there_is_told_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(
        Unusable, match=r"there is no age key at .*/age/key.txt; put it there, or name its file in TRUNKLINE_AGE"
    ):
        AgeKeys(tmp_path, {}).keys()
    with pytest.raises(Unusable, match=r"is no regular file|is a directory"):
        AgeKeys(tmp_path, {"SOPS_AGE_KEY_FILE": str(tmp_path)}).keys()


def test_the_representation_shows_no_key(tmp_path: Path) -> None:
    keyring = Keyring(tmp_path / "age")
    assert "AGE-SECRET" not in repr(AgeKeys(tmp_path, {}).keys())
    assert keyring.recipient in repr(AgeKeys(tmp_path, {}).keys())
