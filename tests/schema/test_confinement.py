"""What may stand in a tenant's own source, and where the files are that it names.

[source-not-its-tenant] [source-outside] [source-trunk] [source-number] [source-tenant-exists] [git-address] [source-credentials]
"""

from __future__ import annotations

import pytest

from schema.announcement import Recording
from schema.confinement import tenant_of_file
from schema.kinds.prompt import PromptSpec
from schema.manifest_set import HeldBack, load, parse_file
from schema.secret_source import AgeSecret, AnySecret, FileSecret, SopsSecret

V1 = "apiVersion: trunkline/v1\n"
PLATFORM = f"""\
{V1}kind: Listener
metadata: {{name: phones}}
spec: {{transport: udp}}
---
{V1}kind: Tenant
metadata: {{name: acme}}
spec: {{domain: acme.example}}
"""
SOURCE = f"{V1}kind: TenantSource\nmetadata: {{name: acme}}\nspec: {{git: 'git+https://git.example/acme.git', MORE}}\n"
TRUNK = f"{V1}kind: Trunk\nmetadata: {{tenant: acme, name: t}}\nspec: {{host: 192.0.2.1}}\n"
INBOUND = f"{V1}kind: InboundRule\nmetadata: {{tenant: acme, name: t}}\nspec: {{match: {{did: 'DID'}}, inHours: {{hangUp: busy}}}}\n"


def extension(password: str, more: str = "") -> str:
    return f'{V1}kind: Extension\nmetadata: {{tenant: acme, name: "101"}}\nspec: {{password: {password}{more}}}\n'


def rules(own: str, source: str = "") -> set[str]:
    files = [("pbx.yaml", PLATFORM), ("@acme/a.yaml", own), *([("source.yaml", source)] if source else [])]
    return {problem.rule for problem in load(files).report}


@pytest.mark.parametrize(
    ("name", "tenant"),
    [
        ("@acme/a.yaml", "acme"),
        ("@acme/deep/er/a.yaml", "acme"),
        ("@a.b_c-d/a.yaml", "a.b_c-d"),
        ("acme/a.yaml", None),
        ("a/@acme/a.yaml", None),
        ("@acme.yaml", None),
        ("@Acme/a.yaml", None),
        ("@/a.yaml", None),
        ("@../a.yaml", None),
    ],
)
def test_whose_source_a_file_is_of(name: str, tenant: str | None) -> None:
    assert tenant_of_file(name) == tenant


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("{file: secrets/101}", FileSecret("tenants/acme/secrets/101")),
        ("{file: tenants/globex/secrets/101}", FileSecret("tenants/acme/tenants/globex/secrets/101")),
        ("{sops: a.sops.yaml, key: sip.101}", SopsSecret("@acme/a.sops.yaml", "sip.101")),
        ('{sops: "@globex/a.sops.yaml", key: sip.101}', SopsSecret("@acme/@globex/a.sops.yaml", "sip.101")),
        ("{age: 101.age}", AgeSecret("@acme/101.age")),
    ],
)
def test_secrets_are_below_folders_of_the_tenants_own(written: str, meant: AnySecret) -> None:
    [resource] = parse_file("@acme/a.yaml", extension(written)).resources
    assert resource.spec.password == meant  # type: ignore[attr-defined]  # of an Extension
    [resource] = parse_file("acme/a.yaml", extension(written)).resources
    assert resource.spec.password != meant  # type: ignore[attr-defined]


def test_recordings_are_beside_its_manifests() -> None:
    text = f"{V1}kind: Prompt\nmetadata: {{tenant: acme, name: hello}}\nspec: {{sound: {{file: hello.wav}}}}\n"
    [resource] = parse_file("@acme/a.yaml", text).resources
    assert isinstance(resource.spec, PromptSpec)
    assert "@acme/hello.wav" in repr(resource.spec)
    assert Recording("hello.wav") != Recording("@acme/hello.wav")


@pytest.mark.parametrize("secret", ["{env: HOME}", "{file: /etc/shadow}"])
def test_what_leads_outside_is_refused_and_not_repeated(secret: str) -> None:
    [rejected] = parse_file("@acme/a.yaml", extension(secret)).rejected
    [problem] = rejected.problems
    assert problem.rule == "source-outside"
    assert not {"HOME", "shadow"} & set(str(problem).replace("/", " ").split())
    assert parse_file("pbx.yaml", extension(secret)).rejected == ()


TWINS = [
    ("source-trunk", TRUNK, "numbers: []", "trunks: true"),
    (
        "source-number",
        INBOUND.replace("DID", "+442079460100"),
        "numbers: ['+4420794602*']",
        "numbers: ['+4420794601*']",
    ),
    ("source-number", INBOUND.replace("DID", "+4420794601*"), "numbers: ['+442079460100']", "numbers: ['+44*']"),
    ("source-number", INBOUND.replace("DID", "*"), "numbers: ['+44*']", "numbers: ['*']"),
    (
        "source-number",
        extension("{file: a}", ", outboundCallerId: '+442079460100'"),
        "numbers: ['+442079460101']",
        "numbers: ['+442079460100-+442079460109']",
    ),
]


@pytest.mark.parametrize(("rule", "own", "fault", "right"), TWINS)
def test_planted_faults_and_clean_twins(rule: str, own: str, fault: str, right: str) -> None:
    assert rules(own) == {rule}
    assert rules(own, SOURCE.replace("MORE", fault)) == {rule}
    assert rules(own, SOURCE.replace("MORE", right)) <= {"number-without-rule"}
    assert rules(own.replace("tenant: acme", "tenant: globex")) == {"source-not-its-tenant"}


def test_a_file_of_the_tenants_that_can_not_be_read_holds_back_that_tenant_only() -> None:
    for text in (
        "kind: [",
        "\x00",
        "a: &a [*a]",
        "- " * 60 + "x",
        f"{V1}kind: Tenant\nmetadata: {{name: globex}}\nspec: {{}}\n",
    ):
        assembly = load([("pbx.yaml", PLATFORM), ("@acme/a.yaml", text)])
        assert not assembly.holds_round, text
        assert isinstance(assembly.tenants["acme"], HeldBack), text
        assert assembly.tenants.keys() == {"acme"}, text


@pytest.mark.parametrize(
    ("spec", "rule"),
    [
        ("{git: 'git+https://me:secret@git.example/a.git'}", "git-address"),
        ("{git: 'git+http://git.example/a.git'}", "git-address"),
        ("{git: 'git+file:relative'}", "git-address"),
        ("{git: 7}", "git-address"),
        ("{git: 'git+https://git.example/a.git', path: /etc}", "git-folder"),
        ("{git: 'git+https://git.example/a.git', branch: a..b}", "git-branch"),
        ("{git: 'git+https://git.example/a.git', poll: 1s}", "duration"),
        ("{git: 'git+https://git.example/a.git', token: hunter2}", "secret-literal"),
        ("{git: 'git+https://git.example/a.git', token: {age: t.age}}", "source-credentials"),
        ("{git: 'git+https://git.example/a.git', hook: {sops: t.yaml, key: a}}", "source-credentials"),
        ("{git: 'git+https://git.example/a.git', key: keys/acme}", "source-credentials"),
        ("{git: 'git+file:///srv/a.git', token: {file: t}}", "source-credentials"),
        ("{git: 'git+ssh://git@git.example/a.git', key: ../keys/acme}", "file-path"),
    ],
)
def test_what_a_declaration_may_not_say(spec: str, rule: str) -> None:
    text = f"{V1}kind: TenantSource\nmetadata: {{name: acme}}\nspec: {spec}\n"
    found = parse_file("pbx.yaml", text).problems
    assert [problem.rule for problem in found] == [rule]
    assert "secret@" not in str(found[0])
    assert "hunter2" not in str(found[0])


def test_the_source_of_a_tenant_that_is_not_there() -> None:
    text = SOURCE.replace("name: acme", "name: amce").replace(", MORE", "")
    [problem] = load([("pbx.yaml", PLATFORM), ("source.yaml", text)]).report
    assert (problem.rule, "acme" in problem.hint) == ("source-tenant-exists", True)
