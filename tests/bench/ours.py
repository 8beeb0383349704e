"""Latchkey with one page more: the tutorial's own dashboard, its templates too, behind our door."""

from flask import render_template
from flask.templating import Environment
from flask.typing import ResponseReturnValue
from jinja2 import FileSystemLoader

from tests.bench.servers import PEERS
from webapp import create_app
from webapp.auth import current_user, login_required

app = create_app()
# As Flask makes one, which looks for changed files in debug mode alone: the tutorial's templates are in no catalog of
# ours.
templates = Environment(app, loader=FileSystemLoader(PEERS / "templates"), autoescape=True, auto_reload=False)
page = templates.get_template("dashboard.html")


@login_required
def tutorial() -> ResponseReturnValue:
    user = current_user()
    assert user
    return render_template(page, user={"username": user.name, "role": user.role})


app.add_url_rule("/tutorial", view_func=tutorial)
