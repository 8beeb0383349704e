"""The page that shows every partial in every state, to whoever works on the style."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from tests.browser import Browser
from tests.pages.test_accessibility import assert_axe_finds_nothing
from tests.screens import Screens
from tests.server import Server
from webapp import create_app

PARTIALS = Path(__file__).parent.parent / "webapp/partials"


def test_in_production_there_is_no_such_page(app: Flask) -> None:
    assert app.test_client().get("/styleguide").status_code == 404
    assert "/styleguide" not in {rule.rule for rule in app.url_map.iter_rules()}


def test_it_shows_every_partial_and_is_whole(
    settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FLASK_DEBUG", "1")
    app = create_app(settings | {"MAIL_URL": f"folder:{tmp_path}/mail"})
    Browser(app).visit("/styleguide")
    (english,) = app.jinja_env.by_language.values()
    drawn = {name for _, name in english.cache.keys()}  # noqa: SIM118
    assert {f"partials/{path.name}" for path in PARTIALS.iterdir()} <= drawn
    app.extensions["database"].close()


def test_axe_finds_nothing(
    screens: Screens, start_server: Callable[..., Server], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FLASK_DEBUG", "1")
    page = screens.open(f"{start_server(MAIL_URL=f'folder:{tmp_path}/mail').url}/styleguide")
    # A part that is shown in two states is there twice, with its landmarks.
    assert_axe_finds_nothing(page, {"landmark-unique": {"enabled": False}})
