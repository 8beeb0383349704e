"""User names that others would take for the site's own."""

# Mailboxes of a domain (RFC 2142 and the like): a user with such a name passes for the people who read them.
MAILBOXES = (
    "abuse ftp hostmaster info marketing news noc postmaster sales security support usenet uucp webmaster www "
    "billing contact help helpdesk mailerdaemon noreply privacy"
)
# People to whom users tell their password.
TRUSTED = (
    "admin administrator administrators admins moderator moderators official operator root service staff "
    "superuser sysadmin sysop system"
)
# Words that the pages use in places for user names too.
OURS = "account accounts commandline dashboard login logout password signup"
NAMES = frozenset(f"{MAILBOXES} {TRUSTED} {OURS}".split())
SEPARATORS = str.maketrans("", "", "._-")
# What the site is called, in lower case, with and without separators.
sites = {"latchkey"}


def keep_for(*names: str) -> None:
    """Keep these names of the site, in this process, from users and from passwords."""
    for name in names:
        sites.update({name.lower(), _plain(name)})


def is_reserved(username: str, own: str = "") -> bool:
    """Whether this name is kept for the site, in any case and with separators anywhere, as in `_ad.MIN_`.

    `own` is the user name that the user has already, and keeps.
    """
    return username.lower() != own.lower() and _plain(username) in NAMES | sites


def _plain(name: str) -> str:
    return name.lower().translate(SEPARATORS)
