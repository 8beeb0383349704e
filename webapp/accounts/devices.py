"""A device in words, browser and system: `Firefox on Windows`."""

from functools import lru_cache

from ua_parser import parse

from webapp.languages.sentences import say

# Characters of the header that are read. A browser's is half as long; a program may send anything.
LONGEST = 500
UNKNOWN = say("Unknown browser")
# What people call a browser, by the parser's name for it.
BROWSERS = {
    "Chrome Mobile": "Chrome",
    "Chrome Mobile iOS": "Chrome",
    "Edge Mobile": "Edge",
    "Firefox Mobile": "Firefox",
    "Firefox iOS": "Firefox",
    "HeadlessChrome": "Chrome",
    "Mobile Safari": "Safari",
    "Mobile Safari UI/WKWebView": "Safari",
}
SYSTEMS = {"Mac OS X": "macOS"}


def in_words(agent: str) -> str:
    """Browser and system that a User-Agent header (RFC 9110 10.1.5) names."""
    found = parse(agent[:LONGEST])
    browser = found.user_agent.family if found.user_agent else UNKNOWN
    system = found.os.family if found.os else ""
    words = [BROWSERS.get(browser, browser), SYSTEMS.get(system, system)]
    return "".join(letter for letter in " on ".join(filter(None, words)) if letter.isprintable())


@lru_cache(1000)
def told(words: str) -> str:
    """What `in_words` has found, as a sentence."""
    browser, joint, system = words.partition(" on ")
    named = UNKNOWN if browser == UNKNOWN else browser
    return say("%(browser)s on %(system)s", browser=named, system=system) if joint else named
