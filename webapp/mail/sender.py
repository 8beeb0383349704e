"""The sender: a thread in each server process that takes what is due from the outbox and hands it to the relay.

At least once, each time with the same Message-ID: between the relay's answer and our note of it a process may die, and
SMTP has no other promise.
"""

import logging
import secrets
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import cast

from flask import Flask, Response, current_app

from db import Unavailable
from webapp import metrics
from webapp.accounts import outbox
from webapp.accounts.outbox import Mail
from webapp.config import BadSetting, settings
from webapp.mail import relay
from webapp.mail.messages import Messages, Unsendable
from webapp.mail.relay import Later, Never, Unreachable

log = logging.getLogger("latchkey")

# In seconds: how often it looks; how long a mail gives way to pages, and how long it then sleeps at once. A page that
# has come shows itself only once Python's lock was free for a moment, the breath.
EVERY = 1.0
GIVES_WAY, NAP, BREATH = 0.1, 0.005, 0.00005
# How long it rests after each mail while people are about: until no page was in its way for a second. What it takes of
# the processors and of Python's lock, and how long it then takes, are in docs/benchmarks.md.
ABOUT, REST = 1.0, 0.02
# While the relay is down; a link to log in lives for ten minutes, and should not have died when it is up again.
LONGEST_SILENCE = timedelta(minutes=5)
# How long a process that stops waits for the mail in hand: less than it is given (commands.serve.FAREWELL).
FAREWELL = 8.0


class Sender:
    """Sends what is due, in turn with the senders of other processes and machines."""

    def __init__(self, app: Flask, folders: list[Path]) -> None:
        given = settings(app)
        assert given.mail_url is not None
        self._app, self._db = app, app.extensions["database"]
        self.messages = Messages(app, folders, self._give_way)
        self.relay = relay.to(given.mail_url, given.mail_sender, may_be_plain=given.insecure == "1")
        self._name = secrets.token_hex(8)
        self._stopping, self._turn = threading.Event(), threading.Lock()
        self._thread: threading.Thread | None = None
        self._is_busy: Callable[[], bool] = lambda: False
        # While the relay is down one mail tries, and the others wait: from when until when.
        self._silence: tuple[datetime, datetime] | None = None
        # How often it failed in a row, whichever the mail was.
        self._failures = 0
        self._gives_way_until = self._rests_until = 0.0

    def start(self, is_busy: Callable[[], bool]) -> None:
        """Look each second from now on; while `is_busy` says so, give way to pages."""
        self._is_busy = is_busy
        self._thread = threading.Thread(target=self._go_on, name="sender", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End with the mail in hand."""
        self._stopping.set()
        if self._thread:
            self._thread.join(FAREWELL)

    def send_due(self) -> int:
        """Send all that is due, on one connection; return how many the relay took."""
        if self._is_silent() or not self._turn.acquire(blocking=False):
            return 0
        try:
            return self._send_all() if outbox.is_due(self._db) else 0
        finally:
            self.relay.close()
            self._turn.release()

    def _go_on(self) -> None:
        while not self._stopping.wait(EVERY):
            try:
                self.send_due()
            except Unavailable:
                # Who asks the database for a page finds the same, and that is logged.
                continue
            except Exception:
                log.exception("the sender of mails stumbled, and goes on")

    def _send_all(self) -> int:
        number = 0
        try:
            self.relay.open()
        except Unreachable as error:
            if mail := outbox.lease(self._db, self._name):
                self._wait(mail, error)
            return 0
        mail = outbox.lease(self._db, self._name)
        while mail:
            self._gives_way_until = time.monotonic() + GIVES_WAY
            self._give_way()
            try:
                is_sent = self._send(mail)
                self._failures = 0
            except Unreachable as error:
                self._wait(mail, error)
                break
            number += is_sent
            mail = self._next(mail, is_sent)
            self._rest()
        return number

    def _send(self, mail: Mail) -> bool:
        """Send one mail; return whether the relay took it, which is then to be noted. Raises Unreachable."""
        try:
            self._check_time(mail)
            message = self.messages.of(self._db, mail)
            self._give_way()
            self.relay.send(message, relay.file_name(mail.id, mail.created_at))
        except (Unsendable, Never) as error:
            self._give_up(mail, error)
        except Later as error:
            self._put_off(mail, error)
        else:
            return True
        return False

    def _next(self, mail: Mail, is_sent: bool) -> Mail | None:
        """Note what became of a mail, and take the next one, unless we stop."""
        is_last, following = self._stopping.is_set(), None
        if is_sent and is_last:
            outbox.note_sent(self._db, mail)
        elif is_sent:
            following = outbox.next_after(self._db, mail, self._name)
        elif not is_last:
            following = outbox.lease(self._db, self._name)
        if is_sent:
            metrics.count_mail(self._app, "sent")
            log.info("mail %d was sent: %s", mail.id, mail.kind)
        return following

    def _check_time(self, mail: Mail) -> None:
        """Raise Unsendable if the mail is of no use any more: a link that is dead on arrival is not sent."""
        if mail.ends_at <= self._db.now():
            raise Unsendable(mail.error or "it is of no use any more")

    def _give_up(self, mail: Mail, error: Exception) -> None:
        outbox.give_up(self._db, mail, str(error))
        metrics.count_mail(self._app, "given_up")

    def _put_off(self, mail: Mail, error: Exception) -> None:
        is_waiting = outbox.put_off(self._db, mail, str(error))
        metrics.count_mail(self._app, "put_off" if is_waiting else "given_up")

    def _wait(self, mail: Mail, error: Unreachable) -> None:
        """Put the mail off, and all others with it."""
        self._put_off(mail, error)
        self._failures += 1
        now = self._db.clock()
        self._silence = now, now + min(outbox.wait(self._failures), LONGEST_SILENCE)

    def _is_silent(self) -> bool:
        """Whether all mails wait for the relay; a clock that was set back ends that."""
        if self._silence is None:
            return False
        now: datetime = self._db.clock()
        since, until = self._silence
        return since <= now < until

    def _give_way(self) -> None:
        """Let pages go first, for GIVES_WAY in each mail: their threads wait for Python's lock while one is written."""
        time.sleep(BREATH)
        while self._is_busy() and time.monotonic() < self._gives_way_until:
            self._rests_until = time.monotonic() + ABOUT
            time.sleep(NAP)

    def _rest(self) -> None:
        if time.monotonic() < self._rests_until:
            time.sleep(REST)


def register(app: Flask, folders: list[Path]) -> None:
    """Keep a sender for the app, if it sends mail; its texts are in `templates/mail/` of these folders.

    Raises BadSetting for a folder that cannot be made.
    """
    given = settings(app)
    if given.mail_url is None:
        return
    app.extensions["sender"] = sender = Sender(app, folders)
    if given.mail_url.folder:
        try:
            sender.relay.open()
        except Unreachable as error:
            raise BadSetting("MAIL_URL", f"names a folder that cannot be had: {error}.") from error
    if app.debug:
        app.after_request(_send_in_passing)


def of(app: Flask) -> Sender:
    """The sender of this app, which sends mail."""
    return cast(Sender, app.extensions["sender"])


def _send_in_passing(answer: Response) -> Response:
    """The development server has no thread for it: send what the request has left."""
    with suppress(Unavailable):
        of(current_app).send_due()
    return answer
