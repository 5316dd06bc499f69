"""Comments on a product in a store over HTTP: stored once, shown in the history, deciding nothing."""

import base64
import io
from typing import Any

import polars as pl
import pytest

LINE = {"store_id": "S002", "product_id": "P0031"}


def test_a_comment_stands_in_the_history_of_its_line_and_decides_nothing(client: Any) -> None:
    listed = {"table": "suggestions", "search": "P0031"}
    before = client.ask("/listing", listed), client.ask("/orders", {})
    assert client.ask("/listing", listed | {"show": "commented"})["rows"] == []
    first = client.ask("/line_comment", LINE | {"text": "隔壁有集市", "comment_id": "c-1"}, role="merchandiser")
    client.ask("/line_comment", LINE | {"text": "second\nline"})
    history = client.ask("/line_history", LINE, role="data_scientist")
    assert [one["text"] for one in history["comments"]] == ["second\nline", "隔壁有集市"]
    assert history["comments"][1] == first
    assert (first["commented_by"], history["decisions"]) == ("merchandiser先生", [])
    assert client.ask("/line_history", LINE | {"product_id": "P0032"})["comments"] == []
    assert len(client.ask("/line_history", LINE | {"limit": 1})["comments"]) == 1
    [noted] = client.ask("/listing", listed | {"show": "commented"})["rows"]
    assert (noted["store_id"], noted["comments"]) == ("S002", 2)
    after = client.ask("/listing", listed)
    assert after["shows"].pop("commented") - before[0]["shows"].pop("commented") == 1
    for row in (*after["rows"], *before[0]["rows"]):
        del row["comments"]
    assert (after, client.ask("/orders", {})) == before


def test_the_file_of_a_list_counts_the_comments_at_its_end(client: Any) -> None:
    client.ask("/line_comment", LINE | {"product_id": "P0036", "text": "集市"})
    asked = {"table": "suggestions", "search": "P0036", "format": "csv"}
    content = base64.b64decode(client.ask("/listing_file", asked)["content"])
    table = pl.read_csv(io.BytesIO(content))
    assert table.columns[-4:] == ["supplier_name", "comments", "value", "lost_sales"]
    assert dict(table.select("store_id", "comments").iter_rows())["S002"] == 1


def test_the_same_comment_twice_counts_once_and_another_under_its_id_is_refused(client: Any) -> None:
    line = LINE | {"product_id": "P0033"}
    made = client.ask("/line_comment", line | {"text": "集市", "comment_id": "c-2"})
    assert client.ask("/line_comment", line | {"text": "集市", "comment_id": "c-2"}) == made
    error = client.error("/line_comment", line | {"text": "other", "comment_id": "c-2"})
    assert (error["code"], error["details"]["problem"]) == ("impossible", "comment_id_taken")
    assert client.ask("/line_history", line)["comments"] == [made]


@pytest.mark.parametrize(
    ("change", "refused"),
    [
        ({"text": "集" * 1001}, (400, "malformed")),
        ({"text": " \n"}, (400, "malformed")),
        ({"text": ""}, (400, "malformed")),
        ({"store_id": "S999"}, (404, "not_found")),
        ({"product_id": "none"}, (404, "not_found")),
    ],
)
def test_what_is_no_comment_or_about_nothing_is_refused(
    client: Any, change: dict[str, str], refused: tuple[int, str]
) -> None:
    assert client.refused("/line_comment", LINE | {"text": "集市"} | change) == refused


def test_a_thousand_letters_of_any_script_are_kept_whole(client: Any) -> None:
    text = "集" * 1000
    assert client.ask("/line_comment", LINE | {"product_id": "P0035", "text": text})["text"] == text


@pytest.mark.parametrize("role", ["data_scientist", "marketer"])
def test_who_may_not_decide_may_not_comment(client: Any, role: str) -> None:
    assert client.refused("/line_comment", LINE | {"text": "集市"}, role=role) == (403, "forbidden")
