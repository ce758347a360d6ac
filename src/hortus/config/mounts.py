"""Which file system a folder lies on, read from the system's mount table. Pure but for `table`."""

from pathlib import Path, PurePosixPath

# Write-ahead logging needs shared memory and locks that these do not keep between machines.
NETWORK_KINDS = frozenset(
    {
        "9p", "afs", "beegfs", "beegfs_nodev", "ceph", "cifs", "coda", "cvmfs2", "davfs", "fuse.beegfs",
        "fuse.ceph", "fuse.ceph-fuse", "fuse.cvmfs2", "fuse.davfs", "fuse.glusterfs", "fuse.gpfs", "fuse.juicefs",
        "fuse.moosefs", "fuse.rclone", "fuse.s3fs", "fuse.sshfs", "fuse.weka", "glusterfs", "gpfs", "lustre",
        "ncpfs", "nfs", "nfs4", "ocfs2", "orangefs", "panfs", "pvfs2", "smb3", "smbfs", "virtiofs", "wekafs",
    }
)  # fmt: skip


def table() -> str:
    """Return the mount table of this process, "" where the system has none to read."""
    try:
        return Path("/proc/self/mounts").read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return ""


def _plain(field: str) -> str:
    for code, character in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        field = field.replace(code, character)
    return field


def kind_of(folder: Path, mounts: str) -> str:
    """Return the kind of file system that an absolute path lies on, "" when the table does not tell.

    mounts: text in the form of /proc/mounts; of several mounts on one folder the last one counts.

    >>> kind_of(Path("/home/ada/garden"), "/dev/sda1 / ext4 rw 0 0\\nserver:/home /home nfs4 rw 0 0")
    'nfs4'
    """
    found, depth = "", -1
    for line in mounts.splitlines():
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        point = PurePosixPath(_plain(fields[1]))
        if PurePosixPath(folder).is_relative_to(point) and len(point.parts) >= depth:
            found, depth = fields[2], len(point.parts)
    return found


def network_kind(folder: Path, mounts: str) -> str:
    """Return the kind of network file system that a path lies on, "" when it is a local disk or unknown.

    >>> network_kind(Path("/srv/hortus"), "/dev/sda1 / ext4 rw 0 0")
    ''
    """
    kind = kind_of(folder, mounts)
    return kind if kind.lower() in NETWORK_KINDS else ""
