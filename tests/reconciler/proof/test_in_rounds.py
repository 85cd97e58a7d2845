"""What proofs hold back in the server's rounds, and that what has not changed is not proven again."""

from hashlib import sha256
from pathlib import Path

import pytest

from reconciler.ground import Ground
from reconciler.proof.prover import Prover
from reconciler.secrets.resolver import Resolver
from reconciler.source.tree import SourceFile, SourceTree
from reconciler.views import Reason
from reconciler.worker.gather import Gathered
from reconciler.worker.judge import Judge, Judged
from reconciler.worker.store import StateStore

SYSTEM = (
    "apiVersion: trunkline/v1\nkind: Listener\nmetadata: {name: phones}\nspec: {transport: udp}\n"
    "---\napiVersion: trunkline/v1\nkind: Trunk\nmetadata: {name: carrier}\nspec: {host: 192.0.2.50}\n"
)


def company(name: str, *, did: str, prefixes: str = '["00", "1"]', number: str = "101") -> str:
    owned = f"metadata: {{tenant: {name}, name: "
    return "---\n".join(
        f"apiVersion: trunkline/v1\n{text}\n"
        for text in (
            f"kind: Tenant\nmetadata: {{name: {name}}}\nspec: {{domain: {name}.example}}",
            f'kind: Extension\n{owned}"101"}}\nspec: {{number: "{number}", password: {{env: P}}}}',
            f'kind: InboundRule\n{owned}main}}\nspec: {{match: {{did: "{did}"}}, inHours: {{extension: "{number}"}}}}',
            f"kind: OutboundRule\n{owned}outside}}\nspec: {{match: {{prefixes: {prefixes}}}, routes: [{{trunk: carrier}}]}}",
        )
    )


class Rounds:
    """One judge, and what runs."""

    def __init__(self, data: Path) -> None:
        self._judge = Judge(Resolver(data, {"P": "long and random"}, b"key" * 8), StateStore(data / "state"))
        self.running = Ground()

    def apply(self, **tenants: str) -> Judged:
        """Judge these tenants beside the system, and run what may run."""
        texts = {"system.yaml": SYSTEM} | {f"{name}.yaml": text for name, text in tenants.items()}
        files = (
            SourceFile(path, text.encode(), sha256(text.encode()).hexdigest()) for path, text in sorted(texts.items())
        )
        judged = self._judge.judge(Gathered(tree := SourceTree(tuple(files)), tree), self.running)
        self.running = judged.ground
        return judged


@pytest.fixture
def rounds(tmp_path: Path) -> Rounds:
    return Rounds(tmp_path)


def held(judged: Judged) -> dict[str, list[str]]:
    return {
        verdict.unit: [problem.rule for problem in verdict.problems]
        for verdict in judged.found.verdicts
        if verdict.reason is Reason.INVALID
    }


def test_a_tenant_that_could_not_call_for_help_any_more_stays_as_it_is(rounds: Rounds) -> None:
    assert held(rounds.apply(acme=company("acme", did="+4420*"))) == {}
    before = rounds.running.desired.units["acme"]
    judged = rounds.apply(acme=company("acme", did="+4420*", prefixes='["00"]'), beta=company("beta", did="+4930*"))
    assert held(judged) == {"acme": ["emergency-unreachable"]}
    assert rounds.running.desired.units["acme"] is before
    assert "beta" in rounds.running.desired.units
    assert held(rounds.apply(acme=company("acme", did="+4420*"), beta=company("beta", did="+4930*"))) == {}


def test_who_takes_anothers_number_is_held_back_and_not_the_other(rounds: Rounds) -> None:
    acme = company("acme", did="+4420*")
    assert held(rounds.apply(acme=acme, beta=company("beta", did="+4930*"))) == {}
    thief = company("beta", did="+442079460100")
    assert held(rounds.apply(acme=acme, beta=thief)) == {"beta": ["did-two-owners"]}
    assert held(rounds.apply(acme=acme, gamma=company("gamma", did="+4420*"))) == {"gamma": ["did-two-owners"]}
    both = {"beta": thief, "gamma": company("gamma", did="+442079460100")}
    assert set(held(rounds.apply(**both))) == {"beta", "gamma"}


def test_what_has_not_changed_is_not_proven_again(rounds: Rounds) -> None:
    rounds.apply(acme=company("acme", did="+4420*"), beta=company("beta", did="+4930*"))
    prover = Prover()
    prover.prove(rounds.running)
    known = dict(prover._known)
    rounds.apply(acme=company("acme", did="+4420*"), beta=company("beta", did="+4940*"))
    prover.prove(rounds.running)
    assert prover._known["acme"] is known["acme"]
    assert prover._known["beta"] is not known["beta"]


OWN_TRUNK = "---\napiVersion: trunkline/v1\nkind: Trunk\nmetadata: {{tenant: {name}, name: own}}\nspec: {spec}\n"


def served_at(name: str, *, did: str, spec: str = "{host: 192.0.2.60}") -> str:
    """A company with a trunk of its own there, for which its rule is."""
    return company(name, did=did).replace("match: {did", "trunks: [own], match: {did") + OWN_TRUNK.format(
        name=name, spec=spec
    )


@pytest.mark.parametrize(
    ("did", "spec", "is_thief"),
    [
        ("+442079460100", "{host: 192.0.2.60}", True),
        ("+44207946*", "{host: 192.0.2.60}", True),
        ("+442079460100", "{host: 192.0.2.61, addresses: [192.0.2.60/32]}", False),
        ("+442079460101", "{host: 192.0.2.60}", False),
        ("+442079460100", "{host: '192.0.2.60:5070'}", False),
        ("+442079460100", "{host: 192.0.2.60, enabled: false}", False),
    ],
)
def test_a_number_called_from_one_address_is_one_tenants(rounds: Rounds, did: str, spec: str, is_thief: bool) -> None:
    acme = served_at("acme", did="+442079460100")
    assert held(rounds.apply(acme=acme)) == {}
    judged = rounds.apply(acme=acme, beta=served_at("beta", did=did, spec=spec))
    assert held(judged) == ({"beta": ["did-two-owners"]} if is_thief else {})


def test_a_conflict_is_told_at_the_rule(rounds: Rounds) -> None:
    acme, beta = served_at("acme", did="+442079460100"), served_at("beta", did="+442079460100")
    assert held(rounds.apply(acme=acme)) == {}
    (verdict,) = [v for v in rounds.apply(acme=acme, beta=beta).found.verdicts if v.unit == "beta"]
    (problem,) = verdict.problems
    assert beta.splitlines()[problem.line - 1][problem.column - 1 :].startswith('"+442079460100"')
    assert "claims +442079460100 on trunks with the address 192.0.2.60, as does Tenant acme" in problem.message


SHOWS = 'password: {env: P}, outboundCallerId: "+442079460100"}'


def test_who_shows_anothers_number_is_held_back(rounds: Rounds) -> None:
    beta = company("beta", did="+442079460100")
    acme = company("acme", did="*")
    assert held(rounds.apply(acme=acme, beta=beta)) == {}
    assert held(rounds.apply(acme=acme.replace("password: {env: P}}", SHOWS), beta=beta)) == {
        "acme": ["number-of-other-tenant"]
    }


def test_who_showed_a_number_before_another_claimed_it_is_told_and_goes_on(rounds: Rounds) -> None:
    acme = company("acme", did="*").replace("password: {env: P}}", SHOWS)
    assert held(rounds.apply(acme=acme, beta=company("beta", did="+4930*"))) == {}
    judged = rounds.apply(acme=acme, beta=company("beta", did="+442079460100"))
    assert held(judged) == {}
    assert "number-of-other-tenant" in {problem.rule for problem in judged.found.warnings}
