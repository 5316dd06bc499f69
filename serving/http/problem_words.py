"""Chinese sentences of problems that the page tells in the service's words: its own texts come with its first load."""

from collections.abc import Mapping
from typing import Final

SERVICE_ONLY: Final[Mapping[str, str]] = {
    "quantity_in_pieces": "商品 {product_id} 在门店 {store_id} 按整件计（{lines} 行有小数）。"
    "请订 {below} 或 {above}，或按整箱取整。",
    "campaigns_unreadable": "暂不安排新的联系：已批准的活动 {campaign_ids} 无法读取。"
    "请停止它们（retail-brain campaign stop）。",
    "xml_entities": "XML 文件自带实体声明，不予读取。请改为导出 CSV 或 XLSX。",
    "campaigns_unreadable_count": "暂不安排新的联系：有 {campaigns} 个已批准的活动无法读取。请联系总部停止它们。",
    "segment_json": "人群的 JSON 不符合格式（位置：{where}）。请改用文字条件，或按文档中的格式书写。",
    "rules_unusable": "规则无法使用：{faults}。请更正；没有任何改动。",
    "definition_unusable": "定义无法使用：{faults}。请更正。",
    "answers_newer": "该租户的结果由更新版本的零售大脑发布，本服务读不了。请用新版本重新启动服务，或用本版本重新发布。",
    "maybe_stored": "没有等到结果，发送的内容可能已经保存。请先查看，再决定是否重新发送。",
    "earlier_still_run": "之前的请求超时后仍在处理，本次没有开始，也没有保存任何内容。请稍候几秒再试。",
    "body_packed": "请求内容是压缩的；请直接发送 JSON。",
    "not_base64": "文件内容编码不正确（应为 base64）。请重新发送。",
    "route_unknown": "没有这个地址。详见 /docs.json。",
    "rules_too_many": "规则有 {rules} 条，最多 {limit} 条。请合并一些。",
    "orders_never_decided": "有 {count} 笔收货对应的建议从未在此决定，没有保存。请用导出文件中的编号。",
    "answer_ids_used": "答复编号 {answers} 已用于其他行，没有保存。请给每个答复单独编号。",
    "events_ahead": "所有事件都在将来，最晚应为 {last_day}，没有保存。请校正发送方的时钟。",
    "lake_missing": "还没有导入数据。请管理员运行 retail-brain ingest。",
    "features_missing": "还没有特征数据。请管理员运行 retail-brain features。",
    "quantiles_outside": "分位数 {quantiles} 超出已发布的 {low} 至 {high}。请在此范围内选择。",
    "push_target_no_address": "目标“{target}”不是网址。请管理员修改设置。",
    "campaign_reserved_id": "编号“{campaign_id}”留给触发器和导购使用，请换一个。",
    "job_id_taken": "该编号已用于另一个任务。请重新启动任务。",
    "batch_unknown": "没有批次“{batch_id}”的决定。",
    "receipt_id_taken": "收货编号“{receipt_id}”已用于别的收货。请换一个编号。",
    "audience_goods_and_campaign": "商品和自带商品的活动只能指定其一。",
    "model_test_named": "测试不能叫“{test}”：请用 1 到 40 个字母、数字或 _ . -。",
    "model_test_share": "比例 {share} 不留可比较的人。请填 0 与 1 之间的数。",
    "trigger_removed": "触发器“{trigger_id}”已移除。请用此编号重新保存，或换一个。",
    "guide_capacity": "导购每天的联系人数不能是 {capacity}。请填 0 或以上。",
    "trigger_id_long": "触发器编号最多 {limit} 个字符，请缩短。",
    "job_kind_unknown": "没有“{kind}”这种任务。请从列表中选择。",
    "job_preset": "没有“{preset}”这种训练方式。请选择 fast 或 full。",
    "job_as_of": "“{as_of}”不是日期。请写成 2025-02-28 的形式。",
    "audience_nothing": "请指定商品或活动。",
    "audience_size": "人群人数不能是 {size}。请填 1 或以上。",
    "audience_kind": "没有“{kind}”这种推荐。请选择 repeat、explore 或 mixed。",
    "audience_channel": "没有“{channel}”这个渠道。请从列表中选择。",
    "audience_holdout": "对照比例不能是 {share}。请填 0 至 1（不含）之间的数。",
    "audience_money": "预算和联系成本是金额，不能为负。",
}
"""`details.problem` -> Chinese, with details in braces; English is the message itself."""
