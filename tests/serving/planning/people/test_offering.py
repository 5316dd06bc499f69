"""One answer for one question: asked over HTTP or for everybody at once, under rules and in a place."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl
import pytest

from retail_brain.dataset import Dataset
from retail_brain.decisions.offer_rule_definition import Rule
from retail_brain.operational.rules import store_rules
from retail_brain.progress import SILENT
from retail_brain.settings import Settings
from retail_brain.workspace import Workspace
from serving.http.handlers.recommend import recommend as asked
from serving.http.messages.people_messages import RecommendRequest
from serving.http.state import State
from serving.planning.people.offering import RecommendationRequest
from serving.planning.people.recommendations import recommend
from serving.planning.people.rule_files import plain_rule
from serving.store.publishing.run import publish
from training.bundle import point_champion, write_bundle
from training.recommender.config import ALSConfig, RankerConfig, RecommenderConfig
from training.recommender.model import RecommenderModel

NOW = datetime(2025, 5, 1, 12, tzinfo=UTC)
SHOPS = ["城东", "城西", "网店"]
RULES = [
    Rule(action="pin", values=("P19", "P18"), name="新品"),
    Rule(action="boost", attribute="category", values=("类1",), factor=3),
    Rule(action="bury", values=("P02",), stores=("城西",)),
    Rule(action="exclude", values=("P03",)),
    Rule(action="cap", attribute="category", limit=2, stores=("城东",)),
    Rule(action="diversify", attribute="category", factor=1.5),
    Rule(action="exclude", values=("P04",), ends_at=NOW),
]


@pytest.fixture(scope="module")
def chain() -> Dataset:
    """50 people in two shops and a web shop, 20 goods of 4 categories, P17 for adults; stock of three kinds."""
    random = np.random.default_rng(5)
    rows = []
    for person in range(50):
        mine = random.choice(18, 5, replace=False)
        for day in range(int(random.integers(0, 6)), 120, 6):
            for product in mine[random.random(5) < 0.6]:
                sold_at = datetime(2025, 1, 1) + timedelta(days=day)
                rows.append(
                    (f"T{person}-{day}", sold_at, SHOPS[person % 2], f"P{product:02d}", f"客{person:02d}", 1.0, 3.5)
                )
    columns = ["transaction_id", "sold_at", "store_id", "product_id", "customer_id", "units", "unit_price"]
    goods = {
        "product_id": [f"P{at:02d}" for at in range(20)],
        "category": [f"类{at % 4}" for at in range(20)],
        "age_restricted": [at == 17 for at in range(20)],
    }
    people = {
        "customer_id": [f"客{at:02d}" for at in range(51)],
        "home_store_id": ["城西"] * 51,
        "age_band": [["25-34", "-17", None][at % 3] for at in range(51)],
    }
    places = {"store_id": SHOPS, "is_online": [False, False, True]}
    last = datetime(2025, 4, 30).date()
    counts = [(last, "城东", f"P{at:02d}", float(at % 2)) for at in range(20)]
    counts += [(last, "网店", f"P{at:02d}", float(at < 10)) for at in range(20)]
    stock = pl.DataFrame(counts, schema=["date", "store_id", "product_id", "on_hand"], orient="row")
    return Dataset.from_frames(
        {
            "transactions": pl.DataFrame(rows, schema=columns, orient="row"),
            "products": pl.DataFrame(goods),
            "customers": pl.DataFrame(people),
            "stores": pl.DataFrame(places),
            "inventory": stock,
        }
    )


@pytest.fixture(scope="module")
def model(chain: Dataset) -> RecommenderModel:
    config = RecommenderConfig(
        als=ALSConfig(factors=4, iterations=2),
        ranker=RankerConfig(rounds=10, wide_pairs=500, num_threads=1),
        min_candidates=15,
    )
    return RecommenderModel.fit(chain, config)


@pytest.fixture(scope="module")
def state(chain: Dataset, model: RecommenderModel, tmp_path_factory: pytest.TempPathFactory) -> Iterator[State]:
    home = tmp_path_factory.mktemp("home")
    workspace = Workspace(home)
    write_bundle(workspace, "recommender", 1, {}, model.save)
    point_champion(workspace, "recommender", 1)
    publish(workspace, chain, Settings(), SILENT)
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("RETAIL_BRAIN_DATABASE_URL", raising=False)
        made = State(home, Settings())
    made.start()
    yield made
    made.stop()


def set_rules(state: State, rules: list[Rule]) -> None:
    store_rules("main", state.database, [plain_rule(rule) for rule in rules], set_by="t", now=NOW)
    state.refresh_rules("main")


def online(state: State, **request: Any) -> list[dict[str, Any]]:
    view = state.view("main")
    assert view is not None
    call = SimpleNamespace(answers=view.answers, view=view, state=state, language="zh", now=NOW)
    listed: list[dict[str, Any]] = asked(RecommendRequest(**request), call)["recommendations"]  # type: ignore[arg-type]
    return listed


SHOWN = ["product_id", "rank", "kind", "fulfilment", "from_store_id", "rule", "reason", "due_on"]


@pytest.mark.parametrize("rules", [[], RULES], ids=["no rules", "rules"])
@pytest.mark.parametrize(
    ("store", "kind", "quota"),
    [
        (None, "mixed", 0),
        ("城东", "mixed", 0),
        ("城东", "mixed", 4),
        ("城西", "repeat", 0),
        ("网店", "explore", 0),
    ],
)
def test_online_and_batch_give_the_same_answer(
    chain: Dataset, model: RecommenderModel, state: State, rules: list[Rule], store: str | None, kind: Any, quota: int
) -> None:
    set_rules(state, rules)
    wish = RecommendationRequest(k=6, kind=kind, explore_at_least=quota, store_id=store, rules=rules, now=NOW)
    batch = pl.concat(list(recommend(chain, model, wish, language="zh"))).with_columns(pl.col("due_on").cast(pl.String))
    assert batch.height > 40
    for customer in chain.scan("customers").collect()["customer_id"]:
        listed = online(state, customer_id=customer, k=6, kind=kind, explore_at_least=quota, store_id=store)
        expected = batch.filter(pl.col("customer_id") == customer)
        assert [{name: row[name] for name in SHOWN} for row in listed] == expected.select(SHOWN).to_dicts()
        for name in ("probability", "probability_7d", "probability_14d", "probability_28d"):
            assert [row[name] for row in listed] == pytest.approx(expected[name].to_list(), abs=2e-6)


def test_everybody_in_their_own_shop_is_the_sum_of_the_shops(chain: Dataset, model: RecommenderModel) -> None:
    own = pl.concat(list(recommend(chain, model, RecommendationRequest(k=5, in_stock=True, rules=RULES, now=NOW))))
    east = pl.concat(list(recommend(chain, model, RecommendationRequest(k=5, store_id="城东", rules=RULES, now=NOW))))
    of_east = [f"客{person:02d}" for person in range(0, 50, 2)]
    mine = pl.col("customer_id").is_in(of_east)
    assert own.filter(mine).equals(east.filter(mine))
    assert own["customer_id"].n_unique() == 51


def test_only_what_the_shop_has_or_the_web_shop_ships(chain: Dataset, model: RecommenderModel) -> None:
    table = pl.concat(list(recommend(chain, model, RecommendationRequest(k=20, store_id="城东", now=NOW))))
    number = pl.col("product_id").str.slice(1).cast(pl.Int64)
    way = table.select("fulfilment", "from_store_id", odd=number % 2 == 1, shipped=number < 10).unique()
    assert sorted(way.rows()) == [
        ("in_store", "城东", True, False),
        ("in_store", "城东", True, True),
        ("ship", "网店", False, True),
    ]


def test_adult_goods_reach_known_adults_only(chain: Dataset, model: RecommenderModel) -> None:
    table = pl.concat(list(recommend(chain, model, RecommendationRequest(k=20, now=NOW))))
    adults = [f"客{person:02d}" for person in range(0, 51, 3)]
    whom = set(table.filter(pl.col("product_id") == "P17")["customer_id"])
    assert whom
    assert whom <= set(adults)
    allow = RecommendationRequest(k=20, now=NOW, rules=[Rule(action="allow", attribute="adult")])
    more = pl.concat(list(recommend(chain, model, allow)))
    assert set(more.filter(pl.col("product_id") == "P17")["customer_id"]) > whom
