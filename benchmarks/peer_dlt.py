"""Loads orders with dlt's REST API source: merged on the order id, items as child table, incremental by last update.

One process is one sync: `python -m benchmarks.peer_dlt DOCUMENT`. The JSON document has the addresses of Amazon and the
database, and the speed of the sandbox's time, by which the pauses between retries are divided. There are enough retries
to wait for one token of `searchOrders`; dlt's default of five would end earlier.
"""

import json
import sys
from typing import Any

import dlt
from dlt.common.configuration import configspec
from dlt.destinations import postgres
from dlt.sources.helpers.requests import Client
from dlt.sources.helpers.rest_client.auth import OAuth2ClientCredentials
from dlt.sources.helpers.rest_client.paginators import JSONResponseCursorPaginator
from dlt.sources.rest_api import rest_api_source
from dlt.sources.rest_api.typing import RESTAPIConfig
from requests import PreparedRequest

DATASET = "amazon"


@configspec
class LoginWithAmazon(OAuth2ClientCredentials):
    """Gets an access token with a refresh token and sends it in Amazon's own header."""

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Add the access token; fetch one if there is none or it has expired."""
        request = super().__call__(request)
        request.headers["x-amz-access-token"] = str(self.access_token)
        del request.headers["Authorization"]
        return request

    def parse_expiration_in_seconds(self, response_json: Any) -> int:
        """A tenth earlier than Amazon says, so that a token does not expire while its request waits for quota."""
        return int(super().parse_expiration_in_seconds(response_json) * 0.9)


def main(settings: dict[str, Any]) -> None:
    """Sync once."""
    pipeline = dlt.pipeline(
        "peer",
        pipelines_dir=settings["folder"],
        destination=postgres(_complete(settings["dsn"])),
        dataset_name=DATASET,
    )
    pipeline.run(rest_api_source(_config(settings)))


def _complete(dsn: str) -> str:
    """The address with all parts that dlt requires; the parameters after the question mark override them."""
    return dsn.replace("@/", ":unused@localhost:5432/", 1)


def _config(settings: dict[str, Any]) -> RESTAPIConfig:
    scale = settings["scale"]
    client = Client(request_max_attempts=12, request_backoff_factor=1 / scale, request_max_retry_delay=300 / scale)
    auth = LoginWithAmazon(
        access_token_url=settings["token_url"],
        client_id=settings["client_id"],
        client_secret=settings["client_secret"],
        access_token_request_data={"grant_type": "refresh_token", "refresh_token": settings["refresh_token"]},
    )
    return {
        "client": {
            "base_url": settings["endpoint"],
            "auth": auth,
            "session": client.session,
            "paginator": JSONResponseCursorPaginator("pagination.nextToken", cursor_param="paginationToken"),
        },
        "resources": [
            {
                "name": "orders",
                "primary_key": "orderId",
                "write_disposition": "merge",
                "endpoint": {
                    "path": "orders/2026-01-01/orders",
                    "data_selector": "orders",
                    "params": {
                        "marketplaceIds": settings["marketplace_id"],
                        "includedData": "FULFILLMENT,PROCEEDS",
                        "maxResultsPerPage": 100,
                    },
                    "incremental": {
                        "start_param": "lastUpdatedAfter",
                        "cursor_path": "lastUpdatedTime",
                        "initial_value": settings["since"],
                    },
                },
            }
        ],
    }


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
