"""The live page in a real browser: what hostile phones say, a flood of events, the keyboard, both languages.

One Chromium for all. A breach of the content security policy, or an error in the console, fails the test in which it happens.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver.common.keys import Keys

from tests.support.browser import LIVE, NARROW, WIDE, Browser
from tests.support.live_page_scene import (
    RECONCILE,
    call,
    condition,
    fill,
    instant,
    leg,
    rate_history,
    rates,
    record,
    registration,
)
from tests.support.live_page_server import LivePageServer, event

VIEWS = ("overview", "calls", "registrations", "trunks", "listeners", "manifests", "records", "bans", "calls/0193-0001")


@pytest.fixture
def scene() -> Iterator[LivePageServer]:
    server = LivePageServer()
    fill(server)
    with server.serving():
        yield server


def sign_in(browser: Browser, server: LivePageServer) -> None:
    browser.open(f"{server.address}/open#{server.code}")
    browser.one(LIVE)
    browser.script("localStorage.clear()")


def test_a_link_opens_the_page_once_and_leaves_no_trace(browser: Browser, scene: LivePageServer) -> None:
    link = f"{scene.address}/open#{scene.code}"
    browser.open(link)
    browser.one(LIVE)
    assert browser.driver.current_url == f"{scene.address}/#/overview"
    assert browser.driver.execute_script("return document.cookie") == ""
    browser.click(".sign-out")
    browser.wait_for_text("trunkline open", ".sign-in")
    browser.open(link)
    browser.wait_for_text("used already", ".sign-in")


def test_a_token_signs_in_and_a_wrong_one_does_not(browser: Browser, scene: LivePageServer) -> None:
    browser.open(scene.address)
    browser.one("#token").send_keys("tl_wrong", Keys.ENTER)
    browser.wait_for_text("wrong, or has expired", ".sign-in")
    browser.one("#token").clear()
    browser.one("#token").send_keys("tl_right", Keys.ENTER)
    browser.one(LIVE)
    browser.click(".sign-out")
    browser.wait_for_text("trunkline open", ".sign-in")
    browser.open(scene.address)
    browser.one("#token")


@pytest.mark.parametrize(
    ("size", "language", "shade"),
    [(WIDE, "en", "light"), (WIDE, "zh", "dark"), (NARROW, "en", "dark"), (NARROW, "zh", "light")],
    ids=["wide-en-light", "wide-zh-dark", "narrow-en-dark", "narrow-zh-light"],
)
def test_every_view_fits_and_is_kept_as_a_picture(
    browser: Browser, scene: LivePageServer, artefacts: Path, size: tuple[int, int], language: str, shade: str
) -> None:
    sign_in(browser, scene)
    scene.push(rates(600))
    browser.prefer(prefers_color_scheme=shade, prefers_reduced_motion="reduce")
    browser.resize(*size)
    browser.choose(".top label:nth-of-type(1) select", language)
    for view in VIEWS:
        browser.show(view)
        browser.wait_until(lambda: not browser.find("main > .note"), "still loading")
        browser.screenshot(artefacts / f"{view.replace('/', '-')}.png")
        assert browser.is_cut_off() == [], view
    assert (
        browser.driver.execute_script("return document.documentElement.lang") == {"en": "en", "zh": "zh-Hans"}[language]
    )
    browser.choose(".top label:nth-of-type(1) select", "en")


def test_on_a_phone_the_view_begins_on_the_upper_fifth_of_the_screen(
    browser: Browser, scene: LivePageServer, artefacts: Path
) -> None:
    scene.session = scene.session | {"name": "page of ada.lovelace@pbx-of-the-london-office"}
    sign_in(browser, scene)
    browser.resize(*NARROW)
    browser.show("bans")
    begins = browser.driver.execute_script("return document.querySelector('main h1').getBoundingClientRect().top")
    browser.screenshot(artefacts / "top.png")
    assert begins < 150
    here = browser.driver.execute_script(
        "const box = document.querySelector('.side [aria-current]').getBoundingClientRect(); return [box.left, box.right]"
    )
    assert 0 <= here[0] < here[1] <= NARROW[0]


HOSTILE = (
    "<img src=x onerror=\"document.title='taken'\">",
    "</td></tr></table><script>document.title='taken'</script>",
    "\u202egnp.exe\u2066 right to left \u200f",
    "bell\x07 null\x00 escape\x1b[31m",
    "L" * 300,
    "ümlaut 王小明 👩🏽‍💻",
    "${document.title='taken'}",
    "javascript:document.title='taken'",
)


def test_what_people_have_set_is_beside_their_phones(browser: Browser, scene: LivePageServer) -> None:
    said = {"preference": "doNotDisturb", "since": "2026-11-20T09:00:00Z", "by": "ada", "counts": True, "note": ""}
    person = {"tenant": "acme", "extension": "ada", "number": "777", "status": "doNotDisturb", "forwarding": None}
    scene.lists["registrations"] = [registration("777", "a phone")]
    scene.lists["preferences"] = [{**person, "set": [said]}]
    sign_in(browser, scene)
    browser.show("registrations")
    browser.wait_for_text("Do not disturb", "main")
    scene.push([event("preferences", {**person, "status": "away", "set": [said]})])
    browser.wait_for_text("Away", "main")
    scene.push([event("preferences", {**person, "status": "available", "set": []})])
    browser.wait_for_text("Available", "main")


def test_what_phones_call_themselves_is_text(browser: Browser, scene: LivePageServer, artefacts: Path) -> None:
    scene.lists["registrations"] = [
        registration(str(number), agent, contact=agent) for number, agent in enumerate(HOSTILE)
    ]
    scene.lists["calls"] = [
        call(number, name, name, f"Extension acme/{name} (a.yaml:1)", id=f"c{number}", tenant=name, onward=[name])
        for number, name in enumerate(HOSTILE)
    ]
    scene.lists["cdrs"] = [
        record(number, name, name, "FAILED", caller_display=name) for number, name in enumerate(HOSTILE)
    ]
    sign_in(browser, scene)
    for size in (WIDE, NARROW):
        browser.resize(*size)
        for view in ("overview", "calls", "registrations", "records"):
            browser.show(view)
            browser.wait_for_text("<img src=x", "main")
            assert browser.is_cut_off() == [], view
            shown = browser.text("main")
            assert not any(unseen in shown for unseen in "\u202e\u2066\u200f\x07\x00\x1b"), view
            assert browser.find("main img, main script") == []
            browser.screenshot(artefacts / f"{view}-{size[0]}.png")
    assert "taken" not in browser.driver.title


def test_events_change_what_is_shown(browser: Browser, scene: LivePageServer) -> None:
    sign_in(browser, scene)
    browser.show("calls")
    ringing = call(9, "555", "666", "Extension acme/666 (p.yaml:9)", state="ringing", answered_at=None, legs=[])
    scene.push([event("call", ringing)])
    browser.wait_for_text("p.yaml:9", "main")
    talking = call(9, "555", "666", "Extension acme/666 (p.yaml:9)", legs=[leg("9", "555", lost=5000)])
    scene.push([event("call", talking)])
    browser.wait_for_text("28.7% lost", "main")
    scene.push([event("call-ended", record(9, "555", "666", "ANSWERED", call_id=talking["id"]))])
    browser.wait_until(lambda: "p.yaml:9" not in browser.text("main"), "the call is still there")
    browser.show("records")
    browser.wait_for_text("555", "main")
    browser.show("registrations")
    browser.one("input[type=search]").send_keys("777")
    scene.push([event("registration", registration("777", "a phone"))])
    browser.wait_for_text("a phone", "main")
    gone = registration("777", "")
    scene.push(
        [
            event(
                "registration-gone",
                {name: gone[name] for name in ("tenant", "number", "contact")} | {"reason": "expired"},
            )
        ]
    )
    browser.wait_for_text("Nothing in the list fits", "main")


def test_records_are_filtered_by_the_server_and_older_ones_come_when_asked(
    browser: Browser, scene: LivePageServer
) -> None:
    scene.lists["cdrs"] = [record(number, "101", f"+4420{number:04}", "ANSWERED") for number in range(150)]
    sign_in(browser, scene)
    browser.show("records")
    browser.wait_for_text("100 in the list", "main")
    browser.click(".more button")
    browser.wait_for_text("150 in the list", "main")
    assert browser.find(".more button") == []
    browser.choose(".table-tools select", "BUSY")
    browser.wait_until(lambda: any("outcome=BUSY" in query for query in scene.queries), "the server was not asked")
    browser.wait_for_text("100 in the list", "main")  # the answer is there
    scene.push(
        [
            event("call-ended", record(900, "101", "busy-one", "BUSY")),
            event("call-ended", record(901, "101", "else", "FAILED")),
        ]
    )
    browser.wait_for_text("busy-one", "main")
    assert "else" not in browser.text("tbody")


def test_a_call_that_ends_while_a_filter_is_answered_is_in_the_list(browser: Browser, scene: LivePageServer) -> None:
    sign_in(browser, scene)
    browser.show("records")
    browser.wait_for_text("in the list", "main")
    scene.push([event("call-ended", record(899, "101", "not-stored-yet", "BUSY", started_at=instant(3)))])
    browser.wait_for_text("not-stored-yet", "main")
    scene.lists["cdrs"] = [record(7, "101", "102", "BUSY")]
    with scene.holding("cdrs"):
        browser.choose(".table-tools select", "BUSY")
        browser.wait_until(lambda: any("outcome=BUSY" in query for query in scene.queries), "the server was not asked")
        scene.push([event("call-ended", record(900, "101", "while-asked", "BUSY", started_at=instant(2)))])
        scene.push([event("call-ended", record(901, "101", "fits-not", "FAILED", started_at=instant(1)))])
        browser.wait_for_text("while-asked", "main")
    browser.wait_for_text("3 in the list", "main")
    shown = browser.text("tbody")
    assert "fits-not" not in shown
    assert shown.index("while-asked") < shown.index("not-stored-yet")


def test_charts_begin_filled(browser: Browser, scene: LivePageServer) -> None:
    scene.rates = rate_history(300)
    sign_in(browser, scene)
    browser.show("overview")
    browser.wait_for_text("5:00", ".tiles")
    scene.push(rates(1))
    browser.wait_for_text("5:01", ".tiles")
    scene.push(rates(200)[:100])  # older than what is there
    scene.push(rates(1))
    browser.wait_for_text("5:02", ".tiles")


def test_a_broken_stream_is_said_and_mended(browser: Browser, scene: LivePageServer) -> None:
    sign_in(browser, scene)
    asked = scene.asked.count("GET /v1/calls")
    scene.lists["trunks"] = []
    scene.cut()
    browser.wait_until(lambda: scene.asked.count("GET /v1/calls") > asked, "the lists are not taken anew")
    browser.one(LIVE)
    browser.show("trunks")
    browser.wait_for_text("No trunk is declared", "main")


def test_a_page_left_open_says_that_its_session_is_over_and_goes_on_with_the_next(
    browser: Browser, scene: LivePageServer
) -> None:
    sign_in(browser, scene)
    browser.show("calls")
    scene.held, scene.code = "tomorrow", "next"
    scene.cut()  # as the server does with what is good no more
    browser.wait_for_text("The session has ended. Sign in again.", ".sign-in [role=alert]")
    assert browser.find("table") == []
    asked = len(scene.asked)
    browser.script(
        "await fetch('/v1/session', {method: 'POST', headers: {'Content-Type': 'application/json'}, body: '{\"code\": \"next\"}'});"
        "dispatchEvent(new Event('focus'))"
    )  # another tab of this browser opened the next link
    browser.one(LIVE)
    assert scene.asked[asked:].count("GET /v1/session") == 1
    assert browser.driver.current_url.endswith("#/calls")
    browser.complaints()  # the 401s


def test_the_end_of_a_session_is_foretold_and_not_waited_for(browser: Browser, scene: LivePageServer) -> None:
    """Also where nobody answers any more who could tell it."""
    scene.session = scene.session | {"expires_at": instant(-300)}
    sign_in(browser, scene)
    browser.wait_for_text("The session ends in 5 min", ".top")
    scene.session = scene.session | {"expires_at": instant(-3)}
    browser.open(scene.address)
    browser.wait_for_text("The session has ended. Sign in again.", ".sign-in [role=alert]")


def test_nothing_is_asked_again_while_the_stream_goes_on(browser: Browser, scene: LivePageServer) -> None:
    sign_in(browser, scene)
    browser.wait_for_text("91be07a", "main")
    asked = list(scene.asked)
    for view in VIEWS[:-1]:
        browser.show(view)
    scene.push(rates(30))
    browser.show("overview")
    browser.script("await new Promise((resolve) => setTimeout(resolve, 2500))")
    assert scene.asked == asked


def test_ten_thousand_phones_and_a_hundred_thousand_events(browser: Browser, scene: LivePageServer) -> None:
    """Few of them are in the document, what is kept has a bound, and the page answers meanwhile."""
    scene.lists["registrations"] = [registration(f"{number:05}", "a phone") for number in range(10_000)]
    scene.lists["calls"] = [
        call(number, f"c{number}", "102", "Extension acme/102 (a.yaml:1)") for number in range(1000)
    ]
    sign_in(browser, scene)
    browser.show("registrations")
    browser.wait_for_text("10,000 in the list", "main")
    browser.show("calls")
    browser.wait_for_text("1,000 in the list", "main")
    browser.driver.execute_cdp_cmd("HeapProfiler.collectGarbage", {})
    before = heap(browser)
    browser.script(
        "window.slowest = 0; let last = performance.now(); window.beat = setInterval(() => {"
        "const now = performance.now(); window.slowest = Math.max(window.slowest, now - last); last = now; }, 20)"
    )
    for batch in range(20):
        churn = []
        for number in range(batch * 1000, batch * 1000 + 1000):
            one = call(number, f"x{number}", "103", "Extension acme/103 (a.yaml:9)", id=f"x{number}", legs=[])
            churn += [
                event("call", one),
                event("call-ended", record(number, f"x{number}", "103", "FAILED", call_id=f"x{number}")),
                event("registration", registration(f"{number % 10_000:05}", f"phone {number}")),
                *(
                    event("call", call(number % 1000, f"c{number % 1000}", "102", "Extension acme/102 (a.yaml:1)"))
                    for _ in range(2)
                ),
            ]
        scene.push(churn)
    scene.push(rates(900))
    scene.push(
        [
            event(
                "call",
                call(
                    7,
                    "the-last-one",
                    "102",
                    "Extension acme/102 (a.yaml:1)",
                    id="last",
                    started_at="2099-01-01T00:00:00Z",
                ),
            )
        ]
    )
    browser.wait_for_text("the-last-one", "main", timeout=30)
    assert "1,001 in the list" in browser.text("main")
    nodes = browser.driver.execute_script("return document.getElementsByTagName('*').length")
    assert nodes < 3000
    slowest = browser.driver.execute_script("clearInterval(window.beat); return window.slowest")
    browser.show("overview")
    browser.show("records")
    browser.wait_for_text("500 in the list", "main")
    browser.driver.execute_cdp_cmd("HeapProfiler.collectGarbage", {})
    grown = heap(browser) - before
    assert grown < 8_000_000, f"{grown:,} bytes more"
    print(f"100,000 events: {grown:,} bytes more on the heap, {nodes} elements, longest pause {slowest:.0f} ms")


def heap(browser: Browser) -> int:
    usage = browser.driver.execute_cdp_cmd("Runtime.getHeapUsage", {})
    return int(usage["usedSize"])


def test_all_of_it_by_keyboard(browser: Browser, scene: LivePageServer) -> None:
    sign_in(browser, scene)
    browser.press(Keys.TAB)
    assert browser.focused() == "Skip to content"
    browser.tab_to("Live calls")
    browser.press(Keys.ENTER)
    browser.wait_until(lambda: browser.text("h1") == "Live calls", "no live calls")
    browser.tab_to("Hang up 101 to +4930123456")
    browser.press(Keys.ENTER)
    browser.wait_for_text("for both sides?", "dialog")
    browser.wait_until(lambda: browser.focused() == "Cancel", "the dialog does not take the focus")
    browser.press(Keys.ESCAPE)
    browser.wait_until(lambda: not browser.find("dialog"), "the question is still there")
    assert scene.orders == []
    browser.wait_until(lambda: browser.focused() == "Hang up 101 to +4930123456", "the focus does not return")
    browser.press(Keys.ENTER)
    browser.one("dialog[open]")
    browser.tab_to("Hang up", most=3)
    browser.press(Keys.ENTER)
    browser.wait_until(lambda: scene.orders == ["hang up 0193-0001"], "nothing was hung up")


def test_a_breach_of_the_policy_would_be_seen(window: Browser, scene: LivePageServer) -> None:
    """Or else no other test here could fail for one."""
    window.forget()
    window.open(scene.address)
    window.one("#token")
    window.complaints()
    window.driver.execute_script(
        "const e = document.createElement('p'); e.setAttribute('style', 'color: red'); document.body.append(e)"
    )
    assert "Content Security Policy" in "".join(window.complaints())
    window.script(
        "setTimeout(() => { throw new Error('planted') }, 0); await new Promise((resolve) => setTimeout(resolve, 50))"
    )
    assert "planted" in "".join(window.complaints())


def test_who_may_only_look_has_no_buttons(browser: Browser, scene: LivePageServer) -> None:
    scene.session = {"name": "viewer", "scope": "read", "tenant": "acme"}
    sign_in(browser, scene)
    browser.show("calls")
    browser.wait_for_text("+4930123456", "main")
    assert "Hang up" not in browser.text("main")
    assert "Bans" not in browser.text("nav.side")
    assert "acme · may look" in browser.text(".top")


def test_who_sees_one_tenant_is_told_that_its_change_waits(browser: Browser, scene: LivePageServer) -> None:
    scene.session = {"name": "viewer", "scope": "read", "tenant": "acme"}
    told = "its plan has to be approved"
    unit = {
        "unit": "acme",
        "attempted": "b" * 64,
        "applied": "a" * 64,
        "conditions": [condition("Stalled", "AwaitingApproval", told)],
        "problems": [],
        "problem_count": 0,
    }
    reconcile = {**RECONCILE, "units": [unit], "proposal": None, "hold": None, "sequence": 0}
    scene.status = {**scene.status, "reconcile": reconcile}
    sign_in(browser, scene)
    browser.wait_for_text(told, ".attention")
    assert "No. 0" not in browser.text("main")
    assert "GET /v1/revisions" not in scene.asked


def test_tables_are_tables_to_a_screen_reader_even_as_cards(browser: Browser, scene: LivePageServer) -> None:
    sign_in(browser, scene)
    browser.resize(*NARROW)
    browser.show("calls")
    browser.wait_for_text("+4930123456", "main")
    browser.driver.execute_cdp_cmd("Accessibility.enable", {})
    tree = browser.driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    roles = {
        (node.get("role", {}).get("value"), node.get("name", {}).get("value")) for node in tree if not node["ignored"]
    }
    assert {
        ("table", "Live calls"),
        ("columnheader", "Quality"),
        ("main", ""),
        ("navigation", "Views"),
        ("status", ""),
    } <= roles
    assert ("button", "Hang up 101 to +4930123456") in roles
    browser.driver.execute_cdp_cmd("Accessibility.disable", {})


CASES = {
    "events are read however they are cut": """
        const {EventReader} = await import('/web/sse.js');
        const text = ': beat\\r\\nid: e-1\\r\\nevent: call\\r\\ndata: {"a":1}\\r\\ndata: 2\\r\\n\\r\\n\\ndata:x\\n\\nid: 3\\n\\n';
        const whole = [...new EventReader().read(text)];
        const reader = new EventReader();
        const pieces = [...text].flatMap((one) => [...reader.read(one)]);
        return [JSON.stringify(whole) === JSON.stringify(pieces), whole];
    """,
    "rows are bounded": """
        const {Rows, Recent, Series} = await import('/web/rows.js');
        const rows = new Rows((one) => one, 2);
        [1, 2, 3].forEach((one) => rows.put(one));
        rows.put(2);
        const recent = new Recent((one) => one, 3);
        [1, 2, 3, 4, 4].forEach((one) => recent.add(one));
        recent.append([9]);
        const series = new Series(['at'], 2);
        [1, 2, 3].forEach((at) => series.push({at}));
        return [rows.list(), rows.overflowing, recent.list(), series.columns.at];
    """,
    "quality is that of the worst leg": """
        const {qualityOf} = await import('/web/quality.js');
        const leg = (packets_in, lost, jitter_ms) => ({packets_in, lost, jitter_ms});
        return [[], [leg(0, 0, 0)], [leg(100, 0, 5)], [leg(100, 0, 5), leg(98, 2, 5)], [leg(100, 0, 80)], [leg(100, -3, 1)]]
          .map((legs) => qualityOf(legs).grade);
    """,
    "text, time and places": """
        const {duration, ruleAndOrigin, harmless} = await import('/web/format.js');
        const {routeOf, linkTo} = await import('/web/route.js');
        const {preferred} = await import('/web/i18n.js');
        return [duration(3723999), duration(-5), ruleAndOrigin('A b/c (d.yaml:3)'), harmless('a\\u202eb\\u0007'), routeOf('#/calls/a%2Fb'),
          routeOf('#/nowhere'), routeOf('#/calls/%'), linkTo('records', 'a/b'), preferred(['fr-FR', 'zh-TW', 'en']), preferred(['fr'])];
    """,
}
EXPECTED: dict[str, object] = {
    "events are read however they are cut": [
        True,
        [{"type": "call", "id": "e-1", "data": '{"a":1}\n2'}, {"type": "message", "id": None, "data": "x"}],
    ],
    "rows are bounded": [[1, 2], True, [4, 3, 2], [2, 3]],
    "quality is that of the worst leg": ["none", "none", "good", "fair", "poor", "good"],
    "text, time and places": [
        "1:02:03",
        "0:00",
        {"rule": "A b/c", "origin": "d.yaml:3"},
        "a\ufffdb\ufffd",
        {"view": "calls", "id": "a/b"},
        {"view": "overview", "id": None},
        {"view": "calls", "id": "%"},
        "#/records/a%2Fb",
        "zh",
        "en",
    ],
}


@pytest.mark.parametrize("name", CASES)
def test_modules(browser: Browser, scene: LivePageServer, name: str) -> None:
    browser.open(scene.address)
    browser.one("#token")
    assert json.loads(json.dumps(browser.script(CASES[name]))) == EXPECTED[name]
