"""Rules on webhooks: what would be read on the way."""

from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from schema.address import address_of
from schema.http_url import host_of
from schema.kinds.tenant import TenantSpec
from schema.resource import specs_of
from schema.rules.rule import Finding, TenantSubject

# Names that no public DNS has, or that only a machine or a cluster knows (RFC 6762, RFC 8375, RFC 6761).
OWN_DOMAINS: Final = (".local", ".internal", ".lan", ".home.arpa", ".localhost", ".svc")


def webhook_unencrypted(subject: TenantSubject) -> Iterator[Finding]:
    """Over http, who calls whom can be read, changed and invented by everybody on the way; basic authentication shows its password."""
    for tenant in specs_of(subject.resources, TenantSpec):
        hooks = (("cdr", tenant.spec.webhooks.cdr), ("events", tenant.spec.webhooks.events))
        for name, hook in hooks:
            if hook is None:
                continue
            url = urlsplit(hook.url)
            if url.scheme == "https" or _is_near(host_of(url)):
                continue
            shows = ", with the password of basic authentication" if hook.auth.basic is not None else ""
            what = "call records" if name == "cdr" else "registrations"
            yield Finding(
                tenant.mark("spec", "webhooks", name, "url"),
                f'{tenant.ref} posts its {what} to "{host_of(url)}" by http: they can be read on the way{shows}',
                "write https:// if the receiver can; its certificate is checked",
            )


def _is_near(host: str) -> bool:
    """Whether the host is in one's own network: a private or loopback address, or a name that only the network knows."""
    address = address_of(host)
    if address is not None:
        return address.is_private or address.is_loopback or address.is_link_local
    return "." not in host or host.endswith(OWN_DOMAINS)
