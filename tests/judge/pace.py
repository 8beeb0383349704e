"""How still pages hold in Chromium while they load, and how long it takes to answer a key or a press."""

import sys
from collections.abc import Callable, Iterator
from typing import Any

from playwright.sync_api import Page

from tests import programs
from tests.judge.crawl import Complaint, Site, logged_in
from tests.screens import ARGUMENTS
from webapp.accounts import demo

WIDTHS = (320, 1280)
# In ms, from a key or a press to the next picture. Browsers round to 8.
MOST_MS = 50
# Beside a busy core an event may wait for the processor, so the best of a few walks is the page's own.
TRIES = 3
# As the Web Vitals count it: what moves by itself, and not within half a second after a key or a press.
WATCH = """
window.shifts = [];
window.answered = [];
const named = ({ node }) => node?.id || node?.className || node?.nodeName;
const watch = (type, note, more) =>
  new PerformanceObserver((list) => list.getEntries().forEach(note)).observe({ type, buffered: true, ...more });
watch("layout-shift", (one) => one.hadRecentInput || shifts.push([one.value, one.sources.map(named).join(", ")]));
// Only what a person did: a page under a pointer that rests is an event too.
watch("event", (one) => one.interactionId && answered.push([one.duration, one.name]), { durationThreshold: 16 });
"""
# By then all that has moved, and each event, has been told of.
TWO_PICTURES = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))))"


def _sign_up(page: Page) -> None:
    page.locator("#username").press_sequentially("nora")
    page.keyboard.press("Tab")
    page.locator("#password").press_sequentially("a few words in a row")
    page.locator("#signup-form button.primary").click()


def _log_in(page: Page) -> None:
    page.locator("#email").press_sequentially("nobody")
    page.keyboard.press("Tab")
    page.locator("#login-form button.primary").click()


def _search(page: Page) -> None:
    page.locator("#q").press_sequentially("nora")
    page.locator("#sort-email").click()
    page.locator(".tick input").last.click()
    page.keyboard.press("Escape")
    page.keyboard.press("?")


def _look_at_charts(page: Page) -> None:
    page.locator(".hits a").last.focus()
    page.keyboard.press("ArrowLeft")
    page.get_by_role("link", name="90 days").click()


def _look(page: Page) -> None:
    page.keyboard.press("Tab")


ACTS: dict[str, tuple[str | None, Callable[[Page], None]]] = {
    "/": (None, _look),
    "/signup": (None, _sign_up),
    "/login": (None, _log_in),
    "/dashboard": (demo.MEMBER, _look),
    "/account": (demo.MEMBER, _look),
    "/account/activity": (demo.MEMBER, _look),
    "/admin": (demo.ADMIN, _look_at_charts),
    "/admin/users": (demo.ADMIN, _search),
    "/admin/events": (demo.ADMIN, _look),
}


def complaints(site: Site) -> Iterator[Complaint]:
    """Says what was measured, too."""
    keys = {email: logged_in(site, email).storage_state() for email in (None, demo.MEMBER, demo.ADMIN)}
    slowest: tuple[float, str] = (0, "none took 16 ms")
    with site.playwright.chromium.launch(executable_path=programs.chromium(), args=ARGUMENTS) as browser:
        for width in WIDTHS:
            for path, (email, act) in ACTS.items():
                where = f"{path} at {width} px"
                context = browser.new_context(
                    base_url=site.server.url, storage_state=keys[email], viewport={"width": width, "height": 800}
                )
                context.add_init_script(WATCH)
                shifts, (took, event) = _best(context.new_page, path, act)
                context.close()
                slowest = max(slowest, (took, f"{event} on {where}"))
                for moved, what in shifts:
                    yield Complaint(where, what, "layout shift", f"It moves by itself: {moved:.4f}.")
                if took > MOST_MS:
                    yield Complaint(where, event, "slow event", f"{took:g} ms; {MOST_MS} may.")
    sys.stdout.write(f"The slowest event: {slowest[0]:g} ms, {slowest[1]}.\n")


def _best(new_page: Callable[[], Page], path: str, act: Callable[[Page], None]) -> tuple[list[Any], tuple[float, str]]:
    """What moved by itself, and the slowest event of the quickest walk."""
    walks = [_walk(new_page(), path, act) for _ in range(TRIES)]
    return walks[0][0], min(slowest for _, slowest in walks)


def _walk(page: Page, path: str, act: Callable[[Page], None]) -> tuple[list[Any], tuple[float, str]]:
    page.goto(path, wait_until="networkidle")
    before = page.evaluate("shifts")
    act(page)
    page.wait_for_load_state("networkidle")
    page.evaluate(TWO_PICTURES)
    answered = [(float(took), str(event)) for took, event in page.evaluate("answered")]
    shifts = before + [one for one in page.evaluate("shifts") if one not in before]
    page.close()
    return shifts, max(answered, default=(0.0, "none"))
