"""Fields: which user names, addresses and reasons are allowed, and a sentence for each that is not."""

import re
from email.errors import MessageError
from email.headerregistry import Address

from webapp.languages.sentences import say

# The HTML standard's pattern for <input type="email">.
EMAIL = re.compile(
    r"[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
    r"(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*"
)
# RFC 5321 4.5.3.1.3 leaves 254 for an address.
LONGEST_EMAIL = 254
# ASCII only: Cyrillic and full-width letters look like other letters, and zero-width ones cannot be seen.
USERNAME = re.compile(r"[A-Za-z0-9._-]{2,32}")
# Enough to tell one's own browsers apart.
LONGEST_SESSION_NAME = 40
# A sentence or two.
LONGEST_REASON = 200
LONGEST_VIEW_NAME = 40
LONGEST_PASSKEY_NAME = 60
NO_TEXT = say("This holds bytes that are not text.")
NO_EMAIL = say("Enter an email address, like name@example.com.")


class Refused(Exception):
    """Something that was sent is refused; `errors` holds a sentence by field."""

    def __init__(self, **errors: str) -> None:
        super().__init__(errors)
        self.errors = errors


def refuse(**objections: str | None) -> None:
    """Raise Refused for the fields that have an objection, if any has."""
    if errors := {field: sentence for field, sentence in objections.items() if sentence}:
        raise Refused(**errors)


def tidied(value: str) -> str:
    """`value` without the spaces around it."""
    return value.strip(" \t")


def tidied_email(value: str) -> str:
    """`value` tidied, and in lower case if it is ASCII: other letters have not one lower case for all."""
    value = tidied(value)
    return value.lower() if value.isascii() else value


def tidied_code(value: str) -> str:
    """A code that a person typed, without blanks and hyphens."""
    return re.sub(r"[\s-]", "", value)


def as_stored(email: str) -> str:
    """The address as the tutorial stored it: in lower case in every alphabet, without any kind of space around it."""
    return email.strip().lower()


def is_text(value: str) -> bool:
    """Whether this was UTF-8 when it was sent."""
    return not any("\ud800" <= character <= "\udfff" for character in value)


def username_objection(value: str) -> str | None:
    if not is_text(value):
        return NO_TEXT
    if not value:
        return say("Enter a user name.")
    if not USERNAME.fullmatch(value):
        return say("User name must be 2 to 32 letters (a to z), digits, dots, hyphens or underscores.")
    return None


def email_objection(value: str) -> str | None:
    if not is_text(value):
        return NO_TEXT
    if not value:
        return say("Enter your email address.")
    if len(value) > LONGEST_EMAIL:
        return say("Email address must be at most %(number)s characters.", number=LONGEST_EMAIL)
    if not EMAIL.fullmatch(value):
        return NO_EMAIL
    return None if _is_mailable(value) else say("No mail can be written to this address. Look for a typing mistake.")


def known_email_objection(value: str) -> str | None:
    """Objection at log-in, looser than for a new address: the tutorial took any text, and its users log in with it."""
    if not is_text(value):
        return NO_TEXT
    if not value:
        return say("Enter your email address.")
    return NO_EMAIL if "\0" in value else None


def asked_email_objection(value: str) -> str | None:
    """Objection to an address to which a mail is asked for: an account may have any that the tutorial took."""
    if len(value) > LONGEST_EMAIL:
        return email_objection(value)
    return known_email_objection(value) or (None if "@" in value else NO_EMAIL)


def new_password_objection(_: str) -> str | None:
    """No objection to a shape: `accounts.strength` looks at a new password's length and strength."""
    return None


def known_password_objection(value: str) -> str | None:
    return None if value else say("Enter your password.")


def reason_objection(value: str) -> str | None:
    if not is_text(value):
        return NO_TEXT
    if not value:
        return say("Enter a reason. The person reads it in their activity.")
    if len(value) > LONGEST_REASON:
        return say("A reason must be at most %(number)s characters.", number=LONGEST_REASON)
    return None if value.isprintable() else say("A reason must be one line of text.")


def view_name_objection(value: str) -> str | None:
    return _name_objection(value, LONGEST_VIEW_NAME) if value else say("Enter a name for the view.")


def session_name_objection(value: str) -> str | None:
    return _name_objection(value, LONGEST_SESSION_NAME)


def passkey_name_objection(value: str) -> str | None:
    return _name_objection(value, LONGEST_PASSKEY_NAME) if value else say("Enter a name for the passkey.")


def _name_objection(value: str, longest: int) -> str | None:
    if not is_text(value):
        return NO_TEXT
    if len(value) > longest:
        return say("A name must be at most %(number)s characters.", number=longest)
    return None if value.isprintable() else say("A name must be one line of text.")


def _is_mailable(email: str) -> bool:
    """Whether Python can write mail to this address.

    The HTML standard lets dots stand anywhere (RFC 5322 3.2.3 does not), and takes `=?utf-8?q?bob?=@example.com`, which
    a mailer reads as Bob's address (RFC 2047).
    """
    try:
        Address(addr_spec=email)
    except (MessageError, ValueError):
        return False
    return True
