"""Keys of the files that rows of the database refer to."""

from sqlalchemy import Connection, column, inspect, select, table, union
from sqlalchemy.ext.asyncio import AsyncEngine

# In every table, the columns that refer to files end with this; they hold a key of the `FileStore` or are empty.
SUFFIX = "_key"


async def named_files(database: AsyncEngine) -> set[str]:
    """Return the keys of all files that any row refers to, read in a single query.

    The columns are taken from the database's own schema, so an older schema works too.
    """
    async with database.connect() as connection:
        return await connection.run_sync(_read_keys)


def _read_keys(connection: Connection) -> set[str]:
    schema = inspect(connection)
    queries = [
        select(column(name)).select_from(table(each, column(name)))
        for each in schema.get_table_names()
        for name in (details["name"] for details in schema.get_columns(each))
        if name.endswith(SUFFIX)
    ]
    return {key for key in connection.scalars(union(*queries)) if key} if queries else set()
