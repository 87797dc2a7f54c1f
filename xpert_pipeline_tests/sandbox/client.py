"""A plain HTTP client for the sandbox's tests. It handles tokens and pages, and uses none of the pipeline's code."""

import gzip
import json
from decimal import Decimal

import httpx

INDIA = "A21TJRUUN4KGV"
ALL_DATA = "FULFILLMENT,PROCEEDS,PROMOTION,CANCELLATION,TAX,PACKAGES"
ORDERS = "/orders/2026-01-01/orders"
REPORTS = "/reports/2021-06-30/reports"
KIOSK = "/dataKiosk/2023-11-15"
INBOUND, PLANS = "/fba/inbound/v0", "/inbound/fba/2024-03-20/inboundPlans"
INVENTORY = "/fba/inventory/v1/summaries"
LOCAL = {"trust_env": False, "verify": False}
"""Requests to this machine need no certificates; to load those takes longer than a request."""


class Client:
    """Calls a sandbox as one of its sellers."""

    def __init__(self, running, refresh_token="Atzr|sandbox-1"):
        self.running = running
        self.http = httpx.Client(base_url=running.endpoint, timeout=60, **LOCAL)
        self.refresh_token = refresh_token
        self.token = None

    def log_in(self):
        form = {
            "grant_type": "refresh_token",
            "refresh_token": self.refresh_token,
            "client_id": "an app",
            "client_secret": "a secret",
        }
        answer = self.http.post("/auth/o2/token", data=form)
        self.token = answer.json().get("access_token")
        return answer

    def call(self, method, path, *, token=None, **rest):
        if token is None:
            if self.token is None:
                self.log_in()
            token = self.token
        return self.http.request(method, path, headers={"x-amz-access-token": token}, **rest)

    def get(self, path, **params):
        return self.call("GET", path, params=params)

    @property
    def seller_id(self):
        return self.running.state.access_tokens.seller_of(self.refresh_token)

    def orders_page(self, **params):
        return self.get(ORDERS, **{"marketplaceIds": INDIA, "includedData": ALL_DATA, **params})

    def pages(self, path, token_parameter, **params):
        """All pages of an operation, as JSON."""
        token = {}
        while True:
            answer = self.get(path, **params, **token)
            assert answer.status_code == 200, answer.text
            page = answer.json()
            yield page
            following = page.get("pagination", {}).get("nextToken")
            if not following:
                return
            token = {token_parameter: following}

    def orders(self, **params):
        params = {"marketplaceIds": INDIA, "includedData": ALL_DATA, **params}
        return [order for page in self.pages(ORDERS, "paginationToken", **params) for order in page["orders"]]

    def listings(self, **params):
        params = {"marketplaceIds": INDIA, "pageSize": 20, "includedData": "summaries,offers", **params}
        path = f"/listings/2021-08-01/items/{self.seller_id}"
        return [item for page in self.pages(path, "pageToken", **params) for item in page["items"]]

    def inventory_page(self, **params):
        """One page of the stock in India; a parameter that is None is left out."""
        params = {
            "marketplaceIds": INDIA, "granularityType": "Marketplace", "granularityId": INDIA, "details": "true",
            **params,
        }  # fmt: skip
        return self.get(INVENTORY, **{name: value for name, value in params.items() if value is not None})

    def inventory_pages(self, **params):
        """All pages of one reading, as JSON."""
        while True:
            answer = self.inventory_page(**params)
            assert answer.status_code == 200, answer.text
            page = answer.json()
            yield page
            following = page.get("pagination", {}).get("nextToken")
            if not following:
                return
            params["nextToken"] = following

    def inventory(self, marketplace=INDIA, **params):
        """All summaries of one store."""
        pages = self.inventory_pages(marketplaceIds=marketplace, granularityId=marketplace, **params)
        return [summary for page in pages for summary in page["payload"]["inventorySummaries"]]

    def a_plan(self):
        """Paths of a plan, and of its shipment with the most SKUs among the first plans."""
        plans = [plan["inboundPlanId"] for plan in self.get(PLANS, pageSize=30).json()["inboundPlans"]]
        paths = {}
        for plan_id in plans:
            (shipment,) = self.get(f"{PLANS}/{plan_id}").json()["shipments"]
            path = f"{PLANS}/{plan_id}/shipments/{shipment['shipmentId']}"
            paths[len(self.get(f"{path}/items", pageSize=1000).json()["items"])] = f"{PLANS}/{plan_id}", path
        return paths[max(paths)]

    def metrics(self, first, end, granularity="Day", **params):
        params = {"marketplaceIds": INDIA, "granularity": granularity, "granularityTimeZone": "Asia/Kolkata", **params}
        return self.get("/sales/v1/orderMetrics", interval=f"{first}--{end}", **params)

    def create_report(self, kind, start=None, end=None, marketplace=INDIA, options=None):
        body = {"reportType": kind, "marketplaceIds": [marketplace], "dataStartTime": start, "dataEndTime": end}
        body["reportOptions"] = options
        return self.call("POST", REPORTS, json={name: value for name, value in body.items() if value})

    def report(self, kind, start=None, end=None, **rest):
        """The report as getReport returns it, in a sandbox without waiting times."""
        report_id = self.create_report(kind, start, end, **rest).json()["reportId"]
        return self.get(f"{REPORTS}/{report_id}").json()

    def document(self, report):
        return self.get(f"/reports/2021-06-30/documents/{report['reportDocumentId']}")

    def text(self, report):
        """The unpacked text of a finished report."""
        document = self.document(report).json()
        raw = self.download(document["url"]).content
        return (gzip.decompress(raw) if document.get("compressionAlgorithm") else raw).decode()

    def download(self, url):
        return self.http.get(url)

    def fault(self, name, count=None, **rest):
        answer = self.http.post("/_sandbox/faults", json={"name": name, "count": count, **rest})
        assert answer.status_code == 200, answer.text

    def stats(self):
        return self.http.get("/_sandbox/stats").json()

    def truth(self, table, **params):
        answer = self.http.get(f"/_sandbox/truth/{table}", params=params)
        assert answer.status_code == 200, answer.text
        return [httpx.Response(200, content=line).json() for line in answer.text.splitlines()]

    def create_query(self, text, token=None):
        body = {"query": text} | ({"paginationToken": token} if token else {})
        return self.call("POST", f"{KIOSK}/queries", json=body)

    def query(self, text, token=None):
        """The query as getQuery returns it, in a sandbox without waiting times."""
        answer = self.create_query(text, token)
        assert answer.status_code == 202, answer.text
        return self.get(f"{KIOSK}/queries/{answer.json()['queryId']}").json()

    def kiosk_document(self, document_id):
        return self.download(self.get(f"{KIOSK}/documents/{document_id}").json()["documentUrl"])

    def records(self, text):
        """All records of a query's first page; numbers are Decimal."""
        query = self.query(text)
        assert query["processingStatus"] == "DONE"
        if "dataDocumentId" not in query:
            return []
        lines = self.kiosk_document(query["dataDocumentId"]).text.splitlines()
        return [json.loads(line, parse_float=Decimal) for line in lines]
