"""Product Fees API v0: what Amazon would charge if a listing were sold at its price."""

from collections.abc import Mapping, Sequence
from typing import Any

from xpert_pipeline.spapi.operations.batch import Answer, Subject
from xpert_pipeline.spapi.quota.usage_plans import page
from xpert_pipeline.spapi.sending.classification import BARE_LIST
from xpert_pipeline.spapi.session import SellerApi

FEES_BATCH = page("getMyFeesEstimates")
SUCCESS, CLIENT_ERROR = "Success", "ClientError"


def get_fees_estimates(api: SellerApi, marketplace_id: str, subjects: Sequence[Subject]) -> list[Answer]:
    """Ask what up to 20 of the seller's listings would be charged (getMyFeesEstimates, one call).

    Amazon answers with a bare list, in which each SKU has a status of its own. A ClientError is an answer, because it
    stays the same however often it is asked. Any other status than Success has failed and is asked again.

    Args:
        api: The seller.
        marketplace_id: The marketplace.
        subjects: The SKUs, with the facts `price` (text), `currency` and `is_fba`. The library would otherwise ask in
            US dollars, and for a listing that the seller fulfils.

    Returns:
        An answer for each SKU, with Amazon's entry about it as its record. A SKU that Amazon left out has failed.
    """
    questions = {str(number): subject for number, subject in enumerate(subjects, start=1)}
    answer = api.call(
        "getMyFeesEstimates",
        [
            {
                "id_type": "SellerSKU",
                "id_value": subject.name,
                "price": float(subject.facts["price"]),
                "currency": subject.facts["currency"],
                "is_fba": subject.facts["is_fba"],
                "identifier": number,
                "marketplace_id": marketplace_id,
            }
            for number, subject in questions.items()
        ],
        expects={BARE_LIST: list},
    )
    found = {_subject_of(entry, questions): entry for entry in answer[BARE_LIST] if isinstance(entry, dict)}
    return [_answer(subject.name, found.get(subject.name)) for subject in subjects]


def _subject_of(entry: Mapping[str, Any], questions: Mapping[str, Subject]) -> str | None:
    """The SKU that an entry is about: by the number of the question, or else by the SKU that Amazon repeats."""
    asked = entry.get("FeesEstimateIdentifier")
    asked = asked if isinstance(asked, dict) else {}
    question = questions.get(str(asked.get("SellerInputIdentifier")))
    return question.name if question else asked.get("IdValue")


def _answer(sku: str, entry: Mapping[str, Any] | None) -> Answer:
    if entry is None:
        return Answer(sku, failed="the batch has no answer for it")
    status = entry.get("Status")
    if status not in (SUCCESS, CLIENT_ERROR):
        return Answer(sku, failed=str(status)[:60])
    return Answer(sku, [entry])
