"""Where the time of a dashboard goes, in process: what each part takes, with the parts in it."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from flask import Flask

from tests.bench import clock
from tests.bench.databases import kinds
from tests.bench.growth import ALONE, site
from tests.bench.report import Pace, Promise, table
from webapp import hypermedia
from webapp.accounts import dashboard

LEAST = 20
# Of Flask's app, what takes part in each request.
STAGES = {
    "wsgi_app": "the whole request",
    "request_context": "Flask: its context is made, the route found",
    "preprocess_request": "the hooks before the view",
    "dispatch_request": "the view",
    "process_response": "the hooks behind the view, and cookies",
}

Spent = Counter[str]


def measure(pace: Pace) -> list[Promise]:
    with kinds()["SQLite"]() as url, site(url, ALONE, pace) as made:
        clock.median(made.app, "/dashboard", made.cookie, 20)
        spent: Spent = Counter()
        _time_all(made.app, spent)
        clock.median(made.app, "/dashboard", made.cookie, 20)
        spent.clear()
        number = pace.tries + 20
        clock.median(made.app, "/dashboard", made.cookie, pace.tries)
    rows = [(part, f"{seconds * 1e6 / number:.0f}") for part, seconds in spent.most_common()]
    left = f"{sum(seconds * 1e6 / number < LEAST for seconds in spent.values())} more, each below {LEAST}"
    shown = [row for row in rows if int(row[1]) >= LEAST]
    table("A dashboard in process, by its parts, each with those in it", ("part", "µs"), [*shown, (left, "")])
    return []


def _time_all(app: Flask, spent: Spent) -> None:
    for name, told in STAGES.items():
        _time(app, name, told, spent)
    _time(app.session_interface, "open_session", "the session cookie is read", spent)
    _time(dashboard, "of", "what the dashboard tells", spent)
    _time(hypermedia, "render_template", "the page is filled in", spent)
    for verb in ("one", "all"):
        _time(app.extensions["database"], verb, "the database is asked", spent)
    for hooks in (app.before_request_funcs[None], app.after_request_funcs[None]):
        hooks[:] = [_timed(hook, f"hook: {getattr(hook, 'func', hook).__module__}", spent) for hook in hooks]
    for templates in app.jinja_env.by_language.values():
        for name, template in templates.loaded.items():
            template.root_render_func = _timed(_whole(template.root_render_func), f"template: {name}", spent)


def _whole(root: Callable[..., Iterable[str]]) -> Callable[..., Iterator[str]]:
    """A template gives its pieces one by one: they are counted where they are made, not where they go."""

    def whole(context: Any) -> Iterator[str]:
        pieces = list(root(context))
        return (piece for piece in pieces)

    return whole


def _time(owner: Any, name: str, told: str, spent: Spent) -> None:
    setattr(owner, name, _timed(getattr(owner, name), told, spent))


def _timed(call: Callable[..., Any], told: str, spent: Spent) -> Callable[..., Any]:
    def timed(*given: Any, **named: Any) -> Any:
        began = time.perf_counter()
        try:
            return call(*given, **named)
        finally:
            spent[told] += time.perf_counter() - began

    return timed
