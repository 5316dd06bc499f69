"""The day on which orders were sent is blank for those that wait: the one that all orders have is the moment."""

from pathlib import Path

import pytest

from retail_brain.ingest.look import look


@pytest.mark.parametrize(("state", "moment"), [("Status", "Taken up"), ("Remark", "Date sent")])
def test_day_that_whole_orders_lack_gives_way_where_a_state_is_told(tmp_path: Path, state: str, moment: str) -> None:
    rows = [f"Order ID,Taken up,{state},Date sent,SKU,Product,Quantity,Price"]
    for n in range(60):
        day, waits = f"2026-09-{1 + n // 3:02}", n % 6 == 5
        sent = "" if waits else f"2026-09-{2 + n // 3:02} 0{n % 9}:30:00"
        said = "Cancelled" if waits else "Delivered"
        rows += [
            f"A-{500 + n},{day} 1{n % 9}:15:00,{said if state == 'Status' else ''},{sent},G{n % 5},Tea {n % 5},1,4.50"
        ]
    (tmp_path / "orders.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    assert f'sold_at = "{moment}"' in look(str(tmp_path / "orders.csv")).mapping
