"""The database and the files it refers to: tables, migrations, insert-if-absent helpers, and the file store."""
