"""What the rules on tenancy find, and what they let pass."""
# ruff: noqa

# ruleid: owner-elsewhere
from umt.adapters.postgres.database import APP, OWNER, connect

# ok: owner-elsewhere
from umt.adapters.postgres.database import WORKER, bind

COLUMNS = "position, body"
ALL = "SELECT position FROM umt.event"


# ok: pool-of-ones-own
def reading_pool(url):
    return AsyncConnectionPool(url)


class Reader:
    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Connection]:
        try:
            # ok: unbound-read
            async with self._pool.connection() as connection:
                yield connection
        except AWAY as error:
            raise Unavailable("The database cannot be reached.") from error

    async def _bound(self, workspace):
        async with self._connection() as connection, connection.transaction():
            await bind(connection, workspace)
            # ok: unbound-read
            await connection.execute("SELECT count(*) FROM umt.event")
            # ok: unbound-read
            yield connection

    async def count(self):
        async with self._pool.connection() as connection:
            # ruleid: unbound-read
            await connection.execute("SELECT count(*) FROM umt.event")
            # ok: unbound-read
            await connection.execute("SELECT holder, role FROM umt.authenticate_key(%s)", (b"",))
        # ruleid: pool-of-ones-own
        mine = AsyncConnectionPool(self._url)
        # ruleid: pool-of-ones-own
        await mine.getconn()

    async def planted(self, name):
        async with self._connection() as connection:
            # ruleid: unbound-read
            row = await (await connection.execute("SELECT count(*) FROM umt.event")).fetchone()
            # ruleid: unbound-read
            await connection.execute("SELECT c.name FROM" " read_v1.campaigns c")  # fmt: skip
            # ruleid: unbound-read
            await connection.execute("SELECT name FROM event")
            # ruleid: unbound-read
            await connection.execute("DELETE FROM umt.secret")
            # ruleid: unbound-read
            await connection.execute(ALL)
            # ruleid: unbound-read
            await connection.execute(f"SELECT {COLUMNS} FROM umt.event")
            # ruleid: unbound-read
            await self._version_at(connection, name)
            # ruleid: unbound-read
            connection.cursor()
        async with self._bound(workspace) as connection:
            # ok: unbound-read
            await connection.execute("SELECT count(*) FROM umt.event")

    async def allowed(self):
        async with self._connection() as connection:
            # ok: unbound-read
            await connection.execute("SELECT * FROM umt.sign_in(%s)", (b"",))
            # ok: unbound-read
            await connection.execute(function_call("sign_in", 1), (b"",))
            # ok: unbound-read
            await connection.execute("SELECT min(position) FROM umt.projection_checkpoint")
            # ok: unbound-read
            await connection.execute("SELECT projection, position FROM read_v1.projection_status")


def keys(url):
    with connect(url, APP) as connection:
        # ok: unbound-read
        connection.execute("INSERT INTO umt.master_key VALUES (%s) ON CONFLICT (id) DO UPDATE SET sealed = %s")
        # ruleid: unbound-read
        connection.execute("SELECT sealed FROM umt.secret")
    with connect(url, WORKER) as connection:
        # ok: unbound-read
        connection.execute("SELECT sealed FROM umt.subject_key")


def write(session, writer, workspace):
    # ruleid: session-without-workspace
    session.connection.execute("SELECT 1 FROM umt.command")
    # ruleid: session-without-workspace
    writer._connected().execute("SELECT 1 FROM umt.command")
    # ok: session-without-workspace
    writer._connected().execute("SELECT pg_xact_status(%s::text::xid8)")
    # ok: session-without-workspace
    session.bound(workspace).execute("SELECT 1 FROM umt.command")


def choose(connection, workspace):
    # ruleid: workspace-set-elsewhere
    connection.execute("SELECT set_config('umt.workspace', %s, false)", (workspace,))
    # ruleid: workspace-set-elsewhere
    connection.execute("SET umt.workspace = '00000000-0000-0000-0000-000000000000'")
    # ruleid: workspace-set-elsewhere
    connection.execute("ALTER ROLE umt_app BYPASSRLS")
    # ok: workspace-set-elsewhere
    connection.execute("CREATE ROLE umt_app NOBYPASSRLS")
    # ok: workspace-set-elsewhere
    bind(connection, workspace)
