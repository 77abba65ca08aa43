"""Workbooks given to the API: previewed, imported, and their failed rows given back."""

from tests.gateway.desk import Client, Desk
from tests.gateway.imports.lists import CSV, UPLOADS, post, seen, settled
from tests.gateway.sheets.awkward_workbooks import saved

PEOPLE = saved([["x"]], [["external_id", "amount_due"], ["A", 1], ["B", "many"], ["A", 2]])
OTHER = "?sheet=Sheet1"


async def test_a_workbook_is_previewed_as_a_text_is(desk: Desk, api: Client) -> None:
    response = await api.post(f"{UPLOADS}/preview{OTHER}", data=PEOPLE, headers=CSV)
    told = await response.json()

    assert (response.status, told["sheets"], told["reading"]) == (200, ["Sheet", "Sheet1"], {"sheet": "Sheet1"})
    assert [(row["row"], row["cells"], bool(row["errors"])) for row in told["rows"]] == [
        (2, ["A", "1"], False),
        (3, ["B", "many"], True),
        (4, ["A", "2"], False),
    ]
    assert told["duplicates"] == [4]
    assert list(desk.folder.glob("*.csv")) == []


async def test_a_workbook_is_imported_and_its_failed_rows_are_given_back(desk: Desk, api: Client) -> None:
    upload = (await post(api, PEOPLE, OTHER))["upload"]
    await settled(desk)
    done = await seen(api, upload)
    errors = await (await api.get(f"{UPLOADS}/{upload}/errors.csv")).text()

    assert (done["total"], done["created"], done["failed"]) == (3, 1, 1)
    assert errors.splitlines()[1].startswith("B,many,")


async def test_a_workbook_that_can_not_be_imported_is_refused_with_the_place(desk: Desk, api: Client) -> None:
    for path in (UPLOADS, f"{UPLOADS}/preview"):
        response = await api.post(f"{path}?sheet=May", data=PEOPLE, headers=CSV)
        problem = await response.json(content_type=None)

        assert (response.status, [error["field"] for error in problem["errors"]]) == (409, ["sheet"])
        assert list(desk.folder.glob("*.csv")) == []
