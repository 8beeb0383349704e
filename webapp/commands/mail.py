"""The commands that look after mails."""

import json

import click
from flask import current_app

from webapp.accounts import admin_mail, outbox
from webapp.accounts.actor import COMMAND_LINE
from webapp.accounts.outbox import Mail
from webapp.commands import Commands
from webapp.database import database
from webapp.mail.messages import Unsendable
from webapp.mail.relay import Later, Never, Unreachable
from webapp.mail.sender import Sender, of

# Neither facts nor seed: a link is made of them.
COLUMNS = ["id", "kind", "recipient", "created_at", "due_at", "ends_at", "attempts", "failed_at", "error"]

mail = Commands("mail", help="Look after mails.")


@mail.command()
@click.argument("address")
def test(address: str) -> None:
    """Send a mail to ADDRESS now, and print what the relay said."""
    sender, now = _sender(), database().clock()
    try:
        said = sender.relay.send(sender.messages.test(database(), address), f"{now:%Y%m%d-%H%M%S}-test")
    except (Later, Never, Unreachable, Unsendable) as error:
        raise click.ClickException(f"It was not sent: {error}") from error
    finally:
        sender.relay.close()
    click.echo(f"It was sent: {said}")


@mail.command("list")
@click.option("--failed", is_flag=True, help="Those that were given up, not those that wait.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, one on a line.")
def list_mails(failed: bool, as_json: bool) -> None:
    """List the mails that wait, or that were given up, the youngest first."""
    before: int | None = None
    while True:
        page = outbox.page(database(), failed, before)
        for one in page.mails:
            click.echo(_line(one, as_json))
        if (before := page.older) is None:
            return


@mail.command()
def send() -> None:
    """Send all that waits, also what was put off."""
    sender = _sender()
    outbox.hasten(database())
    number = sender.send_due()
    click.echo(f"{number} sent, {outbox.numbers(database()).waiting} wait.")


@mail.command()
@click.argument("mail_id", type=int, metavar="ID", required=False)
@click.option("--all", "is_all", is_flag=True, help="All that were given up.")
def retry(mail_id: int | None, is_all: bool) -> None:
    """Send the mail ID once more, which was given up or put off, or all that were given up."""
    sender = _sender()
    if is_all == (mail_id is not None):
        raise click.ClickException("Say the ID of a mail, or --all.")
    try:
        if is_all:
            admin_mail.retry_all(database(), COMMAND_LINE)
        else:
            admin_mail.retry(database(), COMMAND_LINE, mail_id)
    except admin_mail.NoSuchMail:
        raise click.ClickException(f"No mail {mail_id} waits or was given up.") from None
    number = sender.send_due()
    click.echo(f"{number} sent, {outbox.numbers(database()).waiting} wait.")


def _sender() -> Sender:
    if not database().mails:
        raise click.ClickException("LATCHKEY_MAIL_URL is not set, so no mail is sent: docs/mail.md says how.")
    return of(current_app)


def _line(one: Mail, as_json: bool) -> str:
    told = {name: getattr(one, name) for name in COLUMNS}
    return json.dumps(told) if as_json else "\t".join(str(told[name] or "-") for name in COLUMNS)
