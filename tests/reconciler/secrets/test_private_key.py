"""Private keys as secrets: which text is one, and what is said of one that was spoilt on its way."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from engine.config.secret import SecretRef
from reconciler.secrets.age import encrypt, recipient
from reconciler.secrets.private_key import MOST_BYTES, key_fault
from reconciler.secrets.resolver import Resolver
from reconciler.secrets.sops_edit import new_file
from reconciler.source.tree import SealedFiles
from tests.support.sops import Keyring, needs_sops

KEY = ec.generate_private_key(ec.SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIU\n-----END CERTIFICATE-----\n"
PARAMETERS = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"
OLD = """-----BEGIN RSA PRIVATE KEY-----
Proc-Type: 4,ENCRYPTED
DEK-Info: AES-128-CBC,0123456789ABCDEF

MIIEpAIBAAKCAQEA
-----END RSA PRIVATE KEY-----
"""

TAKEN = {
    "as openssl writes it": KEY,
    "without the last line end": KEY.rstrip("\n"),
    "of Windows": KEY.replace("\n", "\r\n"),
    "with a chain": CERTIFICATE + KEY + CERTIFICATE,
    "with the parameters of its curve": PARAMETERS + KEY,
    "with a passphrase": OLD,
    "with blank lines around it": f"\n\n{KEY}\n\n",
}


@pytest.mark.parametrize("text", TAKEN.values(), ids=TAKEN)
def test_what_is_a_key(text: str) -> None:
    assert key_fault(text) is None


REFUSED = {
    "nothing": ("", "is empty"),
    "a password": ("hunter2", "is no private key in PEM"),
    "a certificate": (CERTIFICATE, "holds no private key but certificate"),
    "cut off": (KEY[:-30], "is PEM that is cut off or damaged"),
    "its lines joined": (KEY.replace("\n", ""), "whose lines were joined"),
    "its lines joined by spaces": (KEY.replace("\n", " "), "whose lines were joined"),
    "escaped": (KEY.replace("\n", "\\n"), "whose lines were joined"),
    "the end of another": (KEY.replace("END PRIVATE", "END RSA PRIVATE"), "is PEM that is cut off or damaged"),
    "with something behind it": (f"{KEY}hunter2\n", "has something else behind its PEM"),
    "with NUL in it": (KEY.replace("M", "\0", 1), "is PEM that is cut off or damaged"),
    "endless": ("-----BEGIN PRIVATE KEY-----\n" + "A" * MOST_BYTES, f"more than {MOST_BYTES} characters"),
}


@pytest.mark.parametrize(("text", "words"), REFUSED.values(), ids=REFUSED)
def test_what_is_none(text: str, words: str) -> None:
    fault = key_fault(text)
    assert fault is not None
    assert words in fault
    assert "hunter2" not in fault
    assert "MII" not in fault


@pytest.mark.timeout(5)
def test_many_beginnings_without_an_end_take_no_time() -> None:
    assert key_fault("-----BEGIN PRIVATE KEY-----\n" * (MOST_BYTES // 28)) is not None


SOURCES = ["env", "file", "age", "sops.yaml", "sops.json", "sops.env"]


@pytest.mark.parametrize("source", SOURCES)
def test_from_every_place_a_key_comes_whole_and_is_no_password(tmp_path: Path, source: str) -> None:
    keyring = Keyring(tmp_path)
    (tmp_path / "key.pem").write_text(KEY)
    (tmp_path / "key.pem").chmod(0o600)
    scheme, _, ending = source.partition(".")
    sealed = {"k.age": encrypt(KEY.encode(), [recipient(keyring.recipient)], armored=True)}
    if ending:
        sealed[f"k.{ending}"] = new_file(
            f"k.{ending}", ("TLS",), KEY, [keyring.recipient], datetime(2026, 11, 27, tzinfo=UTC)
        )
    name = {"env": "KEY", "file": "key.pem", "age": "k.age"}.get(scheme, f"k.{ending}#TLS")
    resolver = Resolver(tmp_path, {"KEY": KEY, **keyring.environ}, b"k" * 32)
    resolver.use(SealedFiles(sealed))
    ref = SecretRef(f"{scheme}:{name}")
    found = resolver.resolve([ref], keys={ref})
    assert not found.missing
    load_pem_private_key(found.values[ref].encode(), None)
    as_password = resolver.resolve([ref])
    assert not as_password.values
    assert "one line is wanted" in as_password.missing[ref]


@needs_sops
@pytest.mark.parametrize("ending", ["yaml", "json"])
def test_a_key_that_sops_encrypted_is_the_same_to_the_byte(tmp_path: Path, ending: str) -> None:
    keyring = Keyring(tmp_path)
    text = (
        "tls:\n  key: |\n" + "".join(f"    {line}\n" for line in KEY.splitlines())
        if ending == "yaml"
        else '{"tls": {"key": "' + KEY.replace("\n", "\\n") + '"}}'
    )
    sealed = keyring.encrypt(tmp_path / f"k.{ending}", text)
    resolver = Resolver(tmp_path, keyring.environ, b"k" * 32)
    resolver.use(SealedFiles({f"k.{ending}": sealed}))
    ref = SecretRef(f"sops:k.{ending}#tls.key")
    assert resolver.resolve([ref], keys={ref}).values == {ref: KEY}


@needs_sops
@pytest.mark.parametrize("ending", ["yaml", "json", "env"])
def test_sops_reads_a_key_that_we_put_there(tmp_path: Path, ending: str) -> None:
    keyring = Keyring(tmp_path)
    path = tmp_path / f"k.{ending}"
    path.write_bytes(new_file(path.name, ("TLS",), KEY, [keyring.recipient], datetime(2026, 11, 27, tzinfo=UTC)))
    shown = keyring.sops("decrypt", "--extract", '["TLS"]', str(path))
    assert shown.strip() == KEY.strip()
