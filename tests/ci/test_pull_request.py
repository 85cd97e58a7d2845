"""What CI of other people says about a pull request: a real repository, the real commands, a forge of the tests' own over HTTP."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from ruamel.yaml import YAML
from typer.testing import CliRunner

from ci.pull_request import LONGEST_COMMENT, MARK, Answer, main, report, run_trunkline
from cli.main import app

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "forge-token-77"
US = 4711
OURS = {"user": {"type": "Bot"}, "author": {"id": US}}


@dataclass
class FakeForge:
    """Comments of one pull request, as GitHub and GitLab serve them. `status`: None = it works."""

    comments: list[dict[str, object]] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)
    status: int | None = None
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@pytest.fixture
def forge() -> Iterator[FakeForge]:
    fake = FakeForge()

    class Handler(BaseHTTPRequestHandler):
        def _answer(self, value: object) -> None:
            fake.asked.append((self.command, self.path.partition("?")[0]))
            fake.tokens.add(self.headers.get("Authorization", "") + self.headers.get("PRIVATE-TOKEN", ""))
            content = json.dumps(value).encode()
            self.send_response(fake.status or 200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def _body(self) -> dict[str, object]:
            found = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            assert isinstance(found, dict)
            return found

        def do_GET(self) -> None:
            if self.path.endswith("/user"):
                self._answer({"id": US})
                return
            query = dict(part.split("=") for part in self.path.partition("?")[2].split("&"))
            size, page = int(query["per_page"]), int(query["page"])
            self._answer(fake.comments[size * (page - 1) : size * page])

        def do_POST(self) -> None:
            body = self._body()
            if fake.status is None:
                fake.comments.append({"id": len(fake.comments) + 1, **OURS, **body})
            self._answer({})

        def _change(self) -> None:
            body = self._body()
            known = next(one for one in fake.comments if str(one["id"]) == self.path.rpartition("/")[2])
            known.update(body)
            self._answer({})

        do_PATCH = do_PUT = _change  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    fake.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield fake
    server.shutdown()
    thread.join(5)
    server.server_close()


@dataclass(frozen=True)
class Checkout:
    folder: Path
    base: str

    def extension(self, number: str, name: str) -> Path:
        path = self.folder / "manifests" / f"{number}.yaml"
        path.write_text(
            "apiVersion: trunkline/v1\nkind: Extension\n"
            f'metadata: {{tenant: office, name: "{number}"}}\n'
            f"spec: {{displayName: {name}, password: {{file: secrets/{number}}}}}\n"
        )
        return path


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Checkout:
    """A working folder with one commit; a folder `cli` stands in it, which is nobody's business."""
    if shutil.which("git") is None:
        pytest.skip("needs git (Debian's git)")
    folder = tmp_path / "repository"
    shutil.copytree(ROOT / "manifests", folder / "manifests")
    (folder / "cli").mkdir()
    (folder / "cli" / "main.py").write_text("raise SystemExit('not ours')\n")
    (folder / "cli" / "__init__.py").touch()
    identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
    for words in (["init", "--quiet"], ["add", "."], [*identity, "commit", "--quiet", "-m", "to begin with"]):
        subprocess.run(["git", *words], cwd=folder, check=True)
    base = subprocess.run(["git", "rev-parse", "HEAD"], cwd=folder, check=True, capture_output=True, text=True)
    monkeypatch.chdir(folder)
    return Checkout(folder, base.stdout.strip())


def planned(arguments: Sequence[str]) -> Answer:
    """The commands, where it is not about them."""
    return Answer(0, "### Trunkline plan: 1 change, Extension office/109\n" if arguments[0] == "plan" else "", "")


def here(arguments: Sequence[str]) -> Answer:
    """The real commands, without a process each; the action, the template and the hook have theirs."""
    done = CliRunner().invoke(app, [*arguments])
    return Answer(done.exit_code, done.stdout, done.stderr)


def github(forge: FakeForge, checkout: Checkout, number: int | None = 7) -> dict[str, str]:
    event = checkout.folder.parent / "event.json"
    about: dict[str, object] = {"before": checkout.base}
    if number is not None:
        about = {"pull_request": {"number": number, "base": {"sha": checkout.base}}}
    event.write_text(json.dumps(about))
    return {
        "GITHUB_EVENT_PATH": str(event),
        "GITHUB_API_URL": forge.url,
        "GITHUB_REPOSITORY": "acme/pbx",
        "GITHUB_TOKEN": TOKEN,
        "GITHUB_STEP_SUMMARY": str(checkout.folder.parent / "summary.md"),
    }


def gitlab(forge: FakeForge, checkout: Checkout) -> dict[str, str]:
    return {
        "CI_API_V4_URL": f"{forge.url}/api/v4",
        "CI_PROJECT_ID": "12",
        "CI_MERGE_REQUEST_IID": "7",
        "CI_MERGE_REQUEST_DIFF_BASE_SHA": checkout.base,
        "TRUNKLINE_GITLAB_TOKEN": TOKEN,
    }


def test_a_pull_request_gets_one_comment_that_is_kept_up_to_date(
    forge: FakeForge, checkout: Checkout, capsys: pytest.CaptureFixture[str]
) -> None:
    forge.comments += [{"id": number, "body": "looks good"} for number in range(1, 120)]
    environ = github(forge, checkout)
    checkout.extension("109", "Radia")
    assert main(["--forge", "github"], environ, here) == 0
    assert len(forge.comments) == 120
    first = str(forge.comments[-1]["body"])
    assert first.startswith(MARK)
    assert "Extension office/109" in first
    assert forge.asked[-1] == ("POST", "/repos/acme/pbx/issues/7/comments")

    checkout.extension("110", "Grace")
    assert main(["--forge", "github"], environ, here) == 0
    assert len(forge.comments) == 120
    assert "Extension office/110" in str(forge.comments[-1]["body"])
    assert forge.asked[-1] == ("PATCH", "/repos/acme/pbx/issues/comments/120")
    assert forge.tokens == {f"Bearer {TOKEN}"}
    shown = capsys.readouterr()
    assert TOKEN not in shown.out + shown.err
    assert "Extension office/110" in Path(environ["GITHUB_STEP_SUMMARY"]).read_text()


def test_faults_are_annotated_reported_and_commented_and_the_job_fails(
    forge: FakeForge, checkout: Checkout, capsys: pytest.CaptureFixture[str]
) -> None:
    path = checkout.extension("109", "Radia")
    path.write_text(path.read_text().replace("displayName", "displayNaem"))
    assert main(["--forge", "github", "--reports", "reports"], github(forge, checkout), here) == 1
    assert "::error file=manifests/109.yaml,line=4" in capsys.readouterr().out
    sarif = json.loads((checkout.folder / "reports" / "trunkline.sarif").read_text())
    assert sarif["runs"][0]["results"][0]["locations"]
    assert "<failure" in (checkout.folder / "reports" / "trunkline-junit.xml").read_text()
    assert "the manifests are not valid" in str(forge.comments[0]["body"])
    assert "manifests/109.yaml:4:" in str(forge.comments[0]["body"])


def test_a_merge_request_of_gitlab_gets_its_note(forge: FakeForge, checkout: Checkout) -> None:
    for _ in range(2):
        assert main(["--forge", "gitlab"], gitlab(forge, checkout), planned) == 0
    assert [method for method, _ in forge.asked] == ["GET", "GET", "POST", "GET", "GET", "PUT"]
    assert forge.asked[2][1] == "/api/v4/projects/12/merge_requests/7/notes"
    assert forge.asked[5][1] == "/api/v4/projects/12/merge_requests/7/notes/1"
    assert forge.tokens == {TOKEN}


@pytest.mark.parametrize("forge_name", ["github", "gitlab"])
def test_a_comment_of_somebody_else_with_our_mark_is_not_ours(
    forge: FakeForge, checkout: Checkout, forge_name: str
) -> None:
    """Else its author could have the plan said under his name, and change it; and on GitLab keep it from being said at all."""
    theirs = {"id": 1, "body": f"{MARK} all is well", "user": {"type": "User"}, "author": {"id": 1}}
    forge.comments.append(dict(theirs))
    environ = github(forge, checkout) if forge_name == "github" else gitlab(forge, checkout)
    for _ in range(2):
        assert main(["--forge", forge_name], environ, planned) == 0
    assert forge.comments[0] == theirs
    assert len(forge.comments) == 2
    assert "Extension office/109" in str(forge.comments[1]["body"])


def test_the_commands_get_no_token(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Mapping[str, str]] = []

    def run(command: Sequence[str], *, env: Mapping[str, str], **_: object) -> subprocess.CompletedProcess[str]:
        seen.append(env)
        return subprocess.CompletedProcess(command, 0, "", "")

    for name in ("GITHUB_TOKEN", "TRUNKLINE_GITLAB_TOKEN"):
        monkeypatch.setenv(name, TOKEN)
    monkeypatch.setattr(subprocess, "run", run)
    run_trunkline(["validate", "manifests"])
    assert TOKEN not in seen[0].values()
    assert "PATH" in seen[0]


def test_a_command_without_an_end_fails_the_job(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(command: Sequence[str], **_: object) -> None:
        raise subprocess.TimeoutExpired(command, 600)

    monkeypatch.setattr(subprocess, "run", run)
    answer = run_trunkline(["plan", "manifests"])
    assert answer.status == 1
    assert "trunkline plan was not done after 600 s" in answer.err


def test_where_strangers_would_have_secrets_it_refuses(
    forge: FakeForge, checkout: Checkout, capsys: pytest.CaptureFixture[str]
) -> None:
    environ = github(forge, checkout) | {"GITHUB_EVENT_NAME": "pull_request_target"}
    assert main(["--forge", "github"], environ, planned) == 2
    assert "run it on pull_request" in capsys.readouterr().err
    assert forge.asked == []


def test_what_manifests_say_is_no_command_of_the_log(
    forge: FakeForge, checkout: Checkout, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(arguments: Sequence[str]) -> Answer:
        return Answer(0, "::set-output name=x::y\n" if arguments[0] == "plan" else "", "")

    assert main(["--forge", "github"], github(forge, checkout), run) == 0
    lines = capsys.readouterr().out.splitlines()
    stopped = next(place for place, line in enumerate(lines) if line.startswith("::stop-commands::"))
    word = lines[stopped].removeprefix("::stop-commands::")
    assert stopped < lines.index("::set-output name=x::y") < lines.index(f"::{word}::")


@pytest.mark.parametrize("status", [401, 403, 404, 500])
def test_a_comment_that_may_not_be_written_is_a_warning(
    status: int, forge: FakeForge, checkout: Checkout, capsys: pytest.CaptureFixture[str]
) -> None:
    forge.status = status
    assert main(["--forge", "github"], github(forge, checkout), planned) == 0
    assert "::warning::the comment could not be written" in capsys.readouterr().out


def test_without_a_pull_request_or_a_token_it_only_says_so_itself(forge: FakeForge, checkout: Checkout) -> None:
    pushed = github(forge, checkout, None)
    assert main(["--forge", "github"], pushed, planned) == 0
    assert "Extension office/109" in Path(pushed["GITHUB_STEP_SUMMARY"]).read_text()
    assert main(["--forge", "github"], github(forge, checkout) | {"GITHUB_TOKEN": ""}, planned) == 0
    assert forge.asked == []


def test_a_base_that_is_not_in_the_checkout_fails_and_says_what_to_do(forge: FakeForge, checkout: Checkout) -> None:
    assert main(["--forge", "github", "--base", "4" * 40], github(forge, checkout), here) == 1
    assert "no plan can be made" in str(forge.comments[0]["body"])


def test_calls_of_an_export_are_decided_again(forge: FakeForge, checkout: Checkout, tmp_path: Path) -> None:
    records = tmp_path / "none.jsonl"
    records.touch()
    assert main(["--forge", "github", "--records", str(records)], github(forge, checkout), here) == 0
    assert "Recorded calls, decided again" in str(forge.comments[0]["body"])
    records.write_text("{broken\n")
    assert main(["--forge", "github", "--records", str(records)], github(forge, checkout), here) == 1
    assert "can't be decided again" in str(forge.comments[0]["body"])


def test_it_is_no_job_of_that_forge(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--forge", "github"], {}) == 2
    assert "this is no job of github" in capsys.readouterr().err


def test_whatever_manifests_say_stays_code_and_is_cut_to_what_a_comment_may_have() -> None:
    def run(arguments: object) -> Answer:
        return Answer(1, "```\n@everybody <b>" + "x" * 2 * LONGEST_COMMENT, "")

    text = report(run, "manifests", "", "").text
    assert len(text) < LONGEST_COMMENT + 200
    assert "````text\n```\n@everybody" in text


def test_a_tenants_own_source_is_checked_without_the_platforms_part() -> None:
    own = report(run_trunkline, str(ROOT / "examples" / "tenant-sources" / "acme"), "main", "", "acme")
    assert own.is_good
    assert "the manifests of Tenant acme are valid" in own.text
    assert "trunk-exists (2)" in own.text
    other = report(run_trunkline, str(ROOT / "examples" / "tenant-sources" / "acme"), "main", "", "globex")
    assert not other.is_good
    assert "[source-not-its-tenant]" in other.text


# The files that CI reads


def steps_of_action() -> list[Mapping[str, object]]:
    action = YAML(typ="safe").load((ROOT / "ci" / "github" / "action.yml").read_text())
    assert action["runs"]["using"] == "composite"
    steps: list[Mapping[str, object]] = action["runs"]["steps"]
    return steps


def test_the_action_runs(forge: FakeForge, checkout: Checkout, tmp_path: Path) -> None:
    checkout.extension("109", "Radia")
    step = steps_of_action()[1]
    programs = tmp_path / "trunkline" / "bin"
    programs.mkdir(parents=True)
    (programs / "python").write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    (programs / "python").chmod(0o700)
    environ = {
        **os.environ,
        **github(forge, checkout),
        "RUNNER_TEMP": str(tmp_path),
        "GITHUB_ACTION_PATH": str(ROOT / "ci" / "github"),
        "TRUNKLINE_MANIFESTS": "manifests",
        "TRUNKLINE_BASE": "",
        "TRUNKLINE_RECORDS": "",
        "TRUNKLINE_REPORTS": "trunkline-reports",
        "TRUNKLINE_TENANT": "",
    }
    assert set(step["env"]) - {"GITHUB_TOKEN"} <= environ.keys()  # type: ignore[call-overload]  # a mapping, as YAML says
    done = subprocess.run(["bash", "-c", str(step["run"])], env=environ, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "Extension office/109" in str(forge.comments[0]["body"])
    assert (checkout.folder / "trunkline-reports" / "trunkline.sarif").is_file()


def test_no_input_of_the_action_gets_into_a_script_but_by_its_environment() -> None:
    for step in steps_of_action():
        assert "${{" not in str(step["run"])
        assert subprocess.run(["bash", "-n", "-c", str(step["run"])], check=False).returncode == 0


def test_the_template_of_gitlab_runs(forge: FakeForge, checkout: Checkout) -> None:
    job = YAML(typ="safe").load((ROOT / "ci" / "gitlab" / "trunkline.yml").read_text())["trunkline"]
    checkout.extension("109", "Radia")
    environ = {**os.environ, **{name: str(value) for name, value in job["variables"].items()}}
    environ |= gitlab(forge, checkout)
    assert "TRUNKLINE_REVISION" not in job["variables"]
    for line in job["script"]:
        here = line.replace("/opt/venv/bin/python", sys.executable).replace("/opt/trunkline", str(ROOT))
        done = subprocess.run(["sh", "-c", here], env=environ, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
    assert "Extension office/109" in str(forge.comments[0]["body"])
    assert Path(job["artifacts"]["reports"]["junit"]).is_file()


@pytest.mark.parametrize(("revision", "is_taken"), [("HEAD", False), ("main", False), ("", False), (None, True)])
def test_the_template_of_gitlab_takes_full_commits_only(
    checkout: Checkout, tmp_path: Path, revision: str | None, is_taken: bool
) -> None:
    job = YAML(typ="safe").load((ROOT / "ci" / "gitlab" / "trunkline.yml").read_text())["trunkline"]
    lines = [line for line in job["before_script"] if "git " in line and "apt-get" not in line]
    script = "\n".join(["set -e", *lines]).replace("/opt/trunkline", str(tmp_path / "clone"))
    named = checkout.base if revision is None else revision
    environ = {**os.environ, "TRUNKLINE_REPOSITORY": str(checkout.folder), "TRUNKLINE_REVISION": named}
    done = subprocess.run(["sh", "-c", script], env=environ, capture_output=True, text=True, timeout=60)
    assert (done.returncode == 0) is is_taken, done.stderr


def test_the_files_name_other_peoples_actions_by_their_commits() -> None:
    text = (ROOT / "ci" / "github" / "action.yml").read_text() + (ROOT / "docs" / "checking.md").read_text()
    named = re.findall(r"uses: (?!OWNER)([^@\s]+)@(\S+)", text)
    assert named
    for action, revision in named:
        assert re.fullmatch("[0-9a-f]{40}|COMMIT", revision), action


def test_the_hook_runs(checkout: Checkout) -> None:
    (hook,) = YAML(typ="safe").load((ROOT / ".pre-commit-hooks.yaml").read_text())
    words = [*hook["entry"].split()[1:], *hook["args"]]
    assert run_trunkline(words).status == 0
    checkout.extension("109", "Radia").write_text("kind: [broken\n")
    assert run_trunkline(words).status == 1
