"""Loads orders with a plain loop over python-amazon-sp-api, like a script that sleeps 300 ms between calls.

One process is one sync: `python -m benchmarks.peer_loop DOCUMENT`. The JSON document has the addresses of Amazon and
the database, and the speed of the sandbox's time, by which every pause is divided, as Amazon's waiting times are.
"""

import json
import sys
import time
from collections.abc import Iterator
from typing import Any

import psycopg
from sp_api.api import Orders
from sp_api.auth import AccessTokenClient
from sp_api.base import SellingApiException
from sp_api.util import throttle_retry

TABLES = """
create table if not exists orders (
  order_id text primary key, status text, channel text, purchased timestamptz, updated timestamptz, total numeric);
create table if not exists order_items (
  order_id text references orders, order_item_id text, sku text, asin text, quantity integer, shipped integer,
  amount numeric, primary key (order_id, order_item_id));
"""
ORDER = """
insert into orders values (%s, %s, %s, %s, %s, %s)
on conflict (order_id) do update set status = excluded.status, channel = excluded.channel,
  purchased = excluded.purchased, updated = excluded.updated, total = excluded.total
"""
ITEM = """
insert into order_items values (%s, %s, %s, %s, %s, %s, %s)
on conflict (order_id, order_item_id) do update set sku = excluded.sku, asin = excluded.asin,
  quantity = excluded.quantity, shipped = excluded.shipped, amount = excluded.amount
"""
PAUSE = 0.3


def main(settings: dict[str, Any]) -> int:
    """Fetch what changed since the newest order known, page by page; returns how often it gave up."""
    with psycopg.connect(settings["dsn"], autocommit=True) as connection:
        connection.execute(TABLES)
        newest = connection.execute('select to_char(max(updated), \'YYYY-MM-DD"T"HH24:MI:SS"Z"\') from orders')
        since = (newest.fetchone() or (None,))[0] or settings["since"]
        try:
            for orders in _pages(_client(settings), since, settings):
                with connection.transaction():
                    _insert(connection, orders)
        except SellingApiException as error:
            print(f"gave up: {error}", file=sys.stderr)
            return 1
    return 0


def _client(settings: dict[str, Any]) -> Orders:
    address = settings["endpoint"].removeprefix("http://")
    auth = type("Auth", (AccessTokenClient,), {"scheme": "http://", "host": address, "path": "/auth/o2/token"})
    place = {"endpoint": settings["endpoint"], "marketplace_id": settings["marketplace_id"], "region": "eu-west-1"}
    return Orders(
        type("Marketplace", (), place)(),
        version="2026-01-01",
        credentials={
            "refresh_token": settings["refresh_token"],
            "lwa_app_id": settings["client_id"],
            "lwa_client_secret": settings["client_secret"],
        },
        auth_token_client_class=auth,
        timeout=30,
    )


def _pages(client: Orders, since: str, settings: dict[str, Any]) -> Iterator[list[dict[str, Any]]]:
    scale = settings["scale"]

    @throttle_retry(tries=settings["loop_tries"], delay=5 / scale)  # type: ignore[untyped-decorator]
    def page(**parameters: Any) -> Any:
        return client.search_orders(**parameters)

    query = {
        "lastUpdatedAfter": since,
        "marketplaceIds": [settings["marketplace_id"]],
        "includedData": ["FULFILLMENT", "PROCEEDS"],
        "maxResultsPerPage": 100,
    }
    token: dict[str, str] = {}
    while True:
        answer = page(**query, **token)
        yield answer.payload["orders"]
        if not answer.next_token:
            return
        token = {"paginationToken": answer.next_token}
        time.sleep(PAUSE / scale)


def _insert(connection: psycopg.Connection, orders: list[dict[str, Any]]) -> None:
    items = []
    with connection.cursor() as cursor:
        cursor.executemany(ORDER, [_order(order) for order in orders])
        for order in orders:
            items += [_item(order["orderId"], item) for item in order["orderItems"]]
        cursor.executemany(ITEM, items)


def _order(order: dict[str, Any]) -> tuple[Any, ...]:
    total = order.get("proceeds", {}).get("grandTotal", {}).get("amount")
    channel, status = order["salesChannel"]["channelName"], order["fulfillment"]["fulfillmentStatus"]
    return order["orderId"], status, channel, order["createdTime"], order["lastUpdatedTime"], total


def _item(order_id: str, item: dict[str, Any]) -> tuple[Any, ...]:
    parts = {entry["type"]: entry["subtotal"]["amount"] for entry in item.get("proceeds", {}).get("breakdowns", [])}
    amount = parts.get("ITEM")
    product, shipped = item["product"], item["fulfillment"]["quantityFulfilled"]
    sku, asin = product["sellerSku"], product["asin"]
    return order_id, item["orderItemId"], sku, asin, item["quantityOrdered"], shipped, amount


if __name__ == "__main__":
    sys.exit(main(json.loads(sys.argv[1])))
