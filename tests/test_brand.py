"""A name of one's own: name, logo, accent and contact by settings, on every page and nowhere the old name."""

import json
import re
import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, render_template_string

from tests.browser import Browser
from tests.fixtures import Clock, logged_in, person
from tests.server import Server
from webapp import create_app
from webapp.accounts import roles
from webapp.accounts.actor import COMMAND_LINE
from webapp.brand import Unfit, logo, words
from webapp.config import BadSetting

# Its script would change the page that it is in.
SVG = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 60 20"><style>rect { fill: #0b57d0 }</style>
<rect width="60" height="20"/><script>document.documentElement.append("It ran.")</script></svg>"""
NAME = "Acme &amp; Söhne"
OLD = re.compile("latchkey", re.IGNORECASE)
# Names that browsers and operators know, and readers do not.
TECHNICAL = re.compile(r'LATCHKEY_|"latchkey-|`latchkey-|latchkey\.db')

Start = Callable[..., Flask]


def png(width: int, height: int) -> bytes:
    """A whole PNG in one colour."""
    parts = {
        b"IHDR": struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0),
        b"IDAT": zlib.compress(b"\0" * (1 + (width + 7) // 8) * height),
        b"IEND": b"",
    }
    packed = (struct.pack(">I", len(data)) + name + data + _checksum(name + data) for name, data in parts.items())
    return logo.SIGNATURE + b"".join(packed)


def _checksum(data: bytes) -> bytes:
    return struct.pack(">I", zlib.crc32(data))


@pytest.fixture
def branded(settings: dict[str, Any], clock: Clock, cheap_hashes: None) -> Iterator[Start]:
    """Starts apps with these settings; a `logo` is a file's content."""
    apps: list[Flask] = []

    def start(**given: Any) -> Flask:
        if logo := given.pop("logo", None):
            given["LOGO"] = str(file := Path(settings["INSTANCE"]) / "given")
            file.write_bytes(logo.encode() if isinstance(logo, str) else logo)
        apps.append(create_app(settings | given, clock))
        return apps[-1]

    yield start
    for app in apps:
        app.extensions["database"].close()


@pytest.fixture
def acme(branded: Start) -> Flask:
    return branded(NAME="Acme & Söhne", logo=SVG, ACCENT="#0b57d0", CONTACT="help@acme.example")


def test_the_sites_own_name_is_no_user_name_and_no_password(acme: Flask) -> None:
    stranger = Browser(acme)
    for name in ("acme-sohne", "Acme.Sohne"):
        answer = stranger.client.post("/signup/username", data={"username": name})
        assert "That user name is reserved. Choose another." in answer.text
    for password in ("Acme & Söhne", "acmesohne"):
        answer = stranger.client.post("/signup/password", data={"password": password})
        assert "the site&#39;s" in answer.text, answer.text


@pytest.mark.parametrize("language", ["en", "de"])
def test_no_page_says_the_old_name(acme: Flask, htmx: bool, language: str) -> None:
    seen: list[str] = []
    acme.after_request(lambda answer: seen.append(answer.get_data(as_text=True)) or answer)
    stranger, alice, grace = (_reader(acme, htmx, language) for _ in range(3))
    addresses = [
        rule.rule for rule in acme.url_map.iter_rules() if "GET" in (rule.methods or ()) and "<" not in rule.rule
    ]
    assert len(addresses) > 25
    logged_in(alice, "alice")
    logged_in(grace, "grace")
    db = acme.extensions["database"]
    roles.give(db, COMMAND_LINE, person(db, "grace"), "admin")
    user = f"/admin/users/{person(db, 'alice').id}"
    for browser in (stranger, alice, grace):
        for address in (*addresses, user, f"{user}/disable", "/nowhere"):
            browser.client.get(address)
            browser.client.get(address, headers={"HX-Request": "true"})
        browser.client.post("/login", headers={"Sec-Fetch-Site": "cross-site"})
        browser.client.delete("/login")
        for status in (400, 408, 413, 503):
            browser.client.get("/", environ_overrides={"latchkey.refused": status})
    alice.visit("/account/data").submit("export-form")
    assert "attachment; filename=acme-sohne-" in alice.answer.headers["Content-Disposition"]
    stranger.visit("/signup").submit("signup-form", password="acme")
    assert sum(f"– {NAME}</title>" in text for text in seen) > 100
    for text in (text for text in seen if not text.startswith("# HELP")):
        assert not OLD.search(TECHNICAL.sub("", text)), text


def test_each_place_has_the_new_name(acme: Flask) -> None:
    browser = Browser(acme).visit("/login")
    assert browser.page.title is not None and browser.page.title.text == "Log in – Acme & Söhne"
    brand, footer = browser.page.select_one("a.brand"), browser.page.footer
    assert brand is not None and brand.text == "Acme & Söhne"
    assert footer is not None and footer.text.strip().startswith("Acme & Söhne keeps your account")
    offline = acme.test_client().get("/offline").text
    assert f"You are offline – {NAME}</title>" in offline and f"{NAME}</a>" in offline
    manifest = json.loads(acme.test_client().get("/manifest.webmanifest").text)
    assert (manifest["name"], manifest["short_name"]) == ("Acme & Söhne", "Acme & Söhne")


def test_two_apps_in_one_process_each_show_their_own(branded: Start) -> None:
    one, two, three = branded(NAME="Acme"), branded(NAME="Zenith", logo=png(200, 100)), branded()
    for app, name in ((one, "Acme"), (two, "Zenith"), (three, "Latchkey"), (one, "Acme")):
        page = app.test_client().get("/login").text
        assert {word for word in ("Acme", "Zenith", "Latchkey") if word in page} == {name}
        assert app.extensions["assets"]["logo"] in page


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ('{{ _("Welcome to %(site)s.") }}', "Welcome to &lt;Acme&gt;."),
        ('{{ _("%(name)s has come to %(site)s.", name="A&B") }}', "A&amp;B has come to &lt;Acme&gt;."),
        ('{% set told = _("%(site)s!") %}{{ told }}', "&lt;Acme&gt;!"),
        ('{{ _("100 % of %s") }}', "100 % of %s"),
    ],
)
def test_a_templates_sentence_has_the_name(branded: Start, source: str, text: str) -> None:
    with branded(NAME="<Acme>").test_request_context():
        assert render_template_string(source) == text


def test_the_command_line_says_the_new_name_or_none(acme: Flask) -> None:
    runner = acme.test_cli_runner()
    commands = (["--help"], ["serve", "--help"], ["user", "--help"], ["user", "create", "--help"], ["role", "--help"])
    others = (["demo", "--people", "3"], ["demo"], ["user", "list"], ["user", "show", "x"], ["user", "promote", "x"])
    for arguments in (*commands, *others):
        output = runner.invoke(args=arguments).output
        assert output and "Latchkey" not in output, output


def test_the_servers_first_line_says_it_and_no_line_says_the_old_one(start_server: Callable[..., Server]) -> None:
    server = start_server(NAME="Acme", WORKERS="1")
    server.ask("POST", "/login", b"email=a%40b&password=c")
    server.ask("GET", "/nowhere")
    assert f"Acme is at {server.url}" in server.log and "Latchkey" not in server.log


def test_without_settings_no_style_sheet_is_added(app: Flask) -> None:
    assert "brand" not in str(app.extensions["assets"].keys())
    assert "/static/brand." not in app.test_client().get("/login").text


@pytest.mark.parametrize("path", ["/login", "/", "/offline"])
def test_brand_css_is_linked_last_and_kept_by_the_service_worker(acme: Flask, path: str) -> None:
    client = acme.test_client()
    sheets = re.findall(r'<link rel="stylesheet" href="([^"]+)"', client.get(path).text)
    assert sheets[-1] == acme.extensions["assets"]["brand.css"] and re.search(r"brand\.[0-9a-f]{12}\.css", sheets[-1])
    files = json.loads(re.findall(r"const FILES = (\[.*?\]);", client.get("/sw.js").text)[0])
    assert {sheets[-1], acme.extensions["assets"]["logo"]} <= set(files) and len(files) == len(set(files))
    with client.get(sheets[-1]) as answer:
        css = answer.text
    assert "--brass:light-dark(#0b57d0,#" in css.replace(" ", "")


def test_the_kept_files_have_another_name_when_the_site_has(branded: Start) -> None:
    versions = {branded(NAME=name).test_client().get("/sw.js").text.split("latchkey-")[1][:12] for name in ("A", "B")}
    assert len(versions) == 2


# The logo.


@pytest.mark.parametrize(
    ("content", "is_told"),
    [(SVG.encode(), False), (png(144, 144), False), (png(100, 100), True), (png(400, 150), True)],
    ids=["svg", "square", "small", "wide"],
)
def test_the_start_tells_of_a_logo_that_is_no_icon(
    start_server: Callable[..., Server], tmp_path: Path, content: bytes, is_told: bool
) -> None:
    """Chromium then has none for the installed app: ours would be another's."""
    (tmp_path / "logo").write_bytes(content)
    server = start_server(LOGO=str(tmp_path / "logo"), WORKERS="1")
    assert ("LATCHKEY_LOGO is no square of 144 pixels or more" in server.log) is is_told


def test_a_logo_stands_in_header_icons_and_manifest(branded: Start) -> None:
    client = (app := branded(logo=png(200, 100))).test_client()
    address = app.extensions["assets"]["logo"]
    assert re.fullmatch(r"/static/logo\.[0-9a-f]{12}\.png", address)
    page = client.get("/").text
    assert f'<img src="{address}" alt="" width="64" height="32">' in page
    assert f'<link rel="icon" href="{address}" type="image/png">' in page
    assert f'<link rel="apple-touch-icon" href="{address}">' in page
    assert f'<img src="{address}" alt="" width="256" height="256">' in page
    assert "icons/" not in page
    manifest = json.loads(client.get("/manifest.webmanifest").text)
    icon = {"src": address, "sizes": "200x100", "type": "image/png"}
    assert manifest["icons"] == [icon | {"purpose": "any"}]
    assert [shortcut["icons"] for shortcut in manifest["shortcuts"]] == [[icon], [icon]]


def test_an_svg_is_of_any_size(branded: Start) -> None:
    client = branded(logo=SVG).test_client()
    manifest = json.loads(client.get("/manifest.webmanifest").text)
    assert [(icon["sizes"], icon["type"]) for icon in manifest["icons"]] == [("any", "image/svg+xml")]
    assert "apple-touch-icon" not in client.get("/").text and 'width="96" height="32"' in client.get("/").text


@pytest.mark.parametrize("name", ["logo", "icons/icon.svg"])
def test_an_image_that_is_opened_by_itself_may_do_nothing(acme: Flask, name: str) -> None:
    client, address = acme.test_client(), acme.extensions["assets"][name]
    with client.get(address) as answer:
        policy = answer.headers.getlist("Content-Security-Policy")
        tag = answer.headers["ETag"]
        assert answer.content_type.startswith("image/svg+xml") and answer.headers["X-Content-Type-Options"] == "nosniff"
    with client.get(address, headers={"If-None-Match": tag}) as again:
        assert again.status_code == 304 and again.headers.getlist("Content-Security-Policy") == policy
    assert policy == ["default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"]


def test_the_page_of_an_image_that_is_not_there_has_the_policy_of_pages(acme: Flask) -> None:
    answer = acme.test_client().get("/static/logo.000000000000.svg")
    assert answer.status_code == 404 and "style-src 'self'" in answer.headers["Content-Security-Policy"]


BOMB = '<!DOCTYPE svg [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><svg xmlns="http://www.w3.org/2000/svg">&b;</svg>'
BAD_LOGOS: dict[str, tuple[str | bytes, str]] = {
    "of 5 MB": (b"\x89PNG\r\n\x1a\n" + b"\0" * 5_000_000, "is larger than 64 KiB"),
    "that is text": ("No image.", "neither a PNG nor a well-formed SVG"),
    "that is a PNG by its first bytes alone": (b"\x89PNG\r\n\x1a\n", "is damaged"),
    "that ends too soon": (png(200, 200)[:-20], "is damaged"),
    "with a wrong checksum": (png(200, 200).replace(b"IDAT", b"IDAU"), "is damaged"),
    "of no pixels": (png(0, 200), "of 0 by 200 pixels"),
    "of too many pixels": (png(5000, 2), "of 5000 by 2 pixels"),
    "that is a GIF": (b"GIF89a\x01\x00\x01\x00\x80\x00\x00", "neither a PNG nor"),
    "that is HTML": ("<html><body/></html>", "its root must be"),
    "without the namespace": ("<svg/>", "its root must be"),
    "that is not well-formed": ('<svg xmlns="http://www.w3.org/2000/svg"><g></svg>', "well-formed SVG: mismatched tag"),
    "with a DTD": (BOMB, "which has a DTD"),
    "with a doctype alone": ('<!DOCTYPE svg><svg xmlns="http://www.w3.org/2000/svg"/>', "which has a DTD"),
    "in an unknown encoding": ('<?xml version="1.0" encoding="no-such"?><svg/>', "neither a PNG nor"),
    "that is empty but for a line": ("\n", "neither a PNG nor"),
}


@pytest.mark.parametrize(("content", "reason"), BAD_LOGOS.values(), ids=BAD_LOGOS)
def test_a_logo_that_is_none_stops_the_start(branded: Start, content: str | bytes, reason: str) -> None:
    with pytest.raises(BadSetting, match=rf"^LATCHKEY_LOGO is .*/given, .*{re.escape(reason)}") as bad:
        branded(logo=content)
    assert bad.value.message.endswith(".") and "\n" not in bad.value.message


def test_a_logo_that_is_missing_or_a_folder_stops_the_start(branded: Start, tmp_path: Path) -> None:
    for path in (tmp_path / "none.svg", tmp_path):
        with pytest.raises(BadSetting, match=r"^LATCHKEY_LOGO is .*, and no file is there\.$"):
            branded(LOGO=str(path))


def test_it_is_known_by_its_content_and_not_by_its_name(tmp_path: Path) -> None:
    (path := tmp_path / "logo.svg").write_bytes(png(16, 16))
    assert (logo.read(str(path)).type, logo.read(str(path)).size) == ("image/png", (16, 16))


@pytest.mark.parametrize(
    ("attributes", "shown"),
    [
        ('viewBox="0 0 24 24"', (32, 32)),
        ('viewBox="0,0,300,100"', (96, 32)),
        ('width="100" height="200"', (16, 32)),
        ('width="20mm" height="5%" viewBox="0 0 1000 10"', (128, 1)),
        ('width="100%" height="100%"', (32, 32)),
        ('viewBox="0 0 0 -1"', (32, 32)),
        ('viewBox="a b"', (32, 32)),
    ],
)
def test_the_header_keeps_its_proportion(tmp_path: Path, attributes: str, shown: tuple[int, int]) -> None:
    (path := tmp_path / "x").write_text(f'<svg xmlns="http://www.w3.org/2000/svg" {attributes}/>')
    assert logo.read(str(path)).shown == shown


# The other settings.


@pytest.mark.parametrize(
    "name", ["x" * 41, "Acme\nLtd", "Acme\x1b[31m", "Acme\u202e", "Acme\0", "\u200b", "–", "   ", "Acme\u2028Ltd"]
)
def test_a_bad_name_stops_the_start(branded: Start, name: str) -> None:
    with pytest.raises(BadSetting, match=r"^LATCHKEY_NAME (must be one line of 1 to 40|holds nothing but blanks)"):
        branded(NAME=name)


@pytest.mark.parametrize("name", ["x" * 40, "Müller & Töchter", "<b>Acme</b>", "会社", "7", "%(site)s"])
def test_a_good_name_is_shown_as_it_is(branded: Start, name: str) -> None:
    browser = Browser(branded(NAME=name)).visit("/login")
    brand = browser.page.select_one("a.brand")
    assert brand is not None and brand.text == name
    assert browser.page.footer is not None and browser.page.footer.text.strip().startswith(f"{name} keeps your")


@pytest.mark.parametrize(
    ("name", "file"),
    [("Acme", "acme"), ("Müller & Töchter", "muller-tochter"), ("../x", "x"), ("会社", "account"), ("A\u00b2", "a2")],
)
def test_a_file_is_named_after_it(name: str, file: str) -> None:
    assert words.file_name(name) == file


@pytest.mark.parametrize(
    "contact",
    [
        "javascript:alert(1)", "JavaScript:alert(1)//@x.example", "data:text/html,x", "//evil.example", "/help", "help",
        "https://", "https:///x", "http://user@x.example", "https://a..b", "https://x.example:99999", "ftp://x.example",
        "help@", "@acme.example", "a b@acme.example", "help@acme.example, b@acme.example", "help@acme..example",
        "Acme <help@acme.example>", "https://x.example/\n", "https://x.example/a b", "mailto:help@acme.example",
        f"https://x.example/{'a' * 300}", "help@äcme.example", 'https://x.example/"<b>\u202e',
    ],
)  # fmt: skip
def test_a_contact_that_is_none_is_refused(contact: str) -> None:
    with pytest.raises(Unfit, match=r"must be an email address or an address such as https://example\.org/help, not "):
        words.contact(contact)


@pytest.mark.parametrize(
    ("contact", "link"),
    [
        ("help@acme.example", "mailto:help@acme.example"),
        ("a?bcc=b&c@acme.example", "mailto:a%3Fbcc%3Db%26c@acme.example"),
        ("https://acme.example/help?a=1&b=2#c", "https://acme.example/help?a=1&b=2#c"),
        ("http://[2001:db8::1]:8080/", "http://[2001:db8::1]:8080/"),
    ],
)
def test_a_contact_is_a_link_under_every_error_page(branded: Start, contact: str, link: str) -> None:
    app = branded(CONTACT=contact)
    for status in (400, 404, 405, 408, 413, 500, 503):
        browser = Browser(app)
        browser.client.environ_base["latchkey.refused"] = status
        found = browser.visit("/").page.select(f'main a:-soup-contains("{contact}")')
        assert browser.answer.status_code == status and [each["href"] for each in found] == [link]


def test_without_a_contact_there_is_none(app: Flask) -> None:
    assert "You can get help at" not in app.test_client().get("/nowhere").text


def test_in_german_it_is_there_too(branded: Start) -> None:
    client = branded(CONTACT="help@acme.example").test_client()
    assert (
        'Hilfe bekommen Sie unter <a href="mailto:help@acme.example">'
        in client.get("/nowhere", headers={"Accept-Language": "de"}).text
    )


def _reader(app: Flask, htmx: bool, language: str) -> Browser:
    browser = Browser(app, htmx)
    browser.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = language
    return browser
