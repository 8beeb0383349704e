"""Mail: what the time of an answer tells of an address, how fast the outbox empties, and what pages notice of it."""

from tests.bench import databases, mail_answers, mail_sending
from tests.bench.report import machine, table
from tests.bench.servers import workers


def measure() -> None:
    print(f"{machine()}; {workers()} server processes")
    for name, database in databases.kinds().items():
        with database() as url:
            kept = [*mail_answers.measure(name, url)]
        with database() as url:
            kept += mail_sending.measure(name, url)
        table(f"Promises, {name}", ("promise", "measured", "kept?"), kept)
