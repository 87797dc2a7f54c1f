"""Measures how much of a seller's plan many callers get when they share it through PostgreSQL, and their refusals.

Processes and threads of one application call one operation as fast as the limiter allows, against a sandbox that
enforces the plan independently. The figure is the number of granted calls divided by the number that the plan allows
from the first answer to the last. Three plans are measured: a quick one, in which hundreds of calls compete within
seconds; the operation's published plan; and one with a single token, with requests of different travel times.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial

import click

from benchmarks.harness import Figure, Goal, Outcome, alternate, median, publish, say, workspace
from benchmarks.limiter_callers import OPERATION, Answers, Callers, let_call
from xpert_pipeline.postgres.embedded import start_embedded
from xpert_pipeline.postgres.migrations import migrate
from xpert_pipeline.sandbox.options import SandboxOptions
from xpert_pipeline.sandbox.server import RunningSandbox, start

GOALS = {
    "share_of_plan": Goal(">=", 0.97),
    "share_of_plan_as_published": Goal(">=", 0.97),
    "share_of_plan_at_burst_1": Goal(">=", 0.9),
    "refusals": Goal("==", 0),
    "refusals_as_published": Goal("==", 0),
    "refusals_at_burst_1": Goal("<=", 1),
}


@dataclass(frozen=True)
class Plan:
    """A plan that the callers use up.

    Attributes:
        suffix: Suffix of its figures.
        rate: Tokens per second.
        burst: Tokens of a full bucket.
        jitter: Longest travel time of a request, in seconds.
        learns: Whether callers know only the published plan and learn this one's rate from answers.
    """

    suffix: str
    rate: float
    burst: int
    jitter: float = 0.0
    learns: bool = True

    def callers(self, who: Callers) -> Callers:
        """The same callers, with their knowledge of the plan and its travel times."""
        return replace(who, plan=None if self.learns else (self.rate, self.burst), jitter=self.jitter)


PLANS = {
    "burst": Plan("", 20.0, 15),
    "published": Plan("_as_published", 2.0, 15),
    "single": Plan("_at_burst_1", 1.5, 1, jitter=0.02, learns=False),
}


@click.command()
@click.option("--processes", type=click.IntRange(min=1), default=8, show_default=True)
@click.option("--threads", type=click.IntRange(min=1), default=4, show_default=True, help="Threads of each process.")
@click.option(
    "--seconds", type=click.FloatRange(min=1), default=16.0, show_default=True, help="Duration of each measurement."
)
@click.option("--rounds", type=click.IntRange(min=1), default=3, show_default=True)
@click.option("--published-seconds", type=click.FloatRange(min=1), default=40.0, show_default=True,
              help="Duration of each measurement of the published plan.")  # fmt: skip
@click.option("--published-rounds", type=click.IntRange(min=1), default=1, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def main(
    processes: int,
    threads: int,
    seconds: float,
    rounds: int,
    published_seconds: float,
    published_rounds: int,
    *,
    as_json: bool,
) -> None:
    """Measure the shared limiter against its plans."""
    with workspace() as folder:
        server = start_embedded(folder / "data")
        try:
            migrate(server.admin_dsn)
            callers = Callers(seconds, processes=processes, threads=threads)
            slow = replace(callers, seconds=published_seconds)
            quick = {name: partial(measure, server.pipeline_dsn, PLANS[name], callers) for name in ("burst", "single")}
            results = alternate(rounds, **quick)
            results |= alternate(
                published_rounds, published=partial(measure, server.pipeline_dsn, PLANS["published"], slow)
            )
        finally:
            server.stop()
    publish(outcome(results, processes, threads), as_json=as_json)


@contextmanager
def serving(plan: Plan) -> Iterator[RunningSandbox]:
    """A sandbox with full buckets that enforces the plan."""
    with start(SandboxOptions(days=1, orders_per_day=1, skus=1, rate_scale=1)) as sandbox:
        sandbox.state.buckets.change(OPERATION, plan.rate, plan.burst)
        yield sandbox


def measure(dsn: str, plan: Plan, callers: Callers) -> Answers:
    """Let the callers use up a plan."""
    with serving(plan) as sandbox:
        answers = let_call(sandbox, dsn, plan.callers(callers))
    share = answers.share(plan.rate, plan.burst)
    say(f"  {plan.rate:g}/s, burst {plan.burst}: {answers.granted} granted, {answers.refused} refused, {share:.3f}")
    return answers


def outcome(results: Mapping[str, Sequence[Answers]], processes: int, threads: int) -> Outcome:
    """The figures of all rounds.

    Args:
        results: The answers of each round, by plan.
        processes: Number of processes.
        threads: Threads of each process.
    """
    figures: dict[str, Figure] = {}
    for name, plan in PLANS.items():
        shares = [{"share": answers.share(plan.rate, plan.burst)} for answers in results[name]]
        figures[f"share_of_plan{plan.suffix}"] = round(median(shares, "share"), 3)
        figures[f"least_share_of_plan{plan.suffix}"] = round(min(entry["share"] for entry in shares), 3)
        figures[f"refusals{plan.suffix}"] = max(answers.refused for answers in results[name])
        figures[f"granted{plan.suffix}"] = sum(answers.granted for answers in results[name])
        figures[f"seconds{plan.suffix}"] = round(sum(answers.span for answers in results[name]), 2)
        figures[f"rate{plan.suffix}"] = plan.rate
    figures |= {"processes": processes, "threads": threads}
    figures |= {f"rounds{plan.suffix}": len(results[name]) for name, plan in PLANS.items()}
    notes = (
        "share_of_plan = granted calls / (burst + rate * seconds from first answer to last), median of the rounds",
        "refusals: 429 answers of the round with most of them; granted and seconds: all rounds together",
        f"as_published: {OPERATION}'s published plan; no suffix: a quick plan, so that many calls compete",
        f"at_burst_1: a bucket of one token; requests are up to {PLANS['single'].jitter * 1000:g} ms on their way",
    )
    return Outcome("limiter", figures, GOALS, notes)


if __name__ == "__main__":
    main()
