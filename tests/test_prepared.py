"""What the tests' apps share: without it they take twice as long, and nothing else would tell."""

from typing import Any

import jinja2
import pytest
from flask import Flask
from werkzeug import routing

from tests.browser import Browser
from webapp import create_app


def test_a_second_app_compiles_nothing_anew(
    app: Flask, settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    Browser(app).visit("/login")
    monkeypatch.setattr(jinja2.Environment, "compile", None)
    monkeypatch.setattr(routing.Rule, "_compile_builder", None)
    second = create_app(settings)
    assert second.extensions["languages"]["de"] is app.extensions["languages"]["de"]
    assert Browser(second).visit("/login").heading() == "Log in"
    second.extensions["database"].close()
