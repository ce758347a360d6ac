"""The mount table: which disk a folder lies on, whatever the table looks like."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hortus.config.mounts import NETWORK_KINDS, kind_of, network_kind, table

TABLE = """\
/dev/sda1 / ext4 rw,relatime 0 0
proc /proc proc rw 0 0
server:/export/home /home nfs4 rw,vers=4.2 0 0
tmpfs /home/ada/scratch tmpfs rw 0 0
10.0.0.1@o2ib:/lus /lustre lustre rw 0 0
/dev/gpfs0 /gpfs gpfs rw 0 0
ada@login:/data /mnt/my\\040disk fuse.sshfs rw 0 0
"""


@pytest.mark.parametrize(
    ("folder", "kind"),
    [("/srv/hortus", ""), ("/home/ada/var", "nfs4"), ("/home", "nfs4"), ("/homestead", ""), ("/home/ada/scratch/x", ""),
     ("/lustre/project", "lustre"), ("/gpfs/a/b", "gpfs"), ("/mnt/my disk/var", "fuse.sshfs"), ("/mnt/my", "")],
)  # fmt: skip
def test_the_innermost_mount_counts(folder: str, kind: str) -> None:
    assert network_kind(Path(folder), TABLE) == kind


def test_of_two_mounts_on_one_folder_the_last_counts() -> None:
    assert kind_of(Path("/a/b"), "x /a ext4 rw\ny /a cifs rw") == "cifs"
    assert network_kind(Path("/a/b"), "y /a cifs rw\nx /a ext4 rw") == ""


@pytest.mark.parametrize("kind", ["nfs", "nfs4", "cifs", "lustre", "gpfs", "beegfs", "ceph", "fuse.sshfs", "afs", "9p"])
def test_the_network_disks_of_our_field_are_known(kind: str) -> None:
    assert kind in NETWORK_KINDS
    assert network_kind(Path("/data/x"), f"server:/ /data {kind} rw 0 0") == kind


@given(st.text(max_size=300))
def test_no_table_breaks_it(text: str) -> None:
    assert isinstance(network_kind(Path("/srv"), text), str)


def test_this_machine_has_a_table() -> None:
    assert kind_of(Path("/"), table()) or not table()
