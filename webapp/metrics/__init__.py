"""Numbers for Prometheus: requests, answers and how long they took. No label names a user."""

from collections.abc import Callable, Iterable, Mapping
from time import perf_counter
from typing import Literal, cast, get_args

from flask import Flask, Response, current_app, g, request
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Metric, exposition, values
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from webapp.metrics import folder

CONTENT_TYPE = exposition.CONTENT_TYPE_PLAIN_0_0_4
Outcome = Literal["succeeded", "half", "failed", "second_failed", "throttled", "busy", "disabled"]
MailOutcome = Literal["sent", "put_off", "given_up"]
# Numbers that the database knows, each by its name and its meaning; the first is 0 while it does not answer.
DATABASE_UP = "database_up", "Whether the database answers: 1 or 0."
COMMITS_WAITING = "commits_waiting", "Commits that have waited for a synchronous standby for more than a second."
LIVE_SESSIONS = "live_sessions", "Sessions that are live."
WITH_FACTOR = "users_with_second_factor", "Users with a second factor."
RESETS = "factors_resets_waiting", "Removals of second factors that wait, and that their owners can stop."
MAILS_WAITING = "mails_waiting", "Mails that wait to be sent."
MAILS_ELDEST = "mails_waiting_seconds", "How long the eldest of them has waited."
MAILS_GIVEN_UP = "mails_given_up", "Mails that were given up and not discarded."
# Unknown methods and paths share one label, so the series stay bounded: each is kept forever.
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
OTHER = "other"
REFUSALS = (408, 413, 429, 503)
# In seconds: a page takes milliseconds, a password a tenth of a second, a queue of them seconds.
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Metrics(Collector):
    """What one app counts in this process."""

    def __init__(self) -> None:
        # The library chose at its import; the server's processes may be forks of one that imported it before `share`.
        values.ValueClass = values.get_value_class()  # type: ignore[no-untyped-call]
        self._folder = folder.join()
        self._registry = CollectorRegistry()
        self._requests = self._counter("requests", "Requests that were answered.", "route", "method", "status")
        self._times = Histogram(
            "latchkey_request_duration_seconds", "Time until the answer was ready to send.", ("route", "method"),
            buckets=BUCKETS, registry=self._registry,
        )  # fmt: skip
        logins = self._counter("logins", "Log-ins that were tried.", "outcome")
        self.logins = {outcome: logins.labels(outcome) for outcome in get_args(Outcome)}
        refusals = self._counter("refusals", "Requests that were too many, too large or too slow.", "status")
        self.refusals = {status: refusals.labels(status) for status in REFUSALS}
        self._hashing = Gauge(
            "latchkey_hashing", "Passwords that wait to be hashed, and that are hashed.", ("state",),
            multiprocess_mode="livesum", registry=self._registry,
        )  # fmt: skip
        mails = self._counter("mails", "Mails that a sender had in hand.", "outcome")
        self.mails = {outcome: mails.labels(outcome) for outcome in get_args(MailOutcome)}
        self._watched: list[tuple[Gauge, Callable[[], int]]] = []
        # Looking up labels takes longer than counting, so what it finds is kept.
        self._series: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    def _counter(self, name: str, told: str, *labels: str) -> Counter:
        return Counter(f"latchkey_{name}", told, labels, registry=self._registry)

    def after_request(self, answer: Response) -> Response:
        rule, method, status = request.url_rule, request.method, answer.status_code
        key = rule.rule if rule else OTHER, method if method in METHODS else OTHER, status
        requests, times = self._series.get(key) or self._find(*key)
        requests.inc()
        times.observe(perf_counter() - g.began)
        if status in self.refusals:
            self.refusals[status].inc()
        return answer

    def _find(self, route: str, method: str, status: int) -> tuple[Counter, Histogram]:
        found = self._requests.labels(route, method, status), self._times.labels(route, method)
        return self._series.setdefault((route, method, status), found)

    def watch(self, state: str, number: Callable[[], int]) -> None:
        self._watched.append((self._hashing.labels(state), number))

    def look(self) -> None:
        for gauge, number in self._watched:
            gauge.set(number())

    def collect(self) -> Iterable[Metric]:
        """The metrics of this process, or of all if they count together."""
        self.look()
        return folder.read(self._folder) if self._folder else self._registry.collect()


class _Scrape(Collector):
    """What was counted, and what the database knows: numbers by the name and the meaning of a gauge."""

    def __init__(self, counted: Metrics, stored: Mapping[tuple[str, str], float]) -> None:
        self._counted, self._stored = counted, stored

    def collect(self) -> Iterable[Metric]:
        yield from self._counted.collect()
        for (name, meaning), number in self._stored.items():
            yield GaugeMetricFamily(f"latchkey_{name}", meaning, number)


def register(app: Flask) -> None:
    app.extensions["metrics"] = metrics = Metrics()
    app.before_request(_begin)
    app.after_request(metrics.after_request)


def count_login(outcome: Outcome) -> None:
    _metrics(current_app).logins[outcome].inc()


def count_refusal(app: Flask, status: int) -> None:
    """Count a request that the front door refused before the app saw it."""
    _metrics(app).refusals[status].inc()


def count_mail(app: Flask, outcome: MailOutcome) -> None:
    _metrics(app).mails[outcome].inc()


def watch_hashing(app: Flask, waiting: Callable[[], int], running: Callable[[], int]) -> None:
    """Also report how many passwords wait to be hashed in this process, and how many are being hashed."""
    _metrics(app).watch("waiting", waiting)
    _metrics(app).watch("running", running)


def look(app: Flask) -> None:
    """Update the watched numbers, so that other processes see them; each process must call it now and then."""
    _metrics(app).look()


def scrape(stored: Mapping[tuple[str, str], float]) -> bytes:
    """All metrics in Prometheus's format; `stored` are numbers that the database knows, by name and meaning."""
    return exposition.generate_latest(_Scrape(_metrics(current_app), stored))


def _metrics(app: Flask) -> Metrics:
    return cast(Metrics, app.extensions["metrics"])


def _begin() -> None:
    g.began = perf_counter()
