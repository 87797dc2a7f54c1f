"""Which tables a seller in India lacks, if Amazon withholds roles or does not offer their source; for any list of sources."""

from xpert_pipeline.assets.registry import SOURCES

INDIA = "A21TJRUUN4KGV"
ELSEWHERE = {table.name for source in SOURCES if not source.is_offered_in(INDIA) for table in source.tables}
"""Tables whose source Amazon does not offer in India."""


def closed_without(roles):
    """The sources that nothing but these roles opens, in the order of the registry."""
    offered = (source for source in SOURCES if source.roles and source.is_offered_in(INDIA))
    return [source for source in offered if {*source.roles} <= {*roles}]


def needing(roles):
    """The tables of sources that nothing but these roles opens."""
    return {table.name for source in closed_without(roles) for table in source.tables}


def depending_on(tables):
    """The tables that are made of others, or asked for what others have, directly or not. Traffic can do without."""
    found = set(tables)
    for source in (source for _ in SOURCES for source in SOURCES if source.step != "traffic_daily"):
        if found & {*source.after}:
            found |= {table.name for table in source.tables}
    return found - set(tables)
