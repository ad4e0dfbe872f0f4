"""Which files the database names."""

from sqlalchemy import Connection, column, inspect, select, table, union
from sqlalchemy.ext.asyncio import AsyncEngine

# Every column that names a file is called so, in every table, and has the key of `bot.database.file_store` or is empty.
SUFFIX = "_key"


async def named_files(database: AsyncEngine) -> set[str]:
    """Return the keys of all files that a row of any table names, at one moment.

    The columns are read from the database itself, so that one of an older shape is understood as well.
    """
    async with database.connect() as connection:
        return await connection.run_sync(_named)


def _named(connection: Connection) -> set[str]:
    found = inspect(connection)
    queries = [
        select(column(name)).select_from(table(each, column(name)))
        for each in found.get_table_names()
        for name in (details["name"] for details in found.get_columns(each))
        if name.endswith(SUFFIX)
    ]
    return {key for key in connection.scalars(union(*queries)) if key} if queries else set()
