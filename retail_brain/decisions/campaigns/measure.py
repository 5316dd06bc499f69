"""Measures a campaign: purchases after the contact, of contacted against held-out people, by whatever groups them."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import polars as pl

from retail_brain.decisions.campaigns.effect import Difference, always_valid_reach, estimate

PAST_DAYS = 91
"""Days before the first contact whose purchases CUPED knows: a quarter holds several purchases of most goods."""
PEOPLE = {
    "customer_id": pl.String,
    "held": pl.Boolean,
    "channel": pl.String,
    "day": pl.Date,
    "store_id": pl.String,
    "segment": pl.String,
    "probability": pl.Float64,
    "cost": pl.Float64,
}
"""One row per person drawn: the columns that a measurement asks for; null where unknown."""
PURCHASES = {"customer_id": pl.String, "receipt": pl.String, "day": pl.Date, "units": pl.Float64, "margin": pl.Float64}
"""One row per line of the campaign's goods: its receipt, units, and the money that they earn."""


OUTCOMES = ("buyers", "purchases", "units", "margin")
"""What is compared, per person: whether they bought, receipts with the goods, units, money earned."""


@dataclass(frozen=True)
class Measured:
    """What was known of a campaign on a day.

    Attributes:
        as_of: last visible day.
        days: days from the contact in which purchases count.
        people: columns PEOPLE; people whom the campaign stopped before it reached them are not among them.
        purchases: columns PURCHASES, from PAST_DAYS before the first contact on.
    """

    as_of: date
    days: int
    people: pl.DataFrame
    purchases: pl.DataFrame

    def effect(self) -> dict[str, Any]:
        """The effect as JSON, per contacted person and in all.

        `outcomes` compare people whose days are over, with 95 % intervals that are read once. `reading` compares
        everybody reached so far, with an interval that holds at all looks together. `net` is money: the caused margin
        less the cost of the contacts. A part with fewer than 30 people in a group has no interval.
        """
        reached = self.people.filter(pl.col("day") <= self.as_of)
        over = reached.filter(pl.col("day") <= self.as_of - timedelta(days=self.days - 1))
        told = reached.filter(~pl.col("held"))
        counted = self._outcomes(over)
        margin = self._compared(counted, "margin")
        bought = self._outcomes(told)
        return {
            "as_of": self.as_of.isoformat(),
            "days": self.days,
            "is_final": over.height == self.people.height and over.height > 0,
            "people": self.people.height,
            "contacts": told.height,
            "holdout": reached.height - told.height,
            "attributed": {
                "buyers": int((bought["units"] > 0).sum()),
                "units": round(float(bought["units"].sum()), 4),
                "margin": round(float(bought["margin"].sum()), 4),
            },
            "outcomes": {name: _plain(self._compared(counted, name)) for name in OUTCOMES},
            "caused_share": _share(self._compared(counted, "buyers")),
            "reading": self.reading(),
            "net": _net(margin, over.filter(~pl.col("held"))),
            "channels": self._parts(counted, "channel"),
            "segments": self._parts(counted, "segment"),
            "stores": self._parts(counted, "store_id"),
        }

    def _outcomes(self, people: pl.DataFrame, shift_days: int = 0) -> pl.DataFrame:
        """People with OUTCOMES of their days, and `past` units before the first contact.

        Args:
            people: of the campaign.
            shift_days: days by which the window is moved back.
        """
        first = self.people["day"].min()
        start = pl.col("day") - pl.duration(days=shift_days)
        later = (pl.col("bought_on") - start).dt.total_days()
        lines = self.purchases.rename({"day": "bought_on"}).filter(pl.col("bought_on") <= self.as_of)
        joined = people.select("customer_id", "day").join(lines, on="customer_id")
        inside = (
            joined.filter(later.is_between(0, self.days - 1))
            .group_by("customer_id")
            .agg(pl.col("units", "margin").sum(), purchases=pl.col("receipt").n_unique().cast(pl.Float64))
        )
        before = lines.filter(pl.col("bought_on") < first).group_by("customer_id").agg(past=pl.col("units").sum())
        return (
            people.join(inside, on="customer_id", how="left", maintain_order="left")
            .join(before, on="customer_id", how="left", maintain_order="left")
            .with_columns(pl.col("purchases", "units", "margin", "past", "probability").fill_null(0.0))
            .with_columns(buyers=(pl.col("units") > 0).cast(pl.Float64))
        )

    def _compared(self, counted: pl.DataFrame, outcome: str, *, knows: bool = True) -> Difference | None:
        known = counted.select("past", "probability").to_numpy() if knows else None
        return estimate(counted[outcome].to_numpy(), counted["held"].to_numpy(), known)

    def reading(self) -> dict[str, Any] | None:
        """Purchases per contacted person so far, with an interval to read every day.

        None while groups are small, or nobody bought anything before or after.
        """
        reached = self.people.filter(pl.col("day") <= self.as_of)
        now = self._compared(self._outcomes(reached), "purchases")
        # the same people, in as many days right before the first contact: known before anybody was contacted
        past = self._compared(self._outcomes(self.people, self._days_before()), "purchases", knows=False)
        if now is None or past is None or not (past.error or now.error):
            return None
        reach = always_valid_reach(now.error, past.error or now.error)
        low, high = now.difference - reach, now.difference + reach
        clear = low > 0 or high < 0
        return {"difference": round(now.difference, 6), "low": round(low, 6), "high": round(high, 6), "is_clear": clear}

    def _days_before(self) -> int:
        days = self.people["day"]
        first, last = days.min(), days.max()
        assert isinstance(first, date)
        assert isinstance(last, date)
        return (last - first).days + self.days

    def _parts(self, counted: pl.DataFrame, column: str) -> list[dict[str, Any]]:
        """Purchases per contacted person by the values of a column, most people first."""
        rows = []
        for key, part in counted.partition_by(column, as_dict=True, maintain_order=True).items():
            contacts = int((~part["held"]).sum())
            found = _plain(self._compared(part, "purchases"))
            rows.append({"name": key[0], "contacts": contacts, "holdout": part.height - contacts, "purchases": found})
        return sorted(rows, key=lambda row: -(row["contacts"] + row["holdout"]))


def _plain(found: Difference | None) -> dict[str, Any] | None:
    if found is None:
        return None
    names = ("contact_mean", "holdout_mean", "difference", "error", "low", "high", "variance_kept")
    return {name: round(float(getattr(found, name)), 6) for name in names} | {
        "contacts": found.contacts,
        "holdout": found.holdout,
        "is_clear": found.is_clear,
    }


def _share(buyers: Difference | None) -> dict[str, float] | None:
    """Share of the buyers among the contacted that the contact caused, with its interval; None where nobody bought."""
    if buyers is None or buyers.contact_mean <= 0:
        return None
    ends = {"value": buyers.difference, "low": buyers.low, "high": buyers.high, "error": buyers.error}
    return {name: round(end / buyers.contact_mean, 6) for name, end in ends.items()}


def _net(margin: Difference | None, told: pl.DataFrame) -> dict[str, float] | None:
    """Money in all: caused margin less cost, with its interval."""
    if margin is None:
        return None
    cost = float(told["cost"].sum())
    ends = {"value": margin.difference, "low": margin.low, "high": margin.high}
    money = {name: round(end * told.height - cost, 4) for name, end in ends.items()}
    return money | {"caused_margin": round(margin.difference * told.height, 4), "cost": round(cost, 4)}
