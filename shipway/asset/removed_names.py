"""Names that libraries took away, of those that scripts of v1's time use: where it was, the first version without it.

A name that only warns is none of them.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Removed:
    """`name` went with version `since` of `package`; `instead` is what to pin or write."""

    name: str
    package: str
    since: str
    instead: str


def _of(package: str, since: str, names: str, instead: str) -> tuple[Removed, ...]:
    return tuple(Removed(name, package, since, instead) for name in names.split())


REMOVED = (
    *_of("numpy", "1.23", "numpy.asscalar", "pin numpy<1.23, or call .item()"),
    *_of("numpy", "1.24", "numpy.float numpy.int numpy.bool numpy.object numpy.str numpy.complex", "pin numpy<1.24"),
    *_of("numpy", "2.0", "numpy.float_ numpy.unicode_ numpy.string_ numpy.Inf numpy.NaN numpy.NAN", "pin numpy<2"),
    *_of("numpy", "2.0", "numpy.cast numpy.product numpy.cumproduct numpy.alltrue numpy.sometrue", "pin numpy<2"),
    *_of("numpy", "2.0", "numpy.asfarray numpy.find_common_type numpy.mat numpy.infty", "pin numpy<2"),
    *_of("scikit-learn", "0.23", "sklearn.externals.joblib", "pin scikit-learn<0.23, or import joblib"),
    *_of("scikit-learn", "0.23", "sklearn.externals.six", "pin scikit-learn<0.23, or import six"),
    *_of("scikit-learn", "0.20", "sklearn.cross_validation sklearn.grid_search", "pin scikit-learn<0.20"),
    *_of("scikit-learn", "0.22", "sklearn.preprocessing.Imputer", "pin scikit-learn<0.22"),
    *_of("pandas", "1.0", "pandas.Panel pandas.io.json.json_normalize", "pin pandas<1"),
    *_of("pandas", "2.0", "pandas.Int64Index pandas.Float64Index", "pin pandas<2"),
    *_of("scipy", "1.2", "scipy.misc.imread scipy.misc.imsave", "pin scipy<1.2"),
    *_of("scipy", "1.3", "scipy.misc.imresize scipy.misc.logsumexp", "pin scipy<1.3"),
    *_of("pillow", "10.0", "PIL.Image.ANTIALIAS", "pin Pillow<10"),
    *_of(
        "tensorflow",
        "2.0",
        "tensorflow.Session tensorflow.placeholder tensorflow.get_default_graph",
        "pin tensorflow<2",
    ),
    *_of("tensorflow", "2.0", "tensorflow.gfile tensorflow.GraphDef tensorflow.ConfigProto", "pin tensorflow<2"),
    *_of("tensorflow", "2.0", "tensorflow.reset_default_graph tensorflow.contrib tensorflow.app", "pin tensorflow<2"),
    *_of("werkzeug", "1.0", "werkzeug.secure_filename", "pin werkzeug<1, or import it from werkzeug.utils"),
    *_of("python", "3.10", "collections.Mapping collections.Iterable collections.Callable", "use collections.abc"),
    *_of("python", "3.10", "collections.MutableMapping collections.Sequence", "use collections.abc"),
    *_of("python", "3.9", "base64.encodestring base64.decodestring", "use encodebytes, decodebytes"),
)
"""From each library's own notes of the release named."""
