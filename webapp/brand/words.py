"""The site's name, and where its people can be reached."""

import re
import unicodedata
from dataclasses import dataclass
from email.errors import MessageError
from email.headerregistry import Address
from urllib.parse import quote, urlsplit

from webapp.brand import Unfit

# In characters. Half of a page's width on a telephone, in two lines.
LONGEST_NAME = 40
# As RFC 5321 4.5.3.1.3 has it for an address; a page's address is no longer either.
LONGEST_CONTACT = 254
HOST = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*|[0-9a-f:]+")


@dataclass(frozen=True)
class Contact:
    """An email address or the address of a page: `text` as people read it, `link` as browsers follow it."""

    text: str
    link: str


def name(text: str) -> str:
    """The site's name. Raises Unfit for one that is too long, of several lines, or without a letter or digit."""
    if len(text) > LONGEST_NAME or not text.isprintable() or not any(map(str.isalnum, text)):
        raise Unfit(f"must be one line of 1 to {LONGEST_NAME} characters with a letter or digit, not {text[:60]!r}")
    return text


def contact(text: str) -> Contact:
    """The email address, or the http or https address, in `text`. Raises Unfit."""
    if len(text) <= LONGEST_CONTACT and text.isascii() and text.isprintable() and " " not in text:
        if _is_page(text):
            return Contact(text, text)
        if _is_email(text):
            return Contact(text, f"mailto:{quote(text, safe='@')}")
    raise Unfit(f"must be an email address or an address such as https://example.org/help, not {text[:60]!r}")


def file_name(name: str) -> str:
    """The name as a file can have it: `acme-keys` for `Acme Keys!`; `account` if no letter of it is Latin."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or "account"


def _is_page(text: str) -> bool:
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return False
    host = parts.hostname or ""
    return parts.scheme in {"http", "https"} and "@" not in parts.netloc and HOST.fullmatch(host) is not None


def _is_email(text: str) -> bool:
    try:
        address = Address(addr_spec=text)
    except (MessageError, ValueError, IndexError):
        return False
    return address.addr_spec == text and bool(address.username) and HOST.fullmatch(address.domain) is not None
