"""Simulates consents and campaigns: contacts, holdouts and the true uplift of each contact."""

from dataclasses import dataclass

import numpy as np

from retail_brain.sample_chain.chain import Bools, Floats, Ints, Layout, Size
from retail_brain.sample_chain.people import People

CHANNELS = ("sms", "email", "app", "wechat", "guide")
_GRANTED = (0.72, 0.2, 0.35, 0.62, 0.5)
"""Share of people who consent to each of CHANNELS. Invented."""
CONTACT_COST = {"sms": 0.06, "email": 0.01, "app": 0.0, "wechat": 0.02, "guide": 1.5}
"""Money (yuan) for one contact by channel. Invented."""
_UPLIFT_BY_SEGMENT = np.array([0.3, 1.0, 1.7, 0.8])
"""Times the usual effect of a contact, in the order of SEGMENTS. Invented."""
WINDOW_DAYS = 14
"""Days after a contact in which its effect falls. Invented."""
_TITLES = ("会员日", "上新尝鲜", "周末满减", "回家看看", "老友回馈", "换季焕新", "囤货节", "年货节")


@dataclass(frozen=True)
class Campaign:
    """A campaign for a few goods of one category; `day` may lie after the data (planned)."""

    id: str
    name: str
    day: int
    channel: str
    products: tuple[int, ...]
    budget: float
    holdout_share: float


@dataclass(frozen=True)
class Outreach:
    """Consents, campaigns and contacts as arrays.

    Attributes:
        consents: rows (record, channel index, granted, day, second).
        customer, campaign, day, second, holdout: one entry per contact made or withheld.
        uplift: true probability that contact causes one more purchase of the campaign's goods within WINDOW_DAYS.
        responds_on: day of the caused visit, -1 where contact causes none.
        wants: product of the caused purchase.
    """

    consents: list[tuple[int, int, bool, int, int]]
    campaigns: list[Campaign]
    customer: Ints
    campaign: Ints
    day: Ints
    second: Ints
    holdout: Bools
    uplift: Floats
    responds_on: Ints
    wants: Ints


def build_outreach(chain: Layout, people: People, rng: np.random.Generator) -> Outreach:
    """Draws consents, then campaigns among those who consent; one contact in sixty leads to a withdrawn consent."""
    rows, since = _consents(chain.size, people, rng)
    campaigns = _campaigns(chain, rng)
    columns: list[list[Ints]] = [[], [], [], []]
    holdout: list[Bools] = []
    uplift: list[Floats] = []
    for index, campaign in enumerate(campaigns):
        if campaign.day >= chain.size.days:
            continue
        channel = CHANNELS.index(campaign.channel)
        present = (people.joined < campaign.day) & (people.left > campaign.day - 60)
        eligible = np.flatnonzero(
            (since[:, channel, 0] < campaign.day) & (since[:, channel, 1] > campaign.day) & present
        )
        chosen = np.sort(
            rng.choice(eligible, min(len(eligible), round(len(people.person) * rng.uniform(0.2, 0.42))), replace=False)
        )
        is_holdout = rng.random(len(chosen)) < campaign.holdout_share
        day = campaign.day + rng.integers(0, 2, len(chosen))
        for column, values in zip(
            columns, (chosen, np.full(len(chosen), index), day, rng.integers(36000, 70000, len(chosen))), strict=True
        ):
            column.append(values)
        holdout.append(is_holdout)
        uplift.append(_uplift(chain, people, campaign, chosen))
        # later campaigns must respect the refusal, so consents change while campaigns are drawn
        refused = chosen[~is_holdout & (rng.random(len(chosen)) < 1 / 60)]
        rows += [(int(c), channel, False, int(campaign.day + 2), 43200) for c in refused]
        since[refused, channel, 1] = np.minimum(since[refused, channel, 1], campaign.day + 2)
    customer, which, day, second = (
        np.concatenate(column) if column else np.zeros(0, dtype=np.int64) for column in columns
    )
    withheld = np.concatenate(holdout) if holdout else np.zeros(0, dtype=bool)
    chance = np.concatenate(uplift) if uplift else np.zeros(0)
    acts = ~withheld & (rng.random(len(chance)) < chance)
    delay = np.minimum(rng.exponential(3.5, len(chance)).astype(np.int64), WINDOW_DAYS - 2)
    wants = np.array([int(rng.choice(campaigns[i].products)) for i in which], dtype=np.int64)
    return Outreach(
        rows, campaigns, customer, which, day, second, withheld, chance, np.where(acts, day + delay, -1), wants
    )


def _consents(
    size: Size, people: People, rng: np.random.Generator
) -> tuple[list[tuple[int, int, bool, int, int]], Ints]:
    """Consent rows, and per record x channel the days between which consent is given (from, until)."""
    records = len(people.person)
    since = np.full((records, len(CHANNELS), 2), 99999)
    rows: list[tuple[int, int, bool, int, int]] = []
    granted = rng.random((records, len(CHANNELS))) < np.array(_GRANTED)
    asked = rng.random((records, len(CHANNELS))) < np.array([0.97, 0.6, 0.8, 0.95, 0.9])
    revoked = rng.random((records, len(CHANNELS))) < 0.1
    again = rng.random((records, len(CHANNELS))) < 0.25
    for record, channel in np.argwhere(asked).tolist():
        day, second = int(people.joined[record]), int(rng.integers(30000, 75000))
        rows.append((record, channel, bool(granted[record, channel]), day, second))
        if not granted[record, channel]:
            continue
        since[record, channel, 0] = day
        if revoked[record, channel] and day + 20 < size.days:
            withdrawn = int(rng.integers(max(day + 10, 5), size.days + 5))
            since[record, channel, 1] = withdrawn
            if withdrawn < size.days:
                rows.append((record, channel, False, withdrawn, second))
                if again[record, channel] and withdrawn + 40 < size.days:
                    rows.append((record, channel, True, withdrawn + 40, second))
    return rows, since


def _campaigns(chain: Layout, rng: np.random.Generator) -> list[Campaign]:
    days = chain.size.days
    starts = np.linspace(days * 0.1, days - WINDOW_DAYS - 4, chain.size.campaigns).astype(int).tolist()
    campaigns: list[Campaign] = []
    for index, day in enumerate([*starts, days + 5]):
        at = min(day, days - 1)
        subs = [i for i in range(len(chain.subs)) if chain.active[at : at + 1, :, chain.sub == i].any()]
        sub = int(rng.choice(subs))
        category = chain.subs[sub].category
        goods = [
            p
            for p in range(len(chain.names))
            if chain.subs[chain.sub[p]].category == category and chain.active[at, :, p].any()
        ]
        products = tuple(sorted(rng.choice(goods, min(len(goods), int(rng.integers(3, 6))), replace=False).tolist()))
        channel = str(rng.choice(CHANNELS, p=[0.35, 0.08, 0.17, 0.3, 0.1]))
        title = _TITLES[index % len(_TITLES)]
        campaigns.append(
            Campaign(
                id=f"K{index + 1:02d}",
                name=f"{category}{title}",
                day=day,
                channel=channel,
                products=products,
                budget=float(rng.choice([300, 600, 1000, 2000])),
                holdout_share=float(rng.choice([0.15, 0.2, 0.25])),
            )
        )
    return campaigns


def _uplift(chain: Layout, people: People, campaign: Campaign, chosen: Ints) -> Floats:
    category = people.categories.index(chain.subs[chain.sub[campaign.products[0]]].category)
    liking = people.taste[chosen, category] / people.taste[chosen].mean(axis=1)
    chance: Floats = np.clip(0.11 * _UPLIFT_BY_SEGMENT[people.segment[chosen]] * np.clip(liking, 0.2, 2.5), 0, 0.5)
    return chance
