"""Errors: in the site's own look, saying how to go on, losing nothing."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask, abort

import db
from tests.browser import Browser, checked
from tests.fixtures import PASSWORD, logged_in
from webapp import create_app, errors
from webapp.auth import public
from webapp.hypermedia import form_again


@pytest.fixture
def broken(settings: dict[str, Any], cheap_hashes: None) -> Iterator[Flask]:
    """An app with pages that fail on purpose."""
    app = create_app(settings)
    app.config["PROPAGATE_EXCEPTIONS"] = False

    @app.get("/fail/<int:status>")
    @public
    def fail(status: int) -> str:
        abort(status)

    @app.get("/crash")
    @public
    def crash() -> str:
        raise RuntimeError("secret detail")

    @app.get("/refused")
    @public
    def shown() -> str:
        return "the form"

    @app.post("/refused")
    @public
    def refused() -> Any:
        return form_again(429, "Too many tries.")

    yield app
    app.extensions["database"].close()


@pytest.mark.parametrize("status", sorted(errors.PROBLEMS))
def test_each_status_has_a_page(broken: Flask, status: int) -> None:
    answer = broken.test_client().get(f"/fail/{status}")
    page = checked(answer)
    assert answer.status_code == status
    assert page.h1 is not None and page.h1.text == errors.PROBLEMS[status][0]
    assert page.select_one("main a[href='/']") and page.select_one("nav")


@pytest.mark.parametrize("status", sorted(errors.PROBLEMS))
def test_over_htmx_nothing_is_replaced_and_the_sentence_is_flashed(broken: Flask, status: int) -> None:
    answer = broken.test_client().get(f"/fail/{status}", headers={"HX-Request": "true"})
    assert answer.status_code == status
    assert answer.headers["HX-Reswap"] == "none"
    assert errors.PROBLEMS[status][1].split("'")[0] in answer.text and "<html" not in answer.text


@pytest.mark.parametrize("status", [429, 503])
def test_a_refusal_says_when_to_come_back(broken: Flask, status: int) -> None:
    assert int(broken.test_client().get(f"/fail/{status}").headers["Retry-After"]) > 0


def test_a_refused_form_is_shown_again_with_its_status(broken: Flask) -> None:
    client = broken.test_client()
    token = Browser(broken)
    token.client = client
    fields = {"csrf_token": token.visit("/login").value("csrf_token")}
    answer = client.post("/refused", data=fields)
    assert (answer.status_code, answer.text, answer.headers["Retry-After"]) == (429, "the form", "60")


def test_a_crash_tells_nothing_of_its_cause(broken: Flask, caplog: pytest.LogCaptureFixture) -> None:
    answer = broken.test_client().get("/crash")
    assert answer.status_code == 500 and "secret detail" not in answer.text
    assert "Something went wrong" in answer.text
    assert "secret detail" in caplog.text


@pytest.mark.parametrize("path", ["/", "/login", "/signup", "/logout", "/signup/email", "/offline", "/healthz"])
@pytest.mark.parametrize("method", ["DELETE", "PUT", "PATCH", "BREW"])
def test_a_wrong_method_is_answered_in_our_look_and_names_the_right_ones(app: Flask, path: str, method: str) -> None:
    answer = app.test_client().open(path, method=method)
    assert answer.status_code == 405 and {"GET", "POST"} & set(answer.headers["Allow"].split(", "))
    checked(answer)


def test_a_wrong_content_type_brings_the_form_back(app: Flask) -> None:
    client = app.test_client()
    for content_type in ("application/json", "text/plain", "multipart/form-data", "image/png", "nonsense"):
        for path in ("/signup", "/login"):
            answer = client.post(path, data=b'{"email": "alice@example.com"}', content_type=content_type)
            assert answer.status_code == 422, content_type
            checked(answer)
        assert client.post("/signup/email", data=b"{}", content_type=content_type).status_code == 200


@pytest.mark.parametrize("path", ["/login", "/signup", "/signup/email", "/logout"])
def test_a_body_over_64_kib_is_refused(app: Flask, path: str) -> None:
    answer = app.test_client().post(path, data={"email": "a" * 65 * 1024})
    assert answer.status_code == 413
    checked(answer)


def test_a_thousand_fields_are_refused(app: Flask) -> None:
    answer = app.test_client().post("/login", data={f"f{number}": "x" for number in range(1000)})
    assert answer.status_code == 400
    checked(answer)


@pytest.mark.parametrize("path", ["/%ff", "/%00", "/%2e%2e/%2e%2e/etc/passwd", "/static/../config.py", "/login/"])
def test_an_address_that_is_none_is_not_found(app: Flask, path: str) -> None:
    assert app.test_client().get(path).status_code in {308, 404}


@pytest.mark.parametrize("query", ["next=%ff%fe", "next=%00", "next=" + "a" * 5000, "next=/a&next=/b", "%", "&&&="])
def test_a_strange_query_is_no_error(app: Flask, query: str) -> None:
    assert app.test_client().get(f"/login?{query}").status_code == 200


@pytest.mark.parametrize("cookie", ["session=%ff", "session=\x7f", "visitor=x.y.z", "session=" + "a" * 9000, "=;=;"])
def test_a_strange_cookie_is_no_error(app: Flask, cookie: str) -> None:
    answer = app.test_client(use_cookies=False).get("/signup", headers={"Cookie": cookie})
    assert answer.status_code == 200


def test_a_foreign_host_header_is_refused(app: Flask) -> None:
    answer = app.test_client().get("/login", headers={"Host": "evil.example"})
    assert answer.status_code == 400 and "evil.example" not in answer.text


def test_what_was_typed_comes_back_when_the_database_cannot_be_written(
    app: Flask, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(*_: object, **__: object) -> None:
        raise db.Unavailable("database is locked")

    browser.visit("/signup")
    with monkeypatch.context() as patch:
        patch.setattr(db.users, "add", locked)
        browser.submit("signup-form", username="alice", email="alice@example.com", password=PASSWORD)
    assert browser.answer.status_code == 503
    refusal = browser.page.select_one("#flashes [data-retry-after]")
    assert refusal is not None and refusal["data-retry-after"] == browser.answer.headers["Retry-After"] == "5"
    assert (browser.value("username"), browser.value("email")) == ("alice", "alice@example.com")
    browser.submit("signup-form", password=PASSWORD)
    assert browser.flashes()[-1] == "Account created! Please log in."


def test_a_page_whose_database_is_gone_says_so(alice: Browser, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: object, **__: object) -> None:
        raise db.Unavailable("gone")

    for verb in ("one", "all", "run"):
        monkeypatch.setattr(app.extensions["database"], verb, gone)
    answer = alice.client.get("/dashboard")
    assert answer.status_code == 503 and answer.headers["Retry-After"] == "5" and 'data-retry-after="5"' in answer.text
    assert alice.client.get("/healthz").status_code == 503
    assert Browser(app).client.get("/login").status_code == 200


def test_an_errors_page_is_shown_to_somebody_logged_in_while_the_database_is_gone(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object, **__: object) -> None:
        raise db.Unavailable("gone")

    for verb in ("one", "all", "run"):
        monkeypatch.setattr(app.extensions["database"], verb, gone)
    client = app.test_client(use_cookies=False)
    cookie = {"Cookie": "session=abc"}
    assert checked(client.get("/nowhere", headers=cookie)).select_one("nav")
    assert client.delete("/login", headers=cookie).status_code == 405
    assert client.get("/login", headers=cookie | {"Host": "evil.example"}).status_code == 400
    assert client.post("/logout", headers=cookie | {"Sec-Fetch-Site": "cross-site"}).status_code == 403


def test_the_server_is_healthy(app: Flask) -> None:
    answer = app.test_client().get("/healthz")
    assert (answer.status_code, answer.text) == (200, "ok")


def test_a_form_that_is_sent_while_the_database_is_gone_is_503(alice: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: object, **__: object) -> None:
        raise db.Unavailable("gone")

    fields = {"csrf_token": alice.visit("/account").value("csrf_token"), "username": "alicia"}
    for verb in ("one", "all", "run"):
        monkeypatch.setattr(alice.app.extensions["database"], verb, gone)
    for path in ("/account/username", "/account/password", "/account/delete", "/confirm", "/expiry"):
        for headers in ({}, {"HX-Request": "true"}):
            answer = alice.client.post(path, data=fields, headers=headers)
            assert answer.status_code == 503 and answer.headers["Retry-After"], path


def test_a_page_and_a_part_are_never_mistaken_for_each_other(app: Flask) -> None:
    """Every address that is read, in both worlds, for a stranger and for somebody logged in."""
    alice = logged_in(Browser(app), "alice")
    session_id = str(alice.visit("/account/sessions").page.select(".row")[0]["id"])[8:]
    rules = [rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())]
    for rule in rules:
        path = re.sub(r"<any\(([^,]+).*>", r"\1", rule.rule.replace("<session_id>", session_id))
        for client in (alice.client, app.test_client()):
            part, page = client.get(path, headers={"HX-Request": "true"}), client.get(path)
            assert part.status_code < 500 and page.status_code < 500, path
            if "HX-Request" in page.headers.get("Vary", ""):
                assert "<html" not in part.text, path
                assert page.status_code == 303 or "<html" in page.text, path
