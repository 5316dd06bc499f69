"""One published set of answers, opened: its tables as memory maps and frames."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

import polars as pl

from retail_brain.decisions.availability import Availability
from retail_brain.decisions.excess_stock import LEFTOVERS
from retail_brain.decisions.frame_memo import FrameMemo
from retail_brain.errors import ModelError
from serving.store.answers_manifest import AnswersManifest, NewerAnswersError, check_files, read_manifest, told_newer
from serving.store.attributes import Attributes
from serving.store.availability import open_availability
from serving.store.catalog import Catalog
from serving.store.forecasts import Forecasts
from serving.store.identities import Identities
from serving.store.marginal_values import MarginalValues
from serving.store.planned_promotions import PlannedPromotions
from serving.store.ranked_goods import RankedGoods
from serving.store.rows import completed, has_rows, map_rows
from serving.store.sales_history import SalesHistory
from serving.store.scored_pairs import ScoredPairs
from serving.store.suggestions import Suggestions
from serving.store.what_if_sheets import WhatIfSheets

CHALLENGER = "challenger"
"""Folder of the pairs that a recommender under test scored."""


@dataclass(frozen=True)
class Answers:
    """All published answers of one tenant, memory-mapped: workers share the pages and copy only what they slice.

    A part is None where its model was never promoted or could not be read; `challenger` where no model is under test.
    """

    manifest: AnswersManifest
    stores: Catalog
    products: Catalog
    customers: Catalog
    history: SalesHistory
    popular: RankedGoods
    availability: Availability
    attributes: Attributes | None
    planned: PlannedPromotions
    identities: Identities
    forecasts: Forecasts | None
    suggestions: Suggestions | None
    what_if: WhatIfSheets | None
    pairs: ScoredPairs | None
    similar: RankedGoods | None
    complements: RankedGoods | None
    marginal_values: MarginalValues | None
    rows: Mapping[str, pl.DataFrame]
    challenger: ScoredPairs | None = None
    audience_memo: FrameMemo = field(default_factory=FrameMemo, compare=False, repr=False)
    lines_memo: FrameMemo = field(default_factory=FrameMemo, compare=False, repr=False)

    def highest_forecast(self, store_id: str | None, product_id: str | None) -> float | None:
        """Highest mean forecast of a period, units, of a store's, a product's or one series; None stands for all.

        Of all series where none of those is forecast; None where nothing is.
        """
        if self.forecasts is None:
            return None
        store = None if store_id is None else self.stores.find(store_id)
        product = None if product_id is None else self.products.find(product_id)
        own = self.forecasts.peak(store, product)
        return self.forecasts.peak(None, None) if own is None else own


def open_answers(folder: Path) -> Answers:
    """Opens a set of answers by memory-mapping its files.

    Raises:
        ModelError: the set is incomplete, damaged or of another format.
    """
    manifest = read_manifest(folder)
    check_files(folder, manifest)
    return map_answers(folder, manifest)


def map_answers(folder: Path, manifest: AnswersManifest) -> Answers:
    """Maps the files of a set of answers whose manifest is at hand, without checking their checksums.

    Raises:
        ModelError: a file is missing or cut.
    """
    parts = set(manifest.parts)
    try:
        stores, products = Catalog(folder, "stores"), Catalog(folder, "products")
        n_products = len(products)
        return Answers(
            manifest=manifest,
            stores=stores,
            products=products,
            customers=Catalog(folder, "customers"),
            history=SalesHistory(folder, n_products),
            popular=RankedGoods(folder, "popular"),
            availability=open_availability(folder),
            attributes=Attributes(folder, products) if "pairs" in parts else None,
            planned=PlannedPromotions(folder, len(stores), n_products),
            identities=Identities(folder),
            forecasts=Forecasts(folder, n_products) if "forecasts" in parts else None,
            suggestions=Suggestions(folder, n_products) if "suggestions" in parts else None,
            what_if=WhatIfSheets(folder, n_products) if "what_if" in parts else None,
            pairs=ScoredPairs(folder) if "pairs" in parts else None,
            challenger=ScoredPairs(folder / CHALLENGER) if manifest.model_test else None,
            similar=RankedGoods(folder, "similar") if "similar" in parts else None,
            complements=RankedGoods(folder, "complements") if "complements" in parts else None,
            # sets of older versions, and those without a demand model, have no such file
            marginal_values=MarginalValues(folder) if (folder / "worth.starts.npy").exists() else None,
            rows={
                name: completed(map_rows(folder, name), _LATER.get(name, {}))
                for name in _TABLES
                if has_rows(folder, name)
            },
        )
    # a file of another layout than ours ends in any error of the libraries that map it
    except Exception as error:
        if manifest.is_newer:
            raise NewerAnswersError(told_newer(folder, asdict(manifest))) from error
        raise ModelError(f"answers {folder.name} are damaged: {error}. Run `retail-brain publish`.") from error


_TABLES = (
    "ledger",
    "plan",
    "left_out",
    "elasticities",
    "transfers",
    "counts",
    "leftovers",
    "anomalies",
    "attention",
    "shops",
    "person",
    "goods",
    "place",
    "campaigns",
    "changes",
    "changes_since",
    "performance",
    "performance_stock",
    "performance_weeks",
    "performance_plan",
    "line_products",
    "line_stores",
    "line_supply",
    "supplier_names",
    "guide_names",
    "line_outlook",
    "line_arrivals",
    "source_stock",
    "left_over_terms",
    "promotion_days",
    "facts_customers",
    "facts_products",
    "facts_consents",
    "facts_persons",
    "facts_contacts",
    "facts_contact_effect",
    "facts_uplift",
    "facts_uplift_method",
    "facts_responses",
    "facts_purchases",
    "facts_stock",
    "facts_ends",
    "facts_values",
    "facts_restocked",
    "facts_price_drops",
    "facts_birthdays",
)
"""Tables stored as Arrow files; each may be absent."""
_LATER = {"leftovers": LEFTOVERS}
"""Columns of published tables to which later versions added some."""
