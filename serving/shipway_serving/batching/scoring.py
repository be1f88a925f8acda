"""What the batcher and the rest of the server know of each other."""

from typing import Any, Callable, Dict, Generic, List, NamedTuple, Optional, TypeVar

from shipway_serving.batching.rows import Size
from shipway_serving.contract.messages import Refusal, Request
from shipway_serving.contract.run_form import RunForm

S = TypeVar("S")
"""What scoring gives for a request: ``server.scorer.Scored``."""


class Parsed(NamedTuple):
    """A request whose arguments have been read, which happens once."""

    arguments: Dict[str, Any]
    size: Size
    refusal: Optional[Refusal] = None
    """Why there are no arguments."""
    apart: Optional[Callable[[Request], Any]] = None
    """What scores it, when that is another's business and no batch's."""


class Scoring(Generic[S]):
    """What the batcher needs of the scorer; ``server.scorer.Scorer`` has it."""

    def arguments(self, request: Request) -> Dict[str, Any]:
        """The arguments of ``run``; raises ``Refusal``."""
        raise NotImplementedError

    def refused(self, refusal: Refusal) -> S:
        """The answer to a request without arguments."""
        raise NotImplementedError

    def score_arguments(self, request: Request, arguments: Dict[str, Any]) -> S:
        """Call ``run``; raises nothing."""
        raise NotImplementedError

    def guarded(self, call: Callable[..., Any], *arguments: Any) -> Any:
        """The result of ``call`` under the scoring timeout; raises whatever it raises."""
        raise NotImplementedError

    def answer(self, request: Request, result: Any, run_ms: float) -> S:
        """The response for a ``result``; raises nothing."""
        raise NotImplementedError


class Script(NamedTuple):
    """What the batcher knows of the entry script."""

    form: RunForm
    run: Callable[..., Any]
    run_batch: Callable[[List[Any]], Any]
