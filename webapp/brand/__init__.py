"""A name of one's own: the site's name, contact, logo and accent, each checked as it is read from its setting."""


class Unfit(Exception):
    """What was set cannot be used; the sentence goes on where the setting's name ends."""
