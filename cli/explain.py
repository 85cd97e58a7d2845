"""`trunkline explain CALL-ID`: what decided a call, down to the lines of the manifests. Exit status 1 if there is no such call."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from urllib.parse import quote

from cli.client import ClientError, Misasked, ask, control_client
from cli.exit_code import Exit
from cli.output import Output
from reconciler.render.explanation_text import explanation_text
from schema.problem import shown

LONGEST: int = 200


def explain(call_id: str, data: Path, output: Output) -> Exit:
    from api.bodies.explanation import explanation_of

    if not call_id.isascii() or not call_id.isprintable() or not 0 < len(call_id) <= LONGEST or call_id in {".", ".."}:
        sys.stderr.write(
            f"trunkline explain: {shown(call_id)} is no id of a call; trunkline get cdrs and get calls list them\n"
        )
        return Exit.USAGE
    try:
        with control_client(data) as client:
            answer = ask(client, f"/v1/explain/{quote(call_id, safe='')}", {})
        explanation = explanation_of(answer)
    except (ClientError, Misasked) as error:
        sys.stderr.write(f"trunkline explain: {error}\n")
        return Exit.PROBLEMS
    except ValueError:
        sys.stderr.write("trunkline explain: the server's answer is not understood; is it of another version?\n")
        return Exit.PROBLEMS
    if output is Output.JSON:
        sys.stdout.write(json.dumps(answer, indent=2, ensure_ascii=False) + "\n")
    else:
        sys.stdout.write(explanation_text(explanation))
    return Exit.FINE
