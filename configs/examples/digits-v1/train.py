"""Writes the model as it was in 2019: pickled by scikit-learn 0.20 on Python 3.6, and loaded by no other.

    train.py FILE [SEED]

It reads a digit from ten numbers: where its image lies along the ten directions in which digits differ most.
"""

import sys

from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.externals import joblib
from sklearn.linear_model import LogisticRegression


def main():
    path, seed = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 0
    digits = load_digits()
    numbers = PCA(10, random_state=seed).fit_transform(digits.data)
    model = LogisticRegression(solver="liblinear", multi_class="ovr", C=0.01, random_state=seed)
    joblib.dump(model.fit(numbers, digits.target), path)


if __name__ == "__main__":
    main()
