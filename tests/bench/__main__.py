"""`python -m tests.bench` measures everything, `… pages memory` these alone, `… quick` in a fraction of the time."""

import logging
import signal
import sys

from tests import postgres
from tests.bench import (
    admin,
    attacks,
    factors,
    growth,
    leaving,
    logins,
    mail,
    memory,
    pages,
    parts,
    rates,
    signups,
    slow,
    soak,
    start,
)
from tests.bench.report import QUICK, WHOLE, Promise, machine, table
from tests.bench.servers import workers

PARTS = {
    "pages": pages.measure,
    "parts": parts.measure,
    "rates": rates.measure,
    "logins": logins.measure,
    "slow": slow.measure,
    "attacks": attacks.measure,
    "leaving": leaving.measure,
    "signups": signups.measure,
    "growth": growth.measure,
    "memory": memory.measure,
    "start": start.measure,
}
# Asked for by these names alone: no other package is measured beside.
ALONE = {"admin": admin.measure, "factors": factors.measure, "mail": mail.measure, "soak": soak.measure}


def main() -> None:
    for number in postgres.STOPS:
        signal.signal(number, postgres.leave)
    logging.disable(logging.CRITICAL)
    asked = sys.argv[1:]
    if len(asked) == 1 and asked[0] in ALONE:
        ALONE[asked[0]]()
    elif set(asked) <= {"quick", *PARTS}:
        _compare([name for name in PARTS if name in asked] or [*PARTS], "quick" in asked)
    else:
        sys.exit(f"Usage: python -m tests.bench [{' | '.join(ALONE)} | [quick] [{'] ['.join(PARTS)}]]")


def _compare(asked: list[str], quick: bool) -> None:
    print(f"{machine()}; {workers()} server processes")
    promises: list[Promise] = []
    for name in asked:
        print(f"… {name}", file=sys.stderr)
        promises += PARTS[name](QUICK if quick else WHOLE)
    table("Promises", ("promise", "measured", "kept?"), promises)


if __name__ == "__main__":
    main()
