"""The smallest request there is: the status of one report from a scripted Amazon."""

from xpert_pipeline_tests.spapi.scripted import Reply

REPORT = "/reports/2021-06-30/reports/7"
GOOD = Reply(200, {"reportId": "7", "processingStatus": "DONE"})


def get_report(api, **options):
    return api.call("getReport", "7", expects={"reportId": str, "processingStatus": str}, **options)
