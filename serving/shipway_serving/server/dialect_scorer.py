"""Scorers of requests that speak another dialect than v1's. To be used in the main thread, as the scorer itself."""

import json
import logging
from typing import Any, Dict, Optional

from shipway_serving.contract.messages import Refusal, Request
from shipway_serving.contract.profile import Profile
from shipway_serving.contract.results import not_called
from shipway_serving.protocols.dialect import Dialect
from shipway_serving.server.overtime import Overtime
from shipway_serving.server.scorer import Scored, Scorer

_log = logging.getLogger("shipway_serving.scorer")


class DialectScorer(Scorer):
    """Scores requests of one dialect, in the steps of any scorer, so that it can be batched like one."""

    def __init__(self, script: Any, overtime: Overtime, dialect: Dialect) -> None:
        super().__init__(script, overtime)
        self._run = dialect.run
        self._dialect = dialect

    def arguments(self, request: Request) -> Dict[str, Any]:
        """What the dialect reads in ``request``; raises ``Refusal``."""
        if request.method not in self._methods:
            raise not_called(request.method)
        return self._dialect.arguments(request)

    def refused(self, refusal: Refusal) -> Scored:
        """In the dialect's words."""
        return Scored(self._dialect.refused(refusal))

    def answer(self, request: Request, result: Any, run_ms: float) -> Scored:
        """In the dialect's form."""
        try:
            return Scored(self._dialect.answer(result, run_ms), True)
        except Refusal as refusal:
            # Only the result of a script says which outputs there are to be asked for.
            return self.refused(refusal)._replace(succeeded=True)
        except Exception:
            _log.exception("run() returned a value that cannot be written in an answer to %s", request.path)
            return Scored(self._dialect.not_written(), True)

    def failed(self, error: BaseException) -> Scored:
        """With the text that a client of v1 would get."""
        scored = super().failed(error)
        message: str = json.loads(scored.response.body.decode("ascii"))["message"]
        return scored._replace(response=self._dialect.failed(message))


class TwoWayScorer:
    """Scores what comes on v1's paths in the script's own way, and inference requests in theirs."""

    def __init__(self, own: Scorer, inference: Scorer) -> None:
        self.own = own
        """The only one whose requests may share a batch."""
        self._inference = inference

    def score(self, request: Request) -> Scored:
        """Answer ``request``; raises nothing, whatever the script does."""
        return self._scorer(request).score(request)

    async def score_async(self, request: Request) -> Scored:
        """As ``score``, among others on the loop of ``loop()``."""
        return await self._scorer(request).score_async(request)

    @property
    def timeout_s(self) -> Optional[float]:
        """For one call of ``run``; None for no limit."""
        return self.own.timeout_s

    def loop(self) -> Any:
        """The event loop on which ``init`` was awaited."""
        return self.own.loop()

    def _scorer(self, request: Request) -> Scorer:
        return self._inference if request.path.startswith("/v2/") else self.own


def own_scorer(script: Any, overtime: Overtime, profile: Profile) -> Scorer:
    """For requests to ``/score``: v1's, unless ``script`` is a model without code."""
    dialect: Optional[Dialect] = getattr(script, "dialect", None)
    return Scorer(script, overtime, profile) if dialect is None else DialectScorer(script, overtime, dialect)


def scorer_for(script: Any, overtime: Overtime, profile: Profile, inference: Optional[Dialect]) -> Any:
    """A scorer for all that may come; ``inference`` is ``Protocols.dialect``. When that is None, v1 pays nothing."""
    own = own_scorer(script, overtime, profile)
    return own if inference is None else TwoWayScorer(own, DialectScorer(script, overtime, inference))
