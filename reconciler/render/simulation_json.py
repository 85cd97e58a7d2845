"""A simulated call as one JSON object, for scripts; the same that `GET /v1/simulate` answers."""

from __future__ import annotations

import json
from dataclasses import asdict

from reconciler.simulate import Simulation


def simulation_json(simulation: Simulation) -> str:
    """Its fields by name (docs/simulate.md), indented, ended by a newline."""
    shape = asdict(simulation)
    shape["at"] = simulation.at.isoformat().replace("+00:00", "Z")
    return json.dumps(shape, indent=2) + "\n"
