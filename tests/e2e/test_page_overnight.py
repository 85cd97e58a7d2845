"""A browser that is left open overnight: calls come and go, the server restarts, the tab is hidden, the laptop sleeps, its clock is set;
and in the morning the session is over. Nothing grows, nothing is asked over and over, and what is shown is how it stands.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from selenium.webdriver.common.window import WindowTypes

from tests.support.browser import LIVE, Browser
from tests.support.live_page_scene import call, fill, instant, rates, record, registration
from tests.support.live_page_server import LivePageServer, event

HOURS = 8
"""Four in which the page comes to what it holds, and four in which it may not grow."""
CALLS_AN_HOUR = 700
PHONES = 400
SHIFT_S = 13 * 3600


@pytest.fixture
def scene() -> Iterator[LivePageServer]:
    server = LivePageServer()
    fill(server)
    server.lists["registrations"] = [registration(str(number), "a phone") for number in range(PHONES)]
    with server.serving():
        yield server


@dataclass(frozen=True, slots=True)
class Held:
    """What the page holds on to once all that nobody needs is gone."""

    heap: int
    nodes: int
    listeners: int


def held(browser: Browser) -> Held:
    ask = browser.driver.execute_cdp_cmd
    ask("HeapProfiler.collectGarbage", {})
    counters = ask("Memory.getDOMCounters", {})
    usage = ask("Runtime.getHeapUsage", {})
    return Held(int(usage["usedSize"]), int(counters["nodes"]), int(counters["jsEventListeners"]))


def an_hour(scene: LivePageServer, hour: int) -> None:
    """Each call is heard of three times, and so is a phone."""
    told = []
    for number in range(hour * CALLS_AN_HOUR, (hour + 1) * CALLS_AN_HOUR):
        name = f"n{number}"
        one = call(number, name, "102", "Extension acme/102 (a.yaml:1)", id=name)
        told += [event("call", one), event("call", one | {"state": "answered"})]
        told += [event("call-ended", record(number, name, "102", "FAILED", call_id=name))]
        told += [event("registration", registration(str(number % PHONES), f"phone {number}"))]
    scene.push(told)


def sign_in(browser: Browser, scene: LivePageServer) -> None:
    browser.open(f"{scene.address}/open#{scene.code}")
    browser.one(LIVE)


def wait_for_news(browser: Browser, scene: LivePageServer, name: str) -> None:
    """That all that was told before has come."""
    one = call(1, name, "102", "Extension acme/102 (a.yaml:1)", id=name, started_at="2099-01-01T00:00:00Z")
    scene.push([event("call", one)])
    browser.show("calls")
    browser.wait_for_text(name, "main")


@pytest.mark.timeout(180)
def test_a_night_leaves_nothing_behind(browser: Browser, scene: LivePageServer) -> None:
    sign_in(browser, scene)
    nights: list[Held] = []
    for hour in range(HOURS):
        for view in ("overview", "calls", "registrations", "records"):
            browser.show(view)
        an_hour(scene, hour)
        scene.push(rates(600))
        wait_for_news(browser, scene, f"the-last-of-{hour}")
        browser.show("overview")
        asked = scene.asked.count("GET /v1/calls")
        scene.cut()
        browser.wait_until(lambda asked=asked: scene.asked.count("GET /v1/calls") > asked, "not asked again")  # type: ignore[misc]
        browser.one(LIVE)
        nights.append(held(browser))
    evening, morning = nights[HOURS // 2 - 1], nights[-1]
    told = f"{HOURS * CALLS_AN_HOUR * 4:,} events and {HOURS} restarts: {nights}"
    print(told)
    assert morning.heap - evening.heap < 1_000_000, told
    assert morning.nodes - evening.nodes < 300, told
    assert morning.listeners - evening.listeners <= 20, told


def test_a_tab_that_was_hidden_shows_how_it_stands(browser: Browser, scene: LivePageServer) -> None:
    sign_in(browser, scene)
    browser.show("calls")
    browser.script(
        "window.seen = []; addEventListener('visibilitychange', () => window.seen.push(document.visibilityState))"
    )
    page = browser.driver.current_window_handle
    browser.driver.switch_to.new_window(WindowTypes.TAB)
    try:
        an_hour(scene, 0)
        one = call(1, "while-hidden", "102", "Extension acme/102 (a.yaml:1)", id="w", started_at="2099-01-01T00:00:00Z")
        scene.push([event("call", one)])
    finally:
        browser.driver.close()
        browser.driver.switch_to.window(page)
    browser.wait_for_text("while-hidden", "main")
    assert browser.driver.execute_script("return window.seen") == ["hidden", "visible"]
    asked = len(scene.asked)
    browser.script("await new Promise((resolve) => setTimeout(resolve, 1500))")
    assert scene.asked[asked:] == []


def test_after_a_sleep_the_page_goes_on_at_once(browser: Browser, scene: LivePageServer) -> None:
    sign_in(browser, scene)
    browser.show("trunks")
    offline = {"offline": True, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    browser.driver.execute_cdp_cmd("Network.enable", {})
    browser.driver.execute_cdp_cmd("Network.emulateNetworkConditions", offline)
    try:
        scene.cut()  # a connection that slept does not live
        browser.one(".connection [data-state=waiting]")
        scene.lists["trunks"] = []
    finally:
        browser.driver.execute_cdp_cmd("Network.emulateNetworkConditions", offline | {"offline": False})
    browser.one(LIVE)
    browser.wait_for_text("No trunk is declared", "main")


def test_a_clock_that_is_set_ends_no_session(browser: Browser, scene: LivePageServer) -> None:
    scene.session = scene.session | {"expires_at": instant(-12 * 3600)}
    sign_in(browser, scene)
    for shift_s in (SHIFT_S, -SHIFT_S):
        browser.script("const now = Date.now.bind(Date); Date.now = () => now() + args[0] * 1000", shift_s)
        scene.push([event("rates", rate_of_now())])
        browser.script("await new Promise((resolve) => setTimeout(resolve, 2500))")
        assert browser.find(LIVE), browser.text()
        assert "The session" not in browser.text(".top")


def rate_of_now() -> dict[str, object]:
    figures = dict.fromkeys(("calls", "registrations", "started", "answered", "ended", "failed", "refused"), 0)
    return {"at": instant(0), **figures}


def test_in_the_morning_the_session_is_over_and_nothing_is_asked_any_more(
    browser: Browser, scene: LivePageServer
) -> None:
    sign_in(browser, scene)
    browser.driver.execute_script("window.isTheSamePage = true")
    scene.held = "tomorrow"
    scene.cut()
    browser.wait_for_text("The session has ended. Sign in again.", ".sign-in [role=alert]")
    assert "trunkline open" in browser.text(".sign-in")
    asked = len(scene.asked)
    browser.script("await new Promise((resolve) => setTimeout(resolve, 3000))")
    assert scene.asked[asked:] == []
    for _ in range(3):
        browser.script("dispatchEvent(new Event('focus')); await new Promise((resolve) => setTimeout(resolve, 200))")
    assert scene.asked[asked:] == ["GET /v1/session"] * 3
    assert browser.driver.execute_script("return window.isTheSamePage") is True
    browser.complaints()  # the 401s
