"""Looks at manifests as values, for the tests of what shows them: a clean one, a faulty one, one with every nasty character."""

from __future__ import annotations

from reconciler.render.checked import Checked
from schema.mark import Mark
from schema.problem import Problem, Report, Severity

CLEAN = Checked(
    files=("manifests/acme.yaml", "manifests/system.yaml"),
    resources={"Tenant": 1, "Extension": 2, "Listener": 1},
    report=Report(),
    secrets=2,
    secrets_unknown=2,
)
FAULTY = Checked(
    files=("manifests/acme.yaml", "manifests/globex.yaml", "manifests/system.yaml"),
    resources={},
    report=Report.of(
        [
            Problem(
                mark=Mark("manifests/acme.yaml", 9, 32),
                message='field "displayNmae" is not known in Extension, spec',
                hint='did you mean "displayName"?',
                rule="unknown-field",
            ),
            Problem(
                mark=Mark("manifests/acme.yaml", 14, 3),
                message="spec.password holds a value (not shown here), not a reference to a secret",
                hint="write {env: NAME} or {file: path} and keep the secret there",
                rule="secret-literal",
            ),
            Problem(
                mark=Mark("manifests/globex.yaml", 4, 18),
                message="the password of Extension globex/201 is weak: it would be found by trying",
                hint="put a long random one there",
                rule="secret-weak",
                severity=Severity.WARNING,
            ),
        ]
    ),
    secrets=3,
)
NASTY_TEXT = "50% \"of\" <all> & 'it'\r\nsecond, ::error:: {0} [a](b) \\ é \x00\x1b[31m\x85\u2028\ufffe\U0001f600"
NASTY_FILE = "manifests/100%, a:b/ü [x]\n<&\"'>\x01 é.yaml"
NASTY = Checked(
    files=(NASTY_FILE,),
    resources={},
    report=Report.of([Problem(mark=Mark(NASTY_FILE, 3, 7), message=NASTY_TEXT, hint="don't", rule="value")]),
)
