"""reviews_ratings: what Amazon tells of customers' opinions, about products and about the seller.

No operation of Amazon tells the star rating of a product or the text of a review. Where Amazon has no topics, such as
in India, there are ratings of the seller and their counts only, and no row is invented.
"""

from datetime import date
from typing import Annotated

from typing_extensions import TypedDict

from xpert_pipeline.assets.reviews.review_topics import Impact
from xpert_pipeline.sources.day_figures import DayFigure
from xpert_pipeline.sources.derived import Derived
from xpert_pipeline.tables.about import About
from xpert_pipeline.tables.columns import Null
from xpert_pipeline.tables.contract import Table
from xpert_pipeline.tables.fields import Id, MarketplaceId, Percent, Quantity, Text

NOT_COUNTED = Null("The row is no count.")
OF_TOPICS = Null("The row is not about a topic, or too few reviews mention it.")


class ReviewsRatingsRow(TypedDict):
    """What customers think of a product or of the seller in a period."""

    marketplace_id: MarketplaceId
    record_type: Annotated[
        Id,
        "ITEM_TOPIC: a topic of a product's reviews. ITEM_TREND: the same by month. SELLER_FEEDBACK: a rating of the "
        "seller. FEEDBACK_COUNT: how many ratings the seller got on a day.",
    ]
    subject_id: Annotated[Id, "What it is about: the ASIN, the order of a rating of the seller, or ACCOUNT."]
    topic: Annotated[Text, "The topic, in Amazon's words; empty for ratings and their counts."]
    sentiment: Annotated[Text, "POSITIVE or NEGATIVE; empty for ratings and their counts."]
    period_start: Annotated[date, "First day of the period; the partition."]
    period_end: Annotated[date, "Last day of the period."]
    mentions: Annotated[Quantity | None, "How often reviews mention the topic.", OF_TOPICS]
    occurrence_pct: Annotated[Percent | None, "Share of the reviews that mention the topic.", OF_TOPICS]
    star_rating_impact: Annotated[Impact | None, "Effect of the topic on the star rating of the product.", OF_TOPICS]
    rating: Annotated[
        Quantity | None, "Stars that a customer gave the seller.", Null("The row is about a topic, or counts ratings.")
    ]
    feedback_received: Annotated[
        Quantity | None, "Ratings of the seller on the day; SELLER_FEEDBACK rows are some of them.", NOT_COUNTED
    ]
    negative_feedback_received: Annotated[Quantity | None, "Negative ones among them: one or two stars.", NOT_COUNTED]
    asin: Annotated[Text | None, "ASIN.", Null("The row is about the seller.")]
    order_id: Annotated[
        Text | None, "Amazon's id of the order.", Null("The row is about a product, or counts ratings.")
    ]
    source_table: Annotated[Id, "The table that the row is from."]


REVIEWS_RATINGS = Table(
    "reviews_ratings",
    ReviewsRatingsRow,
    key=("marketplace_id", "record_type", "subject_id", "topic", "sentiment", "period_start"),
    day="period_start",
    about=About(
        grain="a topic of an ASIN's reviews in a period, a rating of the seller, or the number of ratings on a day",
        source="review_topics, review_trends, seller_feedback and seller_feedback_counts, by "
        "sql/transforms/reviews_ratings.sql",
        freshness="Computed after every load of these tables, for each day that changed.",
        restatement="It follows the tables that it is from. Where Amazon does not offer Customer Feedback, such as in "
        "India, there are no topics. Amazon tells neither star ratings of products nor reviews.",
        example="select subject_id as asin, topic, star_rating_impact from reviews_ratings\n"
        "where record_type = 'ITEM_TOPIC' order by star_rating_impact limit 20;",
    ),
)

SOURCE = Derived(
    table=REVIEWS_RATINGS,
    group="reviews",
    after=("review_topics", "review_trends", "seller_feedback", "seller_feedback_counts"),
    figures=(DayFigure(REVIEWS_RATINGS, "ratings of the seller", "count(rating)"),),
)
