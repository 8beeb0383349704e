"""The actor: who does something, from where, and by which session or program. Every rule is told of one."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from db.sessions import Session
from db.users import User
from webapp.languages.sentences import say

NO_PEOPLE: Mapping[int, str] = MappingProxyType({})


class Actor(NamedTuple):
    """`address` and `device` say from where, the device in words; a stranger has no `user` and no `session`.

    `program` names what acts by itself, without a session: it is trusted. `browser` is the browser's random name, and
    `known_to` holds for the id of each user who logged in with it the id of the password that was used.
    """

    address: str = ""
    device: str = ""
    user: User | None = None
    session: Session | None = None
    program: str = ""
    browser: str = ""
    known_to: Mapping[int, str] = NO_PEOPLE

    @property
    def own_session(self) -> Session:
        """The session by which the actor acts. Raises NoSession."""
        if self.session is None:
            raise NoSession
        return self.session

    def is_user(self, user_id: int | None) -> bool:
        """Whether the actor is this user."""
        return self.user is not None and self.user.id == user_id

    def name_for(self, user_id: int | None) -> str:
        """What this user reads of who did it: nothing where it was the user, or a stranger."""
        if self.user is None or self.is_user(user_id):
            return self.program
        return self.user.name

    def session_for(self, user_id: int | None) -> str | None:
        """The id of the session in which this user did it, or None where it was not the user."""
        return self.session.id if self.session and self.is_user(user_id) else None


class NoSession(Exception):
    """Only in a session of one's own can this be done."""


PROGRAM = say("command line")
COMMAND_LINE = Actor(program=str(PROGRAM))
# What happens by itself comes from nowhere.
NOBODY = Actor()
