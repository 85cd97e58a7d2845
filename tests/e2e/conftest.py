"""What every story uses: phones that end with their test, tones, a folder for what they leave behind; and `CI=1` makes a real
client that is missing a failure instead of a skip."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest

from tests.e2e.office import ADA, GRACE, RADIA, NewPhone, Office
from tests.support.browser import MEANT, WIDE, Browser, chromium, is_here
from tests.support.phone import ROOT, Phone, Stack
from tests.support.tone import write_tone
from tests.support.trunkline_process import Site, Trunkline

E2E = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if E2E in item.path.parents:
            item.add_marker(pytest.mark.e2e)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where everything must be there (`CI=1`), a story that was skipped has failed."""
    report = yield
    if report.skipped and os.environ.get("CI") and E2E in item.path.parents:
        report.outcome = "failed"
        report.longrepr = f"skipped, which CI=1 does not allow: {report.longrepr}"
    return report


@pytest.fixture
def artefacts(request: pytest.FixtureRequest) -> Path:
    """An empty folder of this test's own below test-artefacts/, kept afterwards."""
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", request.node.nodeid.split("/")[-1]).strip("-")
    folder = ROOT / "test-artefacts" / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def new_phone(artefacts: Path) -> Iterator[NewPhone]:
    phones: list[Phone] = []

    def create(stack: Stack, name: str) -> Phone:
        if importlib.util.find_spec(stack.module) is None:
            pytest.skip(
                f"no {stack.value} phone: {stack.module} comes with ci/setup test where there is a wheel for it"
            )
        phone = Phone(stack, name, artefacts)
        phones.append(phone)
        return phone

    yield create
    for phone in phones:
        phone.stop()


@pytest.fixture
def tone_file(artefacts: Path) -> Callable[[int], Path]:
    """A tone longer than a story: PJSIP's player loses up to 20 ms whenever it starts over."""

    def create(frequency_hz: int) -> Path:
        return write_tone(artefacts / f"tone-{frequency_hz}.wav", frequency_hz, seconds=30)

    return create


@pytest.fixture
def sipp() -> str:
    path = shutil.which("sipp")
    if path is None:
        pytest.skip("no SIPp: on Debian, apt-get install sip-tester")
    return path


@pytest.fixture
def site(tmp_path: Path, artefacts: Path) -> Site:
    """Manifests of three extensions, of which Radia's rings for five seconds only, and an empty data folder."""
    created = Site.create(tmp_path / "site", artefacts, [ADA, GRACE])
    created.add_extension(RADIA, ringTime="5s")
    return created


@pytest.fixture
def office(site: Site, new_phone: NewPhone, artefacts: Path) -> Iterator[Office]:
    """A running server and the means to register phones at it."""
    running = Office(site, Trunkline(site), new_phone, artefacts)
    yield running
    running.server.stop()


@pytest.fixture(scope="session")
def window() -> Iterator[Browser]:
    """One Chromium for all stories that look at the live page."""
    if not is_here():
        pytest.skip("no Chromium with its driver: on Debian, apt-get install chromium chromium-driver")
    with chromium() as running:
        yield running


@pytest.fixture
def browser(window: Browser) -> Iterator[Browser]:
    """The window, as new; at the end it has complained of nothing but what stories mean: no session, a used link, a server that is gone."""
    window.open("about:blank")
    window.forget()
    window.resize(*WIDE)
    window.prefer(prefers_color_scheme="light", prefers_reduced_motion="no-preference")
    window.complaints()
    yield window
    assert [one for one in window.complaints() if not any(word in one for word in MEANT)] == []
    window.open("about:blank")
