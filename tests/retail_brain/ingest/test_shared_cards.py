"""Cards that are nobody's: named at ingest, anonymous wherever people are learned about or listed."""

from typing import Any

from retail_brain.lake import open_lake


def lines(card: str, day: int, receipts: int, stores: int = 1) -> list[str]:
    return [
        f"{card}{day}-{n},2025-01-{day:02} {8 + n % 12:02}:{n // 12:02}:00,S{n % stores},x,{card},1,1"
        for n in range(receipts)
    ]


def test_cards_of_tills_are_named_and_their_receipts_anonymous(chain: Any) -> None:
    chain.sell(
        *(line for day in (1, 2, 3) for line in lines("till", day, 10)),
        *(line for day in (1, 2, 3) for line in lines("tester", day, 4, stores=4)),
        *(line for day in (1, 2) for line in lines("moving", day, 10)),
        *(line for day in range(1, 10) for line in lines("anna", day, 9, stores=3)),
    )
    chain.write("customers.csv", "customer_id\ntill\nanna\nmoving\n")
    report = chain.ingest()
    assert [warning.split()[1] for warning in report.warnings] == ["tester", "till"]
    assert "up to 10 receipts in 1 shops" in report.warnings[1]
    lake = open_lake(chain.lake)
    sold = lake.scan("transactions").collect()
    assert set(sold["customer_id"]) == {None, "moving", "anna"}
    assert sold["units"].sum() == 30 + 12 + 20 + 81
    assert sorted(lake.scan("customers").collect()["customer_id"]) == ["anna", "moving"]


def test_busy_days_among_many_quiet_ones_are_a_persons(chain: Any) -> None:
    busy = [line for day in (1, 2, 3) for line in lines("bo", day, 10)]
    chain.sell(*busy, *(line for day in range(4, 9) for line in lines("bo", day, 1)))
    assert not chain.ingest().warnings


def test_a_card_that_is_cleared_counts_again(chain: Any) -> None:
    chain.sell(*(line for day in (1, 2, 3) for line in lines("till", day, 10)))
    assert chain.ingest().warnings
    chain.sell(*lines("till", 1, 10))
    chain.ingest(replace=True)
    assert set(open_lake(chain.lake).scan("transactions").collect()["customer_id"]) == {"till"}


def test_other_limits_find_no_card(chain: Any) -> None:
    chain.sell(*(line for day in (1, 2, 3) for line in lines("till", day, 10)))
    assert not chain.ingest(shared_card_receipts=11).warnings
