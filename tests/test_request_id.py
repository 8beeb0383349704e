"""The id of a request: on every answer, and believed from a proxy alone."""

import re
from typing import Any

import pytest
from flask import Flask

from tests.browser import checked
from webapp import create_app
from webapp.auth import public


@pytest.mark.parametrize("path", ["/login", "/nowhere", "/healthz", "/admin"])
def test_every_answer_has_an_id_of_its_own(app: Flask, path: str) -> None:
    ids = {app.test_client().get(path).headers["X-Request-ID"] for _ in range(3)}
    assert len(ids) == 3 and all(re.fullmatch("[0-9a-f]{16}", name) for name in ids)


def test_files_and_refusals_have_one_too(app: Flask) -> None:
    client = app.test_client()
    with client.get(app.extensions["assets"]["css/site.css"]) as answer:
        assert answer.status_code == 200 and "X-Request-ID" in answer.headers
    answer = client.get("/", headers={"Host": "evil.example"})
    assert answer.status_code == 400 and "X-Request-ID" in answer.headers


@pytest.mark.parametrize(
    ("proxies", "given", "is_taken"),
    [
        ("0", "abc", False),
        ("1", "abc", True),
        ("1", "a.b_C-" + "9" * 58, True),
        ("1", "a" * 65, False),
        ("1", "", False),
        ("1", "a b", False),
        ("1", "a\u00e9", False),
        ("1", "a,b", False),
        ("1", "<script>", False),
    ],
)
def test_the_id_that_came_counts_behind_a_proxy(
    settings: dict[str, Any], proxies: str, given: str, is_taken: bool
) -> None:
    app = create_app(settings | {"TRUSTED_PROXIES": proxies})
    answer = app.test_client().get("/healthz", headers={"X-Request-ID": given})
    assert (answer.headers["X-Request-ID"] == given) is is_taken
    assert is_taken or re.fullmatch("[0-9a-f]{16}", answer.headers["X-Request-ID"])
    app.extensions["database"].close()


def test_a_crash_says_which_id_to_name(settings: dict[str, Any]) -> None:
    app = create_app(settings)
    app.config["PROPAGATE_EXCEPTIONS"] = False

    @app.get("/crash")
    @public
    def crash() -> str:
        raise RuntimeError

    answer = app.test_client().get("/crash")
    code = checked(answer).select_one("main code")
    assert code is not None and code.text == answer.headers["X-Request-ID"]
    assert not checked(app.test_client().get("/nowhere")).select("main code")
    app.extensions["database"].close()
