"""Many processes and threads of one application that call one operation as fast as the quota lets them.

Run as a program with one JSON argument; each process leaves a file: times of its answers, and their statuses.
Processes are forked from one that has imported everything, and every thread has its connection before the start.
"""

import contextlib
import json
import os
import random
import sys
import threading
import time
from pathlib import Path

from xpert_pipeline.postgres.pool import open_pool
from xpert_pipeline.postgres.quota import PostgresQuota
from xpert_pipeline.spapi import session, usage_plans
from xpert_pipeline.spapi.credentials import Credentials
from xpert_pipeline.spapi.errors import SpApiError
from xpert_pipeline.spapi.marketplaces import by_id
from xpert_pipeline.spapi.session import SellerApi
from xpert_pipeline.spapi.transport import Transport

OPERATION = "getReport"
GETTING_READY = 2.5  # seconds until every process has its token and its connections, and all begin


class Ear:
    """Notes each answer."""

    def __init__(self):
        self.answers = []

    def waiting(self, operation, seconds, reason):
        pass

    def called(self, operation, status, seconds):  # noqa: ARG002  the protocol's names
        self.answers.append((time.time(), status))


class Jittery(Transport):
    """Some requests are slower on their way than others."""

    most = 0.0

    def send(self, *args, **more):
        time.sleep(random.uniform(0, self.most))
        return super().send(*args, **more)


def work(given):
    ear = Ear()
    pool = open_pool(given["dsn"], max_size=given["threads"])
    api = SellerApi(
        Credentials(given["app"], "secret", given["token"], given["seller"]),
        by_id("A21TJRUUN4KGV"),
        PostgresQuota(pool),
        endpoint=given["endpoint"],
        token_url=given["token_url"],
        listener=ear,
    )
    api.check_token()
    api.rate(OPERATION)
    ready = threading.Barrier(given["threads"])

    def call():
        ready.wait()  # all at once, so that each has a connection of its own
        api.transport.send(
            "GET", given["endpoint"] + "/_sandbox/stats", params={}, content=None, headers={}, seconds=10
        )
        time.sleep(max(0.0, given["start"] - time.time()))
        while time.time() < given["end"]:
            with contextlib.suppress(SpApiError):  # there is no such report: an answer like any other
                api.call(OPERATION, "unknown", expects={})

    threads = [threading.Thread(target=call) for _ in range(given["threads"])]
    for thread in threads:
        thread.start()
    threading.Timer(max(0.0, given["end"] - time.time()), api.stop).start()
    for thread in threads:
        thread.join()
    Path(given["folder"], f"{os.getpid()}.json").write_text(json.dumps(ear.answers))


def main():
    given = json.loads(sys.argv[1])
    import sp_api.api  # noqa: F401, PLC0415  before forking, once for all

    if "plan" in given:
        rate, burst = given["plan"]
        usage_plans._PLANS[OPERATION] = usage_plans.UsagePlan(OPERATION, rate, burst)
    given["start"] = time.time() + GETTING_READY
    given["end"] = given["start"] + given["seconds"]
    Jittery.most = given.get("jitter", 0.0)
    session.Transport = Jittery
    children = []
    for _ in range(given["processes"]):
        child = os.fork()
        if not child:
            work(given)
            os._exit(0)
        children.append(child)
    failed = [child for child in children if os.waitpid(child, 0)[1]]
    sys.exit(len(failed))


if __name__ == "__main__":
    main()
