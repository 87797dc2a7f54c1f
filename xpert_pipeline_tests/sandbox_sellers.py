"""The sellers of a running sandbox, as a pipeline knows them that was connected to each of them."""


def add_sellers(book, sandbox):
    """Add every seller of the sandbox to the pipeline's sellers."""
    for place, amazon_id in enumerate(sandbox.state.worlds, start=1):
        book.add(
            amazon_id,
            name=amazon_id,
            region="eu",
            marketplace_ids=["A21TJRUUN4KGV"],
            timezone="Asia/Kolkata",
            refresh_token=f"Atzr|sandbox-{place}",
        )
