"""One pass of a lookup over the due subjects of a marketplace: batches, and failed subjects once more on their own."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from xpert_pipeline.sources.collect import Collector
from xpert_pipeline.spapi.errors import BadRequest, SpApiError, Stopped
from xpert_pipeline.spapi.operations.batch import Answer, Subject
from xpert_pipeline.tables.validation import chunks


@dataclass
class Reading:
    """One pass over the due subjects.

    Attributes:
        ask: Looks up some of them with one call.
        size: Subjects per call.
        collector: Collects pairs of a subject and a record about it.
        answered: Subjects with an answer.
        whole: Those whose records are all valid; the existing rows of the others stay.
        error: What ended the pass early; what was answered before is loaded.
    """

    ask: Callable[[Sequence[Subject]], Sequence[Answer]]
    size: int
    collector: Collector
    answered: list[Subject] = field(default_factory=list)
    whole: list[Subject] = field(default_factory=list)
    error: SpApiError | None = None

    def read(self, subjects: Sequence[Subject]) -> None:
        """Collect the answers about all subjects, or those before the first error."""
        try:
            for batch in chunks(subjects, self.size):
                for subject, answer in self._answers(batch):
                    rejects = len(self.collector.main.rejects)
                    self.collector.add((subject, record) for record in answer.records)
                    self.answered.append(subject)
                    if len(self.collector.main.rejects) == rejects:
                        self.whole.append(subject)
        except Stopped:
            raise
        except SpApiError as error:
            self.error = error

    def _answers(self, batch: Sequence[Subject]) -> Iterator[tuple[Subject, Answer]]:
        """Yield the subjects that Amazon answered for, each failure after one more try on its own.

        Raises:
            SpApiError: A call failed. A refusal of the batch is no failure if Amazon accepts one of its subjects alone.
        """
        found, refusal = self._ask_together(batch)
        for subject in batch:
            answer = found.get(subject.name)
            if answer is None or answer.failed:
                try:
                    answer = {one.subject: one for one in self.ask([subject])}.get(subject.name)
                except BadRequest as error:
                    refusal, answer = refusal and error, None
                else:
                    refusal = None
            if answer is not None and not answer.failed:
                yield subject, answer
        if refusal is not None:
            raise refusal

    def _ask_together(self, batch: Sequence[Subject]) -> tuple[dict[str, Answer], BadRequest | None]:
        """The answers by subject, and the refusal if Amazon refused the batch: one bad subject may be the cause."""
        try:
            return {answer.subject: answer for answer in self.ask(batch)}, None
        except BadRequest as error:
            return {}, error
