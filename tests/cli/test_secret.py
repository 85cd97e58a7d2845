"""`trunkline secret`: what it makes can be used, what it is given never shows, and what it does not do says why."""

from __future__ import annotations

import io
import json
import stat
import sys
from pathlib import Path

import pytest

from cli.exit_code import Exit
from cli.output import Output
from cli.secret_encrypt import Asked as Encrypted
from cli.secret_encrypt import encrypt
from cli.secret_hash import hash_secret
from cli.secret_keygen import keygen
from cli.secret_rotate import Asked as Rotated
from cli.secret_rotate import rotate
from engine.config.secret import SecretRef
from reconciler.secrets.argon2id import matches
from reconciler.secrets.resolver import Resolver
from reconciler.source.directory import Directory
from tests.support.manifest_folder import LISTENER, documents, extension, tenant
from tests.support.sops import Keyring

VALUE = "hunter2-Tr0ub4dor"
TRUNK = """\
apiVersion: trunkline/v1
kind: Trunk
metadata: {tenant: acme, name: carrier}
spec:
  host: sip.carrier.example
  credentials: {user: acme, password: {sops: secrets/acme.sops.yaml, key: carrier}}
"""


@pytest.fixture(autouse=True)
def no_keys_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TRUNKLINE_AGE_KEY_FILE", "SOPS_AGE_KEY_FILE", "SOPS_AGE_KEY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """data/ with our key, and manifests/ in the current folder."""
    monkeypatch.chdir(tmp_path)
    assert keygen(Path("data")) is Exit.FINE
    Path("manifests").mkdir()
    return tmp_path


def types(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))


def found(reference: str) -> str:
    """What the server finds by it."""
    resolver = Resolver(Path("data"), {}, b"k" * 32)
    resolver.use(Directory(Path("manifests"), settle_s=0).read().sealed)
    resolved = resolver.resolve([SecretRef(reference)])
    assert not resolved.missing, resolved.missing
    return resolved.values[SecretRef(reference)]


def put(name: str, key: str | None, *recipients: str, generates: bool = False) -> Exit:
    return encrypt(Encrypted(Path("manifests", name), key, recipients, Path("data"), generates))


def write(*texts: str) -> None:
    Path("manifests/acme.yaml").write_text(documents(LISTENER, tenant("acme"), *texts))


def turn(kind: str, name: str, *, asks: bool = False, output: Output = Output.TEXT) -> Exit:
    return rotate(Rotated(kind, name, Path("manifests"), Path("data"), (), output, asks))


def test_a_key_is_made_once_and_for_its_owner_only(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = site / "data" / "age" / "key.txt"
    before = path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert capsys.readouterr().out.strip() in before
    assert keygen(Path("data")) is Exit.PROBLEMS
    assert "is there" in capsys.readouterr().err
    assert path.read_text() == before
    assert "AGE-SECRET" not in capsys.readouterr().out


@pytest.mark.parametrize("name", ["s.sops.yaml", "s.json", "s.env"])
def test_a_value_goes_into_a_new_file_and_is_found(
    site: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    write()
    types(monkeypatch, VALUE + "\n")
    assert put(name, "PASSWORD") is Exit.FINE
    assert capsys.readouterr().out.splitlines()[-1] == f"{{sops: manifests/{name}, key: PASSWORD}}"
    assert found(f"sops:{name}#PASSWORD") == VALUE
    types(monkeypatch, "another")
    assert put(name, "OTHER") is Exit.FINE
    assert (found(f"sops:{name}#PASSWORD"), found(f"sops:{name}#OTHER")) == (VALUE, "another")
    assert [path.name for path in (site / "manifests").glob(".*")] == []


def test_an_age_file_is_the_secret_itself(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write()
    types(monkeypatch, VALUE)
    assert put("x.age", None) is Exit.FINE
    assert found("age:x.age") == VALUE
    (site / "manifests" / "x.age").chmod(0o640)
    types(monkeypatch, "another")
    assert put("x.age", None) is Exit.FINE
    assert found("age:x.age") == "another"
    assert stat.S_IMODE((site / "manifests" / "x.age").stat().st_mode) == 0o640


def test_nobody_loses_an_age_file_unasked(
    site: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write()
    one, two = Keyring(site / "one"), Keyring(site / "two")
    types(monkeypatch, VALUE)
    assert put("x.age", None, one.recipient, two.recipient) is Exit.FINE
    types(monkeypatch, VALUE)
    assert put("x.age", None) is Exit.PROBLEMS
    assert "is encrypted for several" in capsys.readouterr().err
    assert put("x.age", None, one.recipient, generates=True) is Exit.FINE
    assert put("x.age", None, generates=True) is Exit.PROBLEMS
    assert "for other keys than ours" in capsys.readouterr().err


REFUSED = [
    ("x.txt", None, VALUE, Exit.USAGE, "is no name of an encrypted file"),
    ("x.yaml", None, VALUE, Exit.USAGE, "name the place in the file with --key"),
    ("x.age", "a", VALUE, Exit.USAGE, "has no --key"),
    ("x.yaml", "a..b", VALUE, Exit.USAGE, "--key is names with dots"),
    ("x.yaml", "a", "", Exit.PROBLEMS, "nothing on standard input"),
    ("x.yaml", "a", VALUE + "\nmore", Exit.PROBLEMS, "one line of at most"),
    ("x.yaml", "a_unencrypted", VALUE, Exit.PROBLEMS, "stays in clear text"),
    ("acme.yaml", "a", VALUE, Exit.PROBLEMS, "is not encrypted by SOPS"),
]


@pytest.mark.parametrize(("name", "key", "given", "status", "told"), REFUSED, ids=[row[4] for row in REFUSED])
def test_what_is_not_encrypted_says_why_and_not_what(
    site: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
    key: str | None,
    given: str,
    status: Exit,
    told: str,
) -> None:
    Path("manifests/acme.yaml").write_text(tenant("acme"))
    types(monkeypatch, given)
    assert put(name, key) is status
    said = capsys.readouterr()
    assert told in said.err
    assert "hunter2" not in said.err + said.out
    assert [path.name for path in (site / "manifests").iterdir()] == ["acme.yaml"]


def test_hashes_are_of_what_was_typed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    types(monkeypatch, VALUE + "\n")
    assert hash_secret(None, None) is Exit.FINE
    assert matches(capsys.readouterr().out.strip(), VALUE)
    types(monkeypatch, "Circle of Life")
    assert hash_secret("Mufasa", "http-auth@example.org") is Exit.FINE
    # RFC 7616 §3.9.1: A1 of its example.
    assert capsys.readouterr().out.splitlines() == [
        "MD5 3d78807defe7de2157e2b0b6573a855f",
        "SHA-256 7987c64c30e25f1b74be53f966b49b90f2808aa92faf9a00262392d7b4794232",
    ]
    assert hash_secret("x", None) is Exit.USAGE


def test_a_new_password_goes_where_the_old_one_is(
    site: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    in_sops = extension("acme", "101").replace("{env: PW}", "{sops: secrets/acme.sops.yaml, key: sip.101}")
    in_age = extension("acme", "102").replace("{env: PW}", "{age: secrets/102.age}")
    in_file = extension("acme", "103").replace("{env: PW}", "{file: secrets/103}")
    write(in_sops, in_age, in_file, extension("acme", "104").replace("{env: PW}", "{file: secrets/103}"), TRUNK)
    for name, key in (("secrets/acme.sops.yaml", "sip.101"), ("secrets/102.age", None)):
        types(monkeypatch, VALUE)
        assert put(name, key) is Exit.FINE
    (site / "data" / "secrets").mkdir()
    (site / "data" / "secrets" / "103").write_text(VALUE)
    capsys.readouterr()
    refs = {"101": "sops:secrets/acme.sops.yaml#sip.101", "102": "age:secrets/102.age", "103": "file:secrets/103"}
    for number, reference in refs.items():
        assert turn("Extension", f"acme/{number}") is Exit.FINE
        said = capsys.readouterr().out
        value = found(reference)
        assert value != VALUE
        assert f"    {value}\n" in said
        assert ("It is also that of Extension acme/104" in said) is (number == "103")
    assert turn("Extension", "acme/101", output=Output.JSON) is Exit.FINE
    shape = json.loads(capsys.readouterr().out)
    assert shape["password"] == found(refs["101"])
    assert shape["reference"] == refs["101"]
    types(monkeypatch, "of-the-carrier")
    assert turn("Trunk", "acme/carrier", asks=True) is Exit.FINE
    assert found("sops:secrets/acme.sops.yaml#carrier") == "of-the-carrier"
    assert "of-the-carrier" not in capsys.readouterr().out


def test_what_is_not_rotated_says_why(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lost = extension("acme", "102").replace("{env: PW}", "{file: secrets/102}")
    gone = extension("acme", "103").replace("{env: PW}", "{sops: x.yaml, key: a}")
    write(extension("acme", "101"), lost, gone)
    cases = {
        ("Extension", "acme/101"): "its password is in the variable PW; change it where the server is started",
        ("Extension", "acme/102"): "data/secrets/102 does not exist; is data the data folder? Name it with --data",
        (
            "Extension",
            "acme/103",
        ): "manifests/x.yaml does not exist; make it: trunkline secret encrypt manifests/x.yaml",
        ("Extension", "acme/109"): "no valid manifest in manifests declares Extension acme/109",
        ("Tenant", "acme"): "Tenant acme has no password",
    }
    for (kind, name), told in cases.items():
        assert turn(kind, name) is Exit.PROBLEMS
        assert told in capsys.readouterr().err


KEY = "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEG\n-----END PRIVATE KEY-----\n"


@pytest.mark.parametrize(
    ("name", "key"), [("k.age", None), ("k.sops.yaml", "tls"), ("k.json", "tls"), ("k.env", "TLS")]
)
def test_a_private_key_is_encrypted_with_its_lines(
    site: Path, monkeypatch: pytest.MonkeyPatch, name: str, key: str | None
) -> None:
    write()
    types(monkeypatch, KEY)
    assert put(name, key) is Exit.FINE
    resolver = Resolver(Path("data"), {}, b"k" * 32)
    resolver.use(Directory(Path("manifests"), settle_s=0).read().sealed)
    ref = SecretRef(f"age:{name}" if key is None else f"sops:{name}#{key}")
    assert resolver.resolve([ref], keys={ref}).values == {ref: KEY}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (KEY[:-12], "what is on standard input is PEM that is cut off or damaged"),
        (KEY.replace("PRIVATE KEY", "CERTIFICATE"), "holds no private key but certificate"),
        (f"{VALUE}\nmore\n", "a secret is one line of at most 4096 characters, or a private key in PEM"),
    ],
    ids=["cut off", "a certificate", "two lines"],
)
def test_what_is_no_key_is_not_encrypted(
    site: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], text: str, words: str
) -> None:
    types(monkeypatch, text)
    assert put("k.age", None) is Exit.PROBLEMS
    assert words in capsys.readouterr().err
    assert not (site / "manifests" / "k.age").exists()


def test_no_password_is_a_key(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    types(monkeypatch, KEY)
    assert hash_secret(None, None) is Exit.PROBLEMS
    assert "a secret is one line" in capsys.readouterr().err
