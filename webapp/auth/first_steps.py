"""The first steps on the dashboard: each view names those that it adds, and the page lists them until all are done."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from flask import Flask, current_app

from db.sessions import Session
from webapp.accounts import first_steps
from webapp.database import database
from webapp.languages.sentences import Sentence


class Step(NamedTuple):
    """A step: `address` is where the user takes it; the lowest `order` comes first.

    Once `is_done` was true on a dashboard, the step stays done. A step without it is done when the view at its address
    calls `visited` of `webapp.accounts.first_steps` with its `name`, which is one word.
    """

    name: str
    sentence: Sentence
    address: Callable[[Session], str]
    order: int
    is_done: Callable[[Session], bool] = lambda _: False


class Entry(NamedTuple):
    """A step as a page shows it."""

    sentence: Sentence
    address: str
    is_done: bool


def register(app: Flask, found: Iterable[Step]) -> None:
    """Keep the steps that views name, in their order.

    Raises RuntimeError if a name is not one word, or all are too long for the column that holds them.
    """
    app.extensions["first_steps"] = steps = sorted(found, key=lambda step: step.order)
    for step in steps:
        if step.name == first_steps.AWAY or not step.name.isidentifier():
            raise RuntimeError(f"STEPS: {step.name!r} is no name for a step: one word, and not {first_steps.AWAY!r}")
    if len(" ".join(step.name for step in steps)) > first_steps.LONGEST:
        raise RuntimeError(f"the names of all STEPS have more than {first_steps.LONGEST} characters")


def of(session: Session) -> list[Entry]:
    """The steps that this session's user sees; none once all are done, or the user has put them away.

    What is newly done is noted.
    """
    if first_steps.are_away(session.user):
        return []
    steps: list[Step] = current_app.extensions["first_steps"]
    noted = first_steps.noted(session.user)
    done = [step.name for step in steps if step.name in noted or step.is_done(session)]
    is_over = len(done) == len(steps)
    first_steps.note(database(), session.user, [first_steps.AWAY] if is_over else done)
    return [] if is_over else [Entry(step.sentence, step.address(session), step.name in done) for step in steps]
