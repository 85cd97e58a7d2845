"""`trunkline open`: a link that opens the page once, within a minute."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from cli.client import ClientError, control_client, tell
from cli.exit_code import Exit
from cli.output import Output


def open_page(data: Path, scope: str, tenant: str | None, author: str, output: Output) -> Exit:
    try:
        with control_client(data) as client:
            link = tell(client, "/v1/links", {"scope": scope, "tenant": tenant, "author": author[:100]})
    except ClientError as error:
        sys.stderr.write(f"trunkline open: {error}\n")
        return Exit.PROBLEMS
    if output is Output.JSON:
        sys.stdout.write(json.dumps(link, indent=2) + "\n")
    else:
        sys.stdout.write(f"{link.get('url')}\n")
        sys.stderr.write("open it in a browser within a minute; it is good once\n")
    return Exit.FINE
