"""moto's server with the one promise of S3 that it does not keep by itself: of two conditional puts one wins.

moto looks for the object and then puts it, with other threads in between. Run as a program, with moto's own arguments.
"""

import threading
from typing import Any

from moto.s3.responses import S3Response
from moto.server import main

_put_object = S3Response.put_object
_one_at_a_time = threading.Lock()


def _put_alone(response: S3Response) -> Any:
    with _one_at_a_time:
        return _put_object(response)


if __name__ == "__main__":
    S3Response.put_object = _put_alone  # type: ignore[method-assign]
    main()
