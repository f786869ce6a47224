"""From templates and assets to one self-contained HTML text: autoescape on, nothing loaded from elsewhere.

A content security policy in every page forbids all requests, and every script but the ones it was published with
(by their hash): text from a delivery cannot run even if an escape were forgotten.
"""

import base64
import hashlib
import re
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import jinja2
from markupsafe import Markup

from pipelines.errors import SamenhangError
from pipelines.pages.figures import metres_sentence, metres_text, people_sentence, people_text, scale_text
from pipelines.pages.words import dutch_date, dutch_list, dutch_number, group_words, words

TEMPLATES = Path(__file__).parent / "templates"
_SOURCE_MAP = re.compile(r"\s*//# sourceMappingURL=\S+\s*$")
_CSS_URL = re.compile(r"url\([^)]*\)")


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["words"] = words()
    environment.filters |= {"number": dutch_number, "day": dutch_date, "listed": dutch_list, "age_group": group_words}
    environment.filters |= {"metres": metres_text, "people": people_text, "scale": scale_text}
    environment.filters |= {"metres_sentence": metres_sentence, "people_sentence": people_sentence}
    return environment


def render(template: str, *, styles: tuple[str, ...], scripts: tuple[str, ...] = (), **content: object) -> str:
    """Render one page.

    Parameters
    ----------
    template
        File name under `templates/`.
    styles, scripts
        CSS and JavaScript to inline, in order; ours or a library's, never text from a delivery.
    **content
        What the template shows; it is escaped wherever it stands. What a script reads goes through `tojson`: `<`, `>`,
        `&` and all beyond ASCII stand in it as escapes, so that it cannot end its element.
    """
    return (
        _environment()
        .get_template(template)
        .render(
            styles=[Markup(text) for text in styles],  # noqa: S704 - our own files and Leaflet's
            scripts=[Markup(text) for text in scripts],  # noqa: S704 - idem
            policy=content_policy(scripts),
            **content,
        )
    )


def content_policy(scripts: tuple[str, ...]) -> str:
    """The content security policy of a page: no request at all, and no script but these (by SHA-256)."""
    digests = (base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in scripts)
    allowed = " ".join(f"'sha256-{digest}'" for digest in digests) or "'none'"
    return f"default-src 'none'; style-src 'unsafe-inline'; script-src {allowed}; base-uri 'none'; form-action 'none'"


def asset_text(name: str) -> str:
    """Text of a stylesheet or script of ours under `templates/`."""
    return (TEMPLATES / name).read_text(encoding="utf-8")


def leaflet_script() -> str:
    """Leaflet's own script, without the line that asks for a source map."""
    return _SOURCE_MAP.sub("", _leaflet_file("leaflet.js"))


def leaflet_style() -> str:
    """Leaflet's own stylesheet, without the rules that fetch images we do not use."""
    return _CSS_URL.sub("none", _leaflet_file("leaflet.css"))


def _leaflet_file(name: str) -> str:
    try:
        located = distribution("XStatic-Leaflet").locate_file(f"xstatic/pkg/leaflet/data/{name}")
        return Path(str(located)).read_text(encoding="utf-8")
    except (PackageNotFoundError, FileNotFoundError) as error:
        raise SamenhangError(
            f"Leaflet's {name} is not there, so the map cannot be made. Install the packages of the lock file again."
        ) from error
