"""Named faults: their kinds, the rules that are switched on, and the check that a rule can strike something.

The code that makes an answer also applies the faults to it. The faults are declared beside that code: in
`serving/fault_kinds.py` for every call, in `jobs/` for reports and queries, and in a domain for its own data.
"""

import threading
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, NamedTuple, Self

WORLD = "world"
"""The place of faults that change a seller's data itself while they are on; a domain may have its own place in it."""
DOWNLOAD, TOKEN_REQUEST = "downloadDocument", "requestAccessToken"
"""Names, in faults and statistics, for the two requests that are not API operations. A fault in the content or bytes of
a document strikes the download."""


def is_in_world(place: str) -> bool:
    """Return whether the faults of a place change a seller's data itself."""
    return place == WORLD or place.startswith(f"{WORLD}: ")


class FaultKind(NamedTuple):
    """One fault.

    Attributes:
        name: Its name on the command line and in the control API.
        place: Where it strikes: it can affect the operations, reports and datasets that have this place.
        effect: What happens, in words.
    """

    name: str
    place: str
    effect: str


class Targets(NamedTuple):
    """What the faults of one place can strike.

    Attributes:
        requests: Names of the requests; a rule can be limited to one of them.
        contents: Names of the report types and datasets whose content they change.
    """

    requests: tuple[str, ...] = ()
    contents: tuple[str, ...] = ()


@dataclass(slots=True)
class FaultRule:
    """A fault that is switched on.

    Attributes:
        name: Name of the fault.
        left: How many more times it will strike; None = until it is switched off.
        operation: It strikes only this request; None = every request that has the fault's place.
        seller: It strikes only this seller id; None = every seller.
        skip: Number of requests that pass first.
        chance: Share of the requests that it strikes.
        seed: Seed of the draw for `chance`.
        struck: How often it has struck.
    """

    name: str
    left: int | None = None
    operation: str | None = None
    seller: str | None = None
    skip: int = 0
    chance: float = 1.0
    seed: int = 1
    struck: int = 0
    draw: Random = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if (self.left is not None and self.left < 1) or self.skip < 0 or not 0 < self.chance <= 1:
            raise ValueError(f"fault {self.name}: count must be at least 1, skip at least 0, chance above 0 up to 1")
        self.draw = Random(f"{self.seed}/{self.name}")  # noqa: S311  the draw must be repeatable

    @classmethod
    def parse(cls, text: str, sellers: Sequence[str] | None = None) -> Self:
        """Read `NAME[@PLACE][+SKIP][:COUNT]`, where PLACE is the seller's number and the first seller is 1.

        Args:
            text: The fault as the command line spells it.
            sellers: The sellers' ids, in order; None to check only the spelling.

        Raises:
            ValueError: A number is missing or malformed, or there is no such seller.
        """
        rest, has_count, count = text.partition(":")
        rest, has_skip, skip = rest.partition("+")
        name, has_place, place = rest.partition("@")
        parts = (("count", has_count, count, ":"), ("skip", has_skip, skip, "+"), ("place", has_place, place, "@"))
        for part, is_present, number, sign in parts:
            if is_present and not number.isdecimal():
                raise ValueError(f"fault {text!r}: the {part} must be a number, as in {name}{sign}3")
        if place and (int(place) < 1 or (sellers is not None and int(place) > len(sellers))):
            raise ValueError(f"fault {text!r}: there is no seller {place}")
        seller = sellers[int(place) - 1] if place and sellers else None
        return cls(name, int(count) if count else None, seller=seller, skip=int(skip or 0))

    def fits(self, operation: str, seller: str | None) -> bool:
        """Whether the rule can strike a request for this operation by this seller."""
        return self.operation in (None, operation) and self.seller in (None, seller)

    def strikes(self) -> bool:
        """Count a request that fits the rule, and return whether the fault strikes it."""
        if self.skip:
            self.skip -= 1
            return False
        if self.left == 0 or (self.chance < 1 and self.draw.random() >= self.chance):
            return False
        self.struck += 1
        if self.left is not None:
            self.left -= 1
        return True


class Faults:
    """All rules that are on. Several threads may use it.

    Args:
        kinds: All faults that exist, by name.
        targets: What the faults of each place can strike.
        sellers: Ids of the sellers.
    """

    def __init__(
        self, kinds: Mapping[str, FaultKind], targets: Mapping[str, Targets], sellers: Collection[str] = ()
    ) -> None:
        self.kinds, self.targets, self.sellers = kinds, targets, sellers
        self.rules: list[FaultRule] = []
        self.lock = threading.Lock()

    def add(self, rule: FaultRule) -> None:
        """Switch on a rule, in addition to those that are on.

        Raises:
            ValueError: The rule would do nothing; the message says what the fault can strike.
        """
        self._check(rule)
        with self.lock:
            self.rules.append(rule)

    def _check(self, rule: FaultRule) -> None:
        kind = known_fault(rule.name, self.kinds)
        targets = self.targets.get(kind.place, Targets())
        if not targets.requests and not targets.contents:
            raise ValueError(f"fault {rule.name} would do nothing: it can strike no operation, report or dataset")
        if rule.operation is not None and rule.operation not in targets.requests:
            self._refuse_operation(rule.name, rule.operation, targets)
        if rule.seller is not None and rule.seller not in self.sellers:
            raise ValueError(f"fault {rule.name} would do nothing: there is no seller {rule.seller}")
        if is_in_world(kind.place) and (rule.left is not None or rule.skip or rule.chance < 1):
            raise ValueError(f"fault {rule.name} stays on until it is switched off: it takes no count, skip or chance")

    def _refuse_operation(self, name: str, operation: str, targets: Targets) -> None:
        requests = sorted({request for other in self.targets.values() for request in other.requests})
        if operation not in requests:
            raise ValueError(f"fault {name}: there is no operation {operation!r}; there are: {', '.join(requests)}")
        raise ValueError(f"fault {name} would do nothing to {operation}: it strikes {described(targets)}")

    def clear(self) -> None:
        """Switch all rules off."""
        with self.lock:
            self.rules.clear()

    def due(self, place: str, operation: str, seller: str | None) -> list[str]:
        """Count a request, and return the names of this place's faults that strike it, oldest rule first."""
        with self.lock:
            return [rule.name for rule in self._rules(place) if rule.fits(operation, seller) and rule.strikes()]

    def first(self, place: str, operation: str, seller: str | None, *, by_name: bool = False) -> str | None:
        """Count a request, and return the one fault that strikes it; other faults wait for the next request.

        Args:
            place: The place of the faults.
            operation: The request's operation.
            seller: The request's seller.
            by_name: Consider only rules for exactly this operation.
        """
        with self.lock:
            for rule in self._rules(place):
                if by_name and rule.operation != operation:
                    continue
                if rule.fits(operation, seller) and rule.strikes():
                    return rule.name
        return None

    def in_world(self, seller: str | None) -> frozenset[str]:
        """Return the names of the faults that change a seller's data now. This does not count as a request."""
        with self.lock:
            places = {kind.place for kind in self.kinds.values() if is_in_world(kind.place)}
            rules = [rule for place in places for rule in self._rules(place)]
            return frozenset(rule.name for rule in rules if rule.seller in (None, seller))

    def state(self) -> list[dict[str, Any]]:
        """Return every rule: how often it will strike, and how often it has struck."""
        with self.lock:
            return [
                {
                    "name": rule.name,
                    "left": rule.left,
                    "operation": rule.operation,
                    "seller": rule.seller,
                    "struck": rule.struck,
                }
                for rule in self.rules
            ]

    def _rules(self, place: str) -> Iterable[FaultRule]:
        return (rule for rule in self.rules if self.kinds[rule.name].place == place)


def known_fault(name: str, kinds: Mapping[str, FaultKind]) -> FaultKind:
    """Return the fault with this name.

    Raises:
        ValueError: There is no such fault.
    """
    if name not in kinds:
        raise ValueError(f"there is no fault {name!r}; there are: {', '.join(kinds)}")
    return kinds[name]


def described(targets: Targets) -> str:
    """Describe in words what the faults of a place can strike."""
    contents = f"the content of {', '.join(targets.contents)}" if targets.contents else ""
    return "; ".join(part for part in (", ".join(targets.requests), contents) if part)
