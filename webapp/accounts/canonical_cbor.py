"""CBOR as a passkey writes it: in the one shortest way, without tags (WebAuthn Level 3, 2.4; RFC 8949)."""

# Kinds of items in CBOR; and from where on a number is written in one byte more, in two, four and eight (RFC 8949 3).
BYTES, TEXT, TAG, SIMPLE = 2, 3, 6, 7
FALSE_TRUE_NULL = (20, 21, 22)
FEWEST = {24: 24, 25: 2**8, 26: 2**16, 27: 2**32}


def check(raw: bytes) -> None:
    """Refuse what no passkey writes, above all tags. Raises ValueError, LookupError.

    The library does what a tag says. One that makes a pattern of 12 KB of text keeps a process busy for 8 seconds, and
    whoever is about to log in could send it.
    """
    at = 0
    while at < len(raw):
        kind = raw[at] >> 5
        number, at = _number(raw, at)
        if kind == TAG or (kind == SIMPLE and number not in FALSE_TRUE_NULL):
            raise ValueError
        at += number if kind in (BYTES, TEXT) else 0


def _number(raw: bytes, at: int) -> tuple[int, int]:
    """The number that an item begins with, and where that ends.

    The number must be in its shortest form: the library reads a longer one differently, and would take the next item to
    begin elsewhere.
    """
    short = raw[at] & 31
    if short < 24:
        return short, at + 1
    size = 2 ** (short - 24)
    number = int.from_bytes(raw[at + 1 : at + 1 + size])
    if number < FEWEST[short]:
        raise ValueError
    return number, at + 1 + size
