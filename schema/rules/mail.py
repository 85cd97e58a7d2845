"""Rules on what is mailed."""

from collections.abc import Iterator

from schema.kinds.call_report import CallReportSpec
from schema.kinds.mail_server import MailServerSpec
from schema.kinds.voicemail import VoicemailSpec
from schema.resource import specs_of
from schema.rules.rule import Finding, SystemSubject, TenantSubject


def report_without_mail(subject: TenantSubject) -> Iterator[Finding]:
    """A report or a message that can't be mailed reaches nobody."""
    if not subject.is_complete or specs_of((*subject.system, *subject.resources), MailServerSpec):
        return
    for report in specs_of(subject.resources, CallReportSpec):
        yield Finding(
            report.mark("spec", "mailTo"),
            f"{report.ref} is mailed, and Tenant {subject.tenant} has no MailServer, nor is one shared",
            "define one: kind: MailServer",
        )
    for voicemail in specs_of(subject.resources, VoicemailSpec):
        if voicemail.spec.enabled and voicemail.spec.mail.enabled:
            yield Finding(
                voicemail.mark("spec", "mail", "enabled"),
                f"{voicemail.ref} mails its messages, and Tenant {subject.tenant} has no MailServer, nor is one shared",
                "define one: kind: MailServer",
            )


def mail_unencrypted(subject: TenantSubject | SystemSubject) -> Iterator[Finding]:
    """A password that is sent in the open is everybody's on the way, and so is what the mail says."""
    for server in specs_of(subject.resources, MailServerSpec):
        if server.spec.security == "none" and server.spec.user is not None:
            yield Finding(
                server.mark("spec", "security"),
                f"{server.ref} logs in as {server.spec.user} with security: none",
                "write starttls or ssl",
            )
