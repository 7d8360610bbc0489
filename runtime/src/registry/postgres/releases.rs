//! Which version is live, and which gets a part of the requests beside it.
//!
//! Each of these writes holds the function's row until it commits, as every deploy does.

use super::reader::{self, within};
use super::write_error::{VersionError, WriteError};
use super::writer::{audit, audited, lock, mark_good};
use super::{Mode, PostgresRegistry, Shared, row};
use crate::registry::{
    Author, Canary, CanaryUpload, Changes, Code, Definition, Expected, FunctionKind, Moved, Target, Version,
};
use serde_json::{Value, json};
use sqlx::types::Json;
use sqlx::{PgConnection, Row};

/// Makes a version of the live one with what is new: its code where `$3`, its limits where `$5`, its capabilities where
/// `$7`.
const KEEP: &str = "SELECT functions.wasmforge_keep_version(slug, $2, id,
        CASE WHEN $3 IS NULL THEN kind ELSE $3 END, sha256(content), content,
        CASE WHEN $5 THEN $6 ELSE limits END, CASE WHEN $7 THEN $8 ELSE capabilities END, coalesce($9, auth))
    FROM (SELECT d.*, coalesce($4, d.module, convert_to(d.code, 'UTF8')) AS content
        FROM functions.definitions d WHERE d.slug = $1) live";

impl PostgresRegistry {
    /// Lets a version go live: every request gets it, and no other one does.
    ///
    /// # Errors
    /// [`WriteError::NotFound`], [`WriteError::Changed`], [`WriteError::Version`], and what the database may do.
    pub async fn go_live(
        &self,
        slug: &str,
        target: Target,
        expected: &Expected,
        author: &Author,
    ) -> Result<Moved, WriteError> {
        self.0.require_versions()?;
        let moved = within(self.0.go_live(slug, target, expected, author)).await?;
        self.0.publish(slug).await;
        Ok(moved)
    }

    /// Stores a version that gets a part of the requests, while the live one stays. Code must have been admitted.
    ///
    /// # Errors
    /// As [`go_live`](Self::go_live).
    pub async fn deploy_canary(
        &self,
        slug: &str,
        upload: CanaryUpload,
        expected: &Expected,
        author: &Author,
    ) -> Result<Definition, WriteError> {
        self.0.require_versions()?;
        let updated = within(self.0.deploy_canary(slug, upload, expected, author)).await?;
        self.0.publish(slug).await;
        Ok(updated)
    }

    /// Gives a stored version a part of the requests, or none to any where `canary` is `None`.
    ///
    /// # Errors
    /// As [`go_live`](Self::go_live).
    pub async fn set_traffic(
        &self,
        slug: &str,
        canary: Option<Canary>,
        expected: &Expected,
        author: &Author,
    ) -> Result<Definition, WriteError> {
        self.0.require_versions()?;
        let updated = within(self.0.set_traffic(slug, canary, expected, author)).await?;
        self.0.publish(slug).await;
        Ok(updated)
    }
}

impl Shared {
    /// Versions need our tables.
    pub(super) fn require_versions(&self) -> Result<(), WriteError> {
        match self.require()? {
            Mode::Full => Ok(()),
            Mode::Unmodified => Err(WriteError::Unsupported("a version")),
        }
    }

    async fn go_live(
        &self,
        slug: &str,
        target: Target,
        expected: &Expected,
        author: &Author,
    ) -> Result<Moved, WriteError> {
        let mut transaction = self.begin(Mode::Full, author).await?;
        let from = lock(&mut transaction, Mode::Full, slug, expected).await?;
        let to = resolve(&mut transaction, slug, from, target).await?;
        let ended = end_canary(&mut transaction, slug).await?;
        let changed = ended || from != to;
        if from != to {
            check(&mut transaction, slug, to).await?;
        }
        let function = match changed {
            true => move_to(&mut transaction, slug, to).await?,
            false => read(&mut transaction, slug).await?,
        };
        if changed {
            let action = match target {
                Target::Canary => "PROMOTE_FUNCTION",
                Target::Previous | Target::Version(_) => "ROLLBACK_FUNCTION",
            };
            audit(&mut transaction, author, action, json!({"slug": slug, "from": from, "to": to})).await?;
        }
        transaction.commit().await?;
        Ok(Moved { function, from, to })
    }

    async fn deploy_canary(
        &self,
        slug: &str,
        upload: CanaryUpload,
        expected: &Expected,
        author: &Author,
    ) -> Result<Definition, WriteError> {
        let CanaryUpload { code, settings, percent } = upload;
        let mut transaction = self.begin(Mode::Full, author).await?;
        if lock(&mut transaction, Mode::Full, slug, expected).await? == 0 {
            return Err(VersionError::NoLive.into());
        }
        let version = newest(&mut transaction, slug).await? + 1;
        let (kind, content) = match &code {
            Some(Code::Source(text)) => (Some("source"), Some(text.as_bytes())),
            Some(Code::Component(bytes)) => (Some("component"), Some(bytes.as_ref())),
            None => (None, None),
        };
        sqlx::query(KEEP)
            .bind(slug)
            .bind(version)
            .bind(kind)
            .bind(content)
            .bind(settings.limits.is_some())
            .bind(settings.limits.clone().flatten().map(Json))
            .bind(settings.capabilities.is_some())
            .bind(settings.capabilities.clone().flatten().map(Value::Object))
            .bind(settings.auth.map(row::auth_word))
            .execute(&mut *transaction)
            .await?;
        if code.is_some() {
            mark_good(&mut transaction, slug, version).await?;
        }
        put_canary(&mut transaction, slug, Canary { version, percent }).await?;
        let function = touch(&mut transaction, slug).await?;
        let changes = audited(&Changes { code, settings, ..Changes::default() });
        let details = json!({"slug": slug, "version": version, "percent": percent, "changes": changes});
        audit(&mut transaction, author, "DEPLOY_FUNCTION_CANARY", details).await?;
        transaction.commit().await?;
        Ok(function)
    }

    async fn set_traffic(
        &self,
        slug: &str,
        canary: Option<Canary>,
        expected: &Expected,
        author: &Author,
    ) -> Result<Definition, WriteError> {
        let mut transaction = self.begin(Mode::Full, author).await?;
        let live = lock(&mut transaction, Mode::Full, slug, expected).await?;
        match canary {
            Some(Canary { version, .. }) if version == live => return Err(VersionError::IsLive(live).into()),
            Some(canary) => {
                check(&mut transaction, slug, canary.version).await?;
                put_canary(&mut transaction, slug, canary).await?;
            }
            None => drop(end_canary(&mut transaction, slug).await?),
        }
        let function = touch(&mut transaction, slug).await?;
        let share = canary.map(|canary| json!({"version": canary.version, "percent": canary.percent}));
        let details = json!({"slug": slug, "live": live, "canary": share});
        audit(&mut transaction, author, "UPDATE_FUNCTION_TRAFFIC", details).await?;
        transaction.commit().await?;
        Ok(function)
    }

    /// A version's bytes as they were deployed.
    pub(super) async fn version_bytes(
        &self,
        slug: &str,
        version: Version,
    ) -> Result<(FunctionKind, Vec<u8>), WriteError> {
        let mut connection = self.pool.acquire().await?;
        exists(&mut connection, slug).await?;
        let row = sqlx::query(
            "SELECT v.kind, v.module_sha256, m.bytes FROM functions.versions v
             LEFT JOIN functions.modules m ON m.slug = v.slug AND m.sha256 = v.module_sha256
             WHERE v.slug = $1 AND v.version = $2",
        )
        .bind(slug)
        .bind(version)
        .fetch_optional(&mut *connection)
        .await?;
        let Some(row) = row else { return Err(missing(&mut connection, slug, version).await) };
        let bytes: Option<Vec<u8>> = row.try_get("bytes")?;
        Ok((row::kind_and_hash(&row)?.0, bytes.ok_or(VersionError::Gone(version))?))
    }
}

async fn exists(connection: &mut PgConnection, slug: &str) -> Result<(), WriteError> {
    let found = sqlx::query("SELECT FROM functions.definitions WHERE slug = $1").bind(slug);
    found.fetch_optional(connection).await?.map(drop).ok_or(WriteError::NotFound)
}

/// Makes a version the live one; the triggers fill the row with it.
async fn move_to(
    connection: &mut PgConnection,
    slug: &str,
    version: Version,
) -> Result<Definition, WriteError> {
    sqlx::query(
        "UPDATE functions.definitions SET version = $2, updated_at = now(),
            deployed_at = CASE WHEN status = 'active' THEN now() ELSE deployed_at END
         WHERE slug = $1",
    )
    .bind(slug)
    .bind(version)
    .execute(&mut *connection)
    .await?;
    read(connection, slug).await
}

/// Gives the function a new revision.
async fn touch(connection: &mut PgConnection, slug: &str) -> Result<Definition, WriteError> {
    let query = sqlx::query("UPDATE functions.definitions SET updated_at = now() WHERE slug = $1").bind(slug);
    query.execute(&mut *connection).await?;
    read(connection, slug).await
}

async fn read(connection: &mut PgConnection, slug: &str) -> Result<Definition, WriteError> {
    reader::find(connection, Mode::Full, slug).await?.ok_or(WriteError::NotFound)
}

async fn resolve(
    connection: &mut PgConnection,
    slug: &str,
    live: Version,
    target: Target,
) -> Result<Version, WriteError> {
    let query = match target {
        Target::Version(version) => return Ok(version),
        Target::Canary => {
            sqlx::query_scalar("SELECT version FROM functions.traffic WHERE slug = $1").bind(slug)
        }
        Target::Previous => sqlx::query_scalar(
            "SELECT v.version FROM functions.versions v
             JOIN functions.modules m ON m.slug = v.slug AND m.sha256 = v.module_sha256
             WHERE v.slug = $1 AND v.version < $2 AND v.build = 'good' ORDER BY v.version DESC LIMIT 1",
        )
        .bind(slug)
        .bind(live),
    };
    let found: Option<Version> = query.fetch_optional(connection).await?;
    found.ok_or_else(|| match target {
        Target::Canary => VersionError::NoCanary.into(),
        Target::Previous | Target::Version(_) => VersionError::NoEarlier(live).into(),
    })
}

/// Whether a version can run.
async fn check(connection: &mut PgConnection, slug: &str, version: Version) -> Result<(), WriteError> {
    let row = sqlx::query(
        "SELECT v.build IS NOT DISTINCT FROM 'bad' AS bad, v.build_error, m.sha256 IS NOT NULL AS kept
         FROM functions.versions v
         LEFT JOIN functions.modules m ON m.slug = v.slug AND m.sha256 = v.module_sha256
         WHERE v.slug = $1 AND v.version = $2",
    )
    .bind(slug)
    .bind(version)
    .fetch_optional(&mut *connection)
    .await?;
    let Some(row) = row else { return Err(missing(connection, slug, version).await) };
    if row.try_get("bad")? {
        let reason: Option<String> = row.try_get("build_error")?;
        return Err(VersionError::NotBuilt(version, reason.unwrap_or_default()).into());
    }
    match row.try_get("kept")? {
        true => Ok(()),
        false => Err(VersionError::Gone(version).into()),
    }
}

/// What is to be said of a version that has no row.
pub(super) async fn missing(connection: &mut PgConnection, slug: &str, version: Version) -> WriteError {
    match newest(connection, slug).await {
        Ok(newest) if (1..newest).contains(&version) => VersionError::Gone(version).into(),
        Ok(_) => VersionError::NotFound(version).into(),
        Err(error) => error,
    }
}

async fn newest(connection: &mut PgConnection, slug: &str) -> Result<Version, WriteError> {
    let query =
        sqlx::query_scalar("SELECT coalesce(max(version), 0) FROM functions.versions WHERE slug = $1");
    Ok(query.bind(slug).fetch_one(connection).await?)
}

async fn put_canary(connection: &mut PgConnection, slug: &str, canary: Canary) -> Result<(), WriteError> {
    sqlx::query(
        "INSERT INTO functions.traffic (slug, version, percent, created_by)
         VALUES ($1, $2, $3, functions.wasmforge_actor())
         ON CONFLICT (slug) DO UPDATE SET version = EXCLUDED.version, percent = EXCLUDED.percent,
            created_by = EXCLUDED.created_by, created_at = now()",
    )
    .bind(slug)
    .bind(canary.version)
    .bind(i16::from(canary.percent))
    .execute(connection)
    .await?;
    Ok(())
}

/// Takes the canary's part of the requests away. Returns whether there was one.
async fn end_canary(connection: &mut PgConnection, slug: &str) -> Result<bool, WriteError> {
    let ended =
        sqlx::query("DELETE FROM functions.traffic WHERE slug = $1").bind(slug).execute(connection).await?;
    Ok(ended.rows_affected() > 0)
}
