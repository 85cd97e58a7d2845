"""Rules on media and conference servers, backups, passwords, push apps, administrators, reserved numbers, the web: faults and twins."""

import pytest

from schema.manifest_set import load
from tests.support.manifests import GOOD, LISTENER, documents, extension, tenant


def lines(*more: str, acme: tuple[str, ...] = ()) -> list[str]:
    """The problems of the good set with these resources of the system, and these of Tenant acme."""
    files = GOOD | {"system.yaml": documents(LISTENER, *more)}
    if acme:
        files["acme.yaml"] = documents(tenant("acme", "acme.example"), extension("acme", "101"), *acme)
    return [str(problem) for problem in load(files.items()).report]


def system(spec: str) -> str:
    return f"apiVersion: trunkline/v1\nkind: System\nmetadata: {{name: system}}\nspec: {{{spec}}}\n"


def of(kind: str, name: str, spec: str, more: str = "") -> str:
    return f"apiVersion: trunkline/v1\nkind: {kind}\nmetadata: {{name: {name}{more}}}\nspec: {{{spec}}}\n"


MEDIA = of("MediaServer", "second", "ipv4: 10.0.2.8")
MEDIA_OFF = of("MediaServer", "second", "ipv4: 10.0.2.8, enabled: false")
CONFERENCES = of("ConferenceServer", "second", "ipv4: 10.0.2.8")
PUSH = 'google: {serverKey: {env: K}, senderId: "12"}'
JANE = "login: jane, password: {env: P}"

FAULTS = [
    ((system("media: {builtIn: false}"),), "[media-servers-off]"),
    ((system("media: {builtIn: false}"), MEDIA_OFF), "[media-servers-off]"),
    ((system("media: {builtIn: false}, network: {profile: public}"),), "[direct-media-public]"),
    ((system("conferences: {builtIn: false}"), MEDIA), "[conference-servers-off]"),
    ((of("WebRtc", "system", ""),), "[web-rtc-listener]"),
    ((system("media: {ports: 33000-33009}"),), "[media-ports-few]"),
    ((of("IpRule", "a", "network: 0.0.0.0/0, action: allow, description: All"),), "[allow-wide]"),
    ((of("IpRule", "a", "network: 198.0.0.0/8, action: allow, description: All"),), "[allow-wide]"),
    ((system("security: {allow: [{network: '::/0'}]}"),), "[allow-wide]"),
    ((of("BackupSchedule", "nightly", "to: backups"),), "[backup-nowhere]"),
    ((of("BackupSchedule", "nightly", "to: /b, enabled: false"),), "[backup-nowhere]"),
    ((system("sip: {authentication: {digest: false}}"),), "[digest-off]"),
    ((system("sip: {authentication: {createUnknown: true}}"),), "[unknown-extensions]"),
    ((of("PushApp", "a", f"appId: x, {PUSH}"), of("PushApp", "b", f"appId: x, {PUSH}")), "[push-app-twice]"),
    ((of("Administrator", "a", JANE), of("Administrator", "b", JANE)), "[duplicate-login]"),
    ((of("Administrator", "a", f'{JANE}, extension: "101"'),), "[administrator-without-tenant]"),
    ((system('reservedNumbers: [{number: "9"}, {number: "8"}, {number: "9"}]'),), "[reserved-number-twice]"),
    ((system('reservedNumbers: [{number: "102", service: fax}]'),), "[reserved-number-taken]"),
    ((system('reservedNumbers: [{number: "200"}]'),), "[reserved-number-taken]"),
    ((system("web: {https: {enabled: true, port: 8888}}"),), "[web-port-taken]"),
    ((of("Listener", "tcp", "transport: tcp, port: 8888"),), "[web-port-taken]"),
    ((of("ProvisioningPolicy", "system", "port: 8888, plugAndPlay: false"),), "[web-port-taken]"),
    (
        (of("Listener", "wss", "transport: wss, port: 8887"), system("web: {https: {enabled: true}}")),
        "[web-port-taken]",
    ),
]


@pytest.mark.parametrize(("resources", "rule"), FAULTS)
def test_faults(resources: tuple[str, ...], rule: str) -> None:
    [line] = lines(*resources)
    assert line.startswith(("system.yaml:", "acme.yaml:", "globex.yaml:"))
    assert line.endswith(rule)


TWINS = [
    (system("media: {builtIn: false}"), MEDIA),
    (system("media: {builtIn: false}, network: {profile: public}"), MEDIA, MEDIA_OFF.replace("second", "third")),
    (system("conferences: {builtIn: false}"), CONFERENCES),
    (of("BackupSchedule", "nightly", "to: /b"), of("BackupSchedule", "weekly", "to: b, enabled: false")),
    (of("PushApp", "a", f"appId: x, {PUSH}"), of("PushApp", "b", f"appId: y, {PUSH}")),
    (of("Administrator", "a", JANE), of("Administrator", "a", JANE, ", tenant: acme")),
    (system('reservedNumbers: [{number: "9"}, {number: "8"}]'),),
    (system("web: {https: {enabled: true, port: 8889}}"),),
    (system("web: {https: {port: 8888}}"),),
    (of("Listener", "udp", "transport: udp, port: 8888"),),
    (of("ProvisioningPolicy", "system", "port: 8888, plugAndPlay: false, enabled: false"),),
    (of("Listener", "tcp", "transport: tcp, port: 8888"), system("web: {http: {enabled: false}}")),
]


@pytest.mark.parametrize("resources", TWINS)
def test_twins(resources: tuple[str, ...]) -> None:
    assert lines(*resources) == []


def test_what_a_reserved_number_is_for_and_where_that_is_said() -> None:
    [line] = lines(system('reservedNumbers: [{number: "102", service: fax}]'))
    assert line.startswith('acme.yaml:15:32: Extension acme/102 has the number "102", which is that of a service')
    assert "(fax), at system.yaml:9:35" in line


def test_an_administrator_has_an_extension_of_his_tenant() -> None:
    one = of("Administrator", "jane", f'{JANE}, extension: "110"', ", tenant: acme")
    [line] = lines(acme=(one,))
    assert 'the extension "110", which Tenant acme does not have' in line
    assert line.endswith('did you mean "101"? [administrator-extension]')


def test_twin_of_an_administrator_with_an_extension() -> None:
    assert lines(acme=(of("Administrator", "jane", f'{JANE}, extension: "101"', ", tenant: acme"),)) == []


def test_two_of_a_tenant_have_a_login_each() -> None:
    one, other = (of("Administrator", name, JANE, ", tenant: acme") for name in ("jane", "john"))
    [line] = lines(acme=(one, other))
    assert line.endswith("[duplicate-login]")
