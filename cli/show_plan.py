"""Printing a plan in the form that was asked for."""

from __future__ import annotations

import json
import os
import sys

from cli.colour import Colour, is_coloured
from cli.output import PlanOutput
from reconciler.render.plan_markdown import plan_markdown
from reconciler.render.plan_text import plan_text
from reconciler.render.planned import Planned, planned_json


def show_plan(planned: Planned, output: PlanOutput, colour: Colour) -> None:
    match output:
        case PlanOutput.TEXT:
            sys.stdout.write(plan_text(planned, coloured=is_coloured(colour, sys.stdout, os.environ)))
        case PlanOutput.MARKDOWN:
            sys.stdout.write(plan_markdown(planned))
        case PlanOutput.JSON:
            sys.stdout.write(json.dumps(planned_json(planned), indent=2, ensure_ascii=False) + "\n")
