"""The list of all faults, for `--list-faults`."""

from collections.abc import Collection, Sequence
from shutil import get_terminal_size
from textwrap import wrap

from xpert_pipeline.sandbox.domain import Declarations
from xpert_pipeline.sandbox.faults import Targets
from xpert_pipeline.sandbox.serving.fault_kinds import CALL, HEADER

WIDTH = 110


def fault_lines(declarations: Declarations) -> list[str]:
    """Return, for each fault, a line with its name and effect, then lines with what it can strike."""
    width = min(WIDTH, get_terminal_size((WIDTH, 0)).columns)
    lines = []
    for fault in declarations.faults.values():
        lines += wrap(f"{fault.name}: {fault.effect}", width, subsequent_indent="  ", break_on_hyphens=False)
        text = f"strikes {_targets(fault.place, declarations.targets[fault.place], declarations)}"
        lines += wrap(text, width, initial_indent="    ", subsequent_indent="      ", break_on_hyphens=False)
    return lines


def _targets(place: str, targets: Targets, declarations: Declarations) -> str:
    if place == CALL:
        return "every operation; downloadDocument only if the fault is switched on for it by name"
    if place == HEADER:
        return "every operation"
    datasets = [dataset.name for dataset in declarations.datasets]
    contents = [
        *_group(targets.contents, declarations.reports, "every report"),
        *_group(targets.contents, datasets, "every Data Kiosk dataset"),
    ]
    parts = [", ".join(targets.requests), f"the content of {', '.join(contents)}" if contents else ""]
    return "; ".join(part for part in parts if part)


def _group(names: Sequence[str], group: Collection[str], whole: str) -> list[str]:
    """Return the names that belong to a group, or only `whole` if they are all of the group."""
    members = [name for name in names if name in group]
    return [whole] if len(members) == len(group) > 1 else members
