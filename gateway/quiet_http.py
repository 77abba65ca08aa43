"""HTTP that tells nobody what it runs on, and quotes nothing of what it could not read."""

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from gateway.api.problems import Problem

SERVER = "pointsman"
UNREADABLE = Problem(400, "malformed", "This is no HTTP request, or a line of its head is too long")


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
        """The status, and for what is no HTTP, or has a line that is too long, a problem as the API has them: where it
        was to go, nobody has read. The rest is logged."""
        super().handle_error(request, status, exc, message)
        answer = UNREADABLE.response() if status == UNREADABLE.status else web.Response(status=status)
        answer.headers["Server"] = SERVER
        answer.force_close()
        return answer


async def name_no_versions(request: web.Request, response: web.StreamResponse) -> None:
    """aiohttp would tell its own version and Python's."""
    response.headers["Server"] = SERVER
