"""What a pull request does to a phone system, in your CI: checks the manifests, plans them against where the branch began, decides last
week's calls again, and keeps one comment with all of that up to date. Run by `ci/github/action.yml` and `ci/gitlab/trunkline.yml`.

Usage: python ci/pull_request.py --forge github|gitlab [--manifests manifests] [--base REV] [--records calls.jsonl] [--reports DIR]
[--tenant NAME].

Exit status 1 if the manifests are not valid, no plan can be made, or the records that were given can't be read; 0 otherwise.
A comment that may not be written (a pull request from a fork has a token that only reads) is a warning, for the same text stands in
the job's summary or report. The token is read from the environment and sent to the forge's own address only; the commands that read the
manifests do not get it. What a comment of ours is, its author says: anybody could write our mark into one of his own.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

MARK: Final = "<!-- trunkline: pull request -->"
LONGEST_COMMENT: Final = 60_000
LONGEST_PROBLEMS: Final = 20_000
TOKENS: Final = frozenset({"GITHUB_TOKEN", "TRUNKLINE_GITLAB_TOKEN", "CI_JOB_TOKEN", "ACTIONS_RUNTIME_TOKEN"})
COMMAND_S: Final = 600
ASK_S: Final = 30.0
PAGES: Final = 30
PAGE: Final = 100


@dataclass(frozen=True, slots=True)
class Answer:
    """Of a command: exit status, and what it printed on each."""

    status: int
    out: str
    err: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """`is_good`: whether the check passes; `text`: Markdown."""

    is_good: bool
    text: str


Run = Callable[[Sequence[str]], Answer]


def run_trunkline(arguments: Sequence[str]) -> Answer:
    try:
        done = subprocess.run(
            # -P: a folder named `cli` in your repository must not be taken for ours.
            [sys.executable, "-P", "-m", "cli.main", *arguments],
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=COMMAND_S,
            check=False,
            env={name: value for name, value in os.environ.items() if name not in TOKENS},
        )
    except subprocess.TimeoutExpired:
        return Answer(
            1, "", f"trunkline {arguments[0]} was not done after {COMMAND_S} s; check fewer manifests at once"
        )
    return Answer(done.returncode, done.stdout, done.stderr)


# What there is to say


def report(run: Run, manifests: str, base: str, records: str, tenant: str = "") -> Report:
    """`base`: the revision to compare with, "" = nothing to compare with; `records`: an export of calls, "" = none; `tenant`: whose own
    source the manifests are, "" = they are the platform's."""
    checked = run(["validate", manifests, *_of_tenant(tenant)])
    if checked.status != 0:
        told = _fenced((checked.out + checked.err)[:LONGEST_PROBLEMS])
        return Report(is_good=False, text=f"{MARK}\n### Trunkline: the manifests are not valid\n\n{told}\n")
    parts = [MARK]
    is_good = True
    if tenant:
        # What they change also depends on the platform's part, which stands in another repository: a server tells, see docs/checking.md.
        told = _fenced(checked.out.strip()[:LONGEST_PROBLEMS])
        return Report(
            is_good=True, text=f"{MARK}\n### Trunkline: the manifests of Tenant {tenant} are valid\n\n{told}\n"
        )
    if base:
        planned = run(["plan", manifests, "--against", f"git:{base}:{manifests}", "--output", "markdown"])
        if planned.status == 0:
            parts.append(planned.out.strip())
        else:
            is_good = False
            parts.append(f"### Trunkline: no plan can be made\n\n{_fenced(planned.err.strip()[:LONGEST_PROBLEMS])}")
    else:
        parts.append("### Trunkline: the manifests are valid")
    if records:
        replayed = run(["replay", manifests, "--records", records])
        if replayed.status == 0:
            parts.append(f"#### Recorded calls, decided again\n\n{_fenced(replayed.out.strip())}")
        else:
            is_good = False
            parts.append(f"#### Recorded calls can't be decided again\n\n{_fenced(replayed.err.strip())}")
    warnings = "\n".join(line for line in checked.out.splitlines() if ": warning: " in line)
    if warnings:
        parts.append(f"<details><summary>Warnings</summary>\n\n{_fenced(warnings[:LONGEST_PROBLEMS])}\n\n</details>")
    return Report(is_good=is_good, text=_cut("\n\n".join(parts) + "\n"))


def _of_tenant(tenant: str) -> list[str]:
    return ["--tenant", tenant] if tenant else []


def _fenced(text: str) -> str:
    """As code, whatever is in it."""
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}text\n{text.rstrip()}\n{fence}"


def _cut(text: str) -> str:
    if len(text) <= LONGEST_COMMENT:
        return text
    return text[:LONGEST_COMMENT] + "\n```\n\nCut: it is longer than a comment may be. The job's log has all of it.\n"


# Where it is said


class Unsaid(Exception):
    """The comment could not be written; the message says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forge:
    """One pull request at its forge. `comments`: where its comments are listed and made; `comment`: where one of them is changed;
    `me`: where it is told who the token is, "" = a bot of the forge."""

    client: httpx.Client
    comments: str
    comment: str
    change: str
    token_hint: str
    me: str = ""

    def say(self, text: str) -> None:
        """Write the comment, or the new text into the one that is there. Unsaid."""
        try:
            known = self._known()
            if known is None:
                self._check(self.client.post(self.comments, json={"body": text}))
            else:
                self._check(self.client.request(self.change, f"{self.comment}/{known}", json={"body": text}))
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            raise Unsaid(f"the comment could not be written: {type(error).__name__}: {error}") from None

    def _known(self) -> int | None:
        me = self._check(self.client.get(self.me)).json()["id"] if self.me else None
        for page in range(1, PAGES + 1):
            answer = self._check(self.client.get(self.comments, params={"per_page": PAGE, "page": page}))
            found = answer.json()
            for one in found:
                if str(one["body"]).startswith(MARK) and _is_ours(one, me):
                    return int(one["id"])
            if len(found) < PAGE:
                return None
        return None

    def _check(self, answer: httpx.Response) -> httpx.Response:
        if answer.status_code in (401, 403, 404):
            raise Unsaid(f"the comment could not be written ({answer.status_code}): {self.token_hint}")
        if answer.is_error:
            raise Unsaid(f"the comment could not be written: the forge answered {answer.status_code}")
        return answer


def _is_ours(comment: Mapping[str, object], me: object) -> bool:
    """Whether the token's owner wrote it: on GitHub a job's token is a bot, which people's comments are not of."""
    author = comment.get("user" if me is None else "author")
    if not isinstance(author, dict):
        return False
    return author.get("type") == "Bot" if me is None else author.get("id") == me


def github(environ: Mapping[str, str]) -> tuple[Forge | None, str]:
    """The pull request that this job is for, None if it is for none; and the revision that it began from."""
    if environ.get("GITHUB_EVENT_NAME") == "pull_request_target":
        raise ValueError(
            "run it on pull_request: on pull_request_target the checkout is not what the pull request brings, and secrets are at hand"
        )
    event = json.loads(Path(environ["GITHUB_EVENT_PATH"]).read_text(encoding="utf-8"))
    request = event.get("pull_request")
    token = environ.get("GITHUB_TOKEN", "")
    if request is None:
        return None, str(event.get("before") or "")
    base = str(request["base"]["sha"])
    if not token:
        return None, base
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/vnd.github+json"}
    root = f"{environ.get('GITHUB_API_URL', 'https://api.github.com')}/repos/{environ['GITHUB_REPOSITORY']}/issues"
    forge = Forge(
        client=httpx.Client(headers=headers, timeout=ASK_S),
        comments=f"{root}/{int(request['number'])}/comments",
        comment=f"{root}/comments",
        change="PATCH",
        token_hint="the job needs `permissions: {pull-requests: write}`; pull requests from forks do not get it",
    )
    return forge, base


def gitlab(environ: Mapping[str, str]) -> tuple[Forge | None, str]:
    """As `github`, for a merge request."""
    number = environ.get("CI_MERGE_REQUEST_IID", "")
    base = environ.get("CI_MERGE_REQUEST_DIFF_BASE_SHA") or environ.get("CI_COMMIT_BEFORE_SHA", "")
    token = environ.get("TRUNKLINE_GITLAB_TOKEN", "")
    if not number or not token:
        return None, base
    notes = f"{environ['CI_API_V4_URL']}/projects/{int(environ['CI_PROJECT_ID'])}/merge_requests/{int(number)}/notes"
    forge = Forge(
        client=httpx.Client(headers={"PRIVATE-TOKEN": token}, timeout=ASK_S),
        comments=notes,
        comment=notes,
        change="PUT",
        me=f"{environ['CI_API_V4_URL']}/user",
        token_hint="TRUNKLINE_GITLAB_TOKEN has to be a project access token with the scope `api` and the role Reporter",
    )
    return forge, base


FORGES: Final = {"github": github, "gitlab": gitlab}
NOTHING: Final = "0" * 40
"""What forges call the revision before a branch's first."""


def write_reports(run: Run, manifests: str, folder: Path, tenant: str = "") -> None:
    """For code scanning, and for the forge's view of tests."""
    folder.mkdir(parents=True, exist_ok=True)
    for form, name in (("sarif", "trunkline.sarif"), ("junit", "trunkline-junit.xml")):
        (folder / name).write_text(
            run(["validate", manifests, *_of_tenant(tenant), "--output", form]).out, encoding="utf-8"
        )


def main(arguments: Sequence[str], environ: Mapping[str, str], run: Run = run_trunkline) -> int:
    asked = _asked(arguments)
    try:
        forge, began = FORGES[asked.forge](environ)
    except (OSError, ValueError, KeyError, TypeError) as error:
        what = f"{error.args[0]} is not set" if isinstance(error, KeyError) else f"{type(error).__name__}: {error}"
        print(f"this is no job of {asked.forge}: {what}", file=sys.stderr)
        return 2
    base = asked.base or ("" if began == NOTHING else began)
    if asked.reports:
        write_reports(run, asked.manifests, Path(asked.reports), asked.tenant)
    if asked.forge == "github":
        print(run(["validate", asked.manifests, *_of_tenant(asked.tenant), "--output", "github"]).out)
    found = report(run, asked.manifests, base, asked.records, asked.tenant)
    _print(found.text, is_github=asked.forge == "github")
    if summary := environ.get("GITHUB_STEP_SUMMARY"):
        with Path(summary).open("a", encoding="utf-8") as file:
            file.write(found.text)
    if forge is not None:
        with forge.client:
            try:
                forge.say(found.text)
            except Unsaid as error:
                print(f"::warning::{error}" if asked.forge == "github" else f"warning: {error}")
    return 0 if found.is_good else 1


def _print(text: str, *, is_github: bool) -> None:
    """Into the job's log. GitHub takes lines that begin with `::` for commands; what manifests say must not be one."""
    if not is_github:
        print(text)
        return
    word = secrets.token_hex(16)
    print(f"::stop-commands::{word}\n{text}\n::{word}::")


def _asked(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="pull_request", description="What a pull request does to a phone system.")
    parser.add_argument("--forge", choices=sorted(FORGES), required=True)
    parser.add_argument("--manifests", default="manifests", help="the folder of manifests, from the repository's root")
    parser.add_argument("--base", default="", help="the revision to compare with; default: where the branch began")
    parser.add_argument(
        "--records", default="", help="an export of call records (trunkline export cdrs) to decide again"
    )
    parser.add_argument("--tenant", default="", help="the tenant whose own source the manifests are")
    parser.add_argument("--reports", default="", help="a folder for trunkline.sarif and trunkline-junit.xml")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
