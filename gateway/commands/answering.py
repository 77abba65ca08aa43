"""What an endpoint of the API answers, asked in this process: no gateway needs to run, and none is troubled."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from multidict import MultiDict
from pydantic import BaseModel

from gateway.api.asked import Asked
from gateway.api.desk import ApiDesk
from gateway.api.endpoints import AnyEndpoint
from gateway.api.problems import Problem
from gateway.api.serving import read_query
from gateway.commands.failing import CommandFailed
from gateway.commands.noun_options import option_name, options_of
from gateway.commands.offline_desk import offline_desk
from gateway.commands.told import CURSOR, rows_name
from gateway.ids import new_id
from gateway.settings import load_settings

NO_REQUEST: Any = None  # what reads takes nothing of a request but its path and its query
WHO = "cli"


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: an endpoint, the parameters of its address, the query, and how many rows at most."""

    endpoint: AnyEndpoint
    place: Mapping[str, str]
    query: Mapping[str, str]
    limit: int


def answer_of(question: Question, project: Path) -> BaseModel:
    """What the API answers of the project; a list from as many pages as its rows take. Raises `CommandFailed` with the
    API's reasons."""
    with offline_desk(load_settings(project, offline=True)) as desk:
        try:
            return asyncio.run(_answer(desk, question))
        except Problem as problem:
            raise CommandFailed(_reasons(problem)) from None


async def _answer(desk: ApiDesk, question: Question) -> BaseModel:
    limit = options_of(question.endpoint).get("limit")
    if limit is None:
        return await _page(desk, question, {})
    return await _pages(desk, question, limit["maximum"])


async def _pages(desk: ApiDesk, question: Question, largest: int) -> BaseModel:
    """One answer with the rows of several pages, of at most ``largest`` rows each."""
    page = await _page(desk, question, {"limit": str(min(largest, question.limit))})
    name = rows_name(type(page))
    rows = list(getattr(page, name))
    while (following := getattr(page, CURSOR)) and len(rows) < question.limit:
        size = min(largest, question.limit - len(rows))
        page = await _page(desk, question, {"limit": str(size), "after": following})
        rows += getattr(page, name)
    return page.model_copy(update={name: rows})


async def _page(desk: ApiDesk, question: Question, more: Mapping[str, str]) -> BaseModel:
    endpoint = question.endpoint
    query = read_query(endpoint.query, MultiDict({**question.query, **more}))
    asked = Asked(
        desk=desk, path=question.place, query=query, body=None, who=WHO, id=new_id(), raw=b"", http=NO_REQUEST
    )
    answer = await endpoint.handler(asked)
    if answer.body is None:
        raise TypeError(f"{endpoint.name} answers no document")
    return answer.body


def _reasons(problem: Problem) -> str:
    """A line for each thing that is wrong."""
    told: Mapping[str, Any] = problem.body
    lines = [f"{option_name(one['field'])}: {one['reason']}" for one in told.get("errors", ())]
    return "\n".join(lines) or str(told.get("detail", problem))
