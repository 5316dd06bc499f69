"""States of orders as codes, which a table of a database with letters of its own before its name explains."""

from pathlib import Path

from retail_brain.ingest.look import look
from retail_brain.ingest.look.state_columns import plain_kind, says
from retail_brain.ingest.look.states import GIVEN_BACK
from tests.retail_brain.ingest.test_look import moment, write


def _dataset(place: Path, codes: list[int]) -> Path:
    orders = [[n, f"c{n % 7}", f"{5 + n % 4}.00", codes[n % len(codes)], moment(n)] for n in range(1, 61)]
    lines = [[n, n, f"P{n % 4}", f"Tea {n % 4}", 1 + n % 3, f"{2 + n % 4}.50"] for n in range(1, 61)]
    lines += [[n + 60, n, f"P{(n + 1) % 4}", f"Tea {(n + 1) % 4}", 1, f"{2 + (n + 1) % 4}.50"] for n in range(1, 61)]
    words = [[1, "Shipped"], [2, "Complete"], [3, "Cancelled"]]
    write(place / "xy_order.csv", ["order_id", "customer_id", "total", "order_status_id", "date_added"], orders)
    write(place / "xy_order_line.csv", ["line_id", "order_id", "product_id", "name", "quantity", "price"], lines)
    write(place / "xy_order_status.csv", ["order_status_id", "name"], words)
    return place


def test_words_of_a_table_with_a_prefix_decide_on_codes(tmp_path: Path) -> None:
    mapping = look(str(_dataset(tmp_path, [2, 2, 2, 1, 3]))).mapping
    assert "NOT IN ('Cancelled')" in mapping
    assert 'files = "xy_order_status.csv"' in mapping


def test_a_code_of_no_state_is_asked_about(tmp_path: Path) -> None:
    seen = look(str(_dataset(tmp_path, [2, 2, 2, 0, 3])))
    assert any("have one of ['0'] in 'order_status_id'" in question for question in seen.questions)
    assert '("xy_order_status name" IS NOT NULL) AND (' in seen.mapping


def test_a_credit_card_is_no_credit_note() -> None:
    assert not says(GIVEN_BACK, plain_kind("Πιστωτική κάρτα"))
    assert says(GIVEN_BACK, plain_kind("Πιστωτικό τιμολόγιο"))


def test_a_number_of_all_guests_is_nobody_where_their_addresses_stand_beside_the_orders(tmp_path: Path) -> None:
    place = _dataset(tmp_path, [2])
    people = [0 if n % 3 else 10 + n % 10 for n in range(1, 61)]
    orders = [[n, who, f"m{who or n}@x.org", "9.00", moment(n)] for n, who in enumerate(people, start=1)]
    write(place / "xy_order.csv", ["order_id", "customer_id", "email", "total", "date_added"], orders)
    assert 'customer_id = { column = "customer_id", blank = ["0"] }' in look(str(place)).mapping
