"""Pages of lists; `gateway.api.queries` has the cursors that lead from one to the next."""

from typing import Annotated

from pydantic import Field

from gateway.api.endpoints import Given

DEFAULT_LIMIT = 100
MAX_LIMIT = 200

Limit = Annotated[int, Field(ge=1, le=MAX_LIMIT, description=f"how many at most, 1 to {MAX_LIMIT}")]


class PageQuery(Given):
    """How large a page."""

    limit: Limit = DEFAULT_LIMIT
