"""One polite request: turns per server, redirects, and what to do about an answer that is no answer.

Here an address becomes an open answer, or an error that says whether waiting may help. What is in the answer is for
`download` (files) and `paging` (JSON in pages). The session, the clock and sleep are passed in.
"""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TypeVar
from urllib.parse import urljoin, urlsplit

import requests

from pipelines.errors import FetchError

# How often something was got: bytes so far, and all there will be (None where the server does not say).
Tell = Callable[[int, int | None], None]
Got = TypeVar("Got")
_LONGEST_CHAIN = 5
_PASSING_STATUS = frozenset({408, 425, 429, 500, 502, 503, 504})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_RANGE_REFUSED = 416
_PASSING = (
    requests.ConnectionError,
    requests.Timeout,
    requests.exceptions.ChunkedEncodingError,
    requests.exceptions.ContentDecodingError,
)


class PassingTroubleError(FetchError):
    """What may be over in a while; `wait_s` is how long the server asks to wait, where it says so."""

    def __init__(self, sentence: str, wait_s: float | None = None) -> None:
        super().__init__(sentence)
        self.wait_s = wait_s


class PlainSession(requests.Session):
    """A session that says who asks, sends nobody a password, and leaves redirects to us.

    Left to itself it looks passwords up in the user's `.netrc`, and reads the whole body of a redirect.
    """

    def __init__(self) -> None:
        super().__init__()
        self.auth = _no_password
        self.headers["User-Agent"] = "samenhang (open data for municipalities)"

    def get_redirect_target(self, resp: requests.Response) -> str | None:  # noqa: ARG002 - as requests has it
        """Nowhere."""
        return None


def _no_password(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


@dataclass(frozen=True)
class Manners:
    """How servers are treated: requests per second and server, tries per request, waits (seconds) and patience."""

    requests_per_s: float = 4.0
    tries: int = 5
    first_wait_s: float = 1.0
    longest_wait_s: float = 120.0
    connect_timeout_s: float = 15.0
    read_timeout_s: float = 60.0

    def wait_s(self, failures: int, asked_s: float | None) -> float:
        """How long to wait after so many failures (1 or more): doubling, or what the server asks, up to a cap."""
        doubling = self.first_wait_s * 2.0 ** (failures - 1)
        return min(self.longest_wait_s, max(doubling, asked_s or 0.0))


@dataclass(frozen=True)
class Line:
    """A connection that keeps its manners.

    `hosts` are the servers that may be asked (`host` or `host:port`); a redirect of theirs may lead elsewhere. `clock`
    gives seconds that only grow; `last_asked` remembers per server when its last turn was.
    """

    session: requests.Session
    hosts: frozenset[str]
    sleep: Callable[[float], None]
    clock: Callable[[], float]
    manners: Manners = Manners()
    last_asked: dict[str, float] = field(default_factory=dict)


def persist(line: Line, attempt: Callable[[], Got]) -> Got:
    """Try, and try again after growing waits while the trouble may pass.

    Raises
    ------
    FetchError
        When it does not pass, or at once when waiting cannot help.
    """
    for failures in range(1, line.manners.tries + 1):
        try:
            return attempt()
        except PassingTroubleError as trouble:
            if failures == line.manners.tries:
                raise FetchError(f"{trouble} Tried {failures} times; try again later.") from trouble
            line.sleep(line.manners.wait_s(failures, trouble.wait_s))
    raise FetchError("No request was made: allow at least one try.")


@contextmanager
def answer(line: Line, url: str, headers: dict[str, str]) -> Iterator[requests.Response]:
    """An open answer to one GET; its `url` is where redirects led. Statuses are 200, 206 or 416.

    Raises
    ------
    PassingTroubleError
        A dropped or silent connection (also while the body is read), 429 or a server's own error.
    FetchError
        Any other refusal, an address that may not be asked, or too many redirects.
    """
    try:
        with closing(_followed(line, url, headers)) as response:
            _refuse_status(response)
            yield response
    except _PASSING as error:
        raise PassingTroubleError(f"{url}: the connection failed ({_reason(error)}).") from error
    except requests.RequestException as error:
        raise FetchError(f"{url}: cannot be asked ({_reason(error)}). Check the address in the registry.") from error


def _followed(line: Line, url: str, headers: dict[str, str]) -> requests.Response:
    _require_known(line, url)
    asked = url
    for _ in range(_LONGEST_CHAIN + 1):
        _take_turn(line, urlsplit(asked).netloc)
        response = line.session.get(
            asked,
            headers=headers,
            stream=True,
            allow_redirects=False,
            timeout=(line.manners.connect_timeout_s, line.manners.read_timeout_s),
        )
        if response.status_code not in _REDIRECTS or "Location" not in response.headers:
            return response
        response.close()
        asked = onward(asked, response.headers["Location"])
    raise FetchError(f"{url}: leads from address to address more than {_LONGEST_CHAIN} times. Check the registry.")


def onward(base: str, link: str) -> str:
    """The address that a link or redirect on page `base` leads to.

    Raises
    ------
    FetchError
        When it is no address, leads out of the web or back from https to http, or holds a user or password.
    """
    try:
        address = urljoin(base, link)
        before, after = urlsplit(base), urlsplit(address)
        named = (after.hostname, after.port)  # a port that is no number is only noticed when it is read
    except ValueError as error:
        raise FetchError(f"{base}: leads to {link[:80]!r}, which is no address. Try again later.") from error
    if after.scheme not in {"https", before.scheme} or not named[0] or after.username or after.password:
        raise FetchError(
            f"{base}: sends us on to {after.scheme}://{named[0] or ''}, where we do not go: only to https, or as "
            "before, and never with a user or password. Check the address in the registry."
        )
    return address


def _require_known(line: Line, url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or parts.netloc not in line.hosts:
        raise FetchError(
            f"{parts.scheme}://{parts.hostname or ''}: is no server of the registry ({', '.join(sorted(line.hosts))}). "
            "Nothing was asked of it."
        )


def _take_turn(line: Line, host: str) -> None:
    before = line.last_asked.get(host)
    if before is not None:
        early_s = before + 1.0 / line.manners.requests_per_s - line.clock()
        if early_s > 0:
            line.sleep(early_s)
    line.last_asked[host] = line.clock()


def _refuse_status(response: requests.Response) -> None:
    status = response.status_code
    if status in {200, 206, _RANGE_REFUSED}:
        return
    said = f"{response.url}: answers {status} ({response.reason})."
    if status in _PASSING_STATUS:
        raise PassingTroubleError(said, _asked_wait_s(response))
    raise FetchError(
        f"{said} The address may have changed: look on the source's page, and correct the registry or put the file "
        "there by hand."
    )


def _asked_wait_s(response: requests.Response) -> float | None:
    """Seconds of `Retry-After`; a moment in it is counted from the server's own `Date`."""
    asked = response.headers.get("Retry-After", "").strip()
    if asked.isdecimal():
        return float(asked)
    try:
        until, now = parsedate_to_datetime(asked), parsedate_to_datetime(response.headers.get("Date", ""))
    except ValueError:
        return None
    return max(0.0, (until.replace(tzinfo=UTC) - now.replace(tzinfo=UTC)).total_seconds())


def _reason(error: Exception) -> str:
    """The last and plainest thing a chain of libraries says."""
    while error.__cause__ is None and error.args and isinstance(error.args[0], Exception):
        error = error.args[0]
    return str(getattr(error, "reason", error) or type(error).__name__).rsplit(": ", maxsplit=1)[-1][:200]
