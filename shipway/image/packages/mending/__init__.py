"""Mending an environment that no longer resolves or no longer imports: found by trying, never applied unasked.

    propose       tries changes until the script's imports work, and takes back what is not needed
    foreseen      what is known to break of an environment that resolves, without trying anything
    as_diff       a proposal for people;  apply  the environment with it

What is known beforehand is data, mending.yaml beside this file.
"""

from shipway.image.packages.mending.proposal import NoProposal, Proposal, apply, as_diff
from shipway.image.packages.mending.propose import Limits, foreseen, propose
from shipway.image.packages.mending.trying import EntryScript, first_failure

__all__ = [
    "EntryScript",
    "Limits",
    "NoProposal",
    "Proposal",
    "apply",
    "as_diff",
    "first_failure",
    "foreseen",
    "propose",
]
