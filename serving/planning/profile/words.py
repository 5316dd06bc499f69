"""Defines the labels and tags of profiles in Chinese and English."""

from typing import Final, Literal

Language = Literal["zh", "en"]
Words = tuple[str, str]

STAGES: Final[dict[str, Words]] = {
    "stranger": ("陌生人", "Stranger"),
    "visitor": ("访客", "Visitor"),
    "friend": ("朋友", "Friend"),
    "old_friend": ("老友", "Old friend"),
    "sleeping": ("沉睡", "Sleeping"),
    "lost": ("流失", "Lost"),
}
ACTIVITIES: Final[dict[str, Words]] = {
    "new": ("新客", "New customer"),
    "active": ("活跃", "Active"),
    "late": ("该来未来", "Later than usual"),
    "lapsed": ("沉睡", "Lapsed"),
    "none": ("无动态", "No activity"),
}
TRENDS: Final[dict[str, Words]] = {
    "warming": ("升温中", "Warming"),
    "cooling": ("降温中", "Cooling"),
    "steady": ("平稳", "Steady"),
    "quiet": ("沉寂", "Quiet"),
}
DAYPARTS: Final[dict[str, Words]] = {
    "morning": ("早晨", "in the morning"),
    "midday": ("中午", "at midday"),
    "afternoon": ("下午", "in the afternoon"),
    "evening": ("傍晚", "in the evening"),
    "night": ("深夜", "at night"),
}
CHANNELS: Final[dict[str, Words]] = {
    "store": ("门店", "store"),
    "online": ("网店", "online"),
    "mini_program": ("小程序", "mini-program"),
    "pickup": ("到店自提", "pick-up"),
    "ship_from_store": ("门店发货", "shipped from a store"),
    "sms": ("短信", "SMS"),
    "email": ("邮件", "e-mail"),
    "app": ("App", "app"),
    "wechat": ("微信", "WeChat"),
    "guide": ("导购", "sales associate"),
}
WEEKDAYS: Final[tuple[Words, ...]] = (
    ("周一", "Monday"),
    ("周二", "Tuesday"),
    ("周三", "Wednesday"),
    ("周四", "Thursday"),
    ("周五", "Friday"),
    ("周六", "Saturday"),
    ("周日", "Sunday"),
)
DEMAND_CLASSES: Final[dict[str, Words]] = {
    "smooth": ("需求平稳", "Smooth demand"),
    "erratic": ("需求波动大", "Erratic demand"),
    "intermittent": ("需求间断", "Intermittent demand"),
    "lumpy": ("需求零散成批", "Lumpy demand"),
}
DAYS: Final[Words] = ("天", "days")
UNITS: Final[Words] = ("件", "units")
PERCENT: Final[Words] = ("%", "%")
NONE: Final[Words] = ("", "")
MONEY: Final[Words] = ("MONEY", "MONEY")
