"""The limits: each with its number, its time, the reason for both, and a sentence for those who reach it."""

from datetime import timedelta
from typing import NamedTuple

from webapp.languages.sentences import Sentence, say


class Limit(NamedTuple):
    """At most `most` tries in the time `within` after the first; with `in_a_row`, each try begins that time anew.

    `sentence` is for the user or visitor who reaches the limit, `about` for admins.
    """

    kind: str
    most: int
    within: timedelta
    sentence: Sentence
    about: Sentence
    in_a_row: bool = False
    with_mail: Sentence | None = None
    """The sentence of a site that sends mail, if it is another one."""


LOGINS = say(
    "There were too many failed log-ins. A browser that has logged in to the account before can still log in."
    " From this one, try again %(when)s."
)
LOGINS_WITH_MAIL = say(
    "There were too many failed log-ins. A browser that has logged in to the account before can still log in."
    " From this one, try again %(when)s, or choose a new password at /reset."
)
GUESSES = say("The password was wrong too often. Try again %(when)s.")
UNCONFIRMED = say("The password or the code was wrong too often. Try again %(when)s.")

# A user who mistypes needs two or three tries. Until IN_A_ROW ends it, a guesser gets 5 in five minutes.
STRANGERS = Limit(
    "account", 5, timedelta(minutes=5), LOGINS, say("Failed log-ins from unknown browsers"), with_mail=LOGINS_WITH_MAIL
)
# NIST SP 800-63B-4 3.2.2: no more than 100 in a row on one account. After that only known browsers get in, until the
# owner lifts it from one of those or by a reset, an admin does, or a week is over. A guesser who comes back each week
# has 5,200 tries a year: the weakest password that we take, 10,000 guesses, holds out for two years, and one of a
# million for 190.
IN_A_ROW = Limit(
    "row",
    100,
    timedelta(days=7),
    LOGINS,
    say("100 failed log-ins in a row from unknown browsers"),
    in_a_row=True,
    with_mail=LOGINS_WITH_MAIL,
)
# One machine that tries one password on many accounts. A school behind one address still gets in.
A_MINUTE = Limit(
    "minute", 10, timedelta(minutes=1), LOGINS, say("Failed log-ins in a minute"), with_mail=LOGINS_WITH_MAIL
)
AN_HOUR = Limit("hour", 100, timedelta(hours=1), LOGINS, say("Failed log-ins in an hour"), with_mail=LOGINS_WITH_MAIL)
# An attacker who also took the cookie gets no further than a stranger.
KNOWN = Limit("device", 5, timedelta(minutes=5), GUESSES, say("Failed log-ins from a known browser"))
KNOWN_IN_A_ROW = Limit("device row", 50, timedelta(days=30), GUESSES, say("A browser that is no longer known"), True)
# A guesser here has the password already. Three codes of a million fit at a moment, so one row of 50 in 6,700 finds one
# (NIST SP 800-63B-4 3.2.2 allows 100). The owner is not kept out: a known browser has tries of its own, and recovery
# codes and passkeys do not count here.
CODES = say("There were too many wrong codes. Try again %(when)s, or use a recovery code.")
SECOND_STEP = Limit("second step", 5, timedelta(minutes=5), CODES, say("Wrong codes of a second factor"))
SECOND_STEP_IN_A_ROW = Limit(
    "second step row", 50, timedelta(days=7), CODES, say("50 wrong codes of a second factor in a row"), in_a_row=True
)
# A stranger who sits down at an open session does not know the password.
IN_SESSION = Limit("session", 5, timedelta(minutes=5), UNCONFIRMED, say("Wrong passwords or codes in an open session"))
IN_SESSION_IN_A_ROW = Limit(
    "session row", 50, timedelta(days=30), UNCONFIRMED, say("An open session that guesses on"), in_a_row=True
)
# Enough for a class that signs up together; a program would want thousands. Refused sign-ups do not count.
CROWD = say("Too many accounts were made from your network. Try again %(when)s.")
SIGNUPS = Limit("sign-ups", 20, timedelta(hours=1), CROWD, say("Sign-ups"))
# Each answer tells that a user has an address or a name: at sign-up, in the profile, or as the check of a field. A
# user in search of a free user name asks less often.
ASKED_ABOUT = say("Too many names and addresses that are taken were tried from your network. Try again %(when)s.")
TAKEN = Limit("taken", 100, timedelta(hours=1), ASKED_ABOUT, say("Names and addresses that are taken"))
# A rating takes up to 60 ms of a core. A class that signs up together needs 100, in its pages and at the end.
RATED = say("Too many passwords were tried out from your network. Try again %(when)s.")
RATINGS = Limit("ratings", 200, timedelta(minutes=1), RATED, say("Passwords rated in a minute"))
# Each log-in keeps a core busy for a tenth of a second and leaves a session. Enough for a family at one account and a
# school at one address.
LOGGED_IN_OFTEN = say("There were too many log-ins. Try again %(when)s.")
LOGINS_OF_ACCOUNT = Limit("log-ins", 200, timedelta(hours=1), LOGGED_IN_OFTEN, say("Log-ins to one account"))
LOGINS_OF_NETWORK = Limit("log-ins here", 3000, timedelta(hours=1), LOGGED_IN_OFTEN, say("Log-ins from one network"))
# Each act writes an event, which is kept for a year. No user changes their name more often by hand.
OFTEN = say("You have done this too often. Try again %(when)s.")
ACTS = Limit("acts", 20, timedelta(hours=1), OFTEN, say("The same act in one account"))
# Against a stolen session of an admin; a morning's work at the pages needs fewer acts.
ADMIN_ACTS = Limit("admin acts", 500, timedelta(hours=1), OFTEN, say("Acts of one admin"))
# Each mail is a stranger's trouble in a mailbox; a user who looks for the first one asks for a second and a third. Who
# floods a mailbox learns nothing from it, so its owner is spared in silence.
MAILS = Limit(
    "mails",
    20,
    timedelta(hours=1),
    say("Too many mails were asked for from your network. Try again %(when)s."),
    say("Mails asked for from one network"),
)
MAILBOX = Limit("mailbox", 5, timedelta(hours=1), OFTEN, say("Mails asked for to one mailbox in an hour"))
MAILBOX_A_DAY = Limit("mailbox day", 15, timedelta(days=1), OFTEN, say("Mails asked for to one mailbox in a day"))
# A notice each time is one that nobody reads.
NEW_DEVICES = Limit("new devices", 5, timedelta(days=1), OFTEN, say("Notices of new devices to one account"))
# Strangers who know a passkey's id, or with a stolen password, would fill the owner's activity; more of the same tells
# nothing new.
NOTES = Limit("notes", 50, timedelta(hours=1), OFTEN, say("Notes of refused second factors of one account"))
LIMITS = {
    limit.kind: limit
    for limit in (
        STRANGERS, IN_A_ROW, A_MINUTE, AN_HOUR, KNOWN, KNOWN_IN_A_ROW, SECOND_STEP, SECOND_STEP_IN_A_ROW,
        IN_SESSION, IN_SESSION_IN_A_ROW, SIGNUPS, TAKEN, RATINGS, LOGINS_OF_ACCOUNT, LOGINS_OF_NETWORK, ACTS,
        ADMIN_ACTS, MAILS, MAILBOX, MAILBOX_A_DAY, NEW_DEVICES, NOTES,
    )
}  # fmt: skip


def about(kind: str) -> str:
    """What a limit of this kind counts, in words; the kind itself if an earlier version had it and ours has not."""
    return LIMITS[kind].about if kind in LIMITS else kind
