"""A team's name, logo and accent in a real browser."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.fixtures import database_url
from tests.screens import PHONE, Screens, become, heading, promote, somebody, wait_for_worker
from tests.server import QUICK, Server

# It would note that it ran, and lead away.
SVG = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 60 20" onload="console.log('It ran.')">
<style>rect { fill: #0b57d0 }</style><rect width="60" height="20"/>
<script>console.log("It ran."); location = "/login"</script></svg>"""
ACCENT = "rgb(11, 87, 208)"
# The contrast of the words in each element with what lies behind them, as the screen has it.
CONTRASTS = """(selector) => {
  const context = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const painted = (...colours) => {
    context.clearRect(0, 0, 1, 1);
    for (const colour of colours) {
      context.fillStyle = colour;
      context.fillRect(0, 0, 1, 1);
    }
    return [...context.getImageData(0, 0, 1, 1).data.slice(0, 3)];
  };
  const linear = (value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
  const weights = [0.2126, 0.7152, 0.0722];
  const luminance = (rgb) => rgb.reduce((sum, value, at) => sum + weights[at] * linear(value / 255), 0);
  const behind = (element) =>
    element ? [...behind(element.parentElement), getComputedStyle(element).backgroundColor] : [];
  return [...document.querySelectorAll(selector)].filter((element) => element.checkVisibility()).map((element) => {
    const pair = [painted(getComputedStyle(element).color), painted(...behind(element))].map(luminance).sort();
    return (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
  });
}"""


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("acme")
    (folder / "acme.svg").write_text(SVG)
    with database_url(folder) as url:
        given = {"NAME": "Acme", "LOGO": str(folder / "acme.svg"), "ACCENT": "#0b57d0"}
        server = Server(folder, url, **given)
        server.command = QUICK
        with server:
            yield server


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "path", ["/", "/login", "/nowhere", "/dashboard", "/account/sessions", "/admin/users", "/admin"]
)
def test_links_and_main_buttons_can_be_read(screens: Screens, acme: Server, path: str, scheme: str) -> None:
    screens.expect_trouble("status of 404")
    page = screens.open(base_url=acme.url, color_scheme=scheme)
    if path.startswith(("/dash", "/acc", "/adm")):
        become(page, person := somebody())
        promote(acme, person)
    page.goto(path)
    contrasts = page.evaluate(CONTRASTS, "a, button.primary, .button.primary, .pages [aria-current], code")
    assert len(contrasts) > 3 and min(contrasts) >= 4.5
    if rows := page.locator("main tbody tr:has(a)").filter(visible=True).all():
        rows[0].hover()
        assert min(page.evaluate(CONTRASTS, "main tbody tr a")) >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_accent_is_on_the_main_button_and_on_links(screens: Screens, acme: Server, scheme: str) -> None:
    page = screens.open("/login", base_url=acme.url, color_scheme=scheme)
    button = page.get_by_role("button", name="Log in", exact=True)
    link = page.locator("main a").first
    colours = [
        button.evaluate("element => getComputedStyle(element).backgroundColor"),
        link.evaluate("element => getComputedStyle(element).color"),
    ]
    assert colours[0] == colours[1] and (colours[0] == ACCENT) is (scheme == "light")
    assert min(page.evaluate(CONTRASTS, "button.primary")) >= 4.5


def test_a_logo_that_is_opened_by_itself_runs_no_script(screens: Screens, acme: Server) -> None:
    screens.expect_trouble("Blocked script execution|inline|CSP: script-src")
    page = screens.open("/login", base_url=acme.url)
    address = str(page.locator(".brand img").get_attribute("src"))
    seen = said(page)
    page.goto(address)
    expect(page.locator("rect")).to_be_visible()
    assert page.url == f"{acme.url}{address}" and seen() == []


def test_without_its_policy_it_would_run(screens: Screens, acme: Server) -> None:
    """Else the test above would prove nothing."""
    page = screens.open(base_url=acme.url)
    page.route("**/*.svg", lambda route: route.fulfill(body=SVG, content_type="image/svg+xml"))
    seen = said(page)
    page.goto("/static/logo.svg", wait_until="commit")
    page.wait_for_url("**/login")
    assert "It ran." in seen()


def test_the_logo_is_seen_where_it_is_an_image(screens: Screens, acme: Server) -> None:
    page = screens.open("/", base_url=acme.url)
    seen = said(page)
    for image in page.locator("img[src*='/static/logo.']").all():
        image.scroll_into_view_if_needed()
        assert image.evaluate("async (image) => (await image.decode(), image.complete && image.naturalWidth > 0)")
    header = page.locator(".brand img").bounding_box()
    assert header is not None and (round(header["width"]), round(header["height"])) == (96, 32)
    assert seen() == []


@pytest.mark.parametrize("name", ["W" * 40, "Allgemeine Handwerksgenossenschaft Mitte"])
def test_a_long_name_fits_a_telephone(screens: Screens, acme: Server, name: str) -> None:
    page = screens.open("/login", base_url=acme.url, viewport=PHONE)
    page.locator(".brand").evaluate("(brand, name) => brand.lastChild.replaceWith(name)", name)
    box = page.locator(".brand").bounding_box()
    assert box is not None and box["x"] + box["width"] <= PHONE["width"]
    assert page.locator(".brand").evaluate("brand => brand.scrollWidth <= brand.clientWidth")
    assert page.locator(".brand img").evaluate("image => image.offsetWidth") == 96


def test_without_a_network_the_offline_page_has_name_logo_and_accent(screens: Screens, acme: Server) -> None:
    screens.expect_trouble("net::ERR_")
    page = screens.open("/login", base_url=acme.url, service_workers="allow", color_scheme="light")
    wait_for_worker(page)
    page.context.set_offline(True)
    page.goto("/signup")
    expect(heading(page)).to_have_text("You are offline")
    expect(page).to_have_title("You are offline – Acme")
    assert page.locator(".brand img").evaluate("image => image.naturalWidth") > 0
    button = page.get_by_role("link", name="Try again")
    assert button.evaluate("element => getComputedStyle(element).backgroundColor") == ACCENT


def said(page: Page) -> Callable[[], list[str]]:
    """What the page has written to the console, but for errors, from here on."""
    texts: list[str] = []
    page.on("console", lambda message: texts.append(message.text) if message.type != "error" else None)
    return lambda: texts
