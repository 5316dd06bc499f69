-- one row per product
select
    cast(article_no as varchar) as product_id,
    title as name,
    group_name as category,
    brand,
    cost as unit_cost,
    price as list_price
from {{ source('till', 'articles') }}
