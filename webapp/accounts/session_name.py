"""The name that users give to one of their own sessions, such as `work laptop`; admins see the device alone."""

from db import Database, sessions
from db.sessions import Session
from webapp.accounts import devices, throttle
from webapp.accounts.actor import Actor
from webapp.accounts.fields import refuse, session_name_objection, tidied
from webapp.accounts.sessions import Ended, one


def called(session: Session) -> str:
    """What to call this session: by its name, or by its device if it has none."""
    return session.name or devices.told(session.device)


def rename(db: Database, actor: Actor, session_id: str, name: str) -> Session:
    """Name one of the actor's sessions; an empty name is none. Raises Refused, NoSuchSession, Ended, Throttled."""
    user_id, name = actor.own_session.user.id, tidied(name)
    refuse(name=session_name_objection(name))
    session = one(db, user_id, session_id)
    if session is None:
        raise Ended
    with db.transaction():
        throttle.take(db, throttle.of_act("session name", user_id))
        sessions.set_name(db, session.id, name)
    return session._replace(name=name)
