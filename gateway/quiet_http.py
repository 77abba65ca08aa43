"""HTTP that tells nobody what it runs on, and quotes nothing of what it could not read."""

from aiohttp import web
from aiohttp.http_exceptions import InvalidURLError, LineTooLong
from aiohttp.web_protocol import RequestHandler

from gateway.api.problems import Problem

SERVER = "pointsman"
LINE_BYTES = 8_190  # how long each line of a head may be
LIMIT = f"the address with its query, and each header, may have at most {LINE_BYTES} bytes"
ASCII = "an address has ASCII characters only: others are written as in %C3%A4"
MALFORMED = 400
UNREADABLE = Problem(MALFORMED, "malformed", "This is no HTTP request", f"{LIMIT}; {ASCII}")
UNREADABLE_AS: tuple[tuple[type[Exception], Problem], ...] = (
    (LineTooLong, Problem(MALFORMED, "malformed", "A line of the request's head is too long", LIMIT)),
    (InvalidURLError, Problem(MALFORMED, "malformed", "The address can't be read", f"{ASCII}; {LIMIT}")),
)


class QuietHandler(RequestHandler):
    """A connection. aiohttp would answer what is no HTTP, or fails, with its own words and a piece of what was sent."""

    __slots__ = ()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """The status, and for what is no HTTP, or has a line that is too long, a problem as the API has them, with the
        limit: where it was to go, nobody has read. The rest is logged."""
        super().handle_error(request, status, exc, message)
        answer = unreadable(exc).response() if status == MALFORMED else web.Response(status=status)
        answer.headers["Server"] = SERVER
        answer.force_close()
        return answer


def unreadable(error: BaseException | None) -> Problem:
    """What is said of a request that could not be read for this reason."""
    return next((problem for kind, problem in UNREADABLE_AS if isinstance(error, kind)), UNREADABLE)


async def name_no_versions(request: web.Request, response: web.StreamResponse) -> None:
    """aiohttp would tell its own version and Python's."""
    response.headers["Server"] = SERVER
