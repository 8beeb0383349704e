"""Second factors: whether a user has one, whether the site asks for one, and what comes with the first and the last."""

from db import Database, factors, users
from db import recovery_codes as codes_table
from db.users import User
from webapp.accounts import recovery_codes, sessions, throttle
from webapp.accounts.actor import Actor
from webapp.accounts.fields import Refused
from webapp.languages.sentences import say


class LastFactor(Refused):
    """The account needs a second factor, and this is the last."""

    def __init__(self) -> None:
        super().__init__(factor=say("Your account needs a second factor. Add another one before you remove this."))


def is_needed(user: User, policy: str) -> bool:
    """Whether the site asks this user for a second factor: `policy` is `none`, `admins` or `all`."""
    return policy == "all" or (policy == "admins" and user.is_admin)


def is_missing(user: User, policy: str) -> bool:
    """Whether the user has yet to add the second factor that the site asks for."""
    return not user.has_factor and is_needed(user, policy)


def locked(db: Database, actor: Actor) -> User:
    """Count a change of the actor's own factors and lock the user's row; return the user as of now.

    Of two requests that remove the last two factors, the second waits here and sees what the first has done. A thief
    whose requests wait while the owner ends all sessions adds nothing afterwards. Raises NoSession, Throttled.
    """
    throttle.take(db, throttle.of_act("factors", actor.own_session.user.id))
    return sessions.locked(db, actor).user


def added(db: Database, user: User) -> list[str]:
    """Note inside the transaction that adds a factor that there is one; return recovery codes if it is the first."""
    factors.set_has_factor(db, user.id)
    if user.has_factor:
        return []
    # Browsers that the password alone made known would have tries of their own at the factor.
    users.renew_password_id(db, user.id)
    return recovery_codes.make(db, user)


def removed(db: Database, user: User, policy: str) -> None:
    """Note inside the transaction that removes a factor; the recovery codes go with the last one. Raises LastFactor."""
    if factors.set_has_factor(db, user.id):
        return
    if is_needed(user, policy):
        raise LastFactor
    codes_table.remove_all_of(db, user.id)


def number_of_users(db: Database) -> int:
    """Number of users with a second factor."""
    return factors.count(db)
