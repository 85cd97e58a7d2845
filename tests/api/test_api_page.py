"""The examples of docs/api.md, section Routes: each is run as it stands, on the control socket of a server."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.following_server import Server
from tests.support.manifest_folder import LISTENER, extension, tenant
from tests.support.served import served

PAGE = Path(__file__).resolve().parents[2] / "docs" / "api.md"
ROUTES = PAGE.read_text("utf-8").partition("## Routes\n")[2].partition("\n## ")[0]
EXAMPLES = re.findall(r"^```sh\n(.*?)^```", ROUTES, re.MULTILINE | re.DOTALL)


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl, as the examples do")
def test_the_examples_run_as_they_stand(tmp_path: Path) -> None:
    server = Server(tmp_path / "server")
    server.folder.write("system.yaml", LISTENER)
    server.folder.write("acme.yaml", tenant("acme"), extension("acme", "101"))
    assert server.round()
    data = tmp_path / "data"
    data.mkdir()
    shutil.copytree(server.folder.root, tmp_path / "manifests")
    assert len(EXAMPLES) == 2
    with served(server, data):
        for example in EXAMPLES:
            for command in re.split(r"\n(?=curl|tar)", example.strip()):
                done = subprocess.run(
                    ["bash", "-c", f"set -o pipefail; {command} --silent --show-error --fail-with-body"],
                    cwd=tmp_path,
                    capture_output=True,
                    text=True,
                    timeout=50,
                )
                assert done.returncode == 0, (command, done.stdout, done.stderr)
                assert json.loads(done.stdout)
