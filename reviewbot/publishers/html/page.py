"""The page as text: the template filled in, and the policy that lets only its own script and styles run."""

import base64
import functools
import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from reviewbot.findings import Report
from reviewbot.publishers import clean
from reviewbot.publishers.counts import counted
from reviewbot.publishers.html.picture import Pictures
from reviewbot.publishers.html.view import page
from reviewbot.series.model import Series

_FOLDER = Path(__file__).parent


def render(series: Series, report: Report) -> str:
    """The whole report as one HTML document; the same bytes for the same review.

    It is pure ASCII, and so says the same in whatever encoding it is written.
    """
    pictures = Pictures()
    shown = page(series, report, pictures)
    styles, script = [_own("page.css"), *pictures.styles], _own("page.js")
    # every text in it is ours: two files of this folder, and what the drawing of pictures always says
    text = _template().render(
        page=shown,
        policy=policy(styles, script),
        styles=[Markup(style) for style in styles],  # noqa: S704
        script=Markup(script),  # noqa: S704
    )
    return text.encode("ascii", "xmlcharrefreplace").decode()


def policy(styles: Iterable[str], script: str) -> str:
    """What the page may do: show itself, and run what these hashes stand for.

    No text can be made into markup or code by a script either (`trusted-types`).
    """
    return "; ".join(
        (
            "default-src 'none'",
            f"style-src {' '.join(map(_source, styles))}",
            f"script-src {_source(script)}",
            "base-uri 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
    )


def _source(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@functools.cache
def _own(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")


@functools.cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        finalize=_visible,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals["counted"] = counted
    return environment.get_template("page.html.j2")


def _visible(value: Any) -> Any:
    """Nothing reaches the page raw, also where somebody forgets to clean it."""
    if isinstance(value, str) and not isinstance(value, Markup) and not value.isprintable():
        return clean.block(value)
    return value
