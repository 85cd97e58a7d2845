"""Simulated calls for scripts: the fields that docs/simulate.md lists, and what the API answers."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from api.bodies.simulation import SimulationBody, simulation_of
from reconciler.question import Question
from reconciler.render.simulation_json import simulation_json
from reconciler.simulate import Basis, simulate
from tests.reconciler.test_simulate import ASKED, LIVE, OFFLINE

PAGE = Path(__file__).parents[3] / "docs" / "simulate.md"
CASES = [(OFFLINE, ASKED), (LIVE, ASKED), (OFFLINE, replace(ASKED, to="10")), (LIVE, replace(ASKED, to="sip:\x00é"))]


@pytest.mark.parametrize(("basis", "question"), CASES)
def test_the_api_answers_the_same_and_it_can_be_read_back(basis: Basis, question: Question) -> None:
    simulation = simulate(basis, question)
    body = SimulationBody.model_validate(simulation)
    assert json.loads(simulation_json(simulation)) == json.loads(body.model_dump_json())
    assert simulation_of(json.loads(simulation_json(simulation))) == simulation


def test_every_field_is_documented() -> None:
    shape = json.loads(simulation_json(simulate(OFFLINE, ASKED)))
    refused = json.loads(simulation_json(simulate(OFFLINE, replace(ASKED, to="10"))))
    fields = {*shape, *shape["steps"][0], *shape["facts"][0], *shape["foreseen"][0], *refused["cause"]}
    assert fields <= set(re.findall(r"`([a-z0-9_]+)`", PAGE.read_text(encoding="utf-8")))
