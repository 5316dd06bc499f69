"""Finds what coupons took off the lines of receipts, beside other discounts."""

import re
from typing import Final

import polars as pl

from retail_brain.ingest.look.columns import Columns
from retail_brain.ingest.look.draft import Proposal, number_key, quoted
from retail_brain.ingest.look.money import stands_on_first_lines
from retail_brain.ingest.look.numbers_of import values
from retail_brain.ingest.look.receipt_sums import is_of_the_order
from retail_brain.ingest.look.shares import share
from retail_brain.ingest.look.words import bare_name, role_scores

_COUPON: Final = (
    r"coupon|voucher|promo_?code_(?:discount|amount)|gutschein(?!karte)|kortingsbon|bon_de_reduction|cup[ao][nm]|buono_sconto"
    r"|kupon|купон|промокод|cod_promo|κουπον|rabattkod|rabatkode|kuponki|ma_giam_gia|คูปอง|كوبون|קופון|优惠券|优惠劵|代金券"
    r"|卡券|礼券|券(?:金?额|抵扣|优惠)|クーポン|쿠폰"
)
"""A word in the name of a column of coupons."""
_NO_MONEY: Final = (
    r"(?:^|_)(?:code|id|no|nr|number|name|count|qty|type|title)$|(?:^|_)no_|编号|编码|券号|名称|数量|张数|类型"
    r"|コード|番号|번호|코드"
)
"""A word in the name of a column that numbers, names or counts coupons."""
_MOST_BELOW: Final = 0.5
"""Share of the coupons from which a minus is how the file writes them."""


def write_coupons(made: Proposal, sample: pl.DataFrame, found: Columns) -> None:
    """Writes `coupon_discount` of lines; says where coupons are of whole receipts.

    A coupon that is the discount which has still to be taken off the price stays the `discount`.

    Args:
        made: the proposal of `transactions` with its price and discount.
        sample: the rows.
        found: roles of the columns.
    """
    held = {name for role, name in found.roles.items() if role not in ("discount", "amount", "price")}
    receipt = sample[found.roles["receipt"]].forward_fill() if "receipt" in found.roles else None
    for name, seen in found.seen.items():
        plain = bare_name(name)
        is_coupon = re.search(_COUPON, plain) is not None and not re.search(_NO_MONEY, plain)
        written = " ".join((made.columns.get("unit_price", ""), made.columns.get("units", "")))
        if not is_coupon or name in held or not seen.numbers or seen.dates or quoted(name) in written:
            continue
        coupons = values(sample, found, name)
        given = coupons.filter(coupons != 0).drop_nulls()
        if not len(given) or role_scores(name).keys() & {"customer", "product"}:
            continue
        if receipt is not None and (is_of_the_order(receipt, coupons) or stands_on_first_lines(sample, receipt, name)):
            made.remarks.append(
                f"{name!r} is what coupons took off whole receipts, which is not spread over their lines"
            )
            continue
        if quoted(name) in made.columns.get("discount", ""):
            if "before_discount" in written:
                made.remarks.append(f"{name!r} is the discount that has still to be taken off: it stays the discount")
                continue
            del made.columns["discount"]
        turned = ", negate = true" if share(given < 0) > _MOST_BELOW else ""
        made.columns["coupon_discount"] = number_key(made, found, name, "coupon_discount", turned)
        made.remarks.append(f"{name!r} is what coupons took off the line, on {len(given):,} rows")
        return
