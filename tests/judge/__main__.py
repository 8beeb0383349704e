"""Lets the judges loose on a demo of 300 people: `python -m tests.judge`."""

import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Playwright, sync_playwright

from tests.judge import crawl, lighthouse, markup, pace, states
from tests.judge.crawl import Complaint, Site
from tests.server import Server
from webapp.accounts import demo
from webapp.commands.demo import EVENTS_EACH

PEOPLE = 300


def main() -> None:
    markup.check_java()
    with sync_playwright() as playwright, demo_site(playwright) as site:
        pages, broken = crawl.whole(site)
        pages += states.all_of(site)
        with demo_site(playwright, sends_mail=True) as mailing:
            more, broken_by_mail = crawl.whole(mailing)
        pages, broken = pages + more, broken + broken_by_mail
        print(f"{len(pages)} pages; the judges read them.", flush=True)
        found = [*broken, *markup.nu(pages), *markup.html_validate(pages), *lighthouse.complaints(site)]
        found += pace.complaints(site)
    for line in in_words(found):
        print(line)
    if found:
        sys.exit(f"{len(found)} complaints")
    print("None of them complains.")


@contextmanager
def demo_site(playwright: Playwright, sends_mail: bool = False) -> Iterator[Site]:
    """The real server, with people who do not exist."""
    with TemporaryDirectory() as folder, _server(Path(folder), sends_mail) as server:
        with closing(server.database()) as db:
            password = demo.fill(db, PEOPLE, PEOPLE * EVENTS_EACH).password
        yield Site(playwright, server, password)


def _server(folder: Path, sends_mail: bool) -> Server:
    given = {"MAIL_URL": f"folder:{folder}/mail"} if sends_mail else {}
    return Server(folder, f"sqlite:///{folder}/latchkey.db", **given)


def in_words(found: Iterable[Complaint]) -> Iterator[str]:
    """What is the same on many pages is said once."""
    places = defaultdict(list)
    for complaint in found:
        places[complaint.rule, complaint.sentence].append(f"{complaint.page} {complaint.place}")
    for (rule, sentence), where in places.items():
        more = f" (and {len(where) - 1} more)" if len(where) > 1 else ""
        yield f"{where[0]}{more}\n    {rule}: {sentence}"


if __name__ == "__main__":
    main()
