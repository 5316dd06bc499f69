"""Computes multipliers of demand by day: festivals, seasons, weekdays and weather."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from retail_brain.sample_chain.chain import Floats, Layout, Size

FESTIVALS: dict[str, tuple[str, str, float, float, tuple[date, ...]]] = {
    "newyear": ("元旦", "public_holiday", -1, 2.5, (date(2025, 1, 1), date(2026, 1, 1))),
    "spring": ("春节", "public_holiday", -7, 6, (date(2025, 1, 29), date(2026, 2, 17))),
    "lantern": ("元宵节", "festival", -1, 2, (date(2025, 2, 12), date(2026, 3, 3))),
    "valentine": ("情人节", "festival", -1, 1.5, (date(2025, 2, 14), date(2026, 2, 14))),
    "womensday": ("妇女节", "shopping", 0, 2.5, (date(2025, 3, 8), date(2026, 3, 8))),
    "tombsweeping": ("清明节", "public_holiday", -3, 5, (date(2025, 4, 4), date(2026, 4, 5))),
    "labour": ("劳动节", "public_holiday", 1, 2, (date(2025, 5, 1), date(2026, 5, 1))),
    "dragonboat": ("端午节", "public_holiday", -5, 6, (date(2025, 5, 31), date(2026, 6, 19))),
    "childrensday": ("儿童节", "festival", -1, 1.5, (date(2025, 6, 1), date(2026, 6, 1))),
    "sixeighteen": ("618", "shopping", 0, 2.5, (date(2025, 6, 18), date(2026, 6, 18))),
    "qixi": ("七夕", "festival", -1, 1.5, (date(2025, 8, 29), date(2026, 8, 19))),
    "midautumn": ("中秋节", "public_holiday", -6, 6, (date(2024, 9, 17), date(2025, 10, 6), date(2026, 9, 25))),
    "national": ("国庆节", "public_holiday", 2, 3, (date(2024, 10, 1), date(2025, 10, 1), date(2026, 10, 1))),
    "double11": ("双11", "shopping", 0, 2, (date(2024, 11, 11), date(2025, 11, 11), date(2026, 11, 11))),
    "solstice": ("冬至", "festival", -0.5, 1.3, (date(2024, 12, 21), date(2025, 12, 21))),
}
"""Key -> name, event type, middle and width in days of its effect on sales (relative to the date), dates."""

_HOLIDAY_LENGTHS = {
    "春节": (-1, 7),
    "国庆节": (0, 7),
    "劳动节": (0, 5),
    "中秋节": (0, 1),
    "元旦": (0, 1),
    "清明节": (0, 3),
    "端午节": (0, 3),
}
"""Name -> first and last (exclusive) day of a holiday, relative to its date."""
_SHOP_TRAFFIC_AT_SPRING = {-1: 0.6, 0: 0.25, 1: 0.4, 2: 0.55, 3: 0.7, 4: 0.8, 5: 0.9, 6: 0.95}
"""Multiplier of the usual traffic of a shop, by days after the Spring Festival. Invented."""
_SHOP_WEEKDAYS = np.array([0.86, 0.84, 0.88, 0.92, 1.05, 1.28, 1.17])
"""Multiplier of the usual traffic of a shop, from Monday. Invented."""
_ONLINE_WEEKDAYS = np.array([1.06, 1.04, 1.02, 1.0, 1.0, 0.93, 0.95])
"""Multiplier of the usual orders online, from Monday. Invented."""


@dataclass(frozen=True)
class Days:
    """Multipliers of demand by day.

    Attributes:
        traffic: day x store, weekday, festival and rain.
        season: day x product, known in advance: season and festivals.
        weather: day x store x product, not known in advance.
        temperature: day x region, departure from the usual in degrees Celsius.
        rain: day x region, 1 where it rains hard.
        regions: names of the second axis.
    """

    traffic: Floats
    season: Floats
    weather: Floats
    temperature: Floats
    rain: Floats
    regions: list[str]


def festival_effect(size: Size, key: str) -> Floats:
    """Relative effect of a festival per day: 1 at its peak, 0 far from it; it falls fast after the date."""
    _, _, middle, width, days = FESTIVALS[key]
    at = np.arange(size.days)[:, None] - np.array([size.index(day) for day in days])[None, :]
    # effects that peak before the day (gifts, food for the feast) end with it
    over = np.where((at > 0) & (middle < 0), np.exp(-np.maximum(at, 0) / 1.2), 1.0)
    effect: Floats = (np.exp(-0.5 * ((at - middle) / width) ** 2) * over).max(axis=1)
    return effect


def build_days(chain: Layout, rng: np.random.Generator) -> Days:
    """Draws the weather and computes the multipliers of traffic, season and weather."""
    regions = sorted({store.region for store in chain.stores})
    temperature, rain = _weather(chain.size.days, len(regions), rng)
    region = np.array([regions.index(store.region) for store in chain.stores])
    heat = chain.per_product("heat")
    weather = np.exp(np.clip(temperature[:, region, None] / 6, -1.2, 1.2) * heat[None, None, :])
    return Days(
        traffic=_traffic(chain, rain[:, region]),
        season=_season(chain),
        weather=weather,
        temperature=temperature,
        rain=rain,
        regions=regions,
    )


def _weather(days: int, regions: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Temperature: AR(1) departures, correlated between regions; rain: thresholded moving average, in runs."""
    shared, own = rng.normal(0, 1.6, days), rng.normal(0, 0.8, (days, regions))
    temperature = np.zeros((days, regions))
    for day in range(1, days):
        temperature[day] = 0.82 * temperature[day - 1] + shared[day] + own[day]
    front = np.convolve(rng.normal(0, 1, days + 2), np.ones(3) / 3, "valid")[:, None] + rng.normal(
        0, 0.35, (days, regions)
    )
    return temperature, (front > 0.72).astype(np.float64)


def _traffic(chain: Layout, rain: Floats) -> Floats:
    size = chain.size
    weekday = np.array([size.date(i).weekday() for i in range(size.days)])
    online = np.array([store.is_online for store in chain.stores])
    traffic = np.where(online[None, :], _ONLINE_WEEKDAYS[weekday][:, None], _SHOP_WEEKDAYS[weekday][:, None])
    traffic = traffic * np.where(rain > 0, np.where(online, 1.1, 0.84)[None, :], 1.02)
    lift = 1 + 0.3 * festival_effect(size, "spring") + 0.15 * festival_effect(size, "national")
    shopping = 1 + 0.9 * festival_effect(size, "double11") + 0.6 * festival_effect(size, "sixeighteen")
    traffic = traffic * np.where(online[None, :], (lift**0.5 * shopping)[:, None], lift[:, None])
    for new_year in FESTIVALS["spring"][4]:
        for after, factor in _SHOP_TRAFFIC_AT_SPRING.items():
            day = size.index(new_year) + after
            if 0 <= day < size.days:
                traffic[day] *= np.where(online, 0.5 + 0.5 * factor, factor)
    trend = np.linspace(0, 1, size.days)[:, None]
    growth = np.where(online, 1 + 0.25 * trend, 1 + 0.02 * trend)
    result: Floats = traffic * growth
    return result


def _season(chain: Layout) -> Floats:
    size = chain.size
    angle = np.array([(size.date(i).timetuple().tm_yday - 1) / 365.25 for i in range(size.days)])
    by_sub = np.ones((size.days, len(chain.subs)))
    for index, sub in enumerate(chain.subs):
        by_sub[:, index] = np.exp(sub.amplitude * np.cos(2 * np.pi * (angle - (sub.peak_month - 0.5) / 12)))
        for key, peak in sub.festivals.items():
            by_sub[:, index] *= 1 + (peak - 1) * festival_effect(size, key)
    return by_sub[:, chain.sub]


def calendar_rows(size: Size, regions: list[str]) -> list[tuple[date, str | None, str, str]]:
    """Rows (date, region, event_name, event_type) up to 120 days beyond the last day: a calendar is known ahead."""
    end = size.last_day + timedelta(days=120)
    rows: list[tuple[date, str | None, str, str]] = []
    for name, kind, _, _, days in FESTIVALS.values():
        for day in days:
            before, length = _HOLIDAY_LENGTHS.get(name, (0, 1))
            rows += [(day + timedelta(days=i), None, name, kind) for i in range(before, length)]
    for region in regions:
        if region in ("杭州", "苏州"):
            opening = date(2025, 9, 26) if region == "杭州" else date(2025, 4, 18)
            name = "西湖桂花节" if region == "杭州" else "观前美食节"
            rows += [(opening + timedelta(days=i), region, name, "local") for i in range(10)]
    return sorted(
        {row for row in rows if size.first_day <= row[0] <= end}, key=lambda row: (row[0], row[2], row[1] or "")
    )
