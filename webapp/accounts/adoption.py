"""A database that the tutorial's code wrote: everybody keeps their account; the log names what today's rules refuse."""

import logging

from db import Database, adoption, users
from webapp.accounts import fields, passwords, people
from webapp.accounts.reserved import is_reserved

log = logging.getLogger("latchkey")


def tell(db: Database) -> None:
    """Log each row that is kept although today's rules would refuse it."""
    for user in people.every(db):
        for oddity in _oddities(user):
            log.warning("kept user %d, although %s", user.id, oddity)
    for user_id in adoption.namesakes(db):
        log.warning("kept user %d, although an older account has the same user name but for case", user_id)
    for user_id, role in adoption.with_unknown_role(db):
        log.warning("kept user %d as a plain user, although the role is %r", user_id, role)


def _oddities(user: users.User) -> list[str]:
    odd = {
        f"the user name is {user.username!r}": fields.username_objection(str(user.username))
        or is_reserved(str(user.username)),
        f"the address is {user.email!r}": fields.email_objection(str(user.email)),
        "the stored hash is malformed, so no password fits": not passwords.is_readable(str(user.password)),
    }
    return [oddity for oddity, objection in odd.items() if objection]
