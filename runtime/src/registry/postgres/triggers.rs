//! `functions.triggers`, and the triggers on users' tables behind it.

use super::PostgresRegistry;
use super::connect::sqlstate;
use super::reader::within;
use super::writer::{WriteError, audit};
use crate::registry::{Author, NewTrigger, RowEvent, RowTrigger, TriggerChanges, TriggerError};
use serde_json::json;
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};
use time::OffsetDateTime;
use uuid::Uuid;

/// Schemas whose tables are the platform's own. Triggers there could stop it, or call functions with its secrets.
const INTERNAL: [&str; 9] = [
    "system",
    "functions",
    "auth",
    "realtime",
    "schedules",
    "cron",
    "information_schema",
    "extensions",
    "pgrst",
];

/// How long a table may be locked by somebody else.
const PATIENCE: &str = "SET LOCAL lock_timeout = '5s'";

/// The columns of [`trigger`].
const COLUMNS: &str = "t.id, t.name, coalesce(n.nspname::text, t.schema_name) AS schema_name,
    coalesce(c.relname::text, t.table_name) AS table_name, t.events, t.columns, t.slug, t.is_active, t.max_attempts,
    t.created_at, t.updated_at, functions.wasmforge_trigger_problem(t) AS last_error";
const TABLES: &str = " FROM functions.triggers t LEFT JOIN pg_class c ON c.oid = t.relation
    LEFT JOIN pg_namespace n ON n.oid = c.relnamespace";

impl PostgresRegistry {
    /// Triggers, newest first: `limit` at most, those before `before`.
    ///
    /// # Errors
    /// [`WriteError`].
    pub async fn triggers(
        &self,
        before: Option<(OffsetDateTime, Uuid)>,
        limit: u16,
    ) -> Result<Vec<RowTrigger>, WriteError> {
        let pool = self.0.queue()?;
        let mut query = sqlx::QueryBuilder::new("SELECT ");
        query.push(COLUMNS).push(TABLES);
        if let Some((created, id)) = before {
            query
                .push(" WHERE (t.created_at, t.id) < (")
                .push_bind(created)
                .push(", ")
                .push_bind(id)
                .push(")");
        }
        query.push(" ORDER BY t.created_at DESC, t.id DESC LIMIT ").push_bind(i64::from(limit));
        let rows = within(async { Ok(query.build().fetch_all(pool).await?) }).await?;
        Ok(rows.iter().map(trigger).collect::<Result<_, _>>()?)
    }

    /// One trigger.
    ///
    /// # Errors
    /// [`TriggerError::NotFound`], and what the database may do.
    pub async fn trigger(&self, id: Uuid) -> Result<RowTrigger, TriggerError> {
        let pool = self.0.queue()?;
        let found = within(async {
            let mut connection = pool.acquire().await?;
            Ok(read(&mut connection, id).await?)
        });
        found.await?.ok_or(TriggerError::NotFound)
    }

    /// Makes a trigger and puts it on its table.
    ///
    /// # Errors
    /// [`TriggerError`].
    pub async fn create_trigger(&self, new: NewTrigger, author: &Author) -> Result<RowTrigger, TriggerError> {
        refuse_internal(&new.schema)?;
        let pool = self.0.queue()?;
        let mut transaction = pool.begin().await.map_err(explain)?;
        sqlx::query(PATIENCE).execute(&mut *transaction).await.map_err(explain)?;
        let relation = relation(&mut transaction, &new.schema, &new.table).await?;
        require_columns(&mut transaction, relation, &new.events, new.columns.as_deref()).await?;
        require_function(&mut transaction, new.slug.as_str()).await?;
        let id: Uuid = sqlx::query_scalar(
            "INSERT INTO functions.triggers
                (name, relation, schema_name, table_name, events, columns, slug, is_active, max_attempts)
             VALUES ($1, $2::oid, $3, $4, $5, $6, $7, $8, $9) RETURNING id",
        )
        .bind(&new.name)
        .bind(relation)
        .bind(&new.schema)
        .bind(&new.table)
        .bind(words(&new.events))
        .bind(&new.columns)
        .bind(new.slug.as_str())
        .bind(new.is_active)
        .bind(i32::from(new.max_attempts))
        .fetch_one(&mut *transaction)
        .await
        .map_err(explain)?;
        install(&mut transaction, id).await?;
        let made = read(&mut transaction, id).await.map_err(explain)?.ok_or(TriggerError::NotFound)?;
        let details = json!({ "id": id, "name": made.name, "table": format!("{}.{}", made.schema, made.table),
            "slug": made.slug });
        audit(&mut transaction, author, "CREATE_TRIGGER", details).await?;
        transaction.commit().await.map_err(explain)?;
        Ok(made)
    }

    /// Changes a trigger, and puts it back where it was taken off its table.
    ///
    /// # Errors
    /// [`TriggerError`].
    pub async fn update_trigger(
        &self,
        id: Uuid,
        changes: TriggerChanges,
        author: &Author,
    ) -> Result<RowTrigger, TriggerError> {
        let pool = self.0.queue()?;
        let mut transaction = pool.begin().await.map_err(explain)?;
        sqlx::query(PATIENCE).execute(&mut *transaction).await.map_err(explain)?;
        let before = lock(&mut transaction, id).await?;
        let events = changes.events.as_ref().unwrap_or(&before.events);
        let columns = changes.columns.as_ref().unwrap_or(&before.columns);
        if let Some(relation) = before.relation
            && (changes.events.is_some() || changes.columns.is_some())
        {
            require_columns(&mut transaction, relation, events, columns.as_deref()).await?;
        }
        if let Some(slug) = &changes.slug {
            require_function(&mut transaction, slug.as_str()).await?;
        }
        sqlx::query(
            "UPDATE functions.triggers SET name = coalesce($2, name), events = $3, columns = $4,
                slug = coalesce($5, slug), is_active = coalesce($6, is_active),
                max_attempts = coalesce($7, max_attempts), updated_at = now()
             WHERE id = $1",
        )
        .bind(id)
        .bind(&changes.name)
        .bind(words(events))
        .bind(columns)
        .bind(changes.slug.as_ref().map(|slug| slug.as_str()))
        .bind(changes.is_active)
        .bind(changes.max_attempts.map(i32::from))
        .execute(&mut *transaction)
        .await
        .map_err(explain)?;
        if before.relation.is_some() && (!before.is_installed || changes.events.is_some()) {
            install(&mut transaction, id).await?;
        }
        let changed = read(&mut transaction, id).await.map_err(explain)?.ok_or(TriggerError::NotFound)?;
        let details = json!({ "id": id, "name": changed.name, "slug": changed.slug,
            "isActive": changed.is_active });
        audit(&mut transaction, author, "UPDATE_TRIGGER", details).await?;
        transaction.commit().await.map_err(explain)?;
        Ok(changed)
    }

    /// Takes a trigger off its table and forgets it. What it told of is still delivered.
    ///
    /// # Errors
    /// [`TriggerError`].
    pub async fn delete_trigger(&self, id: Uuid, author: &Author) -> Result<(), TriggerError> {
        let pool = self.0.queue()?;
        let mut transaction = pool.begin().await.map_err(explain)?;
        sqlx::query(PATIENCE).execute(&mut *transaction).await.map_err(explain)?;
        lock(&mut transaction, id).await?;
        sqlx::query("SELECT functions.wasmforge_remove_trigger($1)")
            .bind(id)
            .execute(&mut *transaction)
            .await
            .map_err(explain)?;
        audit(&mut transaction, author, "DELETE_TRIGGER", json!({ "id": id })).await?;
        transaction.commit().await.map_err(explain)
    }
}

/// A trigger before it is changed.
struct Before {
    /// Its table, where that is still there.
    relation: Option<i64>,
    is_installed: bool,
    events: Vec<RowEvent>,
    columns: Option<Vec<String>>,
}

async fn lock(connection: &mut PgConnection, id: Uuid) -> Result<Before, TriggerError> {
    let row = sqlx::query(
        "SELECT t.events, t.columns, (SELECT c.oid::bigint FROM pg_class c WHERE c.oid = t.relation) AS relation,
            EXISTS (SELECT FROM pg_trigger g WHERE g.tgrelid = t.relation
                AND g.tgname = 'wasmforge_' || replace(t.id::text, '-', '')) AS is_installed
         FROM functions.triggers t WHERE t.id = $1 FOR UPDATE",
    )
    .bind(id)
    .fetch_optional(connection)
    .await
    .map_err(explain)?
    .ok_or(TriggerError::NotFound)?;
    let before = || {
        Ok(Before {
            relation: row.try_get("relation")?,
            is_installed: row.try_get("is_installed")?,
            events: events(&row)?,
            columns: row.try_get("columns")?,
        })
    };
    before().map_err(explain)
}

fn refuse_internal(schema: &str) -> Result<(), TriggerError> {
    match INTERNAL.contains(&schema) || schema.starts_with("pg_") {
        true => Err(TriggerError::InternalSchema(schema.to_owned())),
        false => Ok(()),
    }
}

/// The table's oid.
async fn relation(connection: &mut PgConnection, schema: &str, table: &str) -> Result<i64, TriggerError> {
    let found: Option<(i64, String, String)> = sqlx::query_as(
        "SELECT c.oid::bigint, c.relkind::text, c.relpersistence::text
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = $2",
    )
    .bind(schema)
    .bind(table)
    .fetch_optional(connection)
    .await
    .map_err(explain)?;
    let names = || (schema.to_owned(), table.to_owned());
    match found {
        Some((oid, kind, persistence)) if matches!(&*kind, "r" | "p") && persistence != "t" => Ok(oid),
        Some(_) => Err(TriggerError::NotATable(names().0, names().1)),
        None => Err(TriggerError::NoTable(names().0, names().1)),
    }
}

async fn require_columns(
    connection: &mut PgConnection,
    relation: i64,
    events: &[RowEvent],
    columns: Option<&[String]>,
) -> Result<(), TriggerError> {
    let Some(columns) = columns else { return Ok(()) };
    if !events.contains(&RowEvent::Update) {
        return Err(TriggerError::ColumnsWithoutUpdate);
    }
    let missing: Option<String> = sqlx::query_scalar(
        "SELECT string_agg(name, ', ') FROM unnest($2::text[]) AS w (name) WHERE NOT EXISTS (
            SELECT FROM pg_attribute a WHERE a.attrelid = $1::oid AND a.attname = w.name AND a.attnum > 0
                AND NOT a.attisdropped)",
    )
    .bind(relation)
    .bind(columns)
    .fetch_one(connection)
    .await
    .map_err(explain)?;
    missing.map_or(Ok(()), |missing| Err(TriggerError::NoColumns(missing)))
}

async fn require_function(connection: &mut PgConnection, slug: &str) -> Result<(), TriggerError> {
    let exists: bool =
        sqlx::query_scalar("SELECT EXISTS (SELECT FROM functions.definitions WHERE slug = $1)")
            .bind(slug)
            .fetch_one(connection)
            .await
            .map_err(explain)?;
    exists.then_some(()).ok_or(TriggerError::NoFunction)
}

async fn install(connection: &mut PgConnection, id: Uuid) -> Result<(), TriggerError> {
    let installed =
        sqlx::query("SELECT functions.wasmforge_install_trigger($1)").bind(id).execute(connection);
    installed.await.map(drop).map_err(explain)
}

async fn read(connection: &mut PgConnection, id: Uuid) -> Result<Option<RowTrigger>, sqlx::Error> {
    let mut query = sqlx::QueryBuilder::new("SELECT ");
    query.push(COLUMNS).push(TABLES).push(" WHERE t.id = ").push_bind(id);
    query.build().fetch_optional(connection).await?.as_ref().map(trigger).transpose()
}

fn trigger(row: &PgRow) -> Result<RowTrigger, sqlx::Error> {
    Ok(RowTrigger {
        id: row.try_get("id")?,
        name: row.try_get("name")?,
        schema: row.try_get("schema_name")?,
        table: row.try_get("table_name")?,
        events: events(row)?,
        columns: row.try_get("columns")?,
        slug: row.try_get("slug")?,
        is_active: row.try_get("is_active")?,
        max_attempts: row.try_get("max_attempts")?,
        created_at: row.try_get("created_at")?,
        updated_at: row.try_get("updated_at")?,
        last_error: row.try_get("last_error")?,
    })
}

fn events(row: &PgRow) -> Result<Vec<RowEvent>, sqlx::Error> {
    let words: Vec<String> = row.try_get("events")?;
    Ok(words.iter().filter_map(|word| RowEvent::by_name(word)).collect())
}

fn words(events: &[RowEvent]) -> Vec<&'static str> {
    events.iter().map(|event| event.as_str()).collect()
}

fn explain(error: sqlx::Error) -> TriggerError {
    match sqlstate(&error).as_deref() {
        Some("23505") => TriggerError::AlreadyExists,
        // lock_not_available: the wait for the table's lock was too long.
        Some("55P03") => TriggerError::Busy,
        Some("42501") => TriggerError::Forbidden,
        _ => TriggerError::Write(error.into()),
    }
}
