"""Addresses of other systems: what cannot be taken apart is refused, without what may be secrets in it."""

from collections.abc import Callable

import pytest

from retail_brain.addresses import address_parts, may_hold_secret, shown_address
from retail_brain.errors import UsageError
from serving.planning.campaigns.push import resolved_target
from serving.planning.stock.order_export import _is_address

READERS = (address_parts, may_hold_secret, resolved_target, shown_address, _is_address)


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize(
    "address", ["https://[bad", "https://till:s3cret@[bad", "https://till:s3cret@a\u2100b", "//[s3cret"]
)
def test_an_address_that_cannot_be_taken_apart_is_wrong_usage(read: Callable[[str], object], address: str) -> None:
    with pytest.raises(UsageError, match="cannot be taken apart; wanted one such as") as refused:
        read(address)
    assert "s3cret" not in str(refused.value)
