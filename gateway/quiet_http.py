"""HTTP that tells nobody what it runs on, and quotes nothing of what it could not read."""

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

SERVER = "pointsman"


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
        """The status alone; the rest is logged."""
        super().handle_error(request, status, exc, message)
        answer = web.Response(status=status, headers={"Server": SERVER})
        answer.force_close()
        return answer


async def name_no_versions(request: web.Request, response: web.StreamResponse) -> None:
    """aiohttp would tell its own version and Python's."""
    response.headers["Server"] = SERVER
