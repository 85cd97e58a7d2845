"""Secrets: looked up, never shown."""

from engine.config.secret import NO_SECRETS, SecretRef, Secrets


def test_a_missing_secret_is_none() -> None:
    assert NO_SECRETS.get(SecretRef("env:P")) is None
    assert Secrets("1", {SecretRef("env:P"): ""}).get(SecretRef("env:P")) == ""


def test_no_value_shows() -> None:
    secrets = Secrets("7", {SecretRef("env:P"): "s3cret"})
    for shown in (repr(secrets), str(secrets), f"{secrets}"):
        assert "s3cret" not in shown
        assert "7" in shown
