"""Reading pages in one's own language: as the browser asks, or as the profile says."""

import json
import re

import pytest
from flask import Flask, render_template_string
from playwright.sync_api import expect

from db import Database, events
from tests.browser import Browser
from tests.fixtures import Clock, log_in, logged_in, person, sign_up
from tests.screens import Screens, become, flashes, heading, press, somebody
from tests.test_overload import Door
from webapp.accounts import admin
from webapp.languages.sentences import say, say_number
from webapp.server import front_door


def _asking(browser: Browser, wish: str) -> Browser:
    browser.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = wish
    return browser


@pytest.mark.parametrize(
    ("wish", "language"),
    [
        ("de", "de"),
        ("de-AT,de;q=0.9,en;q=0.5", "de"),
        ("fr,de;q=0.5", "de"),
        ("en-GB,en;q=0.9,de;q=0.8", "en"),
        ("fr", "en"),
        ("*", "en"),
        ("", "en"),
        ("de;q=x,;;=", "en"),
        ("\xff\x00", "en"),
    ],
)
def test_a_stranger_reads_what_the_browser_asks_for(app: Flask, wish: str, language: str) -> None:
    page = _asking(Browser(app), wish).visit("/login").page
    assert page.html is not None and (page.html["lang"], page.html["dir"]) == (language, "ltr")
    assert page.h1 is not None and page.h1.text == {"de": "Anmelden", "en": "Log in"}[language]


def test_a_browser_that_asks_for_nothing_gets_english(browser: Browser) -> None:
    assert browser.visit("/login").heading() == "Log in"


def test_a_whole_visit_in_german(browser: Browser) -> None:
    _asking(browser, "de")
    browser.visit("/signup").submit("signup-form", username="a", email="x", password="y")
    assert browser.errors() == {
        "username": "Fehler: Der Benutzername muss aus 2 bis 32 Buchstaben (a bis z), Ziffern, Punkten, Binde- oder"
        " Unterstrichen bestehen.",
        "email": "Fehler: Geben Sie eine E-Mail-Adresse ein, etwa name@example.com.",
        "password": "Fehler: Das Passwort muss mindestens 8 Zeichen lang sein.",
    }
    assert browser.page.title is not None and browser.page.title.text == "Fehler: Registrieren – Latchkey"
    sign_up(browser, "alice")
    assert browser.flashes() == ["Ihr Konto ist angelegt! Bitte melden Sie sich an."]
    log_in(browser, "alice")
    assert browser.heading() == "Willkommen zurück, alice!" and "Rolle: Benutzer" in browser.text()
    assert "Stand: 15:09 UTC" in browser.text()


def test_the_profile_says_which_language_whatever_the_browser_asks_for(alice: Browser, db: Database) -> None:
    alice.visit("/account").submit("language-form", language="de")
    assert alice.flashes() == ["Ihre Sprache ist gespeichert."] and alice.heading() == "Profil"
    assert person(db, "alice").language == "de"
    _asking(alice, "en")
    assert alice.visit("/dashboard").heading() == "Willkommen zurück, alice!"
    alice.visit("/account").submit("language-form", language="en")
    assert alice.flashes() == ["Your language is saved."]
    _asking(alice, "de")
    assert alice.visit("/dashboard").heading() == "Welcome back, alice!"
    alice.visit("/account").submit("language-form", language="browser")
    assert alice.heading() == "Profil" and person(db, "alice").language is None


def test_each_reads_their_own(alice: Browser, bob: Browser, app: Flask) -> None:
    alice.visit("/account").submit("language-form", language="de")
    assert bob.visit("/account").heading() == "Profile"
    assert Browser(app).visit("/login").heading() == "Log in"
    alice.visit("/logout").submit("logout-form")
    assert alice.heading() == "Log in", "who has logged out is a stranger again"


@pytest.mark.parametrize("language", ["", "xx", "DE", None, "de\0"])
def test_a_language_that_is_none_is_refused(alice: Browser, db: Database, language: str | None) -> None:
    alice.visit("/account").submit("language-form", language=language)
    assert alice.answer.status_code == 422 and list(alice.errors()) == ["language"]
    assert person(db, "alice").language is None


def test_bytes_that_are_no_utf_8_are_refused(app: Flask, db: Database) -> None:
    alice = logged_in(Browser(app), "alice").visit("/account")
    body = f"csrf_token={alice.value('csrf_token')}&language=%ff"
    answer = alice.client.post("/account/language", data=body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 422 and person(db, "alice").language is None


def test_a_stale_token_brings_the_choice_back(alice: Browser, db: Database) -> None:
    alice.visit("/account").submit("language-form", csrf_token="stale", language="de")
    assert alice.answer.status_code == 422 and person(db, "alice").language is None
    chosen = alice.page.select_one("#language option[selected]")
    assert chosen is not None and chosen["value"] == "de"


def test_a_language_that_was_taken_away_is_none(alice: Browser, db: Database) -> None:
    with db.transaction():
        db.run("UPDATE users SET language = 'tlh'")
    assert alice.visit("/dashboard").heading() == "Welcome back, alice!"


def test_the_language_is_among_ones_data(alice: Browser) -> None:
    alice.visit("/account").submit("language-form", language="de")
    alice.visit("/account/data").submit("export-form")
    held = json.loads(alice.answer.text)
    assert held["account"]["language"] == "de"
    assert held["events"][0]["sentence"] == "All data downloaded", "a file is for programs, in English"


def test_errors_and_refusals_are_in_german(app: Flask, htmx: bool) -> None:
    browser = _asking(Browser(app), "de")
    headers = {"HX-Request": "true"} if htmx else {}
    assert "Unter dieser Adresse gibt es keine Seite." in browser.client.get("/nowhere", headers=headers).text
    assert "Diese Seite war zu lange geöffnet" in browser.client.post("/signup", headers=headers).text
    refused = browser.client.post("/signup", headers=headers | {"Origin": "http://elsewhere.example"})
    assert refused.status_code == 403 and "von einer anderen Website" in refused.text


def test_a_throttle_says_in_german_how_long(app: Flask, htmx: bool) -> None:
    browser = _asking(Browser(app, htmx), "de")
    for _ in range(6):
        log_in(browser, "alice", password="wrong")
    assert (
        browser.answer.status_code == 429 and "Aus diesem versuchen Sie es in 5 Minuten noch einmal." in browser.text()
    )


def test_two_languages_never_share_a_chart(alice: Browser, db: Database) -> None:
    for day in ("12", "13"):
        events.add(db, 1, "logged_in", None, "", "", "", "", f"2026-03-{day} 12:00:00")
    alice.visit("/dashboard")
    assert "Log-ins in the last 30 days" in alice.text() and "3 log-ins and 0 failed log-ins;" in alice.text()
    _asking(alice, "de").visit("/dashboard")
    assert "Anmeldungen in den letzten 30 Tagen" in alice.text()
    assert "3 Anmeldungen und 0 fehlgeschlagene Anmeldungen;" in alice.text()
    assert not re.search(r"log-ins|failed|The same", alice.text())


def test_moments_follow_the_language(alice: Browser, clock: Clock) -> None:
    clock.advance(hours=-3)
    _asking(alice, "de")
    clock.advance(hours=3, minutes=20)
    assert "vor 20 Min." in alice.visit("/account/activity").text()


def test_numbers_follow_the_language(grace: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    days = tuple(admin.Day("2026-03-14", 0, 0, failed) for failed in (2469, 0, 3))
    cards = admin.Cards(12_345, 1, 2, 0, 0, 0, None, days, "2026-03-14 15:09:26")
    monkeypatch.setattr(admin, "cards", lambda _: cards)
    assert "People 12,345" in grace.visit("/admin/cards").text() and "usually 1,234.5 a day" in grace.text()
    _asking(grace, "de").visit("/admin/cards")
    assert "Personen 12.345" in grace.text() and "sonst 1.234,5 am Tag" in grace.text()


def test_what_is_kept_by_caches_says_what_it_depends_on(app: Flask) -> None:
    for path in ("/", "/login", "/manifest.webmanifest", "/offline"):
        answer = app.test_client().get(path, headers={"Accept-Language": "de"})
        assert "Accept-Language" in answer.headers["Vary"]
    assert json.loads(app.test_client().get("/manifest.webmanifest").text)["lang"] == "en"
    assert "Sie sind offline" in app.test_client().get("/offline", headers={"Accept-Language": "de"}).text


def test_whoever_comes_too_late_is_refused_in_their_language(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    door = Door(app, monkeypatch)
    monkeypatch.setattr(front_door, "MOST_IN_HAND", 0)
    for wish, heading_ in (("de-CH", "Überlastet"), ("en", "Busy"), ("de", "Überlastet")):
        assert f"<h1>{heading_}</h1>" in door.ask("/login", accept_language=wish)[1].decode()


def test_the_installed_app_asks_nobody_who_it_is(app: Flask, db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    alice = logged_in(Browser(app), "alice").visit("/account").submit("language-form", language="de")
    monkeypatch.setattr(db, "one", None)
    for path in ("/manifest.webmanifest", "/offline", "/sw.js"):
        assert alice.client.get(path).status_code == 200
    assert "You are offline" in alice.client.get("/offline").text


def test_devices_and_the_command_line_have_german_words(app: Flask, db: Database, htmx: bool) -> None:
    agent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:147.0) Gecko/20100101 Firefox/147.0"
    alice = _asking(Browser(app, htmx), "de")
    alice.client.environ_base["HTTP_USER_AGENT"] = agent
    logged_in(alice, "alice")
    app.test_cli_runner().invoke(args=["user", "promote", "alice@example.com"])
    assert "Firefox auf Windows" in alice.visit("/account/sessions").text()
    text = alice.visit("/account/activity").text()
    assert "Rolle geändert (von Benutzer zu Admin) von der Befehlszeile" in text


def test_html_in_a_name_is_no_html_in_any_language(app: Flask, db: Database) -> None:
    alice = logged_in(Browser(app), "alice")
    with db.transaction():
        db.run("UPDATE users SET username = '<b>%(name)s</b>'")
    for wish in ("en", "de"):
        assert "&lt;b&gt;%(name)s&lt;/b&gt;" in _asking(alice, wish).visit("/dashboard").answer.text


def test_a_sentence_is_its_english_text() -> None:
    assert say("100%") == "100%" and say("At least %(number)s.", number=8) == "At least 8."
    assert say_number("%(number)s day", "%(number)s days", 1) == "1 day"
    assert say_number("%(number)s day", "%(number)s days", 0) == "0 days"


def test_the_script_speaks_german(screens: Screens) -> None:
    screens.expect_trouble("net::ERR_|htmx:error")
    page = screens.open("/login", locale="de-DE")
    page.get_by_role("button", name="Passwort anzeigen").click()
    expect(page.get_by_text("Ihr Passwort ist sichtbar.")).to_be_attached()
    page.get_by_label("E-Mail-Adresse").fill("somebody@example.com")
    page.context.set_offline(True)
    press(page, "Anmelden")
    expect(flashes(page)).to_have_text("Sie sind offline. Es wurde nichts gesendet.")


def test_choosing_a_language_changes_the_page_in_chromium(screens: Screens) -> None:
    page = become(screens.open(), somebody(), "/account")
    page.get_by_label("Language").select_option(label="Deutsch")
    press(page, "Save language")
    expect(flashes(page)).to_have_text("Ihre Sprache ist gespeichert.")
    expect(heading(page)).to_have_text("Profil")
    expect(page.locator("html")).to_have_attribute("lang", "de")


def test_a_template_made_from_a_string_speaks_the_readers_language(app: Flask) -> None:
    with app.test_request_context(headers={"Accept-Language": "de"}):
        assert render_template_string('{{ _("Log out") }}, {{ text }}', text=say("Log in")) == "Abmelden, Anmelden"


def test_a_global_that_is_added_after_the_first_page_is_refused(app: Flask) -> None:
    Browser(app).visit("/login")
    with pytest.raises(TypeError):
        app.jinja_env.globals["motto"] = "too late"
    with pytest.raises(TypeError):
        app.jinja_env.filters["shout"] = str.upper
