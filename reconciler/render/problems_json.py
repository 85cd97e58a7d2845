"""Problems as one JSON object, for scripts."""

from __future__ import annotations

import json

from reconciler.render.checked import Checked


def problems_json(checked: Checked) -> str:
    """`{valid, files, resources, secrets, problems}`, indented, ended by a newline."""
    shape = {
        "valid": not checked.report.has_errors,
        "files": len(checked.files),
        "resources": dict(sorted(checked.resources.items())),
        "secrets": {"named": checked.secrets, "unknown": checked.secrets_unknown},
        "problems": [problem.as_json() for problem in checked.report],
    }
    return json.dumps(shape, indent=2) + "\n"
