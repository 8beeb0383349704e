"""The commands that look after people."""

import json
import re
import sys
from collections.abc import Iterator
from typing import Any

import click

from db.users import User
from webapp.accounts import (
    blocks,
    data,
    details,
    events,
    factors_reset,
    invitations,
    people,
    roles,
    sessions,
    signup,
    standing,
    verification,
)
from webapp.accounts.actor import COMMAND_LINE
from webapp.accounts.fields import email_objection, values
from webapp.accounts.fields.values import NOTHING, Filled
from webapp.accounts.signup import Policy
from webapp.commands import Commands
from webapp.config import settings
from webapp.database import database
from webapp.fields import declared
from webapp.hypermedia.downloads import json_lines

ACCOUNT = [field for field in User._fields if field != "password"]


user = Commands("user", help="Look after people.")


why_option = click.option(
    "--why",
    default="",
    callback=lambda _context, _option, text: _clean(text),
    help="The reason, which the person reads in their activity.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="As JSON.")


@user.command()
@click.argument("email")
@click.option("--username", default="", help="Else the address up to the @.")
@click.option("--field", "pairs", multiple=True, metavar="NAME=VALUE", help="One of own/fields.py; may be repeated.")
def create(email: str, username: str, pairs: tuple[str, ...]) -> None:
    """Sign a user up. The password is asked for, or read from standard input."""
    filled = _filled(pairs)
    click.echo(f"{_created(_clean(email), username, _asked_password(), filled).name} can log in now.")


@user.command("list")
@json_option
def list_people(as_json: bool) -> None:
    """List all people, newest first."""
    everybody = people.every(database())
    if as_json:
        rows = (user._asdict() | {"fields": held} for user, held in values.beside(database(), everybody))
        for line in json_lines([*ACCOUNT, "fields"], rows):
            click.echo(line, nl=False)
        return
    for person in everybody:
        click.echo(
            "\t".join(
                str(field) for field in (person.id, *person[1:3], person.role, person.state, person.second_factor)
            )
        )


@user.command()
@click.argument("email")
@json_option
def show(email: str, as_json: bool) -> None:
    """Show one person: account, sessions and the last events."""
    person = _person(email)
    held = {
        "account": data.account(person),
        **data.fields(database(), person),
        "second_factors": data.second_factors(database(), person),
        "sessions": [data.session_fields(session) for session in sessions.live(database(), person.id)],
        "events": [details.as_fields(event) for event in events.page(database(), events.own(person.id), None).events],
    }
    click.echo(json.dumps(held, indent=2) if as_json else "\n".join(_lines(held)))


@user.command("set")
@click.argument("email")
@click.argument("pairs", metavar="NAME=VALUE...", nargs=-1, required=True)
@why_option
def set_fields(email: str, pairs: tuple[str, ...], why: str) -> None:
    """Fill in fields of own/fields.py for the person with this EMAIL address; `NAME=` empties one."""
    person = _person(email)
    is_new = values.save(database(), COMMAND_LINE, person, _filled(pairs), why)
    click.echo(f"The details of {person.name} are saved." if is_new else "Nothing has changed.")


@user.command()
@click.argument("email")
@click.option("--create", "or_create", is_flag=True, help="Sign the person up first, where nobody has the address.")
@why_option
def promote(email: str, or_create: bool, why: str) -> None:
    """Make an admin of the person with this EMAIL address."""
    if or_create and not people.has_account(database(), _clean(email)) and (password := _new_admins_password(email)):
        _created(_clean(email), "", password)
    _give(email, "admin", why, "is an admin")


@user.command()
@click.argument("email")
@why_option
def demote(email: str, why: str) -> None:
    """Make a plain user of the person with this EMAIL address."""
    _give(email, "user", why, "is a plain user")


@user.command("role")
@click.argument("email")
@click.argument("name")
@why_option
def give_role(email: str, name: str, why: str) -> None:
    """Give the person with this EMAIL address the role NAME."""
    if name not in roles.names(database()):
        raise click.ClickException(f"There is no role {name}: flask --app webapp role add {name}")
    _give(email, name, why, f"has the role {name}")


@user.command()
@click.argument("email")
@why_option
def disable(email: str, why: str) -> None:
    """Shut the account with this EMAIL address, and end its sessions."""
    person = _person(email)
    standing.disable(database(), COMMAND_LINE, person, why)
    click.echo(f"{person.name} is logged out everywhere and cannot log in.")


@user.command()
@click.argument("email")
@why_option
def enable(email: str, why: str) -> None:
    """Open the account with this EMAIL address again."""
    person = _person(email)
    standing.enable(database(), COMMAND_LINE, person, why)
    click.echo(f"{person.name} can log in again.")


@user.command("sign-out")
@click.argument("email")
@why_option
def sign_out(email: str, why: str) -> None:
    """End all sessions of the person with this EMAIL address."""
    person = _person(email)
    click.echo(f"{person.name} is logged out everywhere: {standing.sign_out(database(), COMMAND_LINE, person, why)}.")


@user.command()
@click.argument("email")
@click.option("--role", default="user", show_default=True, help="The role of the account.")
def invite(email: str, role: str) -> None:
    """Invite the person with this EMAIL address: print a link, and mail it where mail is set up."""
    policy = Policy(settings().signup)
    if policy.mode == "closed":
        raise click.ClickException("Sign-up is closed here (LATCHKEY_SIGNUP). Make an account: user create")
    token = invitations.invite(database(), COMMAND_LINE, _clean(email), role, is_shown=True, policy=policy)
    click.echo(f"{settings().origin}/invitation/{token}")


@user.command()
@click.argument("email")
def verify(email: str) -> None:
    """Count the EMAIL address of its account as confirmed, without a mail."""
    person = _person(email)
    is_new = verification.verify(database(), COMMAND_LINE, person)
    click.echo(f"The address of {person.name} is confirmed {'now' if is_new else 'already'}.")


@user.command("factors-reset")
@click.argument("email")
@why_option
def reset_factors(email: str, why: str) -> None:
    """Remove all second factors of the person with this EMAIL address at once, and end all sessions."""
    person = _person(email)
    is_done = factors_reset.ask(database(), COMMAND_LINE, person, 0, why)
    told = f"The second factors of {person.name} are removed, and all sessions are ended."
    click.echo(told if is_done else f"Nothing has changed: {person.name} has no second factor, or is disabled.")


@user.command()
@click.argument("email")
def unblock(email: str) -> None:
    """Let the person with this EMAIL address log in from any browser again, after too many tries."""
    person = _person(email)
    blocks.lift_all(database(), COMMAND_LINE, person)
    click.echo(f"{person.name} can log in from any browser again.")


def _give(email: str, name: str, why: str, done: str) -> None:
    person = _person(email)
    is_new = roles.give(database(), COMMAND_LINE, person, name, why)
    click.echo(f"{person.name} {done} {'now, from the next page on' if is_new else 'already'}.")


def _filled(pairs: tuple[str, ...]) -> Filled:
    """What the command fills in, each `NAME=VALUE`."""
    if bare := [pair for pair in pairs if "=" not in pair]:
        raise click.ClickException(f"Say NAME=VALUE, or NAME= to empty a field, not {_clean(bare[0])}")
    typed = {name: _clean(value) for name, _, value in (pair.partition("=") for pair in pairs)}
    known = {field.name: field for field in declared()}
    if unknown := typed.keys() - known.keys():
        named = ", ".join(known) or "none"
        raise click.ClickException(f"There is no field {_clean(min(unknown))}; own/fields.py declares: {named}")
    return Filled(tuple(known[name] for name in typed), typed)


def _created(email: str, username: str, password: str, filled: Filled = NOTHING) -> User:
    """Sign a user up, by the rules of the sign-up page."""
    name = username or re.sub(r"[^A-Za-z0-9._-]", "", email.partition("@")[0])[:32]
    least = settings().password_min_length
    signup.sign_up(database(), COMMAND_LINE, name, email, password, least=least, filled=filled)
    return people.by_email(database(), email)


def _new_admins_password(email: str) -> str:
    """Ask whether the address is meant, then for a password: a typing mistake would make an admin of a stranger."""
    if sentence := email_objection(_clean(email)):
        raise click.ClickException(str(sentence))
    if sys.stdin.isatty():
        click.confirm(f"Nobody has signed up as {_clean(email)}. Sign this person up now, as an admin?", abort=True)
    return _asked_password(f"Password for {_clean(email)}")


def _asked_password(prompt: str = "Password") -> str:
    if sys.stdin.isatty():
        return str(click.prompt(prompt, hide_input=True, confirmation_prompt=True))
    return sys.stdin.readline().rstrip("\r\n")


def _person(email: str) -> User:
    email = _clean(email)
    try:
        return people.by_email(database(), email)
    except people.NoSuchAccount:
        raise click.ClickException(
            f"Nobody has signed up as {email}. Sign up at {settings().origin}/signup first."
        ) from None


def _clean(email: str) -> str:
    """The text with `?` for lone surrogates: a shell passes invalid bytes on as these, and no database takes them."""
    return email.encode("utf-8", "replace").decode()


def _lines(held: dict[str, Any]) -> Iterator[str]:
    for name, value in held["account"].items():
        yield f"{name}: {value}"
    for name, value in held.get("fields", {}).items():
        yield f"{name}: {value}"
    for name, value in held["second_factors"].items():
        yield f"{name}: {value}"
    for session in held["sessions"]:
        yield f"session: {session['device']}, {session['address']}, last seen {session['last_seen_at']}"
    for event in held["events"]:
        by = f"by {event['actor']}" if event["actor"] else ""
        yield " ".join(filter(None, ("event:", event["created_at"], event["sentence"], event["detail"], by)))
