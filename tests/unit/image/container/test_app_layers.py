import pytest

from shipway.errors import BuildError
from shipway.image.container.app_layers import app_root_of, user_entries
from shipway.image.container.layer_tar import Entry

PASSWD = "root:x:0:0:root:/root:/bin/sh\n"
GROUP = "root:x:0:\n"
ROOT = "var/azureml-app"


def content(entries: list[Entry], path: str) -> str:
    (entry,) = (entry for entry in entries if entry.path == path)
    assert entry.content is not None
    return b"".join(entry.content()).decode()


def test_user_1000_is_added_to_the_bases_own_files_with_a_home() -> None:
    entries = user_entries(passwd=PASSWD, group=GROUP, root=ROOT)
    assert content(entries, "etc/passwd") == f"{PASSWD}shipway:x:1000:1000::/home/shipway:/bin/sh\n"
    assert content(entries, "etc/group") == f"{GROUP}shipway:x:1000:\n"
    owned = [entry.path for entry in entries if entry.owner == 1000]
    assert owned == ["home/shipway", "var/azureml-app", "var/azureml-app/azureml-models"]


def test_a_base_that_has_a_user_1000_keeps_it() -> None:
    passwd = f"{PASSWD}vscode:x:1000:1000::/home/vscode:/bin/bash\n"
    entries = user_entries(passwd=passwd, group=GROUP, root=ROOT)
    assert [entry.path for entry in entries] == [
        "etc/group", "home/vscode", "var/azureml-app", "var/azureml-app/azureml-models",
    ]  # fmt: skip


def test_a_name_that_is_taken_gets_a_number() -> None:
    passwd = f"{PASSWD}shipway:x:77:77::/:/bin/sh"
    entries = user_entries(passwd=passwd, group=GROUP, root=ROOT)
    assert content(entries, "etc/passwd") == f"{passwd}\nshipway1000:x:1000:1000::/home/shipway:/bin/sh\n"


def test_a_base_without_users_gets_the_files() -> None:
    entries = user_entries(passwd="", group="", root=ROOT)
    assert content(entries, "etc/passwd") == "shipway:x:1000:1000::/home/shipway:/bin/sh\n"


@pytest.mark.parametrize("root", ["", "/", "app", "/a/../b"])
def test_an_app_root_that_is_no_folder_of_its_own_is_refused(root: str) -> None:
    with pytest.raises(BuildError) as error:
        app_root_of(root)
    assert str(error.value) == f"AML_APP_ROOT: {root!r} is no folder for an image; write an absolute path below /"


def test_an_app_root_is_kept_without_its_slashes() -> None:
    assert app_root_of("/srv/app/") == "srv/app"
