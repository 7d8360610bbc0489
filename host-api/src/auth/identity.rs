//! The identity under which services act: what row-level security sees.

use super::token::Claims;
use serde_json::{Map, Value};

/// The database role of an identity. There are no others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Nobody in particular.
    Anon,
    /// A user who signed in.
    Authenticated,
    /// An admin, whom row-level security does not bind.
    ProjectAdmin,
}

impl Role {
    /// Its name in tokens and in the database.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Anon => "anon",
            Self::Authenticated => "authenticated",
            Self::ProjectAdmin => "project_admin",
        }
    }

    /// The role with this name.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        [Self::Anon, Self::Authenticated, Self::ProjectAdmin].into_iter().find(|role| role.name() == name)
    }
}

/// Who a service acts for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Its role.
    pub role: Role,
    /// The user's id; an admin's name. Reaches the database for a signed-in user only.
    pub subject: Option<String>,
    /// The user's address.
    pub email: Option<String>,
}

impl Identity {
    /// Nobody in particular.
    #[must_use]
    pub const fn anonymous() -> Self {
        Self { role: Role::Anon, subject: None, email: None }
    }

    /// The platform itself.
    #[must_use]
    pub const fn service() -> Self {
        Self { role: Role::ProjectAdmin, subject: None, email: None }
    }

    /// The identity that a verified token speaks for; `None` for a role that does not exist.
    #[must_use]
    pub fn of_claims(claims: &Claims) -> Option<Self> {
        let role = Role::by_name(&claims.role)?;
        Some(Self { role, subject: Some(claims.subject.clone()), email: claims.email.clone() })
    }

    /// The value of the setting `request.jwt.claims`: `role` always, `sub` and `email` for a signed-in user only, as
    /// InsForge's backend sets them.
    #[must_use]
    pub fn database_claims(&self) -> String {
        Value::from(self.claims_for_database()).to_string()
    }

    /// The same, to be added to.
    #[must_use]
    pub fn claims_for_database(&self) -> Map<String, Value> {
        let mut claims = Map::new();
        claims.insert("role".to_owned(), self.role.name().into());
        if self.role == Role::Authenticated {
            claims.extend(self.subject.clone().map(|subject| ("sub".to_owned(), Value::from(subject))));
            claims.extend(self.email.clone().map(|email| ("email".to_owned(), Value::from(email))));
        }
        claims
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims(role: &str) -> Claims {
        Claims { subject: "7".into(), role: role.into(), email: Some("a@b".into()), all: Map::new() }
    }

    #[test]
    fn only_a_signed_in_users_subject_reaches_the_database() {
        let of = |role| Identity::of_claims(&claims(role)).unwrap().database_claims();
        assert_eq!(of("authenticated"), r#"{"email":"a@b","role":"authenticated","sub":"7"}"#);
        assert_eq!(of("anon"), r#"{"role":"anon"}"#);
        assert_eq!(of("project_admin"), r#"{"role":"project_admin"}"#);
    }

    #[test]
    fn a_role_that_does_not_exist_is_nobody() {
        for role in ["postgres", "", "ANON", "authenticated; SET ROLE postgres"] {
            assert_eq!(Identity::of_claims(&claims(role)), None, "{role}");
        }
    }
}
