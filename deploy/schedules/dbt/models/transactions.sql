-- one row per receipt line; units are negative for returns, the price is what was paid for a unit
select
    cast(receipts.receipt_no as varchar) as transaction_id,
    receipts.closed_at as sold_at,
    cast(receipts.shop_no as varchar) as store_id,
    cast(lines.article_no as varchar) as product_id,
    nullif(trim(receipts.card_no), '') as customer_id,
    'store' as channel,
    case when receipts.is_refund then -lines.quantity else lines.quantity end as units,
    lines.amount / lines.quantity as unit_price
from {{ source('till', 'receipt_lines') }} as lines
join {{ source('till', 'receipts') }} as receipts using (receipt_no)
where not receipts.is_void and lines.quantity <> 0
