"""What the rules on statements find, and what they let pass."""
# ruff: noqa

COLUMNS = "position, body"


def outside(connection):
    # ruleid: sql-outside-its-place
    connection.execute("SELECT count(*) FROM umt.event")
    # ruleid: sql-outside-its-place
    query = "SELECT c.name FROM" " read_v1.campaigns c"  # fmt: skip
    # ruleid: sql-outside-its-place
    connection.execute("UPDATE umt.membership SET role = 'owner'")
    # ok: sql-outside-its-place
    connection.execute("SELECT 1")
    # ok: sql-outside-its-place
    text = "Everything from umt is in the log"


def composed(connection, name, table):
    # ruleid: statement-of-parts
    connection.execute(f"SELECT * FROM {table}")
    # ruleid: statement-of-parts
    connection.execute("SELECT * FROM " + table)
    # ruleid: statement-of-parts
    connection.execute("SELECT '%s'" % name)
    # ruleid: statement-of-parts
    connection.execute("SELECT '{}'".format(name))
    query = f"SELECT {COLUMNS} FROM x WHERE name = '{name}'"
    # ruleid: statement-of-parts
    connection.execute(query)
    constant = f"SELECT {COLUMNS} FROM x WHERE name = %s"
    # ok: statement-of-parts
    connection.execute(constant, (name,))
    # ok: statement-of-parts
    connection.execute(f"SELECT {COLUMNS} FROM x")
    # ok: statement-of-parts
    connection.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(table)))
    # ok: statement-of-parts
    connection.execute("SELECT %s", (name,))


class Rows:
    def find(self, name):
        # ruleid: statement-of-parts
        return self._rows(f"SELECT * FROM x WHERE name = '{name}'")

    def look(self, name):
        # ok: statement-of-parts
        return self._rows("SELECT * FROM x WHERE name = %s", name)
