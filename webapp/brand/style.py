"""brand.css: the custom properties that a logo and an accent change."""

from webapp.brand.accent import Accent
from webapp.brand.logo import Logo


def sheet(logo: Logo, accent: Accent | None) -> str:
    """The style sheet; empty if all is as in css/base.css, in whose layer it comes later."""
    rules = []
    if logo.content:
        # The key on the welcome page is tilted; what a team draws stands as it is drawn.
        rules.append("--tilt: 0deg;")
    if accent:
        solid = f"light-dark({accent.light}, {accent.dark})"
        rules += [f"--brass: {solid};", f"--solid: {solid};"]
        rules.append(f"--brass-tint: light-dark({accent.light_tint}, {accent.dark_tint});")
    return f"@layer base {{ :root {{ {' '.join(rules)} }} }}\n" if rules else ""
