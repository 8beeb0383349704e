"""What an admin does with mails that wait or were given up: none is read, each is sent again or thrown away."""

import logging

from db import Database, outbox
from webapp.accounts import roles
from webapp.accounts.actor import Actor

log = logging.getLogger("latchkey")


class NoSuchMail(Exception):
    """No mail with this id waits or was given up."""


def retry(db: Database, actor: Actor, mail_id: int | None) -> None:
    """Send a mail once more that was given up or put off. Raises NoSuchMail, NotAllowed, Throttled."""
    with db.transaction():
        roles.check_admin(db, actor)
        if mail_id is None or not outbox.retry(db, mail_id):
            raise NoSuchMail
    log.info("mail %d is sent again", mail_id)


def retry_all(db: Database, actor: Actor) -> None:
    """Send all mails once more that were given up, as by a relay that refused everything.

    Raises NotAllowed, Throttled.
    """
    with db.transaction():
        roles.check_admin(db, actor)
        outbox.retry_failed(db)
    log.info("all mails that were given up are sent again")


def discard(db: Database, actor: Actor, mail_id: int | None) -> None:
    """Throw away a mail that was given up or waits. Raises NoSuchMail, NotAllowed, Throttled."""
    with db.transaction():
        roles.check_admin(db, actor)
        if mail_id is None or not outbox.discard(db, mail_id):
            raise NoSuchMail
    log.info("mail %d was thrown away", mail_id)
