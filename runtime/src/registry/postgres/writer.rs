//! Deploys: every write with its audit row in one transaction, visible on this node when it returns.

use super::audit::{self, AuditModule, exists};
use super::reader::{canary, columns, definition, within};
pub(super) use super::write_error::WriteError;
use super::{Mode, PostgresRegistry, Shared, row, sync};
use crate::registry::{
    Author, Changes, Code, Definition, Expected, FunctionStatus, NewFunction, Revision, Settings, Slug,
    Upload, Version,
};
use serde_json::{Value, json};
use sqlx::types::Json;
use sqlx::{AssertSqlSafe, PgConnection, Postgres, Row, Transaction};
use time::OffsetDateTime;

/// What a deploy has made of a function.
#[derive(Clone, Debug)]
pub enum Deployment {
    /// It is new.
    Created(Definition),
    /// It was there.
    Updated(Definition),
}

impl PostgresRegistry {
    /// Creates a function. A component must have been admitted.
    ///
    /// # Errors
    /// [`WriteError::AlreadyExists`], and what the database may do.
    pub async fn create(&self, new: NewFunction, author: &Author) -> Result<Definition, WriteError> {
        let mode = self.0.require()?;
        require_columns(mode, Some(&new.code), &new.settings)?;
        let created = within(self.0.create(mode, new, author)).await?;
        self.0.publish(&created.slug).await;
        Ok(created)
    }

    /// Changes a function. Changing nothing touches `updated_at`, as InsForge's backend does.
    ///
    /// # Errors
    /// [`WriteError::NotFound`], [`WriteError::Changed`], and what the database may do.
    pub async fn update(
        &self,
        slug: &str,
        changes: Changes,
        expected: &Expected,
        author: &Author,
    ) -> Result<Definition, WriteError> {
        let mode = self.0.require()?;
        require_columns(mode, changes.code.as_ref(), &changes.settings)?;
        let updated = within(self.0.update(mode, slug, changes, expected, author)).await?;
        self.0.publish(slug).await;
        Ok(updated)
    }

    /// Gives a function new code, or makes one that has it, named like its slug. A draft stays one, unless the upload
    /// says otherwise. A component must have been admitted.
    ///
    /// # Errors
    /// [`WriteError::Changed`], and what the database may do.
    pub async fn deploy(
        &self,
        slug: &Slug,
        upload: Upload,
        expected: &Expected,
        author: &Author,
    ) -> Result<Deployment, WriteError> {
        let update = || {
            let Upload { code, settings, status } = upload.clone();
            let changes = Changes { code: Some(code), settings, status, ..Changes::default() };
            self.update(slug.as_str(), changes, expected, author)
        };
        match update().await {
            Err(WriteError::NotFound) if expected.is_demanding() => return Err(WriteError::Changed),
            Err(WriteError::NotFound) => {}
            result => return result.map(Deployment::Updated),
        }
        let Upload { code, settings, status } = upload.clone();
        let new = NewFunction {
            slug: slug.to_string(),
            name: slug.to_string(),
            description: None,
            status: status.unwrap_or(FunctionStatus::Active),
            code,
            settings,
        };
        match self.create(new, author).await {
            // Somebody else made it in between.
            Err(WriteError::AlreadyExists) => update().await.map(Deployment::Updated),
            result => result.map(Deployment::Created),
        }
    }

    /// Deletes a function. Its history stays, so that its numbers are never used again.
    ///
    /// # Errors
    /// [`WriteError::NotFound`], [`WriteError::Changed`], and what the database may do.
    pub async fn delete(&self, slug: &str, expected: &Expected, author: &Author) -> Result<(), WriteError> {
        let mode = self.0.require()?;
        within(self.0.delete(mode, slug, expected, author)).await?;
        self.0.publish(slug).await;
        Ok(())
    }
}

fn require_columns(mode: Mode, code: Option<&Code>, settings: &Settings) -> Result<(), WriteError> {
    match (mode, code) {
        (Mode::Unmodified, Some(Code::Component(_))) => Err(WriteError::Unsupported("a module")),
        (Mode::Unmodified, _) if !settings.is_empty() => Err(WriteError::Unsupported("a setting")),
        _ => Ok(()),
    }
}

impl Shared {
    async fn create(&self, mode: Mode, new: NewFunction, author: &Author) -> Result<Definition, WriteError> {
        let mut transaction = self.begin(mode, author).await?;
        let returning = columns(mode, true);
        // The trigger fills in the text that stands for a component.
        let (code, module) = match &new.code {
            Code::Source(text) => (text.as_str(), None),
            Code::Component(bytes) => ("", Some(bytes.as_ref())),
        };
        let ours = match mode {
            Mode::Full => (", module, limits, capabilities, auth", ", $6, $7, $8, $9"),
            Mode::Unmodified => ("", ""),
        };
        let statement = AssertSqlSafe(format!(
            "INSERT INTO functions.definitions (slug, name, description, code, status, deployed_at{})
             VALUES ($1, $2, $3, $4, $5, CASE WHEN $5 = 'active' THEN now() END{}) RETURNING {returning}",
            ours.0, ours.1
        ));
        let mut query = sqlx::query(statement)
            .bind(&new.slug)
            .bind(&new.name)
            .bind(&new.description)
            .bind(code)
            .bind(new.status.as_str());
        if mode == Mode::Full {
            query = query
                .bind(module)
                .bind(new.settings.limits.flatten().map(Json))
                .bind(new.settings.capabilities.flatten().map(Value::Object))
                .bind(new.settings.auth.map(row::auth_word));
        }
        let row = query.fetch_one(&mut *transaction).await?;
        let created = definition(&row, mode)?;
        mark_admitted(&mut transaction, &created).await?;
        let details = json!({"functionId": created.id, "slug": created.slug, "name": created.name,
            "status": created.status});
        audit(&mut transaction, author, "CREATE_FUNCTION", details).await?;
        transaction.commit().await?;
        Ok(created)
    }

    async fn update(
        &self,
        mode: Mode,
        slug: &str,
        changes: Changes,
        expected: &Expected,
        author: &Author,
    ) -> Result<Definition, WriteError> {
        let details = json!({"slug": slug, "changes": audited(&changes)});
        let mut transaction = self.begin(mode, author).await?;
        if expected.is_demanding() {
            lock(&mut transaction, mode, slug, expected).await?;
        }
        let returning = columns(mode, true);
        let ours = match mode {
            Mode::Full => {
                ", module = CASE WHEN $6 THEN $7 WHEN $5 IS NOT NULL THEN NULL ELSE module END,
                limits = CASE WHEN $8 THEN $9 ELSE limits END,
                capabilities = CASE WHEN $10 THEN $11 ELSE capabilities END,
                auth = coalesce($12, auth)"
            }
            Mode::Unmodified => "",
        };
        let statement = AssertSqlSafe(format!(
            "UPDATE functions.definitions SET name = coalesce($2, name), description = coalesce($3, description),
                status = coalesce($4, status), code = coalesce($5, code), updated_at = now(),
                deployed_at = CASE WHEN $4 = 'active' THEN now() ELSE deployed_at END{ours}
             WHERE slug = $1 RETURNING {returning}"
        ));
        let (code, module) = match &changes.code {
            Some(Code::Source(text)) => (Some(text.as_str()), None),
            Some(Code::Component(bytes)) => (None, Some(bytes.as_ref())),
            None => (None, None),
        };
        let mut query = sqlx::query(statement)
            .bind(slug)
            .bind(&changes.name)
            .bind(&changes.description)
            .bind(changes.status.map(|status| status.as_str()))
            .bind(code);
        if mode == Mode::Full {
            let settings = changes.settings;
            query = query
                .bind(module.is_some())
                .bind(module)
                .bind(settings.limits.is_some())
                .bind(settings.limits.flatten().map(Json))
                .bind(settings.capabilities.is_some())
                .bind(settings.capabilities.flatten().map(Value::Object))
                .bind(settings.auth.map(row::auth_word));
        }
        let row = query.fetch_optional(&mut *transaction).await?.ok_or(WriteError::NotFound)?;
        let mut updated = definition(&row, mode)?;
        if changes.code.is_some() {
            mark_admitted(&mut transaction, &updated).await?;
        }
        canary(&mut transaction, &mut updated).await?;
        audit(&mut transaction, author, "UPDATE_FUNCTION", details).await?;
        transaction.commit().await?;
        Ok(updated)
    }

    async fn delete(
        &self,
        mode: Mode,
        slug: &str,
        expected: &Expected,
        author: &Author,
    ) -> Result<(), WriteError> {
        let mut transaction = self.begin(mode, author).await?;
        if expected.is_demanding() {
            lock(&mut transaction, mode, slug, expected).await?;
        }
        let deleted = sqlx::query("DELETE FROM functions.definitions WHERE slug = $1")
            .bind(slug)
            .execute(&mut *transaction)
            .await?;
        if deleted.rows_affected() == 0 {
            return Err(WriteError::NotFound);
        }
        if exists(&mut transaction, "functions.deployments").await? {
            sqlx::query(
                "UPDATE functions.deployments SET functions = functions - $1
                 WHERE jsonb_typeof(functions) = 'array' AND functions @> jsonb_build_array($1)",
            )
            .bind(slug)
            .execute(&mut *transaction)
            .await?;
        }
        audit(&mut transaction, author, "DELETE_FUNCTION", json!({"slug": slug})).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// A transaction whose versions are this author's.
    pub(super) async fn begin(
        &self,
        mode: Mode,
        author: &Author,
    ) -> Result<Transaction<'static, Postgres>, WriteError> {
        let mut transaction = self.pool.begin().await?;
        if mode == Mode::Full {
            sqlx::query("SELECT set_config('wasmforge.actor', $1, true)")
                .bind(&author.actor)
                .execute(&mut *transaction)
                .await?;
        }
        Ok(transaction)
    }

    /// Lets the next request on this node see a write. The write itself is done, so a failure here is only logged:
    /// the change's own notice brings it.
    pub(super) async fn publish(&self, slug: &str) {
        if let Err(error) = sync::refresh(self, slug).await {
            tracing::warn!(slug, %error, "a deploy will be seen with the next notice of changes");
        }
    }
}

/// Keeps others from writing a function until the transaction ends, if it is in the state that is expected. Returns the
/// live version; 0 for a row that was written while the triggers were off.
pub(super) async fn lock(
    connection: &mut PgConnection,
    mode: Mode,
    slug: &str,
    expected: &Expected,
) -> Result<Version, WriteError> {
    let version = if mode == Mode::Full { "version" } else { "NULL::bigint AS version" };
    let statement =
        format!("SELECT {version}, updated_at FROM functions.definitions WHERE slug = $1 FOR UPDATE");
    let row = sqlx::query(AssertSqlSafe(statement)).bind(slug).fetch_optional(connection).await?;
    let row = row.ok_or(WriteError::NotFound)?;
    let version: Option<Version> = row.try_get("version")?;
    let updated_at: Option<OffsetDateTime> = row.try_get("updated_at")?;
    if !expected.admits(&Revision::new(version, updated_at)) {
        return Err(WriteError::Changed);
    }
    Ok(version.unwrap_or(0))
}

/// What the audit log keeps of an update: text in full, as InsForge's backend does, and of a module what names it.
pub(super) fn audited(changes: &Changes) -> Value {
    let mut fields = serde_json::Map::new();
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            fields.insert(name.to_owned(), value);
        }
    };
    put("name", changes.name.clone().map(Value::from));
    put("description", changes.description.clone().map(Value::from));
    put("status", changes.status.map(|status| status.as_str().into()));
    match &changes.code {
        Some(Code::Source(text)) => put("code", Some(text.as_str().into())),
        Some(Code::Component(bytes)) => {
            let hash = crate::registry::ModuleHash::of(bytes).to_hex();
            put("module", Some(json!({"sha256": hash, "size": bytes.len()})));
        }
        None => {}
    }
    put("limits", changes.settings.limits.as_ref().map(|limits| json!(limits)));
    put("capabilities", changes.settings.capabilities.as_ref().map(|capabilities| json!(capabilities)));
    put("auth", changes.settings.auth.map(|auth| row::auth_word(auth).into()));
    Value::Object(fields)
}

/// Notes in the history that code has compiled: it was admitted before it was written.
async fn mark_admitted(connection: &mut PgConnection, written: &Definition) -> Result<(), WriteError> {
    match &written.deployed {
        Some(deployed) => mark_good(connection, &written.slug, deployed.version).await,
        None => Ok(()),
    }
}

/// Notes in the history that a version compiles.
pub(super) async fn mark_good(
    connection: &mut PgConnection,
    slug: &str,
    version: Version,
) -> Result<(), WriteError> {
    sqlx::query(
        "UPDATE functions.versions SET build = 'good', build_error = NULL, built_at = now()
         WHERE slug = $1 AND version = $2",
    )
    .bind(slug)
    .bind(version)
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn audit(
    connection: &mut PgConnection,
    author: &Author,
    action: &str,
    details: Value,
) -> Result<(), WriteError> {
    audit::record(connection, author, AuditModule::Functions, action, details).await
}
