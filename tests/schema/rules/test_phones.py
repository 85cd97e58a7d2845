"""Rules on phones and mail: each planted fault of docs/faults is found, and its clean twin is not.

[phone-template-exists] [phone-model] [phone-mac-twice] [phone-of-other-tenant] [phone-remote-vendor]
[plug-and-play-port] [report-without-mail] [mail-unencrypted]
"""

import pytest

from ci.faults import Fault, faults
from schema.catalog import Catalog
from schema.kinds.phone import PhoneSpec
from schema.manifest_set import HeldBack, load, parse_file
from tests.support.manifests import GOOD, documents, resource, tenant

POST = """\
apiVersion: trunkline/v1
kind: MailServer
metadata: {name: post}
spec: {server: smtp.example.net, replyAddress: pbx@acme.example}
"""
# the rule, what makes its planted fault right
TWINS = [
    ("phone-template-exists", "template: desk", "template: desk2"),
    ("phone-template-exists", "tenant: acme, name: desk2", "name: desk"),
    ("phone-model", "model: T46}", "model: T46U}"),
    ("phone-model", "[T46U, T54W]", "[T46U, T46]"),
    ("phone-mac-twice", "00-15-65-AA-BB-01", "00-15-65-AA-BB-02"),
    ("phone-of-other-tenant", 'mac: "00:15:65:aa:bb:cc"', 'mac: "00:15:65:aa:bb:cd"'),
    ("phone-remote-vendor", ", remote: true", ""),
    ("phone-remote-vendor", "polycom", "yealink"),
    ("plug-and-play-port", "plugAndPlay: true", "plugAndPlay: false"),
    ("plug-and-play-port", "{plugAndPlay: true}", "{enabled: false}"),
    ("plug-and-play-port", ", port: 5070", ", port: 5060"),
    ("mail-unencrypted", "security: none", "security: ssl"),
    ("mail-unencrypted", ", user: pbx, password: {env: MAIL}", ""),
    (
        "report-without-mail",
        "spec: {every: week, mailTo: [boss@acme.example]}",
        f"spec: {{every: week, mailTo: [boss@acme.example]}}\n---\n{POST}",
    ),
]


def found(rule: str, text: str) -> set[str]:
    return {problem.rule for problem in Fault(rule, "", text).problems()}


@pytest.mark.parametrize(("rule", "fault", "right"), TWINS)
def test_planted_faults_and_clean_twins(rule: str, fault: str, right: str) -> None:
    text = faults()[rule].text
    assert found(rule, text) == {rule}
    assert fault in text
    assert found(rule, text.replace(fault, right, 1)) == set()


def phone(spec: str) -> str:
    return f"apiVersion: trunkline/v1\nkind: Phone\nmetadata: {{tenant: acme, name: front}}\nspec: {spec}\n"


BASE = 'mac: "001565AABB01", template: desk, model: T46U'


def test_a_mac_address_is_one_however_it_is_written() -> None:
    for written in ("001565AABB01", "00:15:65:aa:bb:01", "00-15-65-aa-BB-01"):
        spec = parse_file("p.yaml", phone("{" + BASE.replace("001565AABB01", written) + "}")).resources[0].spec
        assert isinstance(spec, PhoneSpec)
        assert spec.mac == "00:15:65:aa:bb:01"


@pytest.mark.parametrize(
    ("spec", "rule"),
    [
        (BASE.replace("001565AABB01", "000000000000"), "mac-address"),
        (BASE.replace("001565AABB01", "01:00:5e:00:00:01"), "mac-address"),
        (BASE + ", codecs: []", "range"),
        (BASE + ", codecs: [G711]", "value"),
        (BASE + ", language: xx", "value"),
        (
            BASE + ', keys: [{key: 1, type: blf, extension: "101"}, {key: 1, type: blf, extension: "102"}]',
            "phone-twice",
        ),
        (BASE + ", keys: [{key: 1, type: changeStatus}]", "phone-key"),
        (BASE + ', keys: [{key: 1, type: changeStatus, status: away, extension: "101"}]', "phone-key"),
        (BASE + ", webPassword: hunter2", "secret-literal"),
        ("template: desk, model: T46U", "missing-field"),
    ],
)
def test_what_a_phone_can_not_be(spec: str, rule: str) -> None:
    parsed = parse_file("p.yaml", phone("{" + spec + "}"))
    assert {problem.rule for problem in parsed.problems} == {rule}


def test_the_defaults_of_a_phone() -> None:
    spec = parse_file("p.yaml", phone("{" + BASE + "}")).resources[0].spec
    assert isinstance(spec, PhoneSpec)
    assert spec.codecs == ("G722", "G711a", "G711u", "G729")
    assert (spec.lines, spec.keys, spec.rejected, spec.web_password) == ((), (), False, None)


def test_a_phone_names_extensions_that_are_there() -> None:
    text = (
        phone("{" + BASE + ', lines: [{extension: "999"}]}')
        + "---\n"
        + faults()["phone-model"].text.partition("---\n")[2]
    )
    assert found("extension-exists", text) == {"extension-exists"}


@pytest.mark.parametrize(
    ("spec", "rules"),
    [
        ("{twilio: {sid: AC1, token: {env: T}}}", {"missing-field"}),
        ("{twilio: {sid: AC1, token: {env: T}, sender: '+1 (212) 555-0100'}}", set()),
        ("{clickatell: {apiKey: {env: K}}}", set()),
        ("{smsapi: {user: a, token: {env: K}, sender: Acme}}", set()),
        ("{vonage: {key: a, secret: {env: K}, sender: A name that is too long}}", {"sms-sender"}),
        ("{}", {"sms-provider"}),
    ],
)
def test_providers_of_short_messages(spec: str, rules: set[str]) -> None:
    text = f"apiVersion: trunkline/v1\nkind: SmsGateway\nmetadata: {{tenant: acme, name: sms}}\nspec: {spec}\n"
    assert {problem.rule for problem in parse_file("s.yaml", text).problems} == rules


def test_voicemail_that_is_mailed_needs_a_mail_server() -> None:
    voicemail = "apiVersion: trunkline/v1\nkind: Voicemail\nmetadata: {tenant: acme, name: voicemail}\nspec: {mail: {enabled: true}}\n"
    told = [str(problem) for problem in load((GOOD | {"more.yaml": voicemail}).items()).report]
    [line] = told
    assert line.startswith(
        "more.yaml:4:24: Voicemail acme/voicemail mails its messages, and Tenant acme has no MailServer"
    )
    twins = (
        voicemail.replace("mail: {enabled: true}", "enabled: false, mail: {enabled: true}"),
        f"{voicemail}---\n{POST}",
    )
    assert [list(load((GOOD | {"more.yaml": twin}).items()).report) for twin in twins] == [[], []]


def phones(**macs: str) -> dict[str, str]:
    """Tenants with a phone each."""
    template = "apiVersion: trunkline/v1\nkind: PhoneTemplate\nmetadata: {name: desk}\nspec: {vendor: yealink, models: [T46U]}\n"
    found = {"system.yaml": documents(GOOD["system.yaml"], template)}
    for name, mac in macs.items():
        desk = resource("Phone", name, "desk", f'mac: "{mac}"\ntemplate: desk\nmodel: T46U\n')
        found[f"{name}.yaml"] = documents(tenant(name, f"{name}.example"), desk)
    return found


ONE, OTHER = "00:15:65:aa:bb:01", "00:15:65:aa:bb:02"


def held(files: dict[str, str], accepted: Catalog | None = None) -> list[str]:
    return [name for name, verdict in load(files.items(), accepted).tenants.items() if isinstance(verdict, HeldBack)]


def test_who_had_a_phone_keeps_it_and_who_claims_it_too_is_held_back() -> None:
    before = load(phones(a=ONE, b=OTHER).items()).catalog
    assert held(phones(a=ONE, b=ONE), before) == ["b"]
    assert held(phones(a=OTHER, b=ONE), before) == []
    assert held(phones(a=OTHER, b=ONE), None) == []
    # a is held back for something else, and so keeps the phone that b wants.
    broken = phones(a=OTHER, b=ONE)
    broken["a.yaml"] += "  nonsense: true\n"
    assert held(broken, before) == ["a", "b"]
