"""`--server`: the commands that ask a server elsewhere, with a token that is named and never an argument."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.access import Access
from api.caller import Scope
from api.tokens import Kind
from cli.client import ClientError, NotLetIn, tell
from cli.follow import Broken, Lists, follow
from cli.main import app
from cli.sse import Event
from cli.whom import Elsewhere, client_of, whom
from engine.live_event import Figures, Rates
from tests.api.test_routes import NOW, Site, binding, call
from tests.support.access_store import MemoryAccess
from tests.support.served import by_tcp

DATA = Path("data")


class Remote:
    """A server by TCP with a token of tenant acme, which stands in `token_file`."""

    def __init__(self, folder: Path, url: str, access: Access, tell: Callable[[], object]) -> None:
        self.url = url
        self.tell = tell
        self.access = access
        self.token_file = folder / "token"
        life = timedelta(hours=1)
        self.token, text = asyncio.run(access.tokens.make(Kind.TOKEN, "t", Scope.READ, "acme", life))
        self.token_file.write_text(text + "\n")

    @property
    def whom(self) -> Elsewhere:
        return Elsewhere(self.url.rstrip("/"), self.token_file)

    def run(self, *arguments: str, env: dict[str, str] | None = None) -> tuple[int, str, str]:
        result = CliRunner().invoke(app, [*arguments, "--server", self.url], env=env)
        return result.exit_code, result.stdout, result.stderr


@pytest.fixture(scope="module")
def remote(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Remote]:
    site = Site()
    site.engine.live_calls = [call(102), call(103, "beta")]
    site.engine.bindings = [binding("101")]
    site.engine.past_rates = [(NOW, "acme", Figures(1, 1, started=7)), (NOW, "acme", Figures(1, 1, started=9))]
    access = Access(MemoryAccess(), lambda: datetime.now(UTC))
    with by_tcp(site.app, access) as (url, loop):

        def tell() -> None:
            loop.call_soon_threadsafe(site.engine.tell, Rates(datetime.now(UTC), Figures(), {}))

        yield Remote(tmp_path_factory.mktemp("remote"), url, access, tell)


def test_lists_of_a_server_elsewhere(remote: Remote) -> None:
    code, out, _ = remote.run("get", "calls", "-o", "json", "--token-file", str(remote.token_file))
    assert (code, [one["tenant"] for one in json.loads(out)["items"]]) == (0, ["acme"])


def test_the_token_may_stand_in_the_environment(remote: Remote) -> None:
    text = remote.token_file.read_text()
    assert remote.run("get", "status", env={"TRUNKLINE_TOKEN": text})[0] == 0
    assert remote.run("get", "status", env={"TRUNKLINE_TOKEN_FILE": str(remote.token_file)})[0] == 0


@pytest.mark.parametrize("command", [["get", "calls"], ["top", "--once"], ["events"]], ids=lambda one: one[0])
def test_what_can_not_be_asked_is_said(remote: Remote, tmp_path: Path, command: list[str]) -> None:
    code, _, told = remote.run(*command)
    assert code == 1
    assert "--token-file" in told
    assert "TRUNKLINE_TOKEN" in told
    wrong = tmp_path / "wrong"
    wrong.write_text("tl_0_secretguess")
    code, _, told = remote.run(*command, "--token-file", str(wrong))
    assert (code, "secretguess" in told) == (1, False)
    assert "the token is none that is good now" in told
    code, _, told = remote.run(*command, "--token-file", str(tmp_path / "none"))
    assert (code, "can't be read from" in told) == (1, True)
    wrong.write_text("two words\n")
    assert "holds no token" in remote.run(*command, "--token-file", str(wrong))[2]
    env = {"TRUNKLINE_TOKEN": "tl_1_2", "TRUNKLINE_SERVER": "http://127.0.0.1:9/"}
    result = CliRunner().invoke(app, command, env=env)
    assert (result.exit_code, "the server at http://127.0.0.1:9 can't be asked" in result.stderr) == (1, True)


def test_top_shows_a_server_elsewhere_and_begins_with_its_last_minutes(remote: Remote) -> None:
    code, out, _ = remote.run("top", "--once", "--token-file", str(remote.token_file))
    assert code == 0
    assert "102" in out
    assert "started   9/s" in out


def test_a_follower_takes_lists_and_ends_when_its_token_does(remote: Remote) -> None:
    followed = follow(remote.whom, {}, lists=("calls", "listeners"), pause=lambda _: None)
    hello, lists = next(followed), next(followed)
    assert isinstance(hello, Event)
    assert isinstance(lists, Lists)
    assert [one["tenant"] for one in lists.items["calls"]] == ["acme"]
    assert [one["started"] for one in lists.rates] == [7, 9]
    asyncio.run(remote.access.revoke(remote.token))
    remote.tell()  # with the next event the stream breaks off
    assert isinstance(next(followed), Broken)
    with pytest.raises(NotLetIn, match="was revoked"):
        next(followed)


@pytest.mark.parametrize(
    ("server", "said"),
    [
        ("pbx.example", "no URL of a server"),
        ("ftp://pbx.example", "no URL of a server"),
        ("https://", "no URL of a server"),
        ("https://[::1", "no URL of a server"),
        ("https://pbx.example:99999", "no URL of a server"),
        ("https://pbx.example/?token=x", "no URL of a server"),
        ("https://ada:secret@pbx.example", "name or password in it"),
    ],
)
def test_what_is_no_server_is_refused(server: str, said: str) -> None:
    with pytest.raises(ValueError, match=said) as refused:
        whom(DATA, server, None)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("server", "warns"),
    [
        ("http://pbx.example", True),
        ("http://192.0.2.1:8888", True),
        ("https://pbx.example", False),
        ("http://127.0.0.1:8888/", False),
        ("http://[::1]:8888", False),
        ("http://localhost", False),
    ],
)
def test_a_token_in_clear_text_is_warned_of(server: str, warns: bool, capsys: pytest.CaptureFixture[str]) -> None:
    assert whom(DATA, server, None) == Elsewhere(server.rstrip("/"), None)
    assert ("clear text" in capsys.readouterr().err) == warns


def test_without_a_server_it_is_that_of_the_data_folder() -> None:
    assert whom(DATA, None, None) == DATA
    assert whom(DATA, "", None) == DATA


@pytest.mark.parametrize(
    ("what", "has", "lacks"),
    [("audit", ["--since", "--tenant"], ["--caller", "--min-talk", "--kind"]), ("bans", ["--limit"], ["--tenant"])],
)
def test_help_of_a_list_has_the_options_of_that_list(what: str, has: list[str], lacks: list[str]) -> None:
    shown = CliRunner().invoke(app, ["get", what, "--help"], env={"COLUMNS": "200"}).stdout
    assert all(option in shown for option in has)
    assert not any(option in shown for option in lacks)
    assert "--min-talk" in CliRunner().invoke(app, ["get", "--help"], env={"COLUMNS": "200"}).stdout


def test_https_where_http_is_spoken_is_told(remote: Remote) -> None:
    result = CliRunner().invoke(
        app, ["get", "calls", "--server", remote.url.replace("http:", "https:"), "--token-file", str(remote.token_file)]
    )
    assert result.exit_code == 1
    assert "the API itself is http" in result.stderr


def test_where_nobody_listens_no_number_of_the_system_is_told(remote: Remote) -> None:
    asked = ["get", "calls", "--server", "http://127.0.0.1:1", "--token-file", str(remote.token_file)]
    result = CliRunner().invoke(app, asked)
    assert (result.exit_code, "nobody listens there" in result.stderr, "Errno" in result.stderr) == (1, True, False)


def test_bytes_that_are_no_text_are_told(remote: Remote) -> None:
    with pytest.raises(ClientError, match="holds bytes that are no UTF-8"), client_of(remote.whom) as client:
        tell(client, "/v1/suspend", {"reason": "\udcff"})
