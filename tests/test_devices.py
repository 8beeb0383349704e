"""Browsers and systems in words."""

import pytest

from webapp.accounts.devices import in_words

CHROME = "Mozilla/5.0 ({}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0{} Safari/537.36"


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (CHROME.format("Macintosh; Intel Mac OS X 10_15_7", ""), "Chrome on macOS"),
        (CHROME.format("Linux; Android 10; K", " Mobile"), "Chrome on Android"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:125.0) Gecko/20100101 Firefox/125.0", "Firefox on Windows"),
        ("Lynx/2.9.0dev.12 libwww-FM/2.14 SSL-MM/1.4.1 GNUTLS/3.7.8", "Lynx"),
        ("", "Unknown browser"),
        ("\x00\r\n\x1b[31m", "Unknown browser"),
        ("<script>alert(1)</script>", "Unknown browser"),
        ("Mozilla/5.0 " * 10_000, "Unknown browser"),
    ],
)
def test_an_agent_is_told_in_words(agent: str, words: str) -> None:
    assert in_words(agent) == words
