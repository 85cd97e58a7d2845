"""What `simulate` says of a running server, against what its calls then do."""

from __future__ import annotations

import json

from api.bodies.simulation import simulation_of
from reconciler.simulate import Simulation
from tests.e2e.office import ADA, GRACE, RADIA, Office
from tests.support.phone import Stack
from tests.support.trunkline_process import outcome


def simulated(office: Office, to: str, *options: str) -> tuple[int, Simulation]:
    """Exit status and answer of the command, on the server."""
    arguments = ("--from", ADA, "--to", to, "--data", str(office.site.data), "--output", "json", *options)
    done = office.site.run("simulate", *arguments, check=False)
    return done.returncode, simulation_of(json.loads(done.stdout))


def test_the_call_does_what_was_said(office: Office) -> None:
    ada, grace = office.phone(Stack.PJSIP, ADA), office.phone(Stack.BARESIP, GRACE)

    code, said = simulated(office, GRACE)
    assert (code, said.put_through) == (0, True)
    assert office.site.get("cdrs") == []
    office.connect(ada, grace, GRACE)
    (live,) = office.site.get("calls")
    step = said.steps[0]
    assert live["decided_by"] == f"{step.rule} ({step.origin})"
    ada.hang_up()
    ada.wait_for_call("disconnected")
    grace.wait_for_call("disconnected")
    assert outcome(office.site.wait_for_cdrs(1)[0]) == "ANSWERED"

    grace.unregister()
    office.site.wait_for("registrations", lambda found: len(found) == 1, "Grace's phone gone")
    code, said = simulated(office, GRACE)
    assert said.cause is not None
    assert (code, said.cause.outcome, said.cause.sip_status) == (1, "OFFLINE", 480)
    ada.call(office.site.uri(GRACE))
    assert ada.wait_for_call("disconnected").status == said.cause.sip_status
    assert outcome(office.site.wait_for_cdrs(2)[0]) == said.cause.outcome

    code, said = simulated(office, GRACE, "--registered", GRACE)
    assert (code, said.facts[0].known) == (0, "stated")


def test_refusals_are_those_of_the_call(office: Office) -> None:
    ada = office.phone(Stack.PJSIP, ADA)
    for count, number in enumerate(("199", RADIA, "%31%30%39"), start=1):
        code, said = simulated(office, office.site.uri(number))
        assert said.cause is not None
        ada.call(office.site.uri(number))
        assert ada.wait_for_call("disconnected").status == said.cause.sip_status
        record = office.site.wait_for_cdrs(count)[0]
        assert (code, outcome(record)) == (1, said.cause.outcome)
        ada.forget_events()


def test_manifests_and_server_agree_on_the_revision(office: Office) -> None:
    done = office.site.run("simulate", str(office.site.manifests), "--from", ADA, "--to", GRACE, "-o", "json")
    offline = simulation_of(json.loads(done.stdout))
    _, live = simulated(office, GRACE)
    assert offline.revision == live.revision
    assert (offline.put_through, live.put_through) == (True, False)
