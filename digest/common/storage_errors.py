"""Temporary errors of the database and the disk."""

import errno

from django.db import DatabaseError, InterfaceError, OperationalError

RETRY_SECONDS = 60  # value of the Retry-After header
_DISK_ERRORS = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS}


def is_storage_error(error: BaseException) -> bool:
    """Return whether an exception means that the database or the disk is unavailable or full."""
    if isinstance(error, OSError):
        return error.errno in _DISK_ERRORS
    # psycopg2 raises plain DatabaseError if the server closes the connection.
    return isinstance(error, OperationalError | InterfaceError) or type(error) is DatabaseError
