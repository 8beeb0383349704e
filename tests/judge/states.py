"""The states of a page that no link leads to, as the accessibility tests bring them about."""

from playwright.sync_api import BrowserContext, Response

from tests import programs
from tests.judge.crawl import Page, Site
from tests.screens import ARGUMENTS, STATES, Screens


def all_of(site: Site) -> list[Page]:
    """Their sources; without JavaScript, which would ask for parts of pages instead."""
    with site.playwright.chromium.launch(executable_path=programs.chromium(), args=ARGUMENTS) as browser:
        reader = Reader(browser, site.server, {})
        pages = [Page(f"state {name}", reader.source(name)) for name in STATES]
        reader.close()
    return pages


class Reader(Screens):
    """Keeps the document that came last."""

    _last: Response

    def watch(self, context: BrowserContext) -> BrowserContext:
        context.on("response", self._keep)
        return super().watch(context)

    def _keep(self, response: Response) -> None:
        if response.request.is_navigation_request() and not 300 <= response.status < 400:
            self._last = response

    def source(self, state: str) -> str:
        STATES[state](self, {"javascript": False})
        return self._last.text()
