"""Our usage plans are those of Amazon's models, and no operation is called without one."""

import json
import re
from pathlib import Path

import pytest

from xpert_pipeline.spapi.library import OPERATIONS
from xpert_pipeline.spapi.usage_plans import OPERATIONS as PLANNED
from xpert_pipeline.spapi.usage_plans import plan


def amazons_plans():
    clone = Path(__file__).parents[2]
    models = next(iter(clone.parent.glob("*/spapi/models")), None)
    if models is None:
        pytest.skip("Amazon's models (*/spapi/models) are not beside the clone")
    found = {}
    for model in models.glob("*.json"):
        for path in json.loads(model.read_text())["paths"].values():
            for operation in path.values():
                told = isinstance(operation, dict) and re.search(
                    r"-\s*\|\s*\n?\|\s*([\d.]+)\s*\|\s*([\d.]+)\s*\|", operation.get("description", "")
                )
                if told:
                    found[operation["operationId"]] = (float(told[1]), float(told[2]))
    return found


@pytest.mark.parametrize("operation", PLANNED)
def test_the_plan_is_the_published_one(operation):
    ours = plan(operation)
    assert (ours.rate, ours.burst) == amazons_plans()[operation]


def test_every_operation_that_can_be_called_has_a_plan():
    assert set(OPERATIONS) == set(PLANNED)


def test_an_operation_without_a_plan_cannot_be_called():
    with pytest.raises(LookupError, match="getEverything"):
        plan("getEverything")
