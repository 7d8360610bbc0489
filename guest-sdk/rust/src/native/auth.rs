//! The stand-in for credentials and users: nobody in particular calls, unless a test says who.

#![allow(clippy::unused_async, reason = "the sandbox's own ones wait")]

use crate::auth::{Error, Identity, Role, User};
use crate::testing;

pub(crate) async fn caller() -> Result<Identity, Error> {
    testing::fake(&testing::AUTH).map_or_else(|| Ok(Identity::anonymous()), |check| check(None))
}

pub(crate) async fn verify(credential: &str) -> Result<Identity, Error> {
    testing::fake(&testing::AUTH).map_or(Err(Error::InvalidCredential), |check| check(Some(credential)))
}

pub(crate) async fn user() -> Result<Option<User>, Error> {
    let caller = caller().await?;
    let subject = caller.subject.filter(|_| caller.role == Role::Authenticated);
    Ok(subject.and_then(|subject| testing::fake(&testing::USERS)?(&subject)))
}
