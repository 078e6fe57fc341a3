"""How a trigger stamps: the same few statements for each table, written once.

What came and what went is stamped by statement, from its transition table. A change is stamped by row, because only
a row's trigger can have a condition: a change that no phone sees costs a comparison, and no function is called. It
also needs no join of the rows before with the rows after, whose plan, kept from a change of one row, would be
quadratic for a change of many.
"""

from __future__ import annotations

PUBLIC = "'00000000-0000-0000-0000-000000000000'::uuid"

# The new `seq` is taken under the row's lock, so it grows with each change of one thing
_KEEP = """
ON CONFLICT (kind, entity, scope) DO UPDATE
SET xid = EXCLUDED.xid, seq = nextval('sync_seq'), passing = EXCLUDED.passing;
"""


def stamp(select: str) -> str:
    """`select` gives kind, entity, scope and whether it is passing; several rows in one order for all writers."""
    return f"INSERT INTO sync_index (kind, entity, scope, passing) {select} {_KEEP}"


def on_insert(table: str, body: str) -> str:
    return _function(table, "came", body) + (
        f"CREATE TRIGGER sync_came AFTER INSERT ON {table} REFERENCING NEW TABLE AS came"
        f" FOR EACH STATEMENT EXECUTE FUNCTION sync_{table}_came();\n"
    )


def on_update(table: str, body: str, *, seen: tuple[str, ...], also: str = "") -> str:
    """Where one of the columns that are seen has another value."""
    before, after = (", ".join(f"{row}.{column}" for column in seen) for row in ("OLD", "NEW"))
    condition = f"(({before}) IS DISTINCT FROM ({after})){f' AND ({also})' if also else ''}"
    return _function(table, "changed", body) + (
        f"CREATE TRIGGER sync_changed AFTER UPDATE ON {table}"
        f" FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION sync_{table}_changed();\n"
    )


def on_delete(table: str, body: str) -> str:
    return _function(table, "gone", body) + (
        f"CREATE TRIGGER sync_gone AFTER DELETE ON {table} REFERENCING OLD TABLE AS gone"
        f" FOR EACH STATEMENT EXECUTE FUNCTION sync_{table}_gone();\n"
    )


def kept(table: str) -> str:
    """A thing keeps its key, and a table is not emptied by a statement that no trigger for rows hears of."""
    return (
        f"CREATE TRIGGER sync_key_kept BEFORE UPDATE OF id ON {table} FOR EACH ROW"
        f" WHEN (OLD.id IS DISTINCT FROM NEW.id) EXECUTE FUNCTION common_refuse_change();\n{not_emptied(table)}"
    )


def not_emptied(table: str) -> str:
    return (
        f"CREATE TRIGGER sync_not_emptied BEFORE TRUNCATE ON {table}"
        f" FOR EACH STATEMENT EXECUTE FUNCTION sync_refuse_truncate();\n"
    )


def undone(*tables: str) -> str:
    names = ("sync_came", "sync_changed", "sync_gone", "sync_key_kept", "sync_not_emptied")
    triggers = "".join(f"DROP TRIGGER IF EXISTS {name} ON {table};\n" for table in tables for name in names)
    functions = (f"sync_{table}_{what}()" for table in tables for what in ("came", "changed", "gone"))
    return triggers + "".join(f"DROP FUNCTION IF EXISTS {function};\n" for function in functions)


def _function(table: str, what: str, body: str) -> str:
    return (
        f"CREATE FUNCTION sync_{table}_{what}() RETURNS trigger LANGUAGE plpgsql AS $$\n"
        f"BEGIN\n{body}RETURN NULL;\nEND $$;\n"
    )
