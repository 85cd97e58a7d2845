"""What a tenant's own source holds is opened by a key of that tenant's and no other: another's file that is put there stays shut."""

from __future__ import annotations

from pathlib import Path

import pyrage  # type: ignore[import-untyped]  # it has no types

from engine.config.secret import SecretRef
from reconciler.secrets.resolver import Resolver
from reconciler.source.tree import SealedFiles


def key(path: Path) -> pyrage.x25519.Recipient:
    """A new key in that file; its public half."""
    identity = pyrage.x25519.Identity.generate()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{identity}\n")
    path.chmod(0o600)
    return identity.to_public()


def test_each_source_has_keys_of_its_own(tmp_path: Path) -> None:
    places = {
        "": tmp_path / "age" / "key.txt",
        "acme": tmp_path / "tenants" / "acme" / "age" / "key.txt",
        "globex": tmp_path / "tenants" / "globex" / "age" / "key.txt",
    }
    keys = {whose: key(place) for whose, place in places.items()}
    sealed = {whose: pyrage.encrypt(f"secret of {whose}".encode(), [public]) for whose, public in keys.items()}
    resolver = Resolver(tmp_path, {}, b"k" * 32)
    resolver.use(
        SealedFiles(
            {
                "own.age": sealed[""],
                "@acme/own.age": sealed["acme"],
                "@acme/of-globex.age": sealed["globex"],
                "@acme/of-the-platform.age": sealed[""],
                "@globex/own.age": sealed["globex"],
                "of-acme.age": sealed["acme"],
            },
            is_known=True,
        )
    )
    names = ("own", "@acme/own", "@acme/of-globex", "@acme/of-the-platform", "@globex/own", "of-acme")
    found = resolver.resolve([SecretRef(f"age:{name}.age") for name in names])
    assert found.values == {
        SecretRef("age:own.age"): "secret of ",
        SecretRef("age:@acme/own.age"): "secret of acme",
        SecretRef("age:@globex/own.age"): "secret of globex",
    }


def test_a_tenant_without_a_key_has_nothing_opened(tmp_path: Path) -> None:
    public = key(tmp_path / "age" / "key.txt")
    resolver = Resolver(tmp_path, {"SOPS_AGE_KEY_FILE": str(tmp_path / "age" / "key.txt")}, b"k" * 32)
    resolver.use(SealedFiles({"@acme/own.age": pyrage.encrypt(b"secret", [public])}, is_known=True))
    [why] = resolver.resolve([SecretRef("age:@acme/own.age")]).missing.values()
    assert str(tmp_path / "tenants" / "acme" / "age" / "key.txt") in why
    assert "TRUNKLINE_AGE_KEY_FILE" not in why
