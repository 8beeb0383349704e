"""Addresses that pages lead to: made anew for each request, since they hold what it has sent."""

import gc
import tracemalloc

from flask import Flask, url_for
from werkzeug.test import EnvironBuilder, run_wsgi_app

from webapp.server import hosts


def test_they_lead_to_the_host_that_was_asked(app: Flask) -> None:
    for host in ("localhost", "127.0.0.1:8000", "localhost"):
        with app.test_request_context("/", headers={"Host": host}):
            assert url_for("home.show", _external=True) == f"http://{host}/"


def test_a_relative_one_leads_to_the_blueprint_that_answers(app: Flask) -> None:
    for path in ("/login", "/signup"):
        with app.test_request_context(path):
            assert url_for(".show") == path


def test_a_list_is_a_value_like_any_other(app: Flask) -> None:
    with app.test_request_context("/"):
        assert url_for("login.show", next=["/a", "/b"]) == "/login?next=/a&next=/b"


def test_what_strangers_send_is_not_kept(app: Flask) -> None:
    """Two thousand addresses of 20 kB each stayed in memory for good."""
    for number in range(20):
        _ask(app, number)
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for number in range(20, 120):
        _ask(app, number)
    gc.collect()
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert grown < 200_000


def test_a_host_is_looked_at_and_forgotten_where_it_is_too_long_to_be_one(app: Flask) -> None:
    hosts._name.cache_clear()
    answer = app.test_client().get("/", headers={"Host": "a" * 5000})
    assert answer.status_code == 400 and hosts._name.cache_info().currsize == 0


def _ask(app: Flask, number: int) -> None:
    """Without the tests' own client, which keeps addresses itself."""
    environ = EnvironBuilder("/login").get_environ() | {"QUERY_STRING": f"next=/{number}{'x' * 20_000}"}
    pieces, status, _ = run_wsgi_app(app.wsgi_app, environ)
    assert status.startswith("200") and b"".join(pieces)
