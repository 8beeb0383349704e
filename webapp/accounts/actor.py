"""The actor that each rule is given: who acts, from where, and by which session or program."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from db.sessions import Session
from db.users import User
from webapp.languages.sentences import say

NO_PEOPLE: Mapping[int, str] = MappingProxyType({})


class Actor(NamedTuple):
    """Who acts and from where, `device` in words; a stranger has no `user` and no `session`.

    `language` is the code of the language in which they read. `program` names a program that acts without a session:
    it is trusted. `browser` is the browser's random name, and `known_to` maps the id of each user who logged in with it
    to the id of the password that was used.
    """

    address: str = ""
    device: str = ""
    user: User | None = None
    session: Session | None = None
    program: str = ""
    browser: str = ""
    known_to: Mapping[int, str] = NO_PEOPLE
    language: str = ""

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
        """The actor's name as this user reads it: empty if the actor is that user, or a stranger."""
        if self.user is None or self.is_user(user_id):
            return self.program
        return self.user.name

    def session_for(self, user_id: int | None) -> str | None:
        """The id of the actor's session, or None if the actor is not this user."""
        return self.session.id if self.session and self.is_user(user_id) else None


class NoSession(Exception):
    """The act needs a session, and the actor has none."""


PROGRAM = say("command line")
COMMAND_LINE = Actor(program=str(PROGRAM))
# The actor of what happens by itself, such as a session that expires: no user, no address.
NO_ACTOR = Actor()
