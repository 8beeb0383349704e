"""The sender: each mail goes to a real relay once, as soon as the relay lets it, whatever the relay does meanwhile."""

import socket
import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from db import Database, moment
from tests.fixtures import PASSWORD, Clock, person
from tests.relay import PASSWORD as RELAYS_PASSWORD
from tests.relay import Relay
from webapp.accounts import outbox, reset, tokens
from webapp.accounts.actor import COMMAND_LINE, Actor
from webapp.accounts.outbox import NOTICE_LIVES, Kind, Mail
from webapp.accounts.signup import sign_up
from webapp.config import BadSetting
from webapp.mail import relay as our_side
from webapp.mail import sender
from webapp.mail.sender import Sender

STRANGER = Actor("203.0.113.7", "Firefox on Windows")
# No loopback, as far as its name tells; in the certificate.
FAR = "mail.example.org"


@pytest.fixture
def settings(settings: dict[str, Any], relay: Relay) -> dict[str, Any]:
    return settings | relay.settings


@pytest.fixture
def ours(app: Flask) -> Sender:
    return sender.of(app)


@pytest.fixture
def far(monkeypatch: pytest.MonkeyPatch) -> None:
    """The name FAR leads to this machine."""
    look_up = socket.getaddrinfo
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda host, *rest, **named: look_up("127.0.0.1" if host == FAR else host, *rest, **named),
    )


def write(db: Database, *names: str) -> None:
    """Leave a mail for each of these in the outbox."""
    for name in names:
        with db.transaction():
            outbox.add(db, STRANGER, Kind.SIGNED_OUT, f"{name}@example.com", lives=NOTICE_LIVES)


def rows(db: Database) -> list[Mail]:
    """All mails, the eldest first."""
    found = db.all("SELECT id FROM outbox ORDER BY id")
    return [mail for (number,) in found if (mail := outbox.find(db, number))]


def errors(db: Database) -> list[str]:
    return [mail.error for mail in rows(db)]


def waiting(db: Database) -> list[str]:
    """To whom mails wait."""
    return [mail.recipient.partition("@")[0] for mail in rows(db) if not (mail.sent_at or mail.failed_at)]


def taken(relay: Relay) -> list[str]:
    """To whom the relay took mails, in their order."""
    return [name.partition("@")[0] for mail in relay.mails for name in mail.recipients]


@pytest.mark.parametrize("tls", ["starttls", "smtps", ""])
def test_a_mail_goes_out_encrypted_and_with_a_password_or_plain_to_the_same_machine(
    another: Callable[..., Sender], db: Database, relay: Relay, tls: str
) -> None:
    relay.restart(tls)
    write(db, "alice")
    assert another(MAIL_URL=relay.url).send_due() == 1
    assert [(mail.sender, mail.recipients, mail.options) for mail in relay.mails] == [
        ("id@example.org", ["alice@example.com"], [])
    ]
    assert waiting(db) == [] and rows(db)[0].sent_at


def test_what_is_due_together_goes_over_one_connection(ours: Sender, db: Database, relay: Relay) -> None:
    write(db, "alice", "bob", "charlie")
    assert ours.send_due() == 3
    assert taken(relay) == ["alice", "bob", "charlie"] and relay.connections == 1
    assert ours.send_due() == 0 and relay.connections == 1


def test_a_mail_goes_encrypted_to_another_machine(
    another: Callable[..., Sender], db: Database, relay: Relay, far: None
) -> None:
    write(db, "alice")
    assert another(MAIL_URL=relay.url.replace("localhost", FAR)).send_due() == 1


def test_nothing_is_sent_plain_to_another_machine(
    another: Callable[..., Sender], db: Database, relay: Relay, far: None
) -> None:
    relay.restart(tls="")
    write(db, "alice")
    assert another(MAIL_URL=f"smtp://latchkey:secret@{FAR}:{relay.port}").send_due() == 0
    assert relay.tries == 0 and waiting(db) == ["alice"] and "offers no STARTTLS" in errors(db)[0]


def test_an_insecure_site_may_send_plain_to_another_machine(
    another: Callable[..., Sender], db: Database, relay: Relay, far: None
) -> None:
    relay.restart(tls="")
    write(db, "alice")
    assert another(MAIL_URL=f"smtp://{FAR}:{relay.port}", INSECURE="1").send_due() == 1


@pytest.mark.parametrize("tls", ["starttls", "smtps"])
def test_no_password_and_no_mail_goes_to_a_relay_whose_certificate_nobody_vouches_for(
    another: Callable[..., Sender], db: Database, relay: Relay, tls: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    relay.restart(tls)
    monkeypatch.delenv("SSL_CERT_FILE")
    write(db, "alice")
    assert another(MAIL_URL=relay.url).send_due() == 0
    assert (relay.logins, relay.tries) == (0, 0) and "CERTIFICATE_VERIFY_FAILED" in errors(db)[0]


def test_nor_to_one_whose_certificate_is_for_another_name(
    another: Callable[..., Sender], db: Database, relay: Relay
) -> None:
    write(db, "alice")
    assert another(MAIL_URL=relay.url.replace("localhost", "127.0.0.2")).send_due() == 0
    assert (relay.logins, relay.tries) == (0, 0) and waiting(db) == ["alice"]


def test_a_password_that_the_relay_refuses_is_the_operators_to_mend(
    ours: Sender, db: Database, relay: Relay, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    relay.password = "another"
    write(db, "alice", "bob")
    assert ours.send_due() == 0
    assert waiting(db) == ["alice", "bob"] and ": 535 " in errors(db)[0]
    assert RELAYS_PASSWORD not in caplog.text and RELAYS_PASSWORD not in errors(db)[0]
    relay.password = RELAYS_PASSWORD
    clock.advance(seconds=7)
    assert ours.send_due() == 2


def test_a_password_that_could_not_be_sent_stops_the_start_and_is_not_shown(another: Callable[..., Sender]) -> None:
    with pytest.raises(BadSetting, match="beyond ASCII") as refused:
        another(MAIL_URL="smtp://latchkey:Schl%C3%BCssel@localhost")
    assert "Schl" not in str(refused.value)


def test_while_the_relay_is_down_a_mail_is_tried_ever_more_rarely(
    ours: Sender, db: Database, relay: Relay, clock: Clock
) -> None:
    write(db, "alice")
    relay.stop()
    for attempt, seconds in enumerate((5, 15, 60, 300, 900, 3600, 3600, 3600), 1):
        assert ours.send_due() == 0
        wait = (moment(rows(db)[0].due_at) - clock.time).total_seconds()
        assert seconds <= wait <= seconds * 1.2 and rows(db)[0].attempts == attempt
        clock.advance(seconds=seconds - 1)
        ours.send_due()
        assert rows(db)[0].attempts == attempt
        clock.advance(seconds=seconds * 0.2 + 2)
    relay.start()
    assert ours.send_due() == 1


def test_while_the_relay_is_down_one_mail_tries_and_the_others_wait(
    ours: Sender, db: Database, relay: Relay, clock: Clock
) -> None:
    write(db, "alice", "bob", "charlie")
    relay.stop()
    for round_, seconds in enumerate((6, 18, 72), 1):
        for _ in range(5):
            ours.send_due()
        assert sum(mail.attempts for mail in rows(db)) == round_
        clock.advance(seconds=seconds + 1)
    relay.start()
    assert ours.send_due() == 3 and waiting(db) == [] and relay.connections == 1


def test_after_the_relay_was_down_for_long_a_new_mail_does_not_wait_for_an_hour_again(
    ours: Sender, db: Database, relay: Relay, clock: Clock
) -> None:
    write(db, "alice")
    relay.stop()
    for _ in range(7):
        ours.send_due()
        clock.advance(hours=2)
    relay.start()
    assert ours.send_due() == 1
    relay.stop()
    write(db, "bob")
    ours.send_due()
    relay.start()
    clock.advance(seconds=7)
    assert ours.send_due() == 1


def test_a_link_that_is_asked_for_during_a_long_outage_arrives_alive(
    ours: Sender, db: Database, relay: Relay, clock: Clock
) -> None:
    write(db, "alice")
    relay.stop()
    for _ in range(180):
        ours.send_due()
        clock.advance(minutes=1)
    relay.start()
    write(db, "bob")
    clock.advance(minutes=6)
    ours.send_due()
    assert "bob" in taken(relay)


@pytest.mark.parametrize("answer", ["421 4.3.2 Shutting down", None], ids=["421", "hung up"])
def test_a_mail_at_which_the_relay_hangs_up_does_not_hold_up_the_others(
    ours: Sender, db: Database, relay: Relay, clock: Clock, answer: str | None
) -> None:
    """Else who signs up with an address that some filter stumbles over could keep everybody from their mail."""
    relay.answers["mallory@example.com"] = answer
    write(db, "mallory", "alice", "bob")
    assert ours.send_due() == 0
    clock.advance(seconds=7)
    ours.send_due()
    assert taken(relay) == ["alice", "bob"] and waiting(db) == ["mallory"]
    for _ in range(6):
        write(db, "charlie")
        clock.advance(seconds=7)
        ours.send_due()
    assert taken(relay) == ["alice", "bob"] + ["charlie"] * 6
    assert rows(db)[0].attempts < 5 and not rows(db)[0].failed_at


@pytest.mark.parametrize("answer", ["450 4.2.0 Greylisted", "451 4.3.0 Local error", "452 4.2.2 Full"])
@pytest.mark.parametrize("at", ["alice@example.com", "DATA"])
def test_a_relay_that_does_not_take_one_mail_now_gets_it_later(
    ours: Sender, db: Database, relay: Relay, clock: Clock, answer: str, at: str
) -> None:
    relay.answers[at] = answer
    write(db, "alice", "bob")
    assert ours.send_due() == (1 if at != "DATA" else 0)
    assert errors(db)[0] == answer and relay.connections == 1 and relay.tries == 2
    relay.answers.clear()
    ours.send_due()
    assert "alice" in waiting(db)
    clock.advance(seconds=7)
    ours.send_due()
    assert waiting(db) == [] and sorted(taken(relay)) == ["alice", "bob"]


@pytest.mark.parametrize("at", ["alice@example.com", "DATA"])
def test_what_the_relay_will_never_take_is_given_up_and_its_user_and_the_operator_told(
    ours: Sender, db: Database, relay: Relay, clock: Clock, at: str, caplog: pytest.LogCaptureFixture
) -> None:
    sign_up(db, COMMAND_LINE, "alice", "alice@example.com", PASSWORD)
    reset.ask(db, STRANGER, "alice@example.com")
    relay.answers[at] = "550 5.1.1 No such user"
    ours.send_due()
    relay.answers.clear()
    write(db, "bob")
    assert ours.send_due() == 1 and taken(relay) == ["bob"]
    assert rows(db)[0].failed_at and errors(db)[0] == "550 5.1.1 No such user"
    assert db.all("SELECT kind, user_id FROM events WHERE kind = 'mail_failed'") == [
        ("mail_failed", person(db, "alice").id)
    ]
    assert "mail 1 was given up, attempt 1: 550 5.1.1 No such user" in caplog.text
    clock.advance(days=2)
    assert ours.send_due() == 0 and relay.tries == 2


def test_a_refusal_of_our_own_address_is_the_operators_to_mend(
    ours: Sender, db: Database, relay: Relay, clock: Clock
) -> None:
    relay.answers["MAIL"] = "550 5.7.1 Sender not allowed"
    write(db, "alice", "bob")
    assert ours.send_due() == 0 and relay.tries == 1
    relay.answers.clear()
    clock.advance(seconds=7)
    assert ours.send_due() == 2


def test_a_relay_that_never_says_a_word_is_left_alone(
    ours: Sender, db: Database, relay: Relay, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(our_side, "STEP", 0.1)
    relay.hang()
    write(db, "alice")
    assert ours.send_due() == 0 and "timed out" in errors(db)[0]
    relay.restart()
    monkeypatch.setattr(our_side, "STEP", 10)
    clock.advance(seconds=7)
    assert ours.send_due() == 1


def test_a_relay_may_think_about_a_mail_for_longer_than_about_anything_else(
    ours: Sender, db: Database, relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever hangs up there sends the mail twice."""
    monkeypatch.setattr(our_side, "STEP", 1)
    relay.thinks = 1.5
    write(db, "alice")
    assert ours.send_due() == 1 and len(relay.mails) == 1


def test_a_mail_whose_answer_was_lost_comes_again_with_the_same_id(
    ours: Sender, db: Database, relay: Relay, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(our_side, "AFTER_DOT", 0.1)
    relay.thinks = 60
    write(db, "alice")
    assert ours.send_due() == 0 and len(relay.mails) == 1
    relay.thinks = 0
    monkeypatch.setattr(our_side, "AFTER_DOT", 60)
    clock.advance(seconds=7)
    assert ours.send_due() == 1
    first, second = relay.mails
    assert first.id == second.id and first.plain == second.plain


def test_a_link_that_died_meanwhile_is_not_sent(ours: Sender, db: Database, relay: Relay) -> None:
    sign_up(db, COMMAND_LINE, "alice", "alice@example.com", PASSWORD)
    reset.ask(db, STRANGER, "alice@example.com")
    with db.transaction():
        tokens.end_all(db, person(db, "alice").id)
    assert ours.send_due() == 0
    assert relay.mails == [] and rows(db)[0].failed_at and errors(db) == ["its link opens nothing any more"]


def test_a_mail_that_is_of_no_use_any_more_is_given_up(ours: Sender, db: Database, relay: Relay, clock: Clock) -> None:
    write(db, "alice")
    clock.advance(days=3)
    assert ours.send_due() == 0
    assert relay.mails == [] and rows(db)[0].failed_at and errors(db) == ["it is of no use any more"]


def test_a_mail_that_would_be_tried_again_too_late_is_given_up_for_what_the_relay_said(
    ours: Sender, db: Database, relay: Relay, clock: Clock
) -> None:
    write(db, "alice")
    clock.time += NOTICE_LIVES - timedelta(seconds=5)
    relay.answers["alice@example.com"] = "451 4.3.0 Local error"
    ours.send_due()
    assert rows(db)[0].failed_at and errors(db) == ["451 4.3.0 Local error"]


def test_a_link_that_was_asked_for_before_the_key_was_changed_still_opens(
    ours: Sender, another: Callable[..., Sender], settings: dict[str, Any], db: Database, relay: Relay
) -> None:
    sign_up(db, COMMAND_LINE, "alice", "alice@example.com", PASSWORD)
    reset.ask(db, STRANGER, "alice@example.com")
    rotated = another(SECRET_KEY=f"a newer key that serves the tests alone,{settings['SECRET_KEY']}")
    assert rotated.send_due() == 1
    link = next(line for line in relay.mails[0].plain.splitlines() if "/reset/" in line)
    assert reset.owner(db, link.rpartition("/")[2]).username == "alice"


def test_two_processes_on_one_database_send_each_mail_once(
    ours: Sender, another: Callable[..., Sender], db: Database, relay: Relay
) -> None:
    write(db, *(f"user{number}" for number in range(30)))
    senders, start, sent = [ours, another()], threading.Barrier(2), Counter[int]()

    def send(which: int) -> None:
        start.wait()
        sent[which] = senders[which].send_due()

    threads = [threading.Thread(target=send, args=[which]) for which in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sent.total() == 30 and waiting(db) == []
    assert sorted(Counter(mail.id for mail in relay.mails).values()) == [1] * 30


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_clock_that_steps_keeps_no_mail(ours: Sender, db: Database, relay: Relay, clock: Clock, hours: int) -> None:
    write(db, "alice")
    clock.advance(hours=hours)
    assert ours.send_due() == 1


def test_nor_does_one_that_steps_back_while_the_relay_is_down(
    ours: Sender, db: Database, relay: Relay, clock: Clock
) -> None:
    relay.stop()
    write(db, "alice")
    ours.send_due()
    relay.start()
    clock.advance(hours=-1)
    write(db, "bob")
    assert ours.send_due() == 1 and taken(relay) == ["bob"]


def test_what_a_sender_took_and_did_not_finish_goes_out_after_two_minutes(
    ours: Sender, db: Database, relay: Relay, clock: Clock
) -> None:
    write(db, "alice")
    assert outbox.lease(db, "a process that was killed")
    clock.advance(seconds=119)
    assert ours.send_due() == 0
    clock.advance(seconds=1)
    assert ours.send_due() == 1


def test_a_relay_that_talks_nonsense_is_written_down_as_one_line(
    ours: Sender, db: Database, relay: Relay, caplog: pytest.LogCaptureFixture
) -> None:
    """PostgreSQL takes no NUL, and a line break would begin a line of the log."""
    relay.answers["alice@example.com"] = "450-4.2.0 one\r\n450 two\0three\x1b[31m"
    write(db, "alice")
    ours.send_due()
    assert errors(db)[0].isprintable() and errors(db)[0].startswith("450 4.2.0 one two")
