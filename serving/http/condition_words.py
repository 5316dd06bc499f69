"""Says in Chinese what is wrong with a field: pydantic's own sentences, and ours of conditions over several fields."""

from collections.abc import Mapping
from typing import Final

from serving.http.templates import in_chinese, templates

_SENTENCES: Final[Mapping[str, str]] = {
    "Field required": "缺少此项",
    "Extra inputs are not permitted": "没有这个字段",
    "Input should be a valid string": "应为文字",
    "Input should be a valid integer{}": "应为整数",
    "Input should be a valid number{}": "应为数字",
    "Input should be a finite number": "应为有限的数字",
    "Input should be a valid boolean{}": "应为 true 或 false",
    "Input should be a valid list": "应为列表",
    "Input should be a valid tuple": "应为列表",
    "Input should be a valid array": "应为列表",
    "Input should be a valid dictionary{}": "应为对象",
    "Input should be an object": "应为对象",
    "Input should be a valid datetime{}": "应为时间，如 2026-02-28T18:30:00+08:00",
    "Input should be a valid date{}": "应为日期，如 2026-02-28",
    "Datetimes provided to dates {}": "应为日期，如 2026-02-28",
    "Input should have timezone info": "时间须带时区，如 +08:00",
    "Input should be greater than or equal to {}": "不得小于 {}",
    "Input should be greater than {}": "须大于 {}",
    "Input should be less than or equal to {}": "不得大于 {}",
    "Input should be less than {}": "须小于 {}",
    "String should have at least {} character{}": "至少 {} 个字符",
    "String should have at most {} character{}": "最多 {} 个字符",
    "String should match pattern {}": "格式不对",
    "{} should have at least {} item{}": "至少 {1} 项",
    "{} should have at most {} item{}": "最多 {1} 项",
    "Input should be {}": "应为以下之一：{}",
    "Invalid JSON: {}": "不是有效的 JSON：{}",
    "give batch_id, as_of and action, or withdraw_batch": "请给出 batch_id、as_of 和 action，或 withdraw_batch",
    "give either lines or a view": "lines 和 view 只能给出一个",
    "give an action or withdraw_batch, not both": "action 和 withdraw_batch 只能给出一个",
    "the action 'reject' needs a reason: say why": "拒绝（reject）需要原因 reason",
    "percent and quantities belong to the action 'change', and only to it": "percent 和数量只用于 change",
    "give the order_quantity of every line or of none": "order_quantity 要么每行都给，要么都不给",
    "give one of percent, quantity, or the order_quantity of lines": (
        "percent、quantity、各行的 order_quantity 只能给出一种"
    ),
    "give percent, quantity, packs or the order_quantity of lines: nothing would change": (
        "请给出 percent、quantity、packs 或各行的 order_quantity，否则没有任何改动"
    ),
    "give a reason with stop, and only with it": "stop 需要 reason，其他操作不能带 reason",
    "give attribution_id, or campaign_id, customer_id and channel": (
        "请给出 attribution_id，或 campaign_id、customer_id 和 channel"
    ),
    "attribution_id names campaign and customer already: leave campaign_id and customer_id out": (
        "attribution_id 已指明活动和顾客，请不填 campaign_id 和 customer_id"
    ),
    "wanted text, such as 2026-02-28 or 2026-02-28T10:15:00": "应为文字，如 2026-02-28 或 2026-02-28T10:15:00",
    "wanted a time from {} to {}": "时间应在 {} 到 {} 之间",
    "give a store_id, a product_id or both": "请给出 store_id、product_id 或两者",
    "wanted 0, or at least {}": "应为 0，或不小于 {}",
    "a factor is 0, or from {} to {}": "系数应为 0，或在 {} 到 {} 之间",
    "give rows with retry, and only with it": "rows 只用于 retry，且 retry 必须有 rows",
    "give any_of, none_of, at_least or at_most": "请给出 any_of、none_of、at_least 或 at_most",
    "since belongs to the table orders, and only to it": "since 只用于订单表 orders",
    "give exactly one of customer_id, product_id and store_id": "customer_id、product_id、store_id 必须且只能给出一个",
    "act {} needs name": "操作 {} 需要 name",
    "action {} needs {}": "操作 {} 需要 {}",
    "left_over_product_ids are of leftovers: give that too, or product_ids": (
        "left_over_product_ids 只与 leftovers 一起使用：请同时给出 leftovers，或改用 product_ids"
    ),
    "give either customer_id, or id_type with id_value": "请给出 customer_id，或 id_type 和 id_value",
    "give one of product_ids, campaign_id and leftovers": "product_ids、campaign_id、leftovers 必须且只能给出一个",
    "order_quantity belongs to the action 'change', and only to it": "order_quantity 只用于 change",
    "confirm_exception belongs to the action 'change', and only to it": "confirm_exception 只用于 change",
    "give decisions, or decision_ids to withdraw": "请给出 decisions，或要撤回的 decision_ids",
    "give either suggestion_id, or store_id, product_id and as_of": (
        "请给出 suggestion_id，或 store_id、product_id 和 as_of"
    ),
    "wanted a day as text, such as 2026-02-28": "应为文字写的日期，如 2026-02-28",
    "give one of product_ids, category, launched_since and left_over": (
        "product_ids、category、launched_since、left_over 只能给出一个"
    ),
    "give goods (product_ids, category, launched_since, left_over) or people (customer_ids, segment)": (
        "请给出商品（product_ids、category、launched_since、left_over）或人群（customer_ids、segment）"
    ),
    "a channel has one slot": "每个渠道只能有一条消息",
    "give one of product_ids and category": "product_ids 和 category 只能给出一个",
    "{} has a meaning only with the kinds {}": "{} 只用于以下类型：{}",
    "ends_on is the day after the last one: it must lie behind starts_on": (
        "ends_on 是最后一天的后一天，须晚于 starts_on"
    ),
    "a campaign lasts a year at most": "活动最长一年",
    "last_hour must lie behind first_hour": "last_hour 须晚于 first_hour",
    "this kind of trigger tells of no product, so its text cannot name {}": "这类触发不涉及商品，消息中不能用 {}",
    "nothing goes with some goods: put the part with {goes_with} in [ ], which is then left out": (
        "有的商品没有搭配：请把含 {{goes_with}} 的部分放进 [ ]，没有时会省略"
    ),
    "wanted {} in the text; got {}": "消息中只能用 {}，写的是 {}",
    "wanted a time in the years {} to {}": "时间应在 {} 年到 {} 年之间",
    "{} names no goods; give values of {}": "{} 没有指明商品，请给出 {} 的取值 values",
    "allow is about adult goods only; give attribute 'adult'": "allow 只用于仅限成年人的商品，attribute 应为 adult",
    "{} has no factor; it belongs to boost, bury and diversify": "{} 没有 factor，它只用于 boost、bury 和 diversify",
    "{} has no limit; it belongs to cap": "{} 没有 limit，它只用于 cap",
    "ends_at must lie after starts_at": "ends_at 须晚于 starts_at",
    "later than {}": "晚于 {}",
    "not of {}": "不属于 {}",
    "used for another event": "已用于另一个事件",
    "holds the character NUL, which no text may; leave it out": "含有空字符 NUL，请去掉",
    "the character NUL is in no name; leave it out": "名称中不能有空字符 NUL，请去掉",
    "a text holds half a character {}; write the whole one or leave it out": "文字中有残缺的字符，请写完整或去掉",
    "a text of {} characters; wanted at most {}": "文字有 {} 个字符，最多 {} 个",
    "test {} has the share {} in a rule before; give all of its rules one": (
        "测试 {} 在前面的规则中比例为 {}，同一测试的规则须用同一比例"
    ),
}
"""English, {} for what varies -> Chinese, with the same in its place or by its number. The first that fits counts."""
_KNOWN: Final = templates(_SENTENCES)


def condition_words(said: str) -> str | None:
    """What is wrong in Chinese; None where there is no sentence for it.

    >>> condition_words("Input should be greater than 1"), condition_words("pin names no goods; give values of brand")
    ('须大于 1', 'pin 没有指明商品，请给出 brand 的取值 values')
    """
    return in_chinese(said, _KNOWN)
