"""The chain that the fake service speaks of: shops, goods, people and days that never change."""

from datetime import date
from typing import Any

from starlette.responses import JSONResponse

KEY = "test-key"
AS_OF = date(2026, 2, 28)
EVIL = '<img src=x onerror="window.attacked=true"><script>window.attacked=true</script>'
STORES = {
    "S01": ("青石巷店", "杭州 · 社区店"),
    "S02": ("湖滨银泰店", "杭州 · 商场店"),
    "S03": ("观前街店", "苏州 · 街铺"),
    "S90": ("线上商城", "网店"),
}
PRODUCTS = {
    "P0001": "有机纯牛奶 250ml×12",
    "P0002": "手工黑芝麻汤圆 500g",
    "P0003": "阳澄湖大闸蟹礼盒",
    "P0004": "茉莉花茶 100g",
    "P0005": EVIL,
    "P0006": "شاي أخضر بالنعناع",
    "P0007": "🍊 砂糖橘 5斤装 🧧",
    "P0008": "Extra virgin olive oil from a very small mill, cold pressed, in a dark bottle 750 ml",
    "P0009": "精品鲜肉水饺 1kg",
    "P0010": "春节坚果大礼包",
    "P0011": "东北五常大米 10kg",
    "P0012": "低温鲜牛奶 950ml",
}
CUSTOMERS = [f"C{number:05d}" for number in range(1, 41)]
EVENTS = [{"date": "2026-01-01", "name": "元旦", "type": "holiday"}]
EVENTS += [{"date": f"2026-02-{day:02d}", "name": "春节", "type": "festival"} for day in range(15, 22)]
EVENTS += [
    {"date": "2026-03-03", "name": "元宵节", "type": "festival"},
    {"date": "2026-03-08", "name": "妇女节", "type": "festival"},
]


def error(status: int, code: str, message: str, **details: Any) -> JSONResponse:
    return JSONResponse({"error": {"code": code, "message": message, "details": details}}, status)


def names(ids: Any) -> dict[str, str]:
    return {one: PRODUCTS[one] for one in ids if one in PRODUCTS}
