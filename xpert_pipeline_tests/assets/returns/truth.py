"""Compares the tables of returns with what the sandbox knows of the days that are over."""


def assert_true(pipeline, table, day):
    """The table has the truth of all days before today; what the truth dates later may be in the table or not."""
    today = str(pipeline.today)
    truth = pipeline.truth(table)
    told = {row["return_key"] for row in truth if row[day] < today}
    later = {row["return_key"] for row in truth if row[day] >= today}
    assert {row["return_key"] for row in pipeline.rows(table)} - later == told != set()
    wrong = [text for text in pipeline.differences(table) if "one side only" not in text]
    assert [text for text in wrong if not any(key in text for key in later)] == []
