"""Charts: their scale, axis, bars, links and words."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

import pytest
from bs4 import BeautifulSoup
from flask import Flask

from tests.browser import text
from webapp.accounts.events import Kind
from webapp.hypermedia import charts, drawing
from webapp.hypermedia.charts import SERIES, Series
from webapp.languages.reader import known
from webapp.languages.sentences import say, say_number

TODAY = date(2026, 3, 14)


class Day(NamedTuple):
    date: str
    logins: int = 0
    failed: int = 0
    posts: int = 0


@pytest.fixture(autouse=True)
def _in_a_request(app: Flask) -> Iterator[None]:
    with app.test_request_context():
        yield


def _days(*logins: int, failed: tuple[int, ...] = ()) -> tuple[Day, ...]:
    """The last days, today last."""
    number = len(logins)
    failed = failed or (0,) * number
    dates = [str(TODAY - timedelta(days=number - 1 - place)) for place in range(number)]
    return tuple(Day(*each) for each in zip(dates, logins, failed, strict=True))


def _chart(
    days: tuple[Day, ...], *shown: str | Series, language: str = "en", told: str = "", events: str = "/events"
) -> BeautifulSoup:
    drawn = charts.bars(known()[language], "chart", "Log-ins", days, shown or ("logins", "failed"), told, events)
    return BeautifulSoup(drawn, "html.parser")


def _links(chart: BeautifulSoup) -> dict[str, str]:
    return {str(link["aria-label"]): str(link["href"]) for link in chart.select(".hits a")}


def _axis(chart: BeautifulSoup) -> list[str]:
    return [label.text for label in chart.select(".axis text")]


@pytest.mark.parametrize(
    ("most", "scale"), [(0, "4 2 0"), (4, "4 2 0"), (5, "6 3 0"), (11, "20 10 0"), (220, "300 150 0")]
)
def test_the_scale_ends_and_halves_at_round_numbers(most: int, scale: str) -> None:
    chart = _chart(_days(most), "logins")
    top = float(scale.split()[0])
    assert text(chart.select(".scale")[0]) == scale
    assert [float(str(bar["height"])) for bar in chart.select("rect")] == pytest.approx(
        [100 * most / top] if most else [], abs=0.01
    )


def test_the_axis_has_a_day_of_each_week_in_the_language_of_the_reader() -> None:
    days = _days(*[1] * 30)
    assert _axis(_chart(days)) == ["14 Feb", "21 Feb", "28 Feb", "7 Mar", "14 Mar"]
    assert _axis(_chart(days, language="de")) == ["14. Feb.", "21. Feb.", "28. Feb.", "7. März", "14. März"]
    rare = [label.text for label in _chart(days).select(".axis .rare")]
    assert rare == ["21 Feb", "7 Mar"], "on a phone there is room for three"


@pytest.mark.parametrize("number", [1, 2, 5, 14, 30, 59])
def test_an_axis_ends_with_today_and_has_five_labels_at_most(number: int) -> None:
    assert _axis(_chart(_days(*[1] * number)))[-1] == "14 Mar"
    assert 1 <= len(_axis(_chart(_days(*[1] * number)))) <= 5


def test_a_bar_leads_to_the_events_behind_it() -> None:
    assert _links(_chart(_days(2, 0, 3, 1, failed=(0, 1, 2, 0)))) == {
        "11 March: 2 log-ins": "/events?kind=logged_in&since=2026-03-11&until=2026-03-11",
        "12 March: 1 failed log-in": "/events?kind=login_failed&since=2026-03-12&until=2026-03-12",
        "13 March: 3 log-ins and 2 failed log-ins": "/events?since=2026-03-13&until=2026-03-13",
        "14 March: 1 log-in": "/events?kind=logged_in&since=2026-03-14&until=2026-03-14",
    }


def test_a_day_without_anything_leads_nowhere_and_says_so() -> None:
    chart = _chart(_days(0, 1))
    assert [bar["data-words"] for bar in chart.select(".hits [data-words]")] == ["13 March: 0 log-ins"]
    assert len(chart.select(".hits [role=listitem]")) == 2 and len(chart.select(".hits a")) == 1
    assert len(chart.select("td a")) == 1


def test_each_bar_has_its_words_in_the_picture_too() -> None:
    titles = [title.text for title in _chart(_days(0, 1, 2)).select("g title")]
    assert titles == ["13 March: 1 log-in", "14 March: 2 log-ins"]


def test_a_chart_is_one_stop_of_the_tab_key_at_its_newest_bar() -> None:
    chart = _chart(_days(1, 1, 1, 0))
    assert [link.get("tabindex") for link in chart.select(".hits a")] == ["-1", "-1", None]


def test_each_number_in_the_table_leads_to_its_own_kind() -> None:
    row = _chart(_days(3, failed=(2,))).select("tbody tr")[0]
    assert [(link.text, link["href"]) for link in row.select("td a")] == [
        ("3", "/events?kind=logged_in&since=2026-03-14&until=2026-03-14"),
        ("2", "/events?kind=login_failed&since=2026-03-14&until=2026-03-14"),
    ]


def test_without_a_list_of_events_nothing_leads_anywhere() -> None:
    chart = _chart(_days(1, 2), events="")
    assert not chart.select("a") and len(chart.select(".hits [data-words]")) == 2


@pytest.mark.parametrize(("number", "weeks"), [(59, None), (60, 8), (90, 12), (91, 13)])
def test_from_sixty_days_on_a_bar_is_a_whole_week_that_ends_today(number: int, weeks: int | None) -> None:
    chart = _chart(_days(*range(1, number + 1)))
    assert len(chart.select(".hits [role=listitem]")) == (weeks or number)
    assert len(chart.select("tbody tr")) == number
    if weeks:
        words, address = list(_links(chart).items())[-1]
        assert address == "/events?kind=logged_in&since=2026-03-08&until=2026-03-14"
        assert words == f"8–14 Mar: {sum(range(number - 6, number + 1))} log-ins"
        assert text(chart.select(".legend")[0]).endswith("a week in all")


def test_a_week_may_lie_in_two_months_of_any_language() -> None:
    days = _days(*[1] * 70)
    assert "22–28 Feb: 7 log-ins" in _links(_chart(days))
    assert "1.–7. März: 7 Anmeldungen" in _links(_chart(days, language="de"))


def test_a_chart_of_ninety_days_has_whole_weeks() -> None:
    assert [drawing.whole(days) for days in (1, 30, 59, 60, 90, 91)] == [1, 30, 59, 63, 91, 91]


def test_one_failure_is_seen_beside_hundreds_of_log_ins() -> None:
    logins, failed = _chart(_days(300, failed=(1,))).select("rect")
    assert float(str(failed["height"])) == drawing.LEAST
    assert float(str(failed["y"])) >= 0
    assert float(str(failed["y"])) + float(str(failed["height"])) == pytest.approx(float(str(logins["y"])), abs=0.02)


def test_parts_never_leave_the_picture() -> None:
    for numbers in ((300, 1), (1, 299), (150, 150), (0, 300), (1, 0)):
        parts = drawing.parts(0, drawing.Span("", "", numbers), ["a", "b"], 300)
        assert all(part.height > 0 and part.y >= 0 and part.y + part.height <= 100.01 for part in parts)
        assert len(parts) == sum(map(bool, numbers))


def test_the_usual_is_the_mean_of_all_days_but_today() -> None:
    chart = _chart(_days(2, 4, 20), "logins")
    assert text(chart.select(".legend")[0]) == "26 log-ins usually 3.0 a day"
    assert [path["d"] for path in chart.select(".plot .usual")] == ["M0 85.0H30"]
    assert "sonst 3,0 am Tag" in text(_chart(_days(2, 4, 20), "logins", language="de"))


@pytest.mark.parametrize("days", [_days(0), _days(5), _days(*[0] * 30), _days(*[0] * 29, 4), _days(*[0] * 91)])
def test_where_nothing_happened_before_nothing_is_usual(days: tuple[Day, ...]) -> None:
    assert not _chart(days).select(".usual")


def test_one_is_one_and_many_are_many() -> None:
    assert text(_chart(_days(1, failed=(1,))).select(".legend")[0]) == "1 log-in 1 failed log-in"
    assert text(_chart(_days(1200, failed=(2,))).select(".legend")[0]) == "1,200 log-ins 2 failed log-ins"
    german = _chart(_days(1, failed=(2,)), language="de")
    assert text(german.select(".legend")[0]) == "1 Anmeldung 2 fehlgeschlagene Anmeldungen"


def test_what_matters_stands_above_the_picture() -> None:
    told = _chart(_days(1), told=say_number("%(number)s failed log-in", "%(number)s failed log-ins", 3), language="de")
    assert told.select(".gist")[0].text == "3 fehlgeschlagene Anmeldungen"
    assert not _chart(_days(1)).select(".gist")


def test_a_team_has_series_of_its_own() -> None:
    posts = Series("posts", say("Posts"), say_number("%(number)s post", "%(number)s posts", 0))
    chart = _chart((Day("2026-03-13", posts=2), Day("2026-03-14", posts=1)), posts)
    assert _links(chart) == {
        "13 March: 2 posts": "/events?since=2026-03-13&until=2026-03-13",
        "14 March: 1 post": "/events?since=2026-03-14&until=2026-03-14",
    }
    assert [heading.text for heading in chart.select("thead th")] == ["Day", "Posts"]


def test_the_numbers_scroll_in_a_region_that_has_a_name() -> None:
    (region,) = _chart(_days(1)).select("details [role=region]")
    assert (region["aria-label"], region["tabindex"]) == ("Log-ins, in numbers", "0")


def test_a_small_picture_has_a_bar_a_day_and_says_its_numbers() -> None:
    drawn = BeautifulSoup(charts.spark(known()["en"], (0, 1200, 1)), "html.parser")
    assert [float(str(bar["height"])) for bar in drawn.select("rect")] == [0, 100, 10]
    assert drawn.select("svg")[0]["aria-label"] == "Day by day: 0, 1,200, 1"
    assert BeautifulSoup(charts.spark(known()["en"], (0, 0)), "html.parser").select("rect")


def test_every_series_of_ours_counts_a_kind_of_event() -> None:
    assert {series.kind for series in SERIES.values()} <= {kind.value for kind in Kind}
