"""Certificates that manifests name, and IpRules whose time is over: faults and twins."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from reconciler.certificates import certificate_problems, expired_ip_rules
from reconciler.secrets.certificate_file import CertificateUnreadable
from schema.manifest_set import parse_file
from schema.resource import AnyResource

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
KEY = ec.generate_private_key(ec.SECP256R1())


@cache
def pem(name: str, since: int, until: int) -> bytes:
    """A certificate from so many days from now until so many."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(KEY.public_key())
        .serial_number(7)
        .not_valid_before(NOW + timedelta(days=since))
        .not_valid_after(NOW + timedelta(days=until))
    )
    return made.sign(KEY, hashes.SHA256()).public_bytes(Encoding.PEM)


GOOD = pem("pbx.example.com", -10, 200)
TLS = "{certificate: c.pem, key: {file: k.pem}}"


def resources(kind: str, name: str, spec: str) -> list[AnyResource]:
    text = f"apiVersion: trunkline/v1\nkind: {kind}\nmetadata: {{name: {name}}}\nspec: {{{spec}}}\n"
    file = parse_file("f", text)
    assert file.problems == ()
    return list(file.resources)


def lines(of: list[AnyResource], files: dict[str, bytes]) -> list[str]:
    def read(path: str) -> bytes:
        if path not in files:
            raise CertificateUnreadable("is not there")
        return files[path]

    return [str(problem) for problem in certificate_problems(of, read, NOW)]


LISTENER = resources("Listener", "secure", f"transport: tls, tls: {TLS}")

FAULTS = [
    ({}, 'warning: the file "c.pem" of Listener secure is not there; put it there, ', "[certificate-missing]"),
    ({"c.pem": b"MIIB..."}, "holds no certificate in PEM", "[certificate-invalid]"),
    (
        {"c.pem": b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"},
        "no certificate",
        "[certificate-invalid]",
    ),
    (
        {"c.pem": pem("a", 2, 90)},
        'the certificate "CN=a", which is valid from 2026-11-28 on only',
        "[certificate-invalid]",
    ),
    ({"c.pem": pem("a", -90, -1)}, "was valid until 2026-11-25; renew it", "[certificate-expired]"),
    ({"c.pem": pem("a", -90, 0)}, "was valid until 2026-11-26; renew it", "[certificate-expired]"),
    ({"c.pem": pem("a", -90, 29)}, "is valid until 2026-12-25: 29 more days", "[certificate-expiring]"),
    ({"c.pem": GOOD + pem("issuer", -90, 3)}, '"CN=issuer", which is valid until 2026-11-29', "[certificate-expiring]"),
]


@pytest.mark.parametrize(("files", "told", "rule"), FAULTS)
def test_faults(files: dict[str, bytes], told: str, rule: str) -> None:
    [line] = lines(LISTENER, files)
    assert told in line
    assert line.endswith(rule)


@pytest.mark.parametrize("certificate", [GOOD, pem("a", -90, 30), GOOD + pem("issuer", -90, 900)])
def test_twins(certificate: bytes) -> None:
    assert lines(LISTENER, {"c.pem": certificate}) == []


ALL = [
    ("Listener", "a", f"transport: wss, tls: {TLS[:-1]}, chain: i.pem, root: r.pem}}", ["c.pem", "i.pem", "r.pem"]),
    ("System", "system", f"web: {{https: {TLS[:-1]}, enabled: true}}}}", ["c.pem"]),
    ("System", "system", f"web: {{https: {TLS}}}", []),
    ("PushApp", "a", "appId: a, apple: {certificate: p.pem, key: {env: K}}", ["p.pem"]),
    ("Listener", "a", "transport: tls", []),
]


@pytest.mark.parametrize(("kind", "name", "spec", "files"), ALL)
def test_which_files_are_looked_at(kind: str, name: str, spec: str, files: list[str]) -> None:
    assert [line.split('"')[1] for line in lines(resources(kind, name, spec), {})] == files


def test_an_ip_rule_whose_time_is_over() -> None:
    rule = resources("IpRule", "a", "network: 198.18.0.1, action: deny, expires: '2026-11-26T11:59Z'")
    [problem] = expired_ip_rules(rule, NOW)
    assert str(problem).startswith(
        "f:4:52: warning: IpRule a was for the time until 2026-11-26 11:59 UTC, which is past; "
    )
    assert str(problem).endswith("[ip-rule-expired]")


@pytest.mark.parametrize("more", ["", ", expires: 2026-11-26", ", expires: '2026-11-26T14:00+01:00'"])
def test_twins_of_ip_rules(more: str) -> None:
    rule = resources("IpRule", "a", f"network: 198.18.0.1, action: deny{more}")
    assert list(expired_ip_rules(rule, NOW)) == []
