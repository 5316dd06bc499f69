"""Phone numbers in one form."""

import pytest

from retail_brain.phone_numbers import normal_phone, usual_code


@pytest.mark.parametrize(
    ("code", "texts", "wanted"),
    [
        ("84", ["0910000137", "'0910.000.137", "+84 910 000 137", "+84 (0)910000137", "84910000137"], "84910000137"),
        ("86", ["13800138000", "+86 138-0013-8000", "0086 13800138000", "8613800138000"], "8613800138000"),
        ("1", ["(650) 555-0100", "1 650 555 0100", "+16505550100"], "16505550100"),
        ("7", ["8 916 123-45-67", "+7 916 1234567", "9161234567", "79161234567"], "79161234567"),
        ("39", ["06 6982 1234", "+39 06 6982 1234"], "390669821234"),
        ("65", ["9123 4567", "6591234567", "+6591234567"], "6591234567"),
        ("55", ["55 99123 4567", "+55 55 99123 4567"], "5555991234567"),
    ],
)
def test_one_number_has_one_form(code: str, texts: list[str], wanted: str):
    assert {normal_phone(text, code) for text in texts} == {wanted}


def test_a_number_stays_as_it_is_where_no_country_is_known():
    assert normal_phone("0910 000 137", "") == "0910000137"


def test_the_usual_code_is_that_of_most_numbers_with_one():
    assert usual_code(["+852 9123 4567", "00852 2123 4567", "+86 13800138000", "n/a"]) == "852"
