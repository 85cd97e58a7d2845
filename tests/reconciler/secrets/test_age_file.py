"""Files of age: those of Debian's `age` are read, binary and armored, and it reads ours; what is not for us is refused by its sort."""

from __future__ import annotations

import subprocess
import time
from base64 import encodebytes
from pathlib import Path

import pytest

from reconciler.secrets.age import NoKey, encrypt, recipient
from reconciler.secrets.age_file import MOST_RECIPIENTS, opened
from reconciler.secrets.unusable import Unusable
from tests.support.sops import Keyring, needs_age

SECRET = b"hunter2-age"
SCRYPT = b"age-encryption.org/v1\n-> scrypt ZTe2hkLpzibwu6sFXQ3x2w 19\nLO7+PX4YcpHrV02FS25gpq\n--- AAAA\nxxxx"
SSH = b"age-encryption.org/v1\n-> ssh-ed25519 AAAA BBBB\nCCCC\n--- AAAA\nxxxx"
POST_QUANTUM = b"age-encryption.org/v1\n-> mlkem768x25519 AAAA\nCCCC\n--- AAAA\nxxxx"


@pytest.fixture
def keyring(tmp_path: Path) -> Keyring:
    return Keyring(tmp_path / "keys")


@needs_age
@pytest.mark.parametrize("form", [(), ("-a",)], ids=["binary", "armored"])
def test_what_age_wrote_is_read(keyring: Keyring, form: tuple[str, ...]) -> None:
    done = subprocess.run(["age", *form, "-r", keyring.recipient], input=SECRET, capture_output=True, check=True)
    assert opened(done.stdout, keyring.keys(), "file x.age") == SECRET


@needs_age
@pytest.mark.parametrize("armored", [False, True])
def test_age_reads_ours(keyring: Keyring, armored: bool) -> None:
    content = encrypt(SECRET, [recipient(keyring.recipient)], armored=armored)
    done = subprocess.run(["age", "-d", "-i", keyring.path], input=content, capture_output=True, check=True)
    assert done.stdout == SECRET


@needs_age
def test_a_key_of_age_keygen_is_ours(tmp_path: Path) -> None:
    keyring = Keyring(tmp_path / "keys")
    keyring.path.unlink()
    subprocess.run(["age-keygen", "-o", keyring.path], capture_output=True, check=True)
    keys = keyring.keys()
    assert keys.recipients[0] in keyring.path.read_text()


def test_armor_may_stand_between_blank_lines(keyring: Keyring) -> None:
    content = encrypt(SECRET, [recipient(keyring.recipient)], armored=True)
    for form in (b"\n\n" + content + b"\n\n", content.replace(b"\n", b"\r\n"), b"  " + content):
        assert opened(form, keyring.keys(), "file x.age") == SECRET


def damaged(content: bytes, armor: bytes) -> dict[str, tuple[bytes, str]]:
    return {
        "cut": (content[:-3], "is damaged or cut off"),
        "half": (content[: len(content) // 2], "is damaged or cut off"),
        "header": (content[:40], "is damaged or cut off"),
        "bit": (content[:-1] + bytes([content[-1] ^ 1]), "is damaged or cut off"),
        "armor": (armor[: len(armor) // 2], "the last line of its armor is missing"),
        "base64": (armor.replace(b"YWdl", b"Y$dl", 1), "is no base64"),
        "empty": (b"", "was not encrypted by age"),
        "plain": (SECRET, "was not encrypted by age"),
        "version": (content.replace(b"/v1", b"/v9"), "was not encrypted by age"),
        "passphrase": (SCRYPT, "is encrypted with a passphrase"),
        "ssh": (SSH, "for an SSH key (ssh-ed25519)"),
        "post-quantum": (POST_QUANTUM, "of the sort mlkem768x25519"),
        "nobody": (b"age-encryption.org/v1\n--- AAAA\nxxxx", "names no recipient"),
    }


def test_each_fault_is_told_without_the_secret(keyring: Keyring) -> None:
    who = [recipient(keyring.recipient)]
    content, armor = encrypt(SECRET, who, armored=False), encrypt(SECRET, who, armored=True)
    for name, (form, told) in damaged(content, armor).items():
        with pytest.raises(Unusable) as caught:
            opened(form, keyring.keys(), "file x.age")
        assert told in str(caught.value), name
        assert str(caught.value).startswith("file x.age "), name
        assert "; " in str(caught.value), name
        assert "hunter2" not in str(caught.value), name


def test_a_wrong_key_is_told(keyring: Keyring, tmp_path: Path) -> None:
    theirs = Keyring(tmp_path / "theirs")
    content = encrypt(SECRET, [recipient(theirs.recipient)], armored=False)
    with pytest.raises(Unusable, match=f"for other keys than ours, {keyring.recipient}; encrypt it for ours"):
        opened(content, keyring.keys(), "file x.age")


def test_what_is_no_recipient_is_refused() -> None:
    with pytest.raises(NoKey, match="is no age recipient"):
        recipient("age1nope")


def many(content: bytes, count: int) -> bytes:
    """The same file with its only stanza that many times."""
    version, stanza, body, rest = content.split(b"\n", 3)
    return b"\n".join([version, *[stanza, body] * count, rest])


@pytest.mark.parametrize("count", [MOST_RECIPIENTS + 3, 4_000, 40_000])
def test_a_header_of_thousands_of_recipients_holds_nobody_up(keyring: Keyring, tmp_path: Path, count: int) -> None:
    theirs = Keyring(tmp_path / "theirs")
    content = many(encrypt(SECRET, [recipient(theirs.recipient)], armored=False), count)
    armor = b"-----BEGIN AGE ENCRYPTED FILE-----\n" + encodebytes(content) + b"-----END AGE ENCRYPTED FILE-----\n"
    began = time.process_time()
    for form in (content, armor):
        with pytest.raises(Unusable, match=rf"for more than {MOST_RECIPIENTS} keys; encrypt it for fewer"):
            opened(form, keyring.keys(), "file x.age")
    assert time.process_time() - began < 5


@pytest.mark.parametrize("armored", [False, True])
def test_as_many_recipients_as_a_company_needs_are_read(keyring: Keyring, tmp_path: Path, armored: bool) -> None:
    others = [recipient(Keyring(tmp_path / "o", f"{number}.txt").recipient) for number in range(MOST_RECIPIENTS - 1)]
    content = encrypt(SECRET, [*others, recipient(keyring.recipient)], armored=armored)
    assert opened(content, keyring.keys(), "file x.age") == SECRET
