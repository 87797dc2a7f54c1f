"""What requests have cost is counted once and divided among bills."""

import threading

from xpert_pipeline.spapi.sending.listener import Meter, Spent


def test_every_call_and_second_is_on_exactly_one_bill():
    meter = Meter("A1")
    meter.called("searchOrders", 200, 0.1)
    meter.waited("searchOrders", 2.5)
    first = meter.bill()
    meter.called("searchOrders", 429, 0.1)
    meter.called("getReport", 200, 0.1)
    second = meter.bill()
    assert first.waits == {"searchOrders": {"calls": 1, "waited_seconds": 2.5}}
    assert second.waits == {
        "getReport": {"calls": 1, "waited_seconds": 0.0},
        "searchOrders": {"calls": 1, "waited_seconds": 0.0},
    }
    assert meter.bill() == Spent()
    assert first + second == meter.spent()
    assert (meter.spent().calls, meter.spent().waited_seconds) == (3, 2.5)


def test_a_difference_contains_only_operations_that_were_used():
    meter = Meter("A1")
    meter.called("getReport", 200, 0.1)
    before = meter.spent()
    meter.called("searchOrders", 200, 0.1)
    assert (meter.spent() - before).waits == {"searchOrders": {"calls": 1, "waited_seconds": 0.0}}


def test_bills_of_many_threads_add_up():
    meter, bills = Meter("A1"), []

    def job():
        for _ in range(200):
            meter.called("searchOrders", 200, 0.0)
            bills.append(meter.bill())

    threads = [threading.Thread(target=job) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(bill.calls for bill in bills) == meter.spent().calls == 1600
