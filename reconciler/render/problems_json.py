"""Problems as one JSON object, for scripts."""

from __future__ import annotations

import json

from reconciler.exemptions import Exemption
from reconciler.render.checked import Checked
from schema.manifest_set import ATenant


def problems_json(checked: Checked) -> str:
    """`{valid, files, resources, secrets, rules, problems}`, indented, ended by a newline."""
    shape = {
        "valid": not checked.report.has_errors,
        "files": len(checked.files),
        "resources": dict(sorted(checked.resources.items())),
        "secrets": {"named": checked.secrets, "unknown": checked.secrets_unknown},
        "rules": {"set": checked.rule_set, "off": [_off(checked, exemption) for exemption in checked.exemptions]},
        "problems": [problem.as_json() for problem in checked.report],
    }
    return json.dumps(shape, indent=2) + "\n"


def _off(checked: Checked, exemption: Exemption) -> dict[str, str | int | None]:
    """`tenant`: null for the system."""
    tenant = exemption.owner.name if isinstance(exemption.owner, ATenant) else None
    findings = checked.findings(exemption)
    return {"rule": exemption.rule, "tenant": tenant, "reason": exemption.reason, "findings": findings}
