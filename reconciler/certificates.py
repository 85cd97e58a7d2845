"""Certificates that manifests name, looked at where their files are at hand: missing, broken, past, soon past.

Pure: `read` brings the file, `now` the time. Files in PEM (RFC 7468); each certificate of a file is looked at, since a chain is as good
as the first of its links that ends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from reconciler.secrets.certificate_file import CertificateUnreadable
from schema.certificate import Certificate, PeerCertificate
from schema.document import Path
from schema.kinds.ip_rule import IpRuleSpec
from schema.kinds.listener import ListenerSpec
from schema.kinds.push_app import PushAppSpec
from schema.kinds.system import SystemSpec
from schema.problem import Problem, Severity, shown
from schema.resource import AnyResource, specs_of

MISSING: Final = "certificate-missing"
INVALID: Final = "certificate-invalid"
EXPIRED: Final = "certificate-expired"
EXPIRING: Final = "certificate-expiring"
IP_RULE_EXPIRED: Final = "ip-rule-expired"
SOON: Final = timedelta(days=30)

Read = Callable[[str], bytes]
"""CertificateUnreadable says why a file can't be read."""


@dataclass(frozen=True, slots=True)
class _Named:
    resource: AnyResource
    path: Path
    file: str

    def problem(self, rule: str, what: str, hint: str) -> Problem:
        message = f"the file {shown(self.file)} of {self.resource.ref} {what}"
        mark = self.resource.mark(*self.path)
        return Problem(mark=mark, message=message, hint=hint, rule=rule, severity=Severity.WARNING)


def certificate_problems(resources: Iterable[AnyResource], read: Read, now: datetime) -> Iterator[Problem]:
    """What is wrong with the certificates that these resources name."""
    for named in _named(resources):
        try:
            content = read(named.file)
        except CertificateUnreadable as error:
            yield named.problem(
                MISSING, str(error), "put it there, or correct the path: a relative one is below the data folder"
            )
            continue
        yield from _of_file(named, content, now)


def expired_ip_rules(resources: Iterable[AnyResource], now: datetime) -> Iterator[Problem]:
    """IpRules that hold no more: they do nothing but to confuse who reads them."""
    for rule in specs_of(resources, IpRuleSpec):
        if rule.spec.expires is not None and rule.spec.expires <= now:
            yield Problem(
                mark=rule.mark("spec", "expires"),
                message=f"{rule.ref} was for the time until {rule.spec.expires:%Y-%m-%d %H:%M} UTC, which is past",
                hint="remove it, or give it a later time",
                rule=IP_RULE_EXPIRED,
                severity=Severity.WARNING,
            )


def _of_file(named: _Named, content: bytes, now: datetime) -> Iterator[Problem]:
    from cryptography import x509  # 0.1 s to import, for sets that name a certificate only

    try:
        found = x509.load_pem_x509_certificates(content)
    except ValueError:
        yield named.problem(
            INVALID, "holds no certificate in PEM", 'it begins with "-----BEGIN CERTIFICATE-----"; convert it'
        )
        return
    for certificate in found:
        whose = certificate.subject.rfc4514_string() or f"number {certificate.serial_number:x}"
        until, since = certificate.not_valid_after_utc, certificate.not_valid_before_utc
        if since > now:
            what = f"holds the certificate {shown(whose)}, which is valid from {since:%Y-%m-%d} on only"
            yield named.problem(INVALID, what, "wait, or put back the one before it; or this machine's clock is wrong")
        elif until <= now:
            what = f"holds the certificate {shown(whose)}, which was valid until {until:%Y-%m-%d}"
            yield named.problem(EXPIRED, what, "renew it: nobody trusts it any more")
        elif until - now < SOON:
            days = (until - now).days
            what = f"holds the certificate {shown(whose)}, which is valid until {until:%Y-%m-%d}: {days} more days"
            yield named.problem(EXPIRING, what, "renew it before that")


def _named(resources: Iterable[AnyResource]) -> Iterator[_Named]:
    for resource in resources:
        match resource.spec:
            case ListenerSpec(tls=PeerCertificate() as tls):
                yield from _files(resource, ("spec", "tls"), tls)
            case SystemSpec(web=web) if web.https.enabled:
                yield from _files(resource, ("spec", "web", "https"), web.https)
            case PushAppSpec(apple=apple) if apple is not None:
                yield _Named(resource, ("spec", "apple", "certificate"), apple.certificate)


def _files(resource: AnyResource, path: Path, of: Certificate) -> Iterator[_Named]:
    root = of.root if isinstance(of, PeerCertificate) else None
    for name, file in (("certificate", of.certificate), ("chain", of.chain), ("root", root)):
        if file is not None:
            yield _Named(resource, (*path, name), file)
