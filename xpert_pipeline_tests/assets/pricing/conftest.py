"""A pipeline on a database and a sandbox of its own, as for the tests of faults."""

from xpert_pipeline_tests.faults.conftest import empty_pipeline, make_sandbox

__all__ = ["empty_pipeline", "make_sandbox"]
