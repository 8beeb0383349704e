"""The installed app: its manifest, its service worker and what that keeps, in a browser of its own."""

import re
import shutil
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserType, Page, expect

from tests.screens import (
    Screens,
    become,
    fill_in_login,
    flashes,
    heading,
    join,
    marked,
    press,
    somebody,
    wait_for_worker,
)
from tests.server import ROOT, Server

KEPT = """async () => {
  const caches_ = await Promise.all((await caches.keys()).map((name) => caches.open(name)));
  const requests = await Promise.all(caches_.map((cache) => cache.keys()));
  return requests.flat().map((request) => request.url);
}"""
OFFLINE = "You are offline"
NOTE_WHEN_IT_ASKS = """() => {
  const ask = window.fetch;
  window.asked = [];
  window.fetch = (...what) => (window.asked.push(Date.now()), ask(...what));
}"""
COLOR = "element => getComputedStyle(element).color"


@pytest.fixture
def installed(screens: Screens) -> Page:
    """A page of a browser in which the service worker has taken over."""
    page = screens.open("/login", service_workers="allow")
    wait_for_worker(page)
    return page


@pytest.fixture
def manifest(screens: Screens) -> dict[str, Any]:
    page = screens.open("/")
    address = page.locator("link[rel=manifest]").get_attribute("href")
    answer = page.request.get(str(address))
    assert answer.headers["content-type"].startswith("application/manifest+json")
    return dict(answer.json())


def test_chromium_would_install_it(
    screens: Screens, browser_type: BrowserType, launch_options: dict[str, Any], tmp_path: Path
) -> None:
    # Chromium never offers to install from a private window, which any other context is.
    context = screens.watch(browser_type.launch_persistent_context(str(tmp_path), **launch_options))
    page = context.new_page()
    page.goto(screens.server.url)
    session = context.new_cdp_session(page)
    assert session.send("Page.getInstallabilityErrors")["installabilityErrors"] == []
    assert session.send("Page.getAppManifest")["errors"] == []


def test_the_manifest_says_who_it_is(manifest: dict[str, Any]) -> None:
    told = {name: manifest.get(name) for name in ("id", "name", "start_url", "scope", "display")}
    assert told == {"id": "/", "name": "Latchkey", "start_url": "/dashboard", "scope": "/", "display": "standalone"}


def test_the_icons_have_the_sizes_that_they_claim(screens: Screens, manifest: dict[str, Any]) -> None:
    page = screens.open("/")
    icons = [icon for icon in manifest["icons"] if icon["type"] == "image/png"]
    for icon in icons:
        assert size(page.request.get(icon["src"]).body()) == icon["sizes"]
    assert {(icon["sizes"], icon["purpose"]) for icon in icons} >= {
        ("192x192", "any"),
        ("512x512", "any"),
        ("512x512", "maskable"),
    }


def test_the_pictures_have_the_sizes_that_they_claim_and_are_not_kept(
    screens: Screens, manifest: dict[str, Any]
) -> None:
    page = screens.open("/login")
    assert {picture["form_factor"] for picture in manifest["screenshots"]} == {"wide", "narrow"}
    for picture in [*manifest["screenshots"], *(shortcut["icons"][0] for shortcut in manifest["shortcuts"])]:
        answer = page.request.get(picture["src"])
        assert answer.ok and len(answer.body()) < 60_000 and answer.headers["content-type"] == picture["type"]
        size = page.evaluate(
            """async (address) => {
              const bitmap = await createImageBitmap(await (await fetch(address)).blob());
              return `${bitmap.width}x${bitmap.height}`;
            }""",
            picture["src"],
        )
        assert size == picture["sizes"]
        assert picture["src"] not in page.request.get("/sw.js").text()
    assert len({shortcut["icons"][0]["src"] for shortcut in manifest["shortcuts"]}) == len(manifest["shortcuts"])


def test_each_shortcut_leads_somewhere(screens: Screens, manifest: dict[str, Any]) -> None:
    page = become(screens.open("/"), somebody())
    for shortcut in manifest["shortcuts"]:
        assert page.request.get(shortcut["url"], max_redirects=0).ok


def test_the_cache_holds_nothing_but_static_files_and_the_offline_page(installed: Page) -> None:
    become(installed, somebody(), "/dashboard")
    installed.get_by_role("link", name="Refresh").click()
    installed.get_by_role("link", name="Log out").click()
    press(installed, "Log out")
    expect(flashes(installed)).to_have_text("You are logged out.")
    assert "/offline" in kept(installed)
    assert [path for path in kept(installed) if path != "/offline" and not path.startswith("/static/")] == []


def test_without_a_network_the_offline_page_is_shown(screens: Screens, installed: Page) -> None:
    screens.expect_trouble("net::ERR_")
    installed.context.set_offline(True)
    installed.goto("/dashboard")
    expect(heading(installed)).to_have_text(OFFLINE)
    assert urlsplit(installed.url).path == "/dashboard"


def test_the_offline_page_has_its_look_without_a_network(screens: Screens, installed: Page) -> None:
    screens.expect_trouble("net::ERR_")
    installed.context.set_offline(True)
    installed.goto("/login")
    expect(heading(installed)).to_have_text(OFFLINE)
    assert installed.evaluate("document.styleSheets[0].cssRules.length") > 0
    assert installed.locator("img").evaluate("image => image.naturalWidth") > 0


def test_trying_again_shows_the_page_once_the_server_is_back(
    screens: Screens, start_server: Callable[..., Server]
) -> None:
    screens.expect_trouble("net::ERR_")
    server = start_server()
    page = screens.open(f"{server.url}/login", service_workers="allow")
    wait_for_worker(page)
    # Or it would come by itself.
    page.clock.install(time=0)
    page.clock.pause_at(60)
    server.stop()
    page.goto(f"{server.url}/signup")
    expect(heading(page)).to_have_text(OFFLINE)
    start_server(PORT=str(urlsplit(server.url).port))
    page.get_by_role("link", name="Try again").click()
    expect(heading(page)).to_have_text("Sign up")


def test_the_page_comes_by_itself_once_the_network_is_back(screens: Screens, installed: Page) -> None:
    screens.expect_trouble("net::ERR_")
    installed.context.set_offline(True)
    installed.goto("/signup?next=/account")
    expect(heading(installed)).to_have_text(OFFLINE)
    installed.context.set_offline(False)
    expect(heading(installed)).to_have_text("Sign up")
    assert installed.url.endswith("/signup?next=/account")


def test_it_asks_less_and_less_often(screens: Screens, start_server: Callable[..., Server]) -> None:
    screens.expect_trouble("net::ERR_")
    server = start_server()
    page = screens.open(f"{server.url}/login", service_workers="allow")
    wait_for_worker(page)
    page.clock.install()
    server.stop()
    page.goto(f"{server.url}/signup")
    expect(heading(page)).to_have_text(OFFLINE)
    page.evaluate(NOTE_WHEN_IT_ASKS)
    while len(asked := page.evaluate("window.asked")) < 3:
        page.clock.run_for(500)
    assert asked[1] - asked[0] >= 4000
    assert asked[2] - asked[1] >= 8000
    expect(heading(page)).to_have_text(OFFLINE)


def test_under_its_own_address_it_loads_nothing_again(screens: Screens) -> None:
    page = screens.open()
    page.clock.install()
    page.goto("/offline")
    marked(page).clock.run_for(120_000)
    expect(heading(page)).to_have_text(OFFLINE)
    assert page.evaluate("window.marker")


def test_without_javascript_the_offline_page_has_a_link(screens: Screens) -> None:
    page = screens.open("/offline", javascript=False)
    page.get_by_role("link", name="Try again").click()
    expect(heading(page)).to_have_text(OFFLINE)
    expect(page.get_by_text("The network is back.")).to_be_hidden()


def test_the_installed_app_opens_at_the_dashboard(screens: Screens, manifest: dict[str, Any]) -> None:
    join(screens.open(), person := somebody())
    page = screens.open(manifest["start_url"])
    fill_in_login(page, person)
    press(page, "Log in")
    expect(heading(page)).to_have_text(f"Welcome back, {person.name}!")
    page.goto(manifest["start_url"])
    expect(heading(page)).to_have_text(f"Welcome back, {person.name}!")


def test_an_update_never_mixes_old_and_new_files(
    screens: Screens, start_server: Callable[..., Server], tmp_path: Path
) -> None:
    screens.expect_trouble("net::ERR_")
    old = start_server()
    page = screens.open(f"{old.url}/signup", service_workers="allow")
    wait_for_worker(page)
    files_of_old = kept(page)
    old.stop()
    new = start_server(
        root=changed_copy(tmp_path / "code"), PORT=str(urlsplit(old.url).port), INSTANCE=str(tmp_path / "instance")
    )
    # The page that is open goes on as it was, with what it has.
    page.get_by_label("Email address").fill("nobody")
    page.get_by_label("Email address").blur()
    expect(page.locator("#email-error")).to_contain_text("Enter an email address")
    # The next page is the new one; without a network the old worker still shows its own page, whole.
    page.goto(f"{new.url}/login")
    assert page.locator("footer").evaluate(COLOR) == "rgb(1, 2, 3)"
    wait_for_next_worker(page)
    page.context.set_offline(True)
    page.goto(f"{new.url}/signup")
    assert set(named(page)) <= files_of_old
    assert page.evaluate("document.styleSheets[0].cssRules.length") > 0
    page.context.set_offline(False)
    # It comes back by itself; Chromium would not close a page that is just leaving, and Playwright would wait for ever.
    expect(heading(page)).to_have_text("Sign up")
    # When no page needs the old one, the new one takes over, and the old files are gone.
    page = opened_again(page, f"{new.url}/login")
    files_of_new = kept(page)
    assert set(named(page)) <= files_of_new
    assert files_of_new - files_of_old and files_of_old - files_of_new
    assert [path for path in files_of_new if path != "/offline" and not path.startswith("/static/")] == []
    page.context.set_offline(True)
    page.goto(f"{new.url}/signup")
    expect(heading(page)).to_have_text(OFFLINE)
    assert set(named(page)) <= files_of_new


def test_a_form_sent_without_a_network_is_not_replaced_by_the_offline_page(screens: Screens, installed: Page) -> None:
    screens.expect_trouble("net::ERR_|htmx:error")
    installed.get_by_label("Email address").fill("somebody@example.com")
    installed.context.set_offline(True)
    press(installed, "Log in")
    expect(flashes(installed)).to_have_text("You are offline. Nothing was sent.")
    expect(installed.get_by_label("Email address")).to_have_value("somebody@example.com")


def test_the_offline_page_that_is_kept_was_fetched_by_nobody(screens: Screens) -> None:
    page = become(screens.open(), person := somebody())
    answer = page.request.get("/offline")
    assert answer.ok
    assert person.name not in answer.text()
    assert answer.text() == screens.open("/").request.get("/offline").text()
    assert "set-cookie" not in answer.headers


def test_the_worker_takes_over_in_a_browser_that_is_logged_in(screens: Screens) -> None:
    page = become(screens.open(service_workers="allow"), person := somebody(), "/dashboard")
    wait_for_worker(page)
    text = page.evaluate("async () => (await caches.match('/offline')).text()")
    assert OFFLINE in text
    assert person.name not in text


def changed_copy(folder: Path) -> Path:
    """The code of a next version, which looks different."""
    for name in ("webapp", "db"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    with (folder / "webapp/static/css/base.css").open("a") as css:
        css.write(".site-footer { color: rgb(1, 2, 3); }")
    return folder


def opened_again(page: Page, address: str) -> Page:
    """Closed and opened, until the old worker is gone with what it kept."""
    context = page.context
    # The browser stays open without it.
    context.new_page()
    for _ in range(20):
        page.close()
        page = context.new_page()
        page.goto(address)
        if len(page.evaluate("caches.keys()")) == 1:
            return page
    raise AssertionError("two versions are kept")


def kept(page: Page) -> set[str]:
    """The paths in the Cache Storage."""
    return {urlsplit(address).path for address in page.evaluate(KEPT)}


def named(page: Page) -> list[str]:
    """The static files that this page is made of."""
    return [name for name in re.findall(r"/static/[^\"]+", page.content()) if "apple-touch" not in name]


def wait_for_next_worker(page: Page) -> None:
    """Until a worker of the next version is installed and waits: looked at, since its event may be over already."""
    page.wait_for_function(
        """async () => {
          const registration = await navigator.serviceWorker.getRegistration();
          registration.update();
          while (!registration.waiting) await new Promise((later) => setTimeout(later, 50));
          return true;
        }"""
    )


def size(png: bytes) -> str:
    """As its header has it."""
    width, height = struct.unpack(">II", png[16:24])
    return f"{width}x{height}"
