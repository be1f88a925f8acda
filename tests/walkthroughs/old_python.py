"""Run by Python 3.6 with NLTK and scikit-learn 0.20: makes the files that only libraries of that time make.

    old_python.py punkt FOLDER      NLTK's data for splitting sentences, untrained

The digits' pickle is made by the example's own train.py.
"""

import pickle
import sys
from pathlib import Path

from nltk.tokenize.punkt import PunktSentenceTokenizer

if __name__ == "__main__":
    for place in ("tokenizers/punkt", "tokenizers/punkt/PY3"):
        folder = Path(sys.argv[2], place)
        folder.mkdir(parents=True)
        (folder / "english.pickle").write_bytes(pickle.dumps(PunktSentenceTokenizer()))
