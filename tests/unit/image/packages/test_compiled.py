import pytest

from shipway.image.packages.compiled import unfit

HERE = "x86_64"
PLATFORM = "x86_64-manylinux_2_36"


@pytest.mark.parametrize(
    ("content", "platform", "reason"),
    [
        (b"\0libc.so.6\0GLIBC_2.17\0", "x86_64-manylinux_2_36", ""),
        (b"\0libpython3.6m.so.1.0\0libpthread.so.0\0libc.so.6\0GLIBC_2.2.5\0", "x86_64-manylinux_2_17", ""),
        (
            b"\0GLIBC_2.38\0GLIBC_2.4\0",
            "x86_64-manylinux_2_36",
            "it was compiled with glibc 2.38, newer than the image's",
        ),
        (b"\0libhdf5.so.103\0libc.so.6\0libz.so.1\0", "x86_64-manylinux_2_36", "it needs libhdf5.so.103, libz.so.1"),
        (b"\0libc.so.6\0", "aarch64-manylinux_2_36", "it was compiled for x86_64 with glibc"),
        (b"\0libc.so.6\0", "x86_64-unknown-linux-musl", "it was compiled for x86_64 with glibc"),
    ],
)
def test_what_was_compiled_here_is_judged_by_what_it_needs(content: bytes, platform: str, reason: str) -> None:
    assert unfit(content, platform, HERE) == reason
