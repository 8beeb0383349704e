"""Every partial in each of its states on one page, for work on the style sheets; in `just dev` alone."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from operator import attrgetter
from types import SimpleNamespace
from typing import Any, NamedTuple

from flask import Blueprint, current_app, render_template
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from webapp.accounts import admin, blocks, dashboard, events, invitations, limits, outbox, people, sessions, undo
from webapp.accounts.fields.declared import Field
from webapp.accounts.fields.kinds import KINDS
from webapp.accounts.fields.values import Shown
from webapp.accounts.passkeys import Passkey
from webapp.accounts.people import User
from webapp.accounts.recovery_codes import Left
from webapp.accounts.saved_views import SavedView
from webapp.accounts.totp import Totp
from webapp.auth import navigation, public
from webapp.auth.first_steps import Entry
from webapp.config import sends_mail
from webapp.forms import Form
from webapp.forms.admin_acts import ActForm, RoleForm
from webapp.forms.confirm import ConfirmCodeForm, ConfirmForm
from webapp.forms.fields import FieldsForm
from webapp.forms.invitation import InvitationForm, InviteForm
from webapp.forms.login import LoginForm
from webapp.forms.login_link import CodeForm, LoginLinkForm
from webapp.forms.passkeys import PasskeyNameForm
from webapp.forms.password_change import PasswordForm
from webapp.forms.profile import FORMS
from webapp.forms.reset import AddressForm, NewPasswordForm
from webapp.forms.saved_views import SavedViewForm
from webapp.forms.second_step import CodeForm as StepForm
from webapp.forms.second_step import RecoveryCodeForm
from webapp.forms.session_name import SessionNameForm
from webapp.forms.signup import SignupForm
from webapp.forms.verification import VerifyForm
from webapp.hypermedia import lists
from webapp.hypermedia.looks import Notice
from webapp.languages.reader import known
from webapp.languages.sentences import say
from webapp.languages.zones import as_options

blueprint = Blueprint("styleguide", __name__)
IS_FOR = attrgetter("debug")

NOW, EARLIER = "2026-03-14 15:09:26", "2026-03-13 09:00:00"
ALICE = User(1, "alice", "alice@example.com", "", "admin", EARLIER, None, "2026-03-21 15:09:26", "leaving", None, None)
BOB = User(2, "bob", "bob@example.com", "", "user", EARLIER, NOW, None, "disabled", None, None)
DEVICES = ("Firefox on Windows", "Chrome on Android", "Safari on macOS")
SESSIONS = [
    SimpleNamespace(id=str(n), device=device, address="203.0.113.7", created_at=EARLIER, last_seen_at=NOW, name="")
    for n, device in enumerate(DEVICES)
]
SESSIONS[1].name = "Work phone"
EVENTS = [
    SimpleNamespace(
        id=n, kind=kind, session_id="0", actor="grace" if n == 2 else "", address="203.0.113.7", device=DEVICES[0],
        detail="Left us." if n == 2 else "", created_at=NOW, user_id=None if n == 1 else 2, username="bob",
    )
    for n, kind in enumerate(["logged_in", "login_failed", "disabled", "password_changed"])
]  # fmt: skip
LISTED, NOTHING = SimpleNamespace(events=EVENTS, older=1), SimpleNamespace(events=[], older=None)
DAYS = tuple(
    admin.Day(str(date(2026, 2, 13) + timedelta(day)), day * 7 % 13, day * 5 % 17, day * 3 % 5, day * 5 % 11)
    for day in range(30)
)
NUMBERS = admin.Cards(1234, 78, 120, 2, 1, 3, ("203.0.113.7", 5), DAYS, NOW)
BLOCKS = [
    blocks.Block("a" * 12, limits.STRANGERS.about, "", NOW, 2, "bob"),
    blocks.Block("b" * 12, limits.A_MINUTE.about, "203.0.113.0/24", NOW, None, None),
]
ADVICE = [
    dashboard.Advice(True, say("Your password is less than a year old"), "password_change"),
    dashboard.Advice(False, say("Look at the failed log-ins: was it you?"), "activity"),
]
NOTICES = [
    Notice(ADVICE[1].sentence, "/admin/blocks", "block"),
    Notice(NUMBERS.failures_told, "/admin/events?kind=login_failed"),
]
OTHERS = SimpleNamespace(sessions=SESSIONS[1:], number=1, older=None)
SEEN = {"sessions": SESSIONS, "days": DAYS, "failed": 2, "failed_since": EARLIER, "advice": ADVICE, "read": NOW,
        "newest": None}  # fmt: skip
NEWCOMER = SEEN | {"sessions": SESSIONS[:1], "failed": 0, "newest": EVENTS}
FIRST_STEPS = [Entry(advice.sentence, "#main", advice.is_done) for advice in ADVICE]
PEOPLE = people.Page([ALICE, BOB], 2, 2)
ROLES = {name: name for name in ("admin", "editor", "user")}
ASKED = {"kind": "disabled"}
VIEWS = [SavedView("1", "users", "Admins", "role=admin"), SavedView("2", "users", "Those who leave", "state=leaving")]
FIELDS = tuple(
    Field(kind, say(kind.capitalize()), kind, kind == "choice", choices=["a", "b"] if kind == "choice" else ())
    for kind in KINDS
)
INVITED = invitations.Page(
    [invitations.Invitation(n, f"{name}@example.com", "user", "grace", EARLIER, NOW) for n, name in enumerate("ab")], 1
)
APP = Totp(1, "", "", 0, EARLIER)
KEYS = [
    Passkey("a1", 1, "", "", 0, "internal", "", 1, 1, "Google Password Manager", EARLIER, NOW),
    Passkey("b2", 1, "", "", 0, "usb", "", 0, 0, "Blue key", EARLIER, None),
]
RESET = ALICE._replace(factors_reset_at=NOW, factors_reset_why="Lost the phone")
CODES = ["4h2k-9mqz-07tv-xw3c-r8dn-5pge"] * 10
FAILED = "550 5.1.1 No such user"
MAILS = [
    outbox.Mail(n, kind, 2, "bob@example.com", "", "{}", "", "", EARLIER, NOW, NOW, 3, None, None, NOW, FAILED)
    for n, kind in enumerate((outbox.Kind.RESET, outbox.Kind.NEW_DEVICE))
]
FLASHES = [("success", "Your password is changed."), ("error", "Nothing was done."), ("message", "A newer one is out.")]
PROBLEMS = {"person": "Nobody has this user name or address.", "since": "Enter a day, like 2026-03-14."}


class Specimen(NamedTuple):
    """A partial as it looks in a state."""

    partial: str
    state: str
    context: Mapping[str, Any]


SAMPLES: dict[str, Any] = {
    # Nothing on this page may act: its forms have no valid token.
    "csrf_token": lambda: "none",
    "current_session": lambda: SESSIONS[0],
    "current_user": lambda: ALICE,
    "expiry": lambda: sessions.Expiry(NOW, 3600, True),
    "drawn_cards": lambda **_: [],
    "links": lambda menu: [_current(entry) for entry in navigation.of(menu, ALICE)],
    "form": None,
    "get_flashed_messages": lambda **_: FLASHES,
    "now": lambda: NOW,
    "request": SimpleNamespace(path="/account/password", full_path="/account/password", method="GET",
                               endpoint="profile.show", args={}),
    "act": say("Let new browsers try again."), "shut_until": NOW,
    "asked": ASKED, "filters": ASKED, "order": {}, "cancel": "#main", "consequence": "All sessions end at once.",
    "users": [BOB], "user_id": "2", "role": "user", "own": ALICE, "views": VIEWS, "query_now": "role=admin",
    "waiting": "", "email": "alice@example.com", "token": "x" * 43, "what": "signup", "link": "", "sends_mail": True,
    "gone": ["department"], "list_address": "/admin/users", "listed_as": "users", "carried": {},
    "back": lists.Way("#main", "Sessions", [], {}),
    "before": 7, "blocks": BLOCKS, "cards": NUMBERS, "days": DAYS, "focus": None, "found": SESSIONS[1],
    "happened": EVENTS, "here": SESSIONS[0], "is_own": False, "kinds": events.SENTENCES, "least": 8,
    "listed": LISTED, "live": SESSIONS, "newest": EVENTS, "notices": NOTICES, "others": OTHERS, "dashboard": SEEN,
    "steps": FIRST_STEPS,
    "people": [ALICE, BOB], "problems": {}, "weeks": None,
    "fields": (), "choices": (),
    "query": people.Query(), "roles": ROLES, "span": 30, "spans": admin.SPANS, "states": people.STATES,
    "app": APP, "passkeys": KEYS, "codes": [], "few": 3, "left": Left(9, NOW), "has_factor": True, "is_needed": False,
    "key": KEYS[0], "known": "", "options": "{}", "next": None, "is_fresh": True, "has_site": True, "elsewhere": "",
    "factors": people.FACTORS, "passkeys_elsewhere": lambda: "http://localhost:8000",
    "forms": {"password": ConfirmForm({})},
    "notice": undo.Notice(events.Kind.PASSWORD_CHANGED, NOW, DEVICES[0], "203.0.113.7"), "told": "Password changed",
    "asked_at": NOW, "username": "alice", "is_new": True,
    "session_id": "1", "title": "Disable bob", "user": BOB,
}  # fmt: skip
VIEW = {"form": SavedViewForm({})}
ADMINS = {"request": SimpleNamespace(path="/admin/users/2", endpoint="admin_user.show", args={})}


@blueprint.get("/styleguide")
@public
def show() -> ResponseReturnValue:
    taken = Counter(["main", "flashes", "Site"])
    shown = [(one.partial, one.state, _apart(_drawn(one), taken)) for one in _specimens()]
    return render_template("styleguide.html", specimens=shown, days=DAYS, events=EVENTS, current_user=lambda: None)


def _current(entry: navigation.Entry) -> navigation.Entry:
    return entry._replace(current="page") if entry.address in {"/account", "/admin/users"} else entry


def _specimens() -> Iterator[Specimen]:
    yield Specimen("navigation.html", "a stranger", {"links": lambda menu: navigation.of(menu, None)})
    yield Specimen("navigation.html", "an admin", {})
    yield Specimen("flashes.html", "each kind", {})
    yield Specimen("footer.html", "", {})
    yield Specimen("field_error.html", "a sentence", {"sentence": "Enter your email address."})
    yield from _forms()
    for name in (
        "account_navigation", "export_form", "logout_form", "first_steps", "dashboard_panel", "user_panel",
        "deletion_undo_form", "users_search", "activity_search",
    ):  # fmt: skip
        yield Specimen(f"{name}.html", "", {})
    yield Specimen("dashboard_panel.html", "a newcomer's", {"dashboard": NEWCOMER})
    yield Specimen("dashboard_panel.html", "nothing yet", {"dashboard": NEWCOMER | {"newest": []}})
    yield Specimen("session_list.html", "others", {})
    yield Specimen(
        "session_list.html",
        "no others",
        {"others": SimpleNamespace(sessions=[], number=1, older=None), "shut_until": None},
    )
    middle = SimpleNamespace(sessions=SESSIONS[1:], number=2, older=3)
    yield Specimen("session_list.html", "others, on a page in the middle", {"others": middle})
    yield Specimen("session_panel.html", "live", {"form": SessionNameForm({})})
    yield Specimen("install.html", "", {})
    yield Specimen("keys_list.html", "", {"keys": navigation.by_key(ALICE), "searched": None})
    yield Specimen("session_panel.html", "ended", {"found": None})
    yield Specimen("activity_list.html", "events", {"days": {}})
    yield Specimen("activity_list.html", "empty", {"days": {}, "listed": NOTHING})
    yield from _fields()
    yield from _factors()
    yield from _mailed() if sends_mail(current_app) else ()
    yield from _admin()
    yield from _notices()


def _forms() -> Iterator[Specimen]:
    """Each form empty, with one mistake in it, and with a mistake in each field."""
    forms: dict[str, type[Form]] = {
        "login": LoginForm, "signup": SignupForm, "confirm": ConfirmForm, "password_change": PasswordForm,
        "deletion": ConfirmForm, "session_name": SessionNameForm, **FORMS,
    }  # fmt: skip
    for name, form in forms.items():
        for state, filled in _states(form):
            given = {"form": filled, "days": 7, "languages": known(), "zones": as_options("Europe/Berlin"),
                     "forms": {"password": filled}}  # fmt: skip
            yield Specimen(f"{name}_form.html", state, given)
    for act, form in {"role": RoleForm, "disable": ActForm}.items():
        for state, filled in _states(form):
            yield Specimen("act_form.html", f"{act}, {state}", {"form": filled, "act": act})


def _fields() -> Iterator[Specimen]:
    """A field of each kind that a team can declare."""
    filled = [Shown(field, text) for field, text in zip(FIELDS, ("Some text", "", "3.5"), strict=False)]
    yield Specimen("fields_form.html", "a user's", {"form": FieldsForm({}, FIELDS), "user": ALICE})
    refused = FieldsForm(dict.fromkeys(KINDS, "?" * 2001), FIELDS, by_user=False)
    refused.check()
    yield Specimen("fields_form.html", "another's, every mistake", {"form": refused})
    yield Specimen("fields_panel.html", "", {"fields": filled, "change": "#main"})
    yield Specimen("users_search.html", "by a team's fields", {"choices": [field for field in FIELDS if field.words]})


def _factors() -> Iterator[Specimen]:
    """What has to do with second factors."""
    forms: dict[str, type[Form]] = {"second_step": StepForm, "recovery": RecoveryCodeForm, "totp": StepForm}
    given = {"address": "otpauth://totp/x", "secret": "ABCD " * 8, "drawn": "", "has_app": True, "options": "{}"}
    for name, form in forms.items():
        for state, filled in _states(form):
            yield Specimen(f"{name}_form.html", state, given | {"form": filled})
    code = {"forms": {"code": ConfirmCodeForm({})}}
    yield Specimen("confirm_code_form.html", "", code)
    for name in ("security_panel", "totp_panel", "totp_removal_form", "passkey_login_form", "passkeys_elsewhere"):
        yield Specimen(f"{name}.html", "", {"form": Form({}), "codes": Left(2, NOW)})
    yield Specimen("security_panel.html", "nothing yet", {"app": None, "passkeys": [], "codes": Left(0, None)})
    yield Specimen("recovery_codes_panel.html", "shown", {"codes": CODES})
    yield Specimen("recovery_codes_panel.html", "kept", {})
    yield Specimen("recovery_codes_panel.html", "none", {"has_factor": False})
    yield Specimen("passkeys_panel.html", "two", {"forms": {key.id: PasskeyNameForm({}) for key in KEYS}})
    yield Specimen("passkeys_panel.html", "none", {"passkeys": [], "is_fresh": False})
    for state, filled in _states(PasskeyNameForm):
        yield Specimen("passkey_name_form.html", state, {"form": filled})
    yield Specimen("passkey_removal_form.html", "", {"form": Form({})})
    yield Specimen("factors_reset_notice.html", "in a session", {"user": RESET})
    yield Specimen("factors_reset_notice.html", "before it", {"user": RESET, "current_user": lambda: None})


def _mailed() -> Iterator[Specimen]:
    """What asks for a mail, what a link opens, and what follows; on a site that sends mail."""
    forms: dict[str, type[Form]] = {
        "reset": AddressForm, "login_link": LoginLinkForm, "login_code": CodeForm, "new_password": NewPasswordForm,
        "invitation": InvitationForm,
    }  # fmt: skip
    for name, form in forms.items():
        for state, filled in _states(form):
            yield Specimen(f"{name}_form.html", state, {"form": filled})
    for what in ("signup", "reset", "login", "undo"):
        yield Specimen("check_mail.html", what, {"what": what})
    yield Specimen("verify_form.html", "in the same browser", {"form": VerifyForm({})})
    yield Specimen("verify_form.html", "in another, the name taken", {"form": VerifyForm({}, False, True)})
    yield Specimen("verify_form.html", "an account's", {"form": VerifyForm({}), "is_new": False})
    yield Specimen("verify_form.html", "an account's, not logged in", {"form": VerifyForm({}, False), "is_new": False})
    yield Specimen("login_link_open_form.html", "", {"asked": {"device": DEVICES[0], "address": "203.0.113.7"}})
    yield Specimen("undo_form.html", "", {})
    yield Specimen("email_verify_form.html", "", {})
    yield Specimen("email_form.html", "a new one waits", {"form": FORMS["email"]({}), "waiting": "new@example.com"})
    invite, given = InviteForm({}), {"listed": INVITED, "before": None, "role": "user"}
    yield Specimen("admin_invitations.html", "two", given | {"form": invite})
    shown = {"link": "https://id.example.org/invitation/" + "x" * 43, "listed": invitations.Page([], None)}
    yield Specimen("admin_invitations.html", "none, a link shown", given | {"form": invite} | shown)
    for state, listed in {"failed": outbox.Page(MAILS, 1), "waiting": outbox.Page([], None)}.items():
        yield Specimen(
            "admin_mail.html", state, {"state": state, "listed": listed, "numbers": outbox.Numbers(0, None, 2)}
        )


def _states(form: type[Form]) -> Iterator[tuple[str, Form]]:
    fields = list(form.checks)
    for state, wrong in {"empty": [], "one mistake": fields[:1], "every mistake": fields}.items():
        if len(wrong) != 1 or state == "one mistake":
            filled = form({})
            filled.errors = dict.fromkeys(wrong, "Enter what this field asks for, like this.")
            yield state, filled


def _admin() -> Iterator[Specimen]:
    yield Specimen("admin_navigation.html", "", ADMINS)
    yield Specimen("admin_overview.html", "", {})
    yield Specimen("admin_cards.html", "nothing to look at", {"notices": []})
    yield Specimen("admin_blocks.html", "none", {"blocks": []})
    yield Specimen(
        "users_table.html", "a page in the middle", VIEW | {"listed": PEOPLE, "query": people.Query(after=1)}
    )
    yield Specimen("users_table.html", "empty", VIEW | {"listed": people.Page([], 0, None)})
    yield Specimen("act_form.html", "on several", {"form": ActForm({}), "act": "disable", "users": [ALICE, BOB]})
    yield Specimen("saved_views.html", "two", VIEW)
    yield Specimen("events_search.html", "", {})
    yield Specimen("events_search.html", "mistakes", {"problems": PROBLEMS})
    yield Specimen("events_table.html", "events", VIEW)
    yield Specimen("events_table.html", "empty", VIEW | {"listed": NOTHING})


def _notices() -> Iterator[Specimen]:
    for state, left in {"soon": (90, True), "soon, however busy": (90, False)}.items():
        yield Specimen("expiry_notice.html", state, {"expiry": lambda left=left: sessions.Expiry(NOW, *left)})
    yield Specimen("expiry_notice.html", "put off", {"is_put_off": True})
    yield Specimen("expiry_notice.html", "over", {"expiry": lambda: None, "is_kept": True})


def _drawn(one: Specimen) -> str:
    return render_template(f"partials/{one.partial}", **SAMPLES | dict(one.context))


def _apart(html: str, taken: Counter[str]) -> Markup:
    """The HTML with ids and labels that are unique on the page, and without attributes that act by themselves."""
    html = re.sub(r'\sdata-hx-[\w-]+="[^"]*"|\sautofocus\b', "", html)
    names = set(re.findall(r'\s(?:id|aria-label)="([^"]+)"', html))
    new = {name: f"{name}-{taken[name] + 1}" if taken[name] else name for name in names}
    taken.update(names)

    def renamed(found: re.Match[str]) -> str:
        whole = found[3] if found[2] == "aria-label" else None
        words = [whole] if whole else found[3].split()
        return f'{found[1]}{" ".join(new.get(word, word) for word in words)}"'

    return Markup(re.sub(r'(\s(id|for|aria-\w+)="|href="#)([^"]*)"', renamed, html))  # noqa: S704
