"""Finds what coupons took off the lines of receipts, beside other discounts.

`Gutschein`, `Voucher` and 代金券 are as often a means of payment, as cash is: then nothing was taken off.
"""

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
_TAKEN_OFF: Final = (
    r"disc|rabatt?|rabat_|nachlass|reduc|reduk|remise|sconto|desc(?:uento|onto)|korting|скидк|giam_gia|indirim|ส่วนลด|优惠|抵扣"
    r"|立减|折|値引|割引|할인|خصم|הנחה"
)
"""A word in the name of what was taken off, which is no means of payment."""
_TENDER: Final = (
    r"(?:^|_)(?:cash|card|credit_?card|debit|visa|master_?card|amex|paypal|cheque|check|bar|bargeld|barzahlung|karte|ec"
    r"|girocard|kreditkarte|efectivo|tarjeta|especes|carte|cb|contanti|carta|bancomat|dinheiro|cartao|contant|pin|gotowka"
    r"|karta|nakit|kart|kontant|kort|hotovost|pix|apple_pay|google_pay|alipay|wechat_?pay|gift_?card)(?:_|$)"
    r"|наличн|карт|现金|刷卡|银行卡|储值|支付宝|微信|現金|カード|電子マネー|현금|카드|tien_mat|เงินสด|نقد|מזומן"
)
"""A word in the name of a column of what was paid by a means of payment."""
_FREE, _MOST_DISCOUNTS, _CENT, _LEAST = 12, 4, 0.021, 5
"""Columns of money and discounts that are tried as what is left, money that rounding of a line may add, and coupons
below which nothing is concluded."""
_HOLDS: Final = 0.9
"""Share of the rows on which a relation must hold. By judgement."""
_NO_TENDER: Final = r"coupon|cup[ao]n|kupon|купон|промокод|promo|rabat|คูปอง|كوبون|קופון|クーポン|쿠폰|券抵扣"
"""A word of coupons that shops give away, with which nobody pays."""
_PAID: Final = "paid"
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
        means = _means_of_payment(sample, found, name, coupons)
        if means == _PAID:
            made.remarks.append(f"{name!r} beside other means of payment adds up to the line: it is no discount")
            continue
        turned = ", negate = true" if share(given < 0) > _MOST_BELOW else ""
        key = number_key(made, found, name, "coupon_discount", turned)
        if means:
            made.columns["coupon_discount"] = key if key.startswith("?") else f"?{key}"
            made.questions.append(
                f"is {name!r} what coupons took off the line, or a means of payment (then leave `coupon_discount` "
                f"out)? {means}"
            )
            return
        made.columns["coupon_discount"] = key
        made.remarks.append(f"{name!r} is what coupons took off the line, on {len(given):,} rows")
        return


def _means_of_payment(sample: pl.DataFrame, found: Columns, name: str, coupons: pl.Series) -> str:
    """`_PAID` where a column is a means of payment, why it may be one, or a blank where it was taken off the lines."""
    free = [one for one, seen in found.seen.items() if seen.numbers and one not in (name, *found.roles.values())]
    tenders = [one for one in free if re.search(_TENDER, bare_name(one))]
    listed, off = _listed(sample, found), coupons.fill_null(0.0).abs()
    if listed is not None and tenders:
        paid = sum((values(sample, found, one).fill_null(0.0).abs() for one in tenders), off)
        if _fits(paid - listed, off):
            return _PAID
    if listed is not None and _is_lowered_by(sample, found, name, listed, off):
        return ""
    if tenders:
        return f"{tenders} beside it are means of payment"
    if (
        listed is not None
        and (off > 0).sum() >= _LEAST
        and share(((off - listed).abs() <= _CENT).filter(off > 0)) > _HOLDS
    ):
        return "It is the whole line wherever it is given"
    if re.search(_TAKEN_OFF, bare_name(name)) is None and not re.search(_NO_TENDER, bare_name(name)):
        return "No amount is less by it"
    return ""


def _listed(sample: pl.DataFrame, found: Columns) -> pl.Series | None:
    """What the line costs by its price and units, or else by its amount; None where it has neither."""
    price, units, amount = (found.roles.get(role) for role in ("price", "units", "amount"))
    if price is not None and units is not None:
        return (values(sample, found, price) * values(sample, found, units)).abs()
    return values(sample, found, amount).abs() if amount is not None else None


def _is_lowered_by(sample: pl.DataFrame, found: Columns, name: str, listed: pl.Series, off: pl.Series) -> bool:
    """Whether a column of money is less than another, or than price times units, by the coupons and by discounts."""
    taken = {held for role, held in found.roles.items() if role not in ("price", "amount", "list_price", "discount")}
    free = [one for one, seen in found.seen.items() if seen.numbers and one not in taken and one != name and seen.mean]
    money = {one: values(sample, found, one).fill_null(0.0).abs() for one in free[:_FREE]}
    discounts = [one for one in found.all_of("discount") if one in money][:_MOST_DISCOUNTS]
    further = [pl.Series([0.0] * len(off)), *(money[one] for one in discounts)]
    if len(discounts) > 1:
        further.append(sum((money[one] for one in discounts[1:]), money[discounts[0]]))
    return any(
        _fits(before - off - more - after, off)
        for before in (listed, *(money[one] for one in free[:_FREE]))
        for more in further
        for after in money.values()
    )


def _fits(gap: pl.Series, off: pl.Series) -> bool:
    """Whether a gap is nothing on nearly all rows, and on those with a coupon, of which there are enough."""
    fits, is_given = gap.abs() <= _CENT, off > 0
    return int(is_given.sum()) >= _LEAST and share(fits) > _HOLDS and share(fits.filter(is_given)) > _HOLDS
