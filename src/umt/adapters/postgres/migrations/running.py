"""How a revision runs plain SQL: as the driver takes it, many statements at a time."""

from importlib import resources

from alembic import op


def run_sql(file_name: str) -> None:
    """Run a file of this package's ``versions`` folder."""
    run_statements((resources.files(__package__) / "versions" / file_name).read_text(encoding="utf-8"))


def run_statements(*statements: str) -> None:
    """Run each text on the migration's own connection and transaction."""
    driver_connection = op.get_bind().connection.driver_connection
    assert driver_connection is not None
    for statement in statements:
        driver_connection.execute(statement)
