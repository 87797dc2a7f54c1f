"""The domain of customers' opinions."""

from xpert_pipeline.sandbox.domain import Domain
from xpert_pipeline.sandbox.reviews.api import get_item_review_topics, get_item_review_trends
from xpert_pipeline.sandbox.reviews.reports import SELLER_FEEDBACK
from xpert_pipeline.sandbox.reviews.truth import (
    review_topics,
    review_trends,
    reviews_ratings,
    seller_feedback,
    seller_feedback_counts,
)
from xpert_pipeline.sandbox.serving.operation import Operation
from xpert_pipeline.sandbox.serving.usage_plans import Plan

PATH = "/customerFeedback/2024-06-01/items/{asin}/reviews"
ROLES = ("Selling Partner Insights",)

DOMAIN = Domain(
    operations=(
        Operation(
            name="getItemReviewTopics",
            method="GET",
            path=f"{PATH}/topics",
            answer=get_item_review_topics,
            plan=Plan(0.5, 1),  # Amazon publishes none
            roles=ROLES,
        ),
        Operation(
            name="getItemReviewTrends",
            method="GET",
            path=f"{PATH}/trends",
            answer=get_item_review_trends,
            plan=Plan(0.5, 1),  # Amazon publishes none
            roles=ROLES,
        ),
    ),
    reports=(SELLER_FEEDBACK,),
    truth={
        "review_topics": review_topics,
        "review_trends": review_trends,
        "seller_feedback": seller_feedback,
        "seller_feedback_counts": seller_feedback_counts,
        "reviews_ratings": reviews_ratings,
    },
)
