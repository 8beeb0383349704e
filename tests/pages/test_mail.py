"""Mail in a real browser: what asks for it, what its links open, and the HTML part as a mail program shows it."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from db import Database
from tests.fixtures import database_url
from tests.mailbox import Letter
from tests.pages.test_accessibility import (
    AXE,
    CLIPPED,
    OVERFLOW,
    RULES,
    SMALL,
    assert_axe_finds_nothing,
    violations,
)
from tests.screens import (
    DESK,
    PHONE,
    Keys,
    Person,
    Screens,
    fill_in_signup,
    flashes,
    heading,
    password_of,
    path,
    press,
    somebody,
)
from tests.server import QUICK, Server
from webapp.accounts import outbox, signup
from webapp.accounts.actor import COMMAND_LINE, Actor
from webapp.brand.colours import Colour, contrast

NEW = "another horse battery"
# Of the words, of the links, and of what both lie on.
COLOURS_OF_MAIL = """() => {
  const paper = document.body.appendChild(document.createElement("hr"));
  paper.style.background = "Canvas";
  return [["p", "color"], ["a", "color"], ["hr", "backgroundColor"]].map(([name, property]) =>
    getComputedStyle(document.querySelector(name))[property].match(/\\d+/g).map(Number));
}"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mailing")


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Server]:
    """A server that sends mail, by the thread that each of its processes has."""
    with database_url(folder) as url:
        server = Server(folder, url, MAIL_URL=f"folder:{folder}/mail")
        server.command = QUICK
        with server:
            yield server


@pytest.fixture(scope="module")
def keys() -> Keys:
    return {}


@pytest.fixture(scope="module")
def _database_of_server(server: Server) -> Iterator[Database]:
    with closing(server.database()) as database:
        yield database


@pytest.fixture
def database(_database_of_server: Database) -> Database:
    return _database_of_server


class Post:
    """Waits for mails to one person."""

    def __init__(self, page: Page, folder: Path) -> None:
        self._page, self._folder = page, folder

    def to(self, person: Person, subject: str = "") -> Letter:
        """The newest mail to this person with this in its subject, once it is there."""
        for _ in range(300):
            for file in sorted((self._folder / "mail").glob("*.eml"), reverse=True):
                letter = Letter(file.read_bytes())
                if letter.to == person.email and subject in letter.subject:
                    return letter
            self._page.wait_for_timeout(50)
        raise AssertionError(f"no mail to {person.email}")


@pytest.fixture
def page(screens: Screens, javascript: bool) -> Page:
    return screens.open(javascript=javascript)


@pytest.fixture
def post(screens: Screens, folder: Path) -> Post:
    return Post(screens.open(), folder)


def _member(database: Database) -> Person:
    person = somebody()
    signup.sign_up(database, COMMAND_LINE, person.name, person.email, person.password)
    return person


def _ask(page: Page, address: str, person: Person, button: str) -> None:
    page.goto(address)
    page.get_by_label("Email address").fill(person.email)
    press(page, button)
    expect(heading(page)).to_have_text("Check your mail")


def test_somebody_signs_up_by_mail_and_logs_in(page: Page, post: Post) -> None:
    page.goto("/signup")
    fill_in_signup(page, person := somebody())
    press(page, "Sign up")
    expect(heading(page)).to_have_text("Check your mail")
    page.goto(post.to(person).link)
    press(page, "Create the account")
    expect(flashes(page)).to_have_text("Account created! Please log in.")
    expect(password_of(page)).to_be_focused()
    page.keyboard.type(person.password)
    page.keyboard.press("Enter")
    expect(heading(page)).to_have_text(f"Welcome back, {person.name}!")


def test_a_forgotten_password_is_reset_and_undone(page: Page, post: Post, database: Database) -> None:
    person = _member(database)
    page.goto("/login")
    page.get_by_role("link", name="Reset the password").click()
    page.get_by_label("Email address").fill("x")
    press(page, "Mail me a link")
    expect(page.locator("#email-error")).to_contain_text("Enter an email address, like name@example.com.")
    page.get_by_label("Email address").fill(person.email)
    press(page, "Mail me a link")
    expect(heading(page)).to_have_text("Check your mail")
    page.goto(post.to(person).link)
    page.get_by_label("New password").fill(NEW)
    press(page, "Save the new password")
    expect(flashes(page)).to_have_text("Your password is changed. Please log in.")
    page.goto(post.to(person, "was reset").link)
    press(page, "This was not me")
    expect(heading(page)).to_have_text("Check your mail")
    page.goto(post.to(person, "locked").link)
    expect(heading(page)).to_have_text("Choose a new password")


def test_a_code_is_typed_where_it_was_asked_for(page: Page, post: Post, database: Database) -> None:
    person = _member(database)
    _ask(page, "/login/link?next=/account", person, "Mail me a code and a link")
    page.get_by_label("Code").fill("BBBB-BBBB")
    press(page, "Log in")
    expect(page.locator("#code-error")).to_contain_text("That code is not right, or its time is over.")
    page.get_by_label("Code").fill(post.to(person).code.lower())
    press(page, "Log in")
    expect(heading(page)).to_have_text("Profile")


def test_a_link_logs_in_the_browser_in_which_it_is_opened(
    screens: Screens, page: Page, post: Post, database: Database
) -> None:
    person = _member(database)
    _ask(screens.open(), "/login/link", person, "Mail me a code and a link")
    page.goto(post.to(person).link)
    press(page, "Log in")
    expect(heading(page)).to_have_text(f"Welcome back, {person.name}!")


@pytest.mark.parametrize("javascript", [True])
def test_a_password_is_rated_beside_its_field(page: Page, post: Post, javascript: bool, database: Database) -> None:
    person = _member(database)
    _ask(page, "/reset", person, "Mail me a link")
    page.goto(post.to(person).link)
    page.get_by_label("New password").fill("12345678")
    page.keyboard.press("Tab")
    expect(page.locator("#password-error")).not_to_be_empty()


@pytest.mark.parametrize("javascript", [True])
def test_what_a_page_behind_a_link_loads_is_not_told_the_token(
    page: Page, post: Post, javascript: bool, database: Database
) -> None:
    person = _member(database)
    _ask(page, "/reset", person, "Mail me a link")
    told: list[str] = []
    page.on("request", lambda request: told.append(request.headers.get("referer", "")))
    link = post.to(person).link
    page.goto(link)
    page.wait_for_load_state("networkidle")
    assert len(told) > 3 and not [referer for referer in told if link in referer]


def _pages(screens: Screens, post: Post, database: Database) -> Iterator[tuple[str, Any]]:
    """The address of each page that mail brings, and the cookies of the browser that sees it."""
    asked, person = screens.open(), somebody()
    asked.goto("/signup")
    fill_in_signup(asked, person)
    press(asked, "Sign up")
    expect(heading(asked)).to_have_text("Check your mail")
    yield "/signup/sent", asked.context.storage_state()
    yield post.to(person).link, None
    yield post.to(person).link, asked.context.storage_state()
    member = _member(database)
    _ask(asked, "/reset", member, "Mail me a link")
    yield from (("/reset", None), ("/reset/sent", asked.context.storage_state()))
    yield post.to(member).link, None
    _ask(asked, "/login/link", member, "Mail me a code and a link")
    yield from (("/login", None), ("/login/link", None), ("/login/code", asked.context.storage_state()))
    link = post.to(member, "Log in at").link
    yield link, None
    asked.goto(link)
    press(asked, "Log in")
    expect(heading(asked)).to_have_text(f"Welcome back, {member.name}!")
    asked.goto("/account/data")
    asked.request.post("/account/username", form={"username": f"{member.name}2", "csrf_token": _token(asked)})
    yield post.to(member, "user name").link, None
    yield from (("/undo/done", None), (f"/reset/{'x' * 43}", None), ("/account", asked.context.storage_state()))
    database.run("UPDATE users SET role = 'admin' WHERE email = :email", email=member.email)
    with database.transaction():
        outbox.add(database, Actor(), outbox.Kind.NO_ACCOUNT, f"{'a' * 60}@{'b' * 60}.example")
        database.run(
            "UPDATE outbox SET failed_at = created_at, sent_at = NULL, error = :error WHERE sent_at IS NULL",
            error=f"550 5.1.1 <{'a' * 60}@example.com>: Recipient address rejected",
        )
    for address in ("/admin/mail?state=failed", "/admin/mail?state=waiting", "/admin/invitations", "/admin"):
        yield address, asked.context.storage_state()


def _token(page: Page) -> str:
    return str(page.locator("input[name=csrf_token]").first.get_attribute("value"))


@pytest.mark.parametrize("javascript", [True])
def test_every_page_is_for_everybody(screens: Screens, post: Post, javascript: bool, database: Database) -> None:
    """Axe in light and dark, in both languages, at 320 and 1280 px; nothing cut off, sideways or small."""
    screens.expect_trouble("status of 404")
    for address, state in _pages(screens, post, database):
        for language in ("en", "de"):
            page = screens.open(address, storage_state=state, locale=language)
            assert_axe_finds_nothing(page)
            for viewport in (PHONE, DESK):
                page.set_viewport_size(viewport)
                found = page.evaluate(OVERFLOW), page.evaluate(CLIPPED), page.evaluate(SMALL)
                assert found == (0, [], []), (address, language, viewport)
            page.context.close()


@pytest.mark.parametrize("javascript", [True])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_html_part_is_read_in_light_and_dark(
    screens: Screens, post: Post, javascript: bool, scheme: str, database: Database
) -> None:
    person = _member(database)
    page = screens.open()
    _ask(page, "/login/link", person, "Mail me a code and a link")
    letter = post.to(person)
    page = screens.open("about:blank", color_scheme=scheme)
    page.set_content(letter.html)
    # Axe takes the paper for white, whatever the client has.
    page.evaluate(AXE)
    assert (
        violations(
            page, RULES, {name: {"enabled": False} for name in ("region", "landmark-one-main", "color-contrast")}
        )
        == []
    )
    text, link, paper = (Colour(*found) for found in page.evaluate(COLOURS_OF_MAIL))
    assert (text == (255, 255, 255)) is (scheme == "dark"), "the client's own colours"
    assert contrast(text, paper) > 7 and contrast(link, paper) > 4.5
    for viewport in (PHONE, DESK):
        page.set_viewport_size(viewport)
        assert page.evaluate(OVERFLOW) == 0
    page.get_by_role("link", name="/login/link/").click()
    assert path(page).startswith("/login/link/")
