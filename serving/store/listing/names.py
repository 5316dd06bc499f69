"""Gives lines the names of their stores and goods, and the text that a search looks into."""

from collections.abc import Mapping, Sequence

import polars as pl

from serving.planning.listing.tables import SEARCHED
from serving.store.answer_set import Answers
from serving.store.catalog import Catalog

LINE_PRODUCTS = {"product_id": pl.String, "department": pl.String, "category": pl.String}
LINE_STORES = {"store_id": pl.String, "region": pl.String}
COORDINATES = {"latitude": pl.Float64, "longitude": pl.Float64}
"""Degrees, published beside LINE_STORES of stores whose place is known; answers of older versions have none."""
LINE_SUPPLY = {
    "store_id": pl.String,
    "product_id": pl.String,
    "supplier_id": pl.String,
    "unit_cost": pl.Float64,
    "min_order_value": pl.Float64,
    "units_per_truck": pl.Float64,
    "cost_basis": pl.String,
}
"""What is published of goods, stores and supply for lists; answers of older versions have none of it."""
SUPPLIER_NAMES = {"supplier_id": pl.String, "name": pl.String}
GUIDE_NAMES = {"guide_id": pl.String, "name": pl.String}
"""What suppliers and guides are called, those with a name alone; answers of older versions have none of it."""


def with_names(lines: pl.DataFrame, answers: Answers, stores: Sequence[str] = ("store_id",)) -> pl.DataFrame:
    """The lines, in their order, with names and groups of their goods and stores and the column `searched`.

    Adds `product_name`, `department`, `category`, and per column X_id of `stores` X_name; a name is the id where the
    catalog has none. `store_id` also gets `region`, `from_store_id` `from_region` and so on; lines with a
    `supplier_id` get `supplier_name`.
    """
    named = _joined(lines, _goods(answers), "product_id")
    searched = ["product_id", "product_name"]
    for column in stores:
        name, stem = _name_of(column), column.removesuffix("store_id").removesuffix("id")
        known = places(answers).rename({"store_id": column, "store_name": name, "region": f"{stem}region"})
        named = _joined(named, known, column)
        searched += [column, name]
    if "supplier_id" in lines.columns:
        named = _joined(named, _suppliers(answers), "supplier_id")
        searched += ["supplier_id", "supplier_name"]
    # a line break between them: a word of a search cannot reach over two names
    text = pl.concat_str(searched, separator="\n", ignore_nulls=True).str.to_lowercase()
    return named.with_columns(text.alias(SEARCHED))


def _joined(lines: pl.DataFrame, names: pl.DataFrame, key: str) -> pl.DataFrame:
    named = lines.join(names, on=key, how="left", maintain_order="left")
    return named.with_columns(pl.coalesce(_name_of(key), key).alias(_name_of(key)))


def _name_of(column: str) -> str:
    return column.removesuffix("_id") + "_name"


def _goods(answers: Answers) -> pl.DataFrame:
    """One row per product: `product_id`, `product_name`, `department`, `category`."""

    def work() -> pl.DataFrame:
        return _catalog(answers.products, "product", answers.rows.get("line_products"), LINE_PRODUCTS)

    return answers.lines_memo.get((answers.products,), "goods", work)


def places(answers: Answers) -> pl.DataFrame:
    """One row per store: `store_id`, `store_name`, `region`."""

    def work() -> pl.DataFrame:
        return _catalog(answers.stores.whole, "store", answers.rows.get("line_stores"), LINE_STORES)

    return answers.lines_memo.get((answers.stores,), "places", work)


def _suppliers(answers: Answers) -> pl.DataFrame:
    """One row per supplier with a name: `supplier_id`, `supplier_name`."""
    known = answers.rows.get("supplier_names")
    named = pl.DataFrame(schema=SUPPLIER_NAMES) if known is None else known
    return named.rename({"name": "supplier_name"})


def coordinates(answers: Answers) -> dict[str, tuple[float, float]]:
    """Latitude and longitude, in degrees, of each store of which both are known."""
    known = answers.rows.get("line_stores")
    if known is None or not set(COORDINATES) <= set(known.columns):
        return {}
    placed = known.select("store_id", *COORDINATES).drop_nulls()
    return {store: (latitude, longitude) for store, latitude, longitude in placed.iter_rows()}


def _catalog(
    catalog: Catalog, kind: str, known: pl.DataFrame | None, schema: Mapping[str, type[pl.DataType]]
) -> pl.DataFrame:
    key = f"{kind}_id"
    names = pl.DataFrame({key: catalog.ids.series, f"{kind}_name": catalog.names.series}).with_columns(
        # the catalog holds an empty text where there is no name
        pl.col(f"{kind}_name").replace("", None)
    )
    facts = pl.DataFrame(schema=schema) if known is None else known.select(*schema)
    return names.join(facts, on=key, how="left", maintain_order="left")
