"""The base class of stores."""

from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker


class DatabaseStore:
    """Base of the classes that read and write rows: opens sessions whose objects stay readable after a commit."""

    def __init__(self, database: AsyncEngine) -> None:
        self._session = async_sessionmaker(database, expire_on_commit=False)
