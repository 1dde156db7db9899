"""The same in statements that the program puts together."""
# ruff: noqa


def make(connection, name, table):
    # ruleid: view-without-invoker
    connection.execute(sql.SQL("CREATE OR REPLACE VIEW {} AS SELECT * FROM {}").format(name, table))
    # ok: view-without-invoker
    connection.execute(sql.SQL("CREATE OR REPLACE VIEW {} WITH (security_invoker = true) AS SELECT 1").format(name))
