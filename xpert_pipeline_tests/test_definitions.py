"""What Dagster's UI shows of the code location as a whole."""

import pytest

from xpert_pipeline.definitions import build_definitions
from xpert_pipeline.settings import Settings


@pytest.fixture
def repository():
    environ = {"XPERT_START_DATE": "2026-01-01"}
    return build_definitions(Settings.from_env(environ), environ).get_repository_def()


def test_every_schedule_sensor_and_job_says_what_it_does(repository):
    described = [*repository.schedule_defs, *repository.sensor_defs, *repository.get_all_jobs()]
    assert len(described) > 5
    bare = [thing.name for thing in described if not thing.description and not thing.name.startswith("__")]
    assert bare == []


def test_no_freshness_policy_speaks_for_the_seller_of_the_newest_run_alone(repository):
    """Dagster's own policy sees one materialization per table: a healthy seller hid one that never loaded."""
    specs = [spec for asset in repository.assets_defs_by_key.values() for spec in asset.specs]
    assert specs
    assert [spec.key.to_user_string() for spec in specs if spec.freshness_policy] == []
