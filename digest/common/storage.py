"""Faults of the database and of the disk, which are nobody's mistake and pass."""

import errno

from django.db import DatabaseError, InterfaceError, OperationalError

RETRY_SECONDS = 60  # when to come again: what Retry-After says
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS}


def is_of_storage(fault: BaseException) -> bool:
    """Whether it says that the database or the disk cannot be used now; what was asked for was not done."""
    if isinstance(fault, OSError):
        return fault.errno in _NO_ROOM
    # psycopg2 calls a connection that the server broke off a DatabaseError and no more.
    return isinstance(fault, OperationalError | InterfaceError) or type(fault) is DatabaseError
