"""Whether a PostgreSQL server still answers: what one thread waits for in vain no other needs to find out."""

import logging
import threading
import time
from contextlib import suppress
from typing import Any, NamedTuple

import psycopg

from db.postgres.connection import Connection, Late

# A server is silent if it has not answered while its asker looked up so often, ten times a second. In a process that
# gets little of the processor, that takes longer by itself.
LOOKS = 10
# How long a statement of ours may take, in seconds.
PATIENCE = 1.0
# How often one is asked, in seconds.
EVERY = 0.5

log = logging.getLogger("latchkey")


class Silent(psycopg.OperationalError):
    """The server takes what is said to it and says nothing: it is frozen, or its machine is gone."""


class Address(NamedTuple):
    """Of one server, in libpq's words."""

    host: str
    hostaddr: str
    port: int


class Silence:
    """That the server for which `asker` waits has been asked and has not answered yet.

    `is_told` once it has let a question pass unanswered; `another_answers` if another of the servers does.
    """

    def __init__(self, asker: Connection) -> None:
        self.asker, self.address, self.since = asker, _address(asker), time.monotonic()
        self.is_told = self.another_answers = False
        self._looks = 0

    def look(self, waiting: Connection) -> None:
        if waiting is self.asker:
            self._looks += 1

    def is_real(self) -> bool:
        return self.is_told or self._looks >= LOOKS

    def covers(self, connection: Connection) -> bool:
        """Whether `connection` leads to the silent server."""
        return self.is_real() and _address(connection) == self.address


class Pulse:
    """What a process knows of the servers in `url`.

    One that is frozen looks like one that is slow, since its system still acknowledges each packet; a new connection
    tells the two apart. A thread of its own makes it, which lives as long as the silence: no request waits for it.
    """

    def __init__(self, url: str, options: dict[str, Any]) -> None:
        self._url, self._options = url, options
        self._lock = threading.Lock()
        self._silence: Silence | None = None
        self._asked_at, self._is_closed = 0.0, False

    def check(self) -> None:
        """Raise Silent if no server answers, as far as is known: nothing is asked."""
        silence = self._silence
        if silence and silence.is_real() and not silence.another_answers:
            raise Silent("the database server does not answer")

    def is_silent(self, connection: Connection) -> bool:
        """Whether the server at the other end does not answer, as far as is known."""
        silence = self._silence
        return silence is not None and silence.covers(connection)

    def ask_about(self, waiting: Connection) -> None:
        """Ask the server for which a connection has been waiting; raise Silent once it has not answered for long."""
        self._ask(waiting)
        if silence := self._silence:
            silence.look(waiting)
        if self.is_silent(waiting):
            raise Silent("the database server does not answer")

    def close(self) -> None:
        self._is_closed = True

    def _ask(self, waiting: Connection) -> None:
        with self._lock:
            if self._silence is None and time.monotonic() - self._asked_at > EVERY:
                self._asked_at, silence = time.monotonic(), Silence(waiting)
                # A system that allows no more threads is no reason to fail.
                with suppress(RuntimeError):
                    threading.Thread(target=self._listen, args=[silence], name="pulse", daemon=True).start()
                    self._silence = silence

    def _listen(self, silence: Silence) -> None:
        """Ask the server again and again, until it answers."""
        here = silence.address._asdict() | {"target_session_attrs": "any"}
        try:
            while not self._is_closed and not _answers(self._url, self._options | here):
                if not silence.is_told:
                    log.error("the database neither answers nor refuses: is its server frozen, or its host gone?")
                silence.is_told, silence.another_answers = True, _takes(self._url, self._options)
                time.sleep(EVERY)
        finally:
            with self._lock:
                self._silence = None
        if silence.is_told:
            log.warning("the database answers again, after %.0f s", time.monotonic() - silence.since)


def _address(connection: Connection) -> Address:
    info = connection.info
    return Address(info.host, info.hostaddr, info.port)


def _answers(url: str, options: dict[str, Any]) -> bool:
    """Whether a server says anything in time. A refusal is an answer: what is refused finds that out by itself."""
    try:
        _take(url, options)
    except (psycopg.errors.ConnectionTimeout, Late):
        return False
    except (psycopg.Error, OSError):
        # It refuses, or the process has no file left for a question.
        pass
    return True


def _takes(url: str, options: dict[str, Any]) -> bool:
    """Whether a server takes a connection and a statement."""
    try:
        _take(url, options)
    except (psycopg.Error, OSError):
        return False
    return True


def _take(url: str, options: dict[str, Any]) -> None:
    with Connection.connect(url, **options) as connection, connection.within(PATIENCE):
        connection.execute("SELECT 1")
