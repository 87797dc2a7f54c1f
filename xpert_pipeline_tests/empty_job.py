"""A Dagster job that does nothing, for tests of runs."""

import dagster as dg


@dg.op
def nothing():
    pass


@dg.job
def empty():
    nothing()
