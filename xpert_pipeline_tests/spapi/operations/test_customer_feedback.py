"""Customer Feedback: an empty answer is an answer, and snippets of reviews go no further than here."""

import pytest

from xpert_pipeline.spapi.errors import BadAnswer
from xpert_pipeline.spapi.operations.batch import Answer, Subject
from xpert_pipeline.spapi.operations.customer_feedback import get_review_topics, get_review_trends
from xpert_pipeline.spapi.sending.classification import NO_CONTENT, payload

FACTS = {"operation": "getItemReviewTopics", "seller": "A1", "request_id": "1"}
EXPECTS = {NO_CONTENT: dict, "topics": dict}
DAYS = {"startDate": "2026-05-01T00:00:00.000Z", "endDate": "2026-10-31T00:00:00.000Z"}
TOPIC = {"topic": "size", "asinMetrics": {"numberOfMentions": 2}, "reviewSnippets": ["call me"], "subtopics": ["x"]}


class Scripted:
    """An API client with one answer."""

    def __init__(self, answer):
        self.answer, self.asked = answer, []

    def call(self, operation, *args, expects, **params):
        assert NO_CONTENT in expects
        self.asked.append((operation, *args, params))
        return self.answer


def test_an_answer_without_content_is_an_empty_one_only_where_it_is_expected():
    assert payload(b"", EXPECTS, FACTS | {"status": 204}) == {}
    assert payload(b'{"topics": {}}', EXPECTS, FACTS | {"status": 200}) == {"topics": {}}
    for expects, status in ((EXPECTS, 200), ({"topics": dict}, 204)):
        with pytest.raises(BadAnswer, match="empty body"):
            payload(b"", expects, FACTS | {"status": status})
    with pytest.raises(BadAnswer, match="the answer lacks topics"):
        payload(b"{}", EXPECTS, FACTS | {"status": 200})


def test_topics_come_without_snippets_and_nulls_are_no_topics():
    api = Scripted({"dateRange": DAYS, "topics": {"positiveTopics": None, "negativeTopics": [TOPIC, None]}})
    metrics = {"topic": "size", "asinMetrics": {"numberOfMentions": 2}}
    assert get_review_topics(api, "DE", [Subject("B0")]) == [
        Answer("B0", [{"sentiment": "NEGATIVE", "dateRange": DAYS, **metrics}])
    ]
    assert api.asked == [("getItemReviewTopics", "B0", {"marketplaceId": "DE", "sortBy": "MENTIONS"})]


def test_a_trend_has_a_record_for_each_month():
    months = [{"dateRange": DAYS, "asinMetrics": {"occurrencePercentage": 1}}, None]
    api = Scripted({"reviewTrends": {"positiveTopics": [{"topic": "size", "trendMetrics": months}]}})
    assert get_review_trends(api, "DE", [Subject("B0")]) == [
        Answer("B0", [{"sentiment": "POSITIVE", "topic": "size", **months[0]}])
    ]


def test_no_answer_at_all_has_no_records():
    for ask in (get_review_topics, get_review_trends):
        assert ask(Scripted({}), "DE", [Subject("B0")]) == [Answer("B0", [])]
