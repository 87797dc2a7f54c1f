"""The domain of seller economics."""

from functools import partial

from xpert_pipeline.sandbox.domain import Domain
from xpert_pipeline.sandbox.faults import WORLD, FaultKind
from xpert_pipeline.sandbox.finance.economics import RESTATED, economics_groups, economics_record
from xpert_pipeline.sandbox.finance.schema import ECONOMICS, TYPES
from xpert_pipeline.sandbox.finance.truth import economics_daily
from xpert_pipeline.sandbox.jobs.kiosk_schema import Dataset, KioskSchema

DOMAIN = Domain(
    schemas=(
        KioskSchema(
            ECONOMICS,
            TYPES,
            (
                Dataset(
                    name="economics",
                    groups=economics_groups,
                    record=economics_record,
                    fault_places=(WORLD,),
                ),
            ),
        ),
    ),
    truth={"economics_daily": economics_daily},
    faulty_truth={(RESTATED, "economics_daily"): partial(economics_daily, restated=True)},
    faults=(
        FaultKind(RESTATED, WORLD, "while it is on, charges of the last seven days are higher, in the truth, too"),
    ),
)
