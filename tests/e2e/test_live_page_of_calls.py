"""The live page of a running office: opened by `trunkline open`, fed by real calls, through a broken manifest and a restart."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.office import ADA, GRACE, RADIA, NewPhone, Office
from tests.support.browser import LIVE, Browser
from tests.support.phone import Stack
from tests.support.ports import LOOPBACK, free_udp_port
from tests.support.trunkline_process import Site, Trunkline, outcome


@pytest.fixture
def serving(site: Site) -> list[str]:
    """With the page on a port that is the same after a restart; free by TCP, too."""
    return ["--api", f"{LOOPBACK}:{free_udp_port()}"]


@pytest.fixture
def office(site: Site, serving: list[str], new_phone: NewPhone, artefacts: Path) -> Iterator[Office]:
    running = Office(site, Trunkline(site, *serving), new_phone, artefacts)
    yield running
    running.server.stop()


def test_an_afternoon_in_front_of_the_page(
    browser: Browser, office: Office, serving: list[str], artefacts: Path
) -> None:
    link = office.site.run("open", "--data", str(office.site.data)).stdout.strip()
    browser.open(link)
    browser.one(LIVE)

    browser.show("registrations")
    ada, grace = office.phone(Stack.PJSIP, ADA), office.phone(Stack.PJSIP, GRACE)
    browser.wait_until(lambda: len(browser.find("tbody tr")) == 2, "not both phones")

    browser.show("calls")
    ada.call(office.site.uri(GRACE))
    grace.wait_for_incoming()
    browser.wait_for_text("Ringing", "main")
    grace.answer()
    ada.wait_for_call("confirmed")
    browser.wait_for_text("Talking", "main")
    browser.wait_for_text(f"{office.site.manifest(GRACE).name}:1", "main")
    browser.wait_for_text("Good", "main")
    browser.screenshot(artefacts / "call.png")

    browser.click("td.action a")
    browser.wait_for_text("How it was decided", "main")
    browser.wait_for_text("kind: Extension", "main .declaration")
    browser.screenshot(artefacts / "why.png")

    browser.show("calls")
    browser.click("td.action .danger")
    browser.click("dialog .danger")
    ada.wait_for_call("disconnected")
    grace.wait_for_call("disconnected")
    browser.wait_for_text("Nobody is on the phone", "main")
    browser.show("records")
    browser.wait_for_text("Answered", "tbody")
    assert outcome(office.site.wait_for_cdrs(1)[0]) == "ANSWERED"

    browser.show("registrations")
    grace.unregister()
    browser.wait_until(lambda: len(browser.find("tbody tr")) == 1, "the phone is still there")

    browser.show("manifests")
    office.site.add_extension(RADIA, ringTyme="5s")
    browser.wait_for_text(f"{office.site.manifest(RADIA).name}:6:", ".unit .problems")
    browser.wait_for_text("ringTyme", ".unit .problems")
    browser.wait_for_text("Last good kept", "main")
    browser.screenshot(artefacts / "broken-manifest.png")

    office.server.stop()
    browser.one(".connection [data-state=waiting]")
    office.server = Trunkline(office.site, *serving)
    browser.one(LIVE)
    browser.wait_for_text(f"{office.site.manifest(RADIA).name}:6:", ".unit .problems")
    office.site.add_extension(RADIA, ringTime="7s")
    browser.wait_until(lambda: not browser.find(".unit .problems"), "the problem is still there")
    browser.show("records")
    browser.wait_for_text("Answered", "tbody")

    browser.click(".sign-out")
    browser.wait_for_text("trunkline open", ".sign-in")
