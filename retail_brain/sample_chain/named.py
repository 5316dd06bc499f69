"""What the suppliers and guides of the sample chain are called: invented names, the same for the same ids."""

import polars as pl

_SUPPLIERS = ("江澜", "禾丰", "云岭")
_FAMILIES = "陈林徐沈周吴郑钱孙蒋"
_GIVEN = ("雨桐", "子涵", "晓燕", "佳怡", "文静", "思远", "海燕", "志强", "若兰", "明轩", "丽娜", "俊杰", "小红")


def supplier_table(supply: pl.DataFrame, subcategories: list[str]) -> pl.DataFrame:
    """One row per supplier of the supply terms; V103 is the first trader of the goods of subcategory 3."""
    ids = supply["supplier_id"].drop_nulls().unique().sort().to_list()
    names = [f"{_SUPPLIERS[int(one[1]) - 1]}{subcategories[int(one[2:])]}商贸" for one in ids]
    return pl.DataFrame({"supplier_id": ids, "name": names}, schema={"supplier_id": pl.String, "name": pl.String})


def guide_table(customers: pl.DataFrame) -> pl.DataFrame:
    """One row per guide who looks after a customer; no two have the same name before 130 of them."""
    ids = customers["guide_id"].drop_nulls().unique().sort().to_list()
    names = [f"{_FAMILIES[place % len(_FAMILIES)]}{_GIVEN[place % len(_GIVEN)]}" for place in range(len(ids))]
    return pl.DataFrame({"guide_id": ids, "name": names}, schema={"guide_id": pl.String, "name": pl.String})
