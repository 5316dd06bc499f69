"""Makes lines of receipts without any money the sales of their days, which need none."""

from retail_brain.ingest.look.draft import FILL_DOWN, NO_NUMBER, NO_PRICE, Proposal


def units_of_days(made: Proposal) -> None:
    """Makes a proposal of receipts without money one of sales by day, which is asked about; leaves others as they are.

    Args:
        made: the proposal of one file; one that is joined to others may have its money from them.
    """
    if made.table != "transactions" or NO_PRICE not in made.questions or FILL_DOWN in made.keys:
        return
    made.table = "daily_sales"
    made.columns = {
        "date" if ours == "sold_at" else ours: value
        for ours, value in made.columns.items()
        if ours not in ("transaction_id", "customer_id", "channel")
    }
    made.keys["add_up"] = "true"
    made.questions = [question for question in made.questions if question not in (NO_PRICE, NO_NUMBER)]
    made.questions.append(
        "no column holds the price or amount of a line, which transactions need: are units of each day enough, as "
        "written below, without money, receipts and people? Else bring a column with prices"
    )
