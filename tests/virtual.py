"""Chromium's virtual authenticator: what keeps and uses passkeys in a page of a real browser."""

from typing import Any

from playwright.sync_api import Page

# A phone with a fingerprint that is always the right one, and touched at once.
PHONE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


class VirtualAuthenticator:
    """One that this page has; `options` say in what it differs, as the protocol of Chromium's tools names it."""

    def __init__(self, page: Page, **options: Any) -> None:
        self._tools = page.context.new_cdp_session(page)
        self._tools.send("WebAuthn.enable")
        made = self._tools.send("WebAuthn.addVirtualAuthenticator", {"options": PHONE | options})
        self._id = {"authenticatorId": made["authenticatorId"]}

    def credentials(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._tools.send("WebAuthn.getCredentials", self._id)["credentials"]
        return found

    def add(self, credential: dict[str, Any]) -> None:
        """Put a passkey in that another one has made."""
        self._tools.send("WebAuthn.addCredential", self._id | {"credential": credential})

    def verify(self, is_right: bool) -> None:
        """Whether the finger is the right one; the wrong one ends as cancelling does."""
        self._tools.send("WebAuthn.setUserVerified", self._id | {"isUserVerified": is_right})

    def touch(self, is_touched: bool) -> None:
        """Whether what is asked for is done at once, or waits."""
        self._tools.send("WebAuthn.setAutomaticPresenceSimulation", self._id | {"enabled": is_touched})

    def spoil(self, **bits: bool) -> None:
        """Answer wrongly from now on: `isBogusSignature`, `isBadUV`, `isBadUP`."""
        self._tools.send("WebAuthn.setResponseOverrideBits", self._id | bits)
