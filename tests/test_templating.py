"""Templates: what is put into them when they are compiled, and what is asked anew for each page."""

import pytest
from flask import Flask, render_template_string, url_for
from werkzeug.routing import BuildError

from webapp.auth import public
from webapp.languages.reader import current


def _compiled(app: Flask, source: str) -> str:
    """The template as Python."""
    with app.test_request_context():
        return str(app.jinja_env._in(current()).compile(source, raw=True))


@pytest.mark.parametrize(
    ("call", "text"),
    [
        ('url_for("login.show")', "/login"),
        ("asset('app.js')", "/static/app."),
        ('brand("name")', "Latchkey"),
        ('_("Log in")', "Log in"),
    ],
)
def test_what_never_changes_is_looked_up_once(app: Flask, call: str, text: str) -> None:
    for source in (f'<a href="{{{{ {call} }}}}">', f'{{% set found = {call} %}}<a href="{{{{ found }}}}">'):
        assert f"resolve('{call.partition('(')[0]}')" not in _compiled(app, source)
        with app.test_request_context():
            assert f'<a href="{text}' in render_template_string(source)


def test_an_address_with_values_or_of_another_page_is_asked_for(app: Flask) -> None:
    assert "resolve('url_for')" in _compiled(app, "{{ url_for(page) }}")
    source = '{{ url_for("session.show", session_id=text) }} {{ url_for(page) }}'
    with app.test_request_context():
        assert render_template_string(source, text="a b", page="login.show") == "/account/sessions/a%20b /login"


def test_an_attribute_and_a_filter_of_the_same_name_are_their_own(app: Flask) -> None:
    app.jinja_env.filters["asset"] = lambda text, more: f"{text} {more}"
    source = """{{ thing.url_for("login.show") }} {{ "a" | asset("b") }}"""
    with app.test_request_context():
        assert render_template_string(source, thing={"url_for": str.upper}) == "LOGIN.SHOW a b"


def test_outside_of_a_request_flask_says_what_it_needs(app: Flask) -> None:
    with app.app_context(), pytest.raises(RuntimeError, match="SERVER_NAME"):
        url_for("login.show")


def test_a_page_that_is_not_there_is_missed_only_where_it_is_shown(app: Flask) -> None:
    with app.test_request_context():
        assert render_template_string('{% if is_there %}{{ url_for("nowhere.show") }}{% endif %}', is_there=False) == ""
        with pytest.raises(BuildError):
            render_template_string('{{ url_for("nowhere.show") }}')


def test_an_address_is_no_html(app: Flask) -> None:
    app.add_url_rule("/this&that", "odd", public(lambda: ""))
    with app.test_request_context():
        assert render_template_string('{{ url_for("odd") }}') == "/this&amp;that"


def test_what_a_team_puts_into_all_addresses_is_in_them(app: Flask) -> None:
    app.add_url_rule("/<code>/page", "paged", public(lambda code: code))
    app.url_defaults(lambda endpoint, values: values.setdefault("code", "de") if endpoint == "paged" else None)
    with app.test_request_context():
        assert render_template_string('{{ url_for("paged") }} {{ url_for("login.show") }}') == "/de/page /login"
        assert url_for("paged") == "/de/page"
