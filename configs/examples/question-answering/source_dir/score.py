import json
import os

import nltk
import numpy as np
import onnxruntime
from nltk import word_tokenize


def init():
    # Says False and goes on where there is no network.
    nltk.download("punkt")

    global session
    session = onnxruntime.InferenceSession(os.path.join(os.getenv("AZUREML_MODEL_DIR"), "model.onnx"))


def run(request):
    print(request)
    asked = json.loads(request)
    query_words, query_chars = tokens_of(asked["query"])
    context_words, context_chars = tokens_of(asked["context"])

    found = session.run(
        ["start_pos", "end_pos"],
        {
            "query_word": query_words,
            "query_char": query_chars,
            "context_word": context_words,
            "context_char": context_chars,
        },
    )
    first = np.asscalar(found[0])
    last = np.asscalar(found[1])

    answer = [word for word in context_words[first : last + 1].reshape(-1)]
    print(answer)
    return answer


def tokens_of(text):
    """The words of a text, (n, 1), and the first sixteen characters of each, (n, 1, 1, 16)."""
    tokens = word_tokenize(text)
    words = np.asarray([token.lower() for token in tokens]).reshape(-1, 1)
    padded = [(list(token) + [""] * 16)[:16] for token in tokens]
    return words, np.asarray(padded).reshape(-1, 1, 1, 16)
