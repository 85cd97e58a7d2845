"""Headless Chromium from Debian, driven by its ChromeDriver; what its console says and what its policy forbade is kept to be asked for."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, TypeVar

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

T = TypeVar("T")
WAIT_S: Final = 15.0
LIVE: Final = ".connection [data-state=live]"
WIDE: Final = (1360, 900)
NARROW: Final = (375, 812)
MEANT: Final = ("401 (Unauthorized)", "410 (Gone)", "503 (Service Unavailable)", "net::ERR_")
FLAGS: Final = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
)


def is_here() -> bool:
    return bool(shutil.which("chromium") and shutil.which("chromedriver"))


class Browser:
    """One window of one Chromium."""

    def __init__(self, driver: webdriver.Chrome) -> None:
        self.driver = driver

    def open(self, address: str) -> None:
        """As typed anew: a fragment alone would load nothing."""
        self.driver.get("about:blank")
        self.driver.get(address)

    def forget(self) -> None:
        """All cookies; those of one address are those of all its ports."""
        self.driver.execute_cdp_cmd("Network.clearBrowserCookies", {})

    def resize(self, width: int, height: int) -> None:
        """The page's own size, also below the narrowest window."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)

    def prefer(self, **features: str) -> None:
        """`prefers_color_scheme="dark"` and the like."""
        told = [{"name": name.replace("_", "-"), "value": value} for name, value in features.items()]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": told})

    def show(self, view: str) -> None:
        """A view of the live page, as `calls/ID`."""
        self.driver.execute_script("location.hash = arguments[0]", f"#/{view}")
        title = self.script(
            "const {t} = await import('/web/i18n.js'); return t('view.' + args[0])", view.split("/", 1)[0]
        )
        self.wait_until(lambda: self.text("h1") == title, f"no view {view}")

    def find(self, selector: str) -> list[WebElement]:
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector: str) -> WebElement:
        """As soon as it is there."""
        return self.wait_until(lambda: next(iter(self.find(selector)), None), f"no {selector}")

    def click(self, selector: str) -> None:
        self.one(selector)
        self.driver.execute_script("document.querySelector(arguments[0]).click()", selector)

    def choose(self, selector: str, value: str) -> None:
        """An option of a select."""
        self.one(selector)
        self.driver.execute_script(
            "const [where, value] = arguments; const select = document.querySelector(where);"
            "select.value = value; select.dispatchEvent(new Event('change', {bubbles: true}))",
            selector,
            value,
        )

    def text(self, selector: str = "body") -> str:
        """Read in one go: elements are made anew while the page lives."""
        script = "return document.querySelector(arguments[0])?.innerText ?? ''"
        return str(self.driver.execute_script(script, selector))

    def wait_for_text(self, wanted: str, selector: str = "body", timeout: float = WAIT_S) -> None:
        self.wait_until(lambda: wanted in self.text(selector), f"no {wanted!r} in {selector}", timeout)

    def wait_until(self, holds: Callable[[], T | None], missing: str, timeout: float = WAIT_S) -> T:
        deadline = time.monotonic() + timeout
        while not (found := holds()):
            if time.monotonic() > deadline:
                raise AssertionError(f"{missing}; the page says:\n{self.text()}\n{self.complaints()}")
            time.sleep(0.05)
        return found

    def script(self, text: str, *arguments: object) -> object:
        """`text`: the body of an async function; what it returns."""
        wrapped = (
            "const done = arguments[arguments.length - 1]; const given = [...arguments].slice(0, -1);"
            f"(async (...args) => {{ {text} }})(...given).then(value => done([value, null]), error => done([null, String(error)]))"
        )
        value, error = self.driver.execute_async_script(wrapped, *arguments)
        assert error is None, error
        return value

    def press(self, *keys: str) -> None:
        webdriver.ActionChains(self.driver).send_keys(*keys).perform()

    def focused(self) -> str:
        """What the element with the keyboard is called."""
        script = "const e = document.activeElement; return (e.getAttribute('aria-label') || e.innerText || e.id || e.tagName).trim()"
        return str(self.driver.execute_script(script))

    def tab_to(self, name: str, most: int = 60) -> None:
        """By the keyboard alone."""
        for _ in range(most):
            self.press(Keys.TAB)
            if name in self.focused():
                return
        raise AssertionError(f"{name!r} is not reached by {most} tabs; now at {self.focused()!r}")

    def screenshot(self, path: Path) -> None:
        """Of the whole page, not of its window only."""
        self.driver.save_screenshot(str(path))

    def is_cut_off(self) -> list[str]:
        """What stands out of the page at the side, and can't be scrolled to inside something."""
        found = self.driver.execute_script(
            """
            const wide = document.documentElement.clientWidth;
            const holds = ['auto', 'scroll', 'hidden', 'clip'];
            const scrolls = (e) => e && (holds.includes(getComputedStyle(e).overflowX) || scrolls(e.parentElement));
            return [...document.querySelectorAll('body *')]
              .filter((e) => e.getBoundingClientRect().right > wide + 1 && e.getBoundingClientRect().width > 1 && !scrolls(e.parentElement))
              .map((e) => `${e.tagName} ${e.className} ${e.getBoundingClientRect().right}`).slice(0, 10);
            """
        )
        return [str(one) for one in found]

    def complaints(self) -> list[str]:
        """Errors and warnings of the console since last asked: exceptions, breaches of the policy, what could not be loaded."""
        entries = self.driver.get_log("browser")  # type: ignore[no-untyped-call]  # selenium has it so
        return [json.dumps(entry) for entry in entries if entry["level"] in {"SEVERE", "WARNING"}]


@contextmanager
def chromium(language: str = "en-GB") -> Iterator[Browser]:
    """A browser with an empty profile, which ends with the block."""
    with TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True) as profile:
        options = webdriver.ChromeOptions()
        options.binary_location = shutil.which("chromium") or ""
        for flag in (*FLAGS, f"--lang={language}", f"--accept-lang={language}", f"--user-data-dir={profile}"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
        try:
            yield Browser(driver)
        finally:
            driver.quit()
