"""Chinese sentences of problems that the page tells in the service's words: its own texts come with its first load."""

from collections.abc import Mapping
from typing import Final

SERVICE_ONLY: Final[Mapping[str, str]] = {
    "segment_json": "人群的 JSON 不符合格式（位置：{where}）。请改用文字条件，或按文档中的格式书写。",
    "rules_unusable": "规则无法使用：{faults}。请更正；没有任何改动。",
    "definition_unusable": "定义无法使用：{faults}。请更正。",
    "answers_newer": "该租户的结果由更新版本的零售大脑发布，本服务读不了。请用新版本重新启动服务，或用本版本重新发布。",
    "maybe_stored": "处理超时，发送的内容可能已经保存。请先查看，再决定是否重新发送。",
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
}
"""`details.problem` -> Chinese, with details in braces; English is the message itself."""
