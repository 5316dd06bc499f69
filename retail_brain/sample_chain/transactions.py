"""Builds the tables of observations: transactions, inventory, consents, campaigns, contacts and responses."""

from datetime import timedelta

import numpy as np
import polars as pl

from retail_brain.sample_chain.chain import Bools, Layout
from retail_brain.sample_chain.master import customer_ids, days_of, moments_of
from retail_brain.sample_chain.outreach import CHANNELS, CONTACT_COST, WINDOW_DAYS, Outreach
from retail_brain.sample_chain.trade import LINE, Trade


def receipt_lines(trade: Trade) -> pl.DataFrame:
    """One row per demanded line: the columns of LINE (customer -1: anonymous), the price paid and the shelf price."""
    lines = pl.DataFrame({name: np.concatenate(trade.log.lines[name]) for name in LINE})
    at = tuple(lines[name].to_numpy() for name in ("day", "store", "product"))
    return lines.with_columns(
        pl.Series("price", trade.pricing.paid[at]).round(2), pl.Series("shelf", trade.pricing.shelf[at]).round(2)
    )


def transaction_table(trade: Trade, lines: pl.DataFrame) -> pl.DataFrame:
    """One row per receipt line, returns included; numbered by store and day."""
    served = (
        lines.filter(pl.col("served") > 0)
        .group_by("day", "second", "store", "basket", "product")
        .agg(pl.col("served").sum().alias("units"), pl.col("customer", "price", "shelf").first())
        .with_columns(back=pl.lit(0))
    )
    lines_and_returns = pl.concat([served, _returned(trade, served)], how="diagonal").sort(
        "store", "day", "second", "basket", "back", "product"
    )
    # equal neighbours after the sort are one receipt; a return is a receipt of its own
    number = pl.struct("second", "basket", "back").rle_id().over("store", "day") + 1
    chain = trade.chain
    stores = pl.Series([store.id for store in chain.stores])
    day = lines_and_returns["day"].to_numpy()
    return (
        lines_and_returns.with_columns(
            store_id=stores.gather(lines_and_returns["store"]),
            product_id=pl.Series(chain.product_ids).gather(lines_and_returns["product"]),
            sold_at=moments_of(chain.size, day, lines_and_returns["second"].to_numpy()),
            number=number,
            unit_price=pl.col("price"),
            discount=((pl.col("shelf") - pl.col("price")) * pl.col("units")).clip(0).round(2),
            channel=_channel(trade, lines_and_returns),
            customer_id=pl.Series(customer_ids(trade.people)).gather(lines_and_returns["customer"].replace(-1, None)),
        )
        .with_columns(
            transaction_id=pl.format(
                "{}-{}-{}",
                "store_id",
                pl.col("sold_at").dt.strftime("%y%m%d"),
                pl.col("number").cast(pl.String).str.zfill(3),
            )
        )
        .select(
            "transaction_id",
            "sold_at",
            "store_id",
            "product_id",
            "customer_id",
            "channel",
            "units",
            "unit_price",
            "discount",
        )
    )


def _returned(trade: Trade, served: pl.DataFrame) -> pl.DataFrame:
    names = ("store", "product", "customer", "basket", "units")
    rows = [(day, second, *row.tolist()) for day, second, row in trade.log.returns]
    back = pl.DataFrame(
        rows,
        schema=["day", "second", *names],
        orient="row",
        schema_overrides=dict.fromkeys(("day", "second", *names), pl.Int64),
    )
    paid = served.group_by("basket", "product", "store").agg(pl.col("price", "shelf").first())
    return back.join(paid, on=["basket", "product", "store"], how="left").with_columns(
        units=-pl.col("units"), back=pl.lit(1)
    )


def _channel(trade: Trade, lines: pl.DataFrame) -> pl.Series:
    """Channel of each line: online for online stores; in shops 6 % of members' baskets are pickup, 3.5 % shipped."""
    online = pl.Series([store.is_online for store in trade.chain.stores]).gather(lines["store"])
    # a hash (Knuth's multiplicative one) instead of a draw: all lines of a basket get one channel
    draw = (lines["basket"] * 2654435761 % 1000).cast(pl.Int64)
    frame = pl.DataFrame({"online": online, "draw": draw, "member": lines["customer"] >= 0})
    member = pl.col("member")
    choice = (
        pl.when("online")
        .then(pl.lit("online"))
        .when(member & (pl.col("draw") < 60))
        .then(pl.lit("pickup"))
        .when(member & (pl.col("draw") < 95))
        .then(pl.lit("ship_from_store"))
        .otherwise(pl.lit("store"))
    )
    return frame.select(channel=choice)["channel"]


def inventory_table(trade: Trade) -> pl.DataFrame:
    """One row per listed store x product x date, the warehouse included: recorded stock at the end of the day."""
    chain = trade.chain
    shown = has_stock_record(trade)
    store, product, day = np.nonzero(shown.transpose(1, 2, 0))
    at = (day, store, product)
    return pl.DataFrame(
        {
            "date": days_of(chain.size, day),
            "store_id": pl.Series([s.id for s in chain.stores]).gather(store),
            "product_id": pl.Series(chain.product_ids).gather(product),
            "on_hand": np.array(trade.log.on_hand)[at],
            "on_order": np.array(trade.log.on_order)[at],
        }
    )


def has_stock_record(trade: Trade) -> Bools:
    """Whether there is an inventory row, day x store x product."""
    shown = trade.chain.active.copy()
    shown[:, -1, :] = trade.terms.from_centre[0] & trade.chain.listed[:-1].any(axis=0)
    return shown


def consent_table(chain: Layout, outreach: Outreach) -> pl.DataFrame:
    """One row per change of consent."""
    columns = list(zip(*outreach.consents, strict=True))
    record, channel, granted, day, second = (np.array(column) for column in columns)
    return (
        pl.DataFrame(
            {
                "customer_id": [f"C{i + 1:05d}" for i in record],
                "channel": [CHANNELS[i] for i in channel],
                "granted": granted,
                "changed_at": moments_of(chain.size, day, second),
            }
        )
        .unique(["customer_id", "channel", "changed_at"], keep="last", maintain_order=True)
        .sort("customer_id", "channel", "changed_at")
    )


def campaign_table(chain: Layout, outreach: Outreach) -> pl.DataFrame:
    """One row per campaign, the planned one included."""
    return pl.DataFrame(
        {
            "campaign_id": [c.id for c in outreach.campaigns],
            "name": [c.name for c in outreach.campaigns],
            "starts_on": [chain.size.date(c.day) for c in outreach.campaigns],
            "ends_on": [chain.size.date(c.day) + timedelta(days=WINDOW_DAYS) for c in outreach.campaigns],
            "channel": [c.channel for c in outreach.campaigns],
            "product_ids": [[chain.product_ids[p] for p in c.products] for c in outreach.campaigns],
            "budget": [c.budget for c in outreach.campaigns],
            "contact_cost": [CONTACT_COST[c.channel] for c in outreach.campaigns],
        }
    )


def contact_table(chain: Layout, outreach: Outreach) -> pl.DataFrame:
    """One row per contact made or withheld; the holdout is drawn at random."""
    return pl.DataFrame(
        {
            "campaign_id": [outreach.campaigns[i].id for i in outreach.campaign],
            "customer_id": [f"C{i + 1:05d}" for i in outreach.customer],
            "channel": [outreach.campaigns[i].channel for i in outreach.campaign],
            "contacted_at": moments_of(chain.size, outreach.day, outreach.second),
            "is_holdout": outreach.holdout,
        }
    ).sort("campaign_id", "customer_id")


def response_table(chain: Layout, outreach: Outreach, transactions: pl.DataFrame) -> pl.DataFrame:
    """One row per purchase of a campaign's goods by a contacted or withheld customer within the campaign's window."""
    goods = campaign_table(chain, outreach).select("campaign_id", "product_ids").explode("product_ids")
    return (
        contact_table(chain, outreach)
        .join(goods.rename({"product_ids": "product_id"}), on="campaign_id")
        .join(transactions.filter(pl.col("units") > 0), on=["customer_id", "product_id"])
        .filter(
            pl.col("sold_at") > pl.col("contacted_at"),
            pl.col("sold_at") < pl.col("contacted_at") + timedelta(days=WINDOW_DAYS),
        )
        .select(
            "campaign_id",
            "customer_id",
            "product_id",
            responded_at="sold_at",
            value=(pl.col("units") * pl.col("unit_price")).round(2),
        )
        .sort("campaign_id", "customer_id", "responded_at", "product_id")
    )
