"""The installed app: its manifest, its service worker and what that keeps, in a browser of its own."""

import struct
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserType, Page, expect

from tests.screens import Screens, become, flashes, heading, press, somebody

KEPT = """async () => {
  const caches_ = await Promise.all((await caches.keys()).map((name) => caches.open(name)));
  const requests = await Promise.all(caches_.map((cache) => cache.keys()));
  return requests.flat().map((request) => request.url);
}"""
OFFLINE = "You are offline"


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
    screens: Screens, chromium_type: BrowserType, launch_options: dict[str, Any], tmp_path: Path
) -> None:
    # Chromium never offers to install from a private window, which any other context is.
    context = screens.watch(chromium_type.launch_persistent_context(str(tmp_path), **launch_options))
    page = context.new_page()
    page.goto(screens.server.url)
    answer = context.new_cdp_session(page).send("Page.getInstallabilityErrors")
    assert answer["installabilityErrors"] == []


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


def test_each_shortcut_leads_somewhere(screens: Screens, manifest: dict[str, Any]) -> None:
    page = become(screens.open("/"), somebody())
    for shortcut in manifest["shortcuts"]:
        assert page.request.get(shortcut["url"], max_redirects=0).ok


def test_the_cache_holds_nothing_but_static_files_and_the_offline_page(installed: Page) -> None:
    become(installed, somebody())
    installed.get_by_role("link", name="Refresh").click()
    installed.get_by_role("link", name="Log out").click()
    press(installed, "Log out")
    expect(flashes(installed)).to_have_text("You are logged out.")
    kept = {urlsplit(address).path for address in installed.evaluate(KEPT)}
    assert "/offline" in kept
    assert [path for path in kept if path != "/offline" and not path.startswith("/static/")] == []


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


def test_trying_again_shows_the_page_once_the_network_is_back(screens: Screens, installed: Page) -> None:
    screens.expect_trouble("net::ERR_")
    installed.context.set_offline(True)
    installed.goto("/signup")
    expect(heading(installed)).to_have_text(OFFLINE)
    installed.context.set_offline(False)
    installed.get_by_role("link", name="Try again").click()
    expect(heading(installed)).to_have_text("Sign up")


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
    page = become(screens.open(service_workers="allow"), person := somebody())
    wait_for_worker(page)
    text = page.evaluate("async () => (await caches.match('/offline')).text()")
    assert OFFLINE in text
    assert person.name not in text


def wait_for_worker(page: Page) -> None:
    page.evaluate("async () => { await navigator.serviceWorker.ready }")


def size(png: bytes) -> str:
    """As its header has it."""
    width, height = struct.unpack(">II", png[16:24])
    return f"{width}x{height}"
