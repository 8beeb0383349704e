"""Security headers, on every answer."""

from collections.abc import Iterator
from typing import Any

import flask
import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient

from tests.browser import Browser
from tests.fixtures import PASSWORD
from webapp import create_app
from webapp.auth import public
from webapp.hypermedia import let_forms_lead_to
from webapp.server.headers import POLICY

PATHS = ["/", "/login", "/nowhere", "/admin", "/healthz", "/offline", "/sw.js", "/manifest.webmanifest"]


@pytest.mark.parametrize("path", PATHS)
def test_every_page_carries_them(app: Flask, path: str) -> None:
    _carries_them(app.test_client().get(path))


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_static_files_carry_them_too(app: Flask, method: str) -> None:
    with app.test_client().open(app.extensions["assets"]["css/site.css"], method=method) as answer:
        _carries_them(answer)


def test_errors_carry_them(app: Flask) -> None:
    client = app.test_client()
    _carries_them(client.post("/", headers={"Sec-Fetch-Site": "cross-site"}))
    _carries_them(client.delete("/login"))
    _carries_them(client.get("/login", headers={"Host": "evil.example"}))


@pytest.mark.parametrize(
    ("path", "way"),
    [
        (f"/dashboard?{'%25' * 1000}", "/login"),
        (f"/account/activity?{'a' * 1900}", f"/login?next=/account/activity?{'a' * 1900}"),
        (f"/account/sessions/{'%25' * 2600}", "/login"),
        (f"/account?name={'é' * 500}", "/login"),
        (f"/account//activity?{'a' * 7000}", "http://localhost/account/activity"),
    ],
)
def test_a_strangers_long_address_is_cut_on_the_way_to_the_log_in(app: Flask, path: str, way: str) -> None:
    answer = app.test_client().get(path)
    assert answer.status_code in {303, 308} and answer.location.replace("%3F", "?") == way


def test_over_htmx_it_is_cut_too(app: Flask) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": f"http://localhost/account/activity?{'%25' * 2600}"}
    answer = app.test_client().get("/account/activity", headers=headers)
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (401, "/login")


@pytest.mark.parametrize(
    ("wish", "way"),
    [
        (f"/account/activity?{'é' * 400}", "/account/activity"),
        (f"/account/sessions/{'%25' * 2600}", "/dashboard"),
        (f"/account/activity?{'a' * 1900}", f"/account/activity?{'a' * 1900}"),
    ],
)
@pytest.mark.parametrize("page", ["login", "signup", "confirm"])
def test_a_way_on_that_is_too_long_loses_its_query_or_ends_at_the_dashboard(
    alice: Browser, htmx: bool, page: str, wish: str, way: str
) -> None:
    address, headers = f"/{page}?next={wish}", {"HX-Request": "true"} if htmx else {}
    if page == "confirm":
        token = alice.visit(address).value("csrf_token")
        answer = alice.client.post(address, data={"password": PASSWORD, "csrf_token": token}, headers=headers)
    else:
        answer = alice.client.get(address, headers=headers)
    assert answer.headers["HX-Redirect" if htmx else "Location"] == way


def test_nothing_may_run_that_is_not_a_file_of_ours(app: Flask) -> None:
    page = app.test_client().get("/signup").text
    assert "<style" not in page and " style=" not in page and " onclick=" not in page
    assert "unsafe" not in POLICY["Content-Security-Policy"]


def test_pages_are_compressed_for_who_can_read_that(app: Flask) -> None:
    client = app.test_client()
    packed = client.get("/signup", headers={"Accept-Encoding": "gzip, br"})
    assert packed.headers["Content-Encoding"] == "gzip" and len(packed.data) < 2500
    assert "Accept-Encoding" in packed.headers["Vary"]
    assert "Content-Encoding" not in client.get("/signup").headers
    assert "Content-Encoding" not in client.get("/signup", headers={"Accept-Encoding": "gzip;q=0"}).headers


def test_a_permanent_session_is_renewed_by_each_page_that_looks_at_it(app: Flask) -> None:
    @app.get("/<any(begin, look):what>")
    @public
    def show(what: str) -> str:
        if what == "begin":
            flask.session.permanent = True
        return str(flask.session.permanent)

    client = app.test_client()
    client.get("/begin")
    assert "Expires=" in client.get("/look").headers["Set-Cookie"]


def test_browsers_keep_the_welcome_page_of_a_visitor_for_the_way_back(app: Flask, alice: Browser) -> None:
    client = app.test_client()
    assert client.get("/").headers["Cache-Control"] == "private, no-cache"
    assert "Cookie" in client.get("/").headers["Vary"]
    for path, headers in (("/login", {}), ("/signup", {}), ("/", {"HX-Request": "true"}), ("/nowhere", {})):
        assert client.get(path, headers=headers).headers["Cache-Control"] == "no-store", path
    assert alice.client.get("/").headers["Cache-Control"] == "no-store"


def test_under_https_cookies_and_browser_keep_to_it(settings: dict[str, Any], cheap_hashes: None) -> None:
    app = create_app(settings | {"PUBLIC_URL": "https://id.example"})
    client = app.test_client()
    answer = client.get("/login", base_url="https://id.example")
    assert answer.headers["Strict-Transport-Security"] == "max-age=63072000; includeSubDomains"
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-visitor=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
    login = _log_in_cookie(client)
    assert login.startswith("__Host-session=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(login.split("; "))
    app.extensions["database"].close()


def _log_in_cookie(client: FlaskClient) -> str:
    """The cookie that a log-in under https leaves."""
    fields = {"username": "alice", "email": "alice@example.com", "password": PASSWORD}
    for path in ("/signup", "/login"):
        page = BeautifulSoup(client.get(path, base_url="https://id.example").text, "html.parser")
        token = page.select("input[name=csrf_token]")[0]["value"]
        answer = client.post(path, base_url="https://id.example", data=fields | {"csrf_token": token})
        assert answer.status_code == 303
    return next(cookie for cookie in answer.headers.getlist("Set-Cookie") if "session=" in cookie)


def _carries_them(answer: Any) -> None:
    missing = {name for name in POLICY if name not in answer.headers}
    assert not missing
    assert answer.headers["Content-Security-Policy"] == POLICY["Content-Security-Policy"]


@pytest.fixture
def leading(settings: dict[str, Any]) -> Iterator[Flask]:
    """With a page whose forms may lead to one more origin."""
    app = create_app(settings)

    @app.get("/leading/<path:origin>")
    @public
    def show(origin: str) -> str:
        let_forms_lead_to(origin)
        return ""

    yield app
    app.extensions["database"].close()


@pytest.mark.parametrize("origin", ["https://app.example", "http://127.0.0.1:5000", "http://[::1]:5000"])
def test_one_answer_may_name_where_its_forms_lead(leading: Flask, origin: str) -> None:
    client = leading.test_client()
    policy = client.get(f"/leading/{origin}").headers["Content-Security-Policy"]
    assert f"form-action 'self' {origin};" in policy
    assert client.get("/login").headers["Content-Security-Policy"] == POLICY["Content-Security-Policy"]


@pytest.mark.parametrize(
    "origin", ["https://app.example/path", "https://app.example; script-src *", "javascript:x", "*"]
)
def test_what_is_no_origin_is_a_mistake(leading: Flask, origin: str) -> None:
    leading.testing = True
    with pytest.raises(ValueError, match="is no origin"):
        leading.test_client().get(f"/leading/{origin}")
