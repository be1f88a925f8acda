"""The request of a raw ``async def run``: what Quart had awaited can be awaited (E-12).

A body that is not awaited is simply the body: scripts that were written for Flask and made ``async`` later do that.
"""

from typing import Any, Generator, cast

from werkzeug.datastructures import ImmutableMultiDict

from shipway_serving.rawhttp.request import RawRequest


class AwaitableBytes(bytes):
    """Bytes that may be awaited."""

    def __await__(self) -> Generator[Any, None, bytes]:
        return bytes(self)
        yield


class AwaitableMultiDict(ImmutableMultiDict):  # type: ignore[type-arg]
    """A form's fields or files that may be awaited."""

    def __await__(self) -> "Generator[Any, None, AwaitableMultiDict]":
        return self
        yield


class AsyncRawRequest(RawRequest):
    """A request whose body, form and files may be awaited, and whose JSON has to be."""

    def get_data(self, *args: Any, **kwargs: Any) -> Any:
        """The body."""
        return AwaitableBytes(cast("bytes", super().get_data(*args, **kwargs)))

    @property
    def data(self) -> Any:
        """The body, unless it was taken for a form."""
        return self.get_data(parse_form_data=True)

    async def get_json(self, *args: Any, **kwargs: Any) -> Any:
        """As ``RawRequest.get_json``."""
        return super().get_json(*args, **kwargs)

    @property
    def form(self) -> Any:
        """The fields of a form."""
        self._load_form_data()
        return AwaitableMultiDict(self.__dict__["form"])

    @property
    def files(self) -> Any:
        """The files of a form."""
        self._load_form_data()
        return AwaitableMultiDict(self.__dict__["files"])
