"""Takes the pictures in the docs, and those of the installed app, of a demo: `python -m tests.screenshots`."""

import base64
import logging
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any, Literal, NamedTuple
from unittest.mock import patch

from playwright.sync_api import Browser, Page, StorageState, sync_playwright
from werkzeug.serving import make_server

from db import Database, passkeys, stored, users
from db.passkeys import Passkey
from tests import programs
from tests.factors import code
from tests.screens import ARGUMENTS
from tests.server import free_port
from webapp import create_app
from webapp.accounts import demo, recovery_codes, totp
from webapp.commands.demo import EVENTS_EACH

FOLDER = Path(__file__).parent.parent / "docs/screenshots"
# What a browser shows before it installs the app.
INSTALL = FOLDER.parent.parent / "webapp/static/install"
PEOPLE = 300
# The same pages give the same pictures, whenever they are taken; late, when most of what the day brings has happened.
NOW = datetime(2026, 11, 24, 22, 40, tzinfo=UTC)
QUALITY = 80
# What is drawn in two goes looks a little different where the two meet.
WHOLE = "--disable-partial-raster"

WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0"
HOME = "198.51.100.7"

# A caret is there or not, by chance, and a first frame may not be the last.
STEADY = """async () => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync("* { caret-color: transparent !important }");
  document.adoptedStyleSheets = [sheet];
  for (let frames = 0; frames < 5; frames++) await new Promise(requestAnimationFrame);
}"""

Scheme = Literal["light", "dark"]


# What the pages show of chance is the same in each picture.
SECRET = "LATCHKEYSHOWSTHISTOEVERYBODYHERE"
# Who has second factors: neither the admin nor the member.
CAREFUL = 30


class Site(NamedTuple):
    """A demo; everybody in it has this password."""

    browser: Browser
    url: str
    password: str
    db: Database

    def open(self, path: str, **options: Any) -> Page:
        page = self.browser.new_context(
            base_url=self.url,
            user_agent=WINDOWS,
            extra_http_headers={"X-Forwarded-For": HOME},
            service_workers="block",
            **options,
        ).new_page()
        page.goto(path)
        return page


class Size(NamedTuple):
    width: int
    height: int


DESK, PHONE, HALF = Size(1280, 960), Size(320, 640), Size(700, 780)


class Picture(NamedTuple):
    """A page, as `who` sees it after `act`."""

    path: str
    who: str = "stranger"
    act: Callable[[Page], object] = lambda page: None
    size: Size = DESK
    scheme: Scheme = "light"


def _mistype_address(page: Page) -> None:
    for field, text in {"username": "nora", "email": "nora.example.com", "password": "correct horse battery"}.items():
        page.locator(f"#{field}").fill(text)
    page.locator(".error:not(:empty)").wait_for()


def _send_empty(page: Page) -> None:
    page.locator("main button.primary").click()
    page.locator(".summary").wait_for()


def _open_last_session(page: Page) -> None:
    page.locator("#session-list h2 a").last.click()
    page.locator("#session-panel").wait_for()


def _search(page: Page) -> None:
    page.locator("#q").fill("nora")
    page.wait_for_url("**q=nora*")


PICTURES = {
    "home": Picture("/"),
    "signup": Picture("/signup"),
    "signup-mistake": Picture("/signup", act=_mistype_address),
    "signup-refused": Picture("/signup", act=_send_empty),
    "login": Picture("/login"),
    "second-step": Picture("/login/second", "halfway"),
    "not-found": Picture("/nowhere"),
    "offline": Picture("/offline"),
    "dashboard": Picture("/dashboard", "member"),
    "profile": Picture("/account", "member"),
    "password": Picture("/account/password", "member"),
    "security": Picture("/account/security", "careful"),
    "app": Picture("/account/totp", "member"),
    "recovery-codes": Picture("/account/recovery-codes", "careful"),
    "passkeys": Picture("/account/passkeys", "careful"),
    "sessions": Picture("/account/sessions", "member"),
    "session": Picture("/account/sessions", "member", _open_last_session),
    "activity": Picture("/account/activity", "member"),
    "data": Picture("/account/data", "member"),
    "deletion": Picture("/account/delete", "member"),
    "confirm": Picture("/confirm", "member"),
    "confirm-ways": Picture("/confirm", "careful"),
    "logout": Picture("/logout", "member"),
    "not-allowed": Picture("/admin", "member"),
    "admin": Picture("/admin", "admin"),
    "people": Picture("/admin/users", "admin"),
    "people-found": Picture("/admin/users", "admin", _search),
    "person": Picture("/admin/users/2", "admin"),
    "disable": Picture("/admin/users/2/disable", "admin"),
    "role": Picture("/admin/users/2/role", "admin"),
    "events": Picture("/admin/events", "admin"),
    "home-dark": Picture("/", scheme="dark"),
    "login-dark": Picture("/login", scheme="dark"),
    "dashboard-dark": Picture("/dashboard", "member", scheme="dark"),
    "admin-dark": Picture("/admin", "admin", scheme="dark"),
    "signup-phone": Picture("/signup", act=_send_empty, size=PHONE),
    "dashboard-phone": Picture("/dashboard", "member", size=PHONE),
    "sessions-phone": Picture("/account/sessions", "member", size=PHONE, scheme="dark"),
    "app-phone": Picture("/account/totp", "member", size=PHONE, scheme="dark"),
    "admin-phone": Picture("/admin", "admin", size=PHONE),
}
COVER = [Picture("/signup", act=_mistype_address, size=HALF), Picture("/dashboard", "member", size=HALF, scheme="dark")]
FRAME = """<style>body { margin: 0; padding: 10px; display: flex; gap: 20px; background: #999 }</style>"""


def _take_brand_away(page: Page) -> None:
    """A team has a name of its own, and the same pictures."""
    page.locator(".site-header, .site-footer").evaluate_all("parts => parts.forEach((part) => part.remove())")


INSTALLED = {
    "wide": Picture("/dashboard", "member", _take_brand_away, Size(1280, 800)),
    "narrow": Picture("/dashboard", "member", _take_brand_away, Size(390, 780)),
}
# The pages whose first picture in this place is the sign of a shortcut.
SIGNS = {"dashboard": Picture("/admin", "admin"), "logout": Picture("/")}
PLACES = {"dashboard": ".side svg", "logout": ".cards li:nth-child(2) svg"}
SIGN = """<style>
  body { margin: 0; inline-size: 192px; block-size: 192px; display: grid; place-content: center;
         border-radius: 42px; background: #2a2520; color: #e9b44c }
  svg { inline-size: 112px; fill: none; stroke: currentColor; stroke-width: 1.75; stroke-linecap: round;
        stroke-linejoin: round }
</style>"""


def main() -> None:
    # The server would tell of each request.
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.iterdir():
        old.unlink()
    with demo_site() as site:
        keys = log_everybody_in(site)
        for name, picture in PICTURES.items():
            _save(name, taken(show(site, keys, picture)))
        take_for_install(site, keys)
        _save("cover", _side_by_side(site, [taken(show(site, keys, picture)) for picture in COVER]))


def take_for_install(site: Site, keys: dict[str, StorageState | None]) -> None:
    """Pictures of the app in a wide window and a narrow one, and a sign for each of its shortcuts."""
    INSTALL.mkdir(exist_ok=True)
    for name, picture in INSTALLED.items():
        (INSTALL / f"{name}.webp").write_bytes(taken(show(site, keys, picture)))
    for name, place in PLACES.items():
        drawn = show(site, keys, SIGNS[name]).locator(place).first.evaluate("svg => svg.outerHTML")
        page = site.browser.new_page(viewport={"width": 192, "height": 192})
        page.set_content(SIGN + drawn)
        page.screenshot(path=INSTALL / f"{name}-192.png", omit_background=True)


@contextmanager
def demo_site() -> Iterator[Site]:
    port = free_port()
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        settings = {"INSTANCE": folder, "DATABASE_URL": f"sqlite:///{folder}/latchkey.db", "PORT": str(port)}
        app = create_app(settings | {"TRUSTED_PROXIES": "1"}, lambda: NOW)
        password = demo.fill(app.extensions["database"], PEOPLE, PEOPLE * EVENTS_EACH).password
        server = make_server("127.0.0.1", port, app, threaded=True)
        Thread(target=server.serve_forever).start()
        options = {"executable_path": programs.chromium(), "args": [*ARGUMENTS, WHOLE]}
        with _without_chance(), playwright.chromium.launch(**options) as browser:
            # Where passkeys work.
            yield Site(browser, f"http://localhost:{port}", password, app.extensions["database"])
        server.shutdown()


@contextmanager
def _without_chance() -> Iterator[None]:
    chance = random.Random(1)

    def made() -> str:
        return "-".join("".join(chance.choices(recovery_codes.LETTERS, k=recovery_codes.GROUP)) for _ in range(6))

    with patch.object(totp, "new_secret", lambda: SECRET), patch.object(recovery_codes, "_new", made):
        yield


def log_everybody_in(site: Site) -> dict[str, StorageState | None]:
    emails = {"member": demo.MEMBER, "admin": demo.ADMIN}
    return {"stranger": None} | {
        who: log_in(site.open("/login"), email, site.password) for who, email in emails.items()
    } | protect(site)  # fmt: skip


def protect(site: Site) -> dict[str, StorageState | None]:
    """Give somebody second factors: the cookies once they are there, and those of half a log-in."""
    user = users.by_id(site.db, CAREFUL)
    assert user is not None
    careful = site.open("/login")
    log_in(careful, user.email, site.password)
    careful.goto("/account/totp")
    careful.locator("#code").fill(code(SECRET, NOW))
    careful.locator("main button.primary").click()
    careful.locator("#recovery-codes").wait_for()
    for name, is_synced in {"iCloud Keychain": 1, "YubiKey in the drawer": 0}.items():
        added = (is_synced, is_synced, name, stored(NOW - timedelta(days=40)), None)
        passkeys.add(site.db, Passkey(name[0], user.id, name, "", 0, "", "", *added))
    halfway = log_in(site.open("/login"), user.email, site.password)
    return {"careful": careful.context.storage_state(), "halfway": halfway}


def log_in(page: Page, email: str, password: str) -> StorageState:
    """Try it, for two weeks; gives the cookies."""
    page.locator("#email").fill(email)
    page.locator("#password").fill(password)
    page.locator("#remember").check()
    page.locator("main button.primary").click()
    page.locator("#dashboard-panel, .summary, #second-step").wait_for()
    return page.context.storage_state()


def show(site: Site, keys: dict[str, StorageState | None], picture: Picture) -> Page:
    """Open the page and bring it into its state."""
    page = site.open(
        picture.path,
        storage_state=keys[picture.who],
        viewport=picture.size._asdict(),
        color_scheme=picture.scheme,
    )
    picture.act(page)
    return page


def taken(page: Page) -> bytes:
    """What is in its window, as WebP."""
    page.evaluate(STEADY)
    asked = {"format": "webp", "quality": QUALITY}
    picture = page.context.new_cdp_session(page).send("Page.captureScreenshot", asked)
    page.context.close()
    return base64.b64decode(picture["data"])


def _side_by_side(site: Site, pictures: list[bytes]) -> bytes:
    page = site.browser.new_page(viewport={"width": 20 + 2 * HALF.width + 20, "height": 20 + HALF.height})
    images = [f'<img src="data:image/webp;base64,{base64.b64encode(picture).decode()}">' for picture in pictures]
    page.set_content(FRAME + "".join(images))
    return taken(page)


def _save(name: str, picture: bytes) -> None:
    (FOLDER / f"{name}.webp").write_bytes(picture)


if __name__ == "__main__":
    main()
