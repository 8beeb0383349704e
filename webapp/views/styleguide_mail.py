"""Each mail in each language, plain and as HTML, for work on the texts; in `just dev` alone."""

from flask import Blueprint, Flask, Response, abort, current_app, render_template
from flask.typing import ResponseReturnValue

from webapp.accounts.outbox import Kind
from webapp.auth import public
from webapp.config import sends_mail
from webapp.languages.reader import known
from webapp.mail.sender import of

blueprint = Blueprint("styleguide_mail", __name__, url_prefix="/styleguide/mail")


def is_for(app: Flask) -> bool:
    return app.debug and sends_mail(app)


IS_FOR = is_for
# A mail has its styles in itself: mail programs load no sheet.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"


@blueprint.get("")
@public
def show() -> ResponseReturnValue:
    messages, languages = of(current_app).messages, known().values()
    mails = [(kind, [(language, messages.sample(kind, language)) for language in languages]) for kind in Kind]
    # What it says if the address has an account.
    taken = [(language, messages.sample(Kind.NEW_EMAIL, language, is_known=True)) for language in languages]
    mails.append((Kind.NEW_EMAIL, taken))
    return render_template("styleguide_mail.html", mails=mails)


@blueprint.get("/<kind>/<code>")
@public
def as_html(kind: str, code: str) -> ResponseReturnValue:
    if kind not in set(Kind) or code not in known():
        abort(404)
    html = of(current_app).messages.sample(Kind(kind), known()[code]).html
    return Response(html, headers={"Content-Security-Policy": POLICY})
