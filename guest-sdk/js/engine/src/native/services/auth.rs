//! `native.services.auth`: who calls.

use super::refusal::{Refusal, ServiceError};
use crate::task;
use rquickjs::{Ctx, Function, IntoJs, Object, Promise, Result, Value};
use wasmforge_sdk::auth::{self, Error, Identity, Role, User};

pub(super) fn register<'js>(ctx: &Ctx<'js>, services: &Object<'js>) -> Result<()> {
    let auth = Object::new(ctx.clone())?;
    auth.set("caller", Function::new(ctx.clone(), caller)?)?;
    auth.set("verify", Function::new(ctx.clone(), verify)?)?;
    auth.set("user", Function::new(ctx.clone(), user)?)?;
    services.set("auth", auth)
}

fn caller(ctx: Ctx<'_>) -> Result<Promise<'_>> {
    task::settled(&ctx, async { auth::caller().await.map(Caller).map_err(Refusal::from) })
}

fn verify(ctx: Ctx<'_>, credential: String) -> Result<Promise<'_>> {
    task::settled(&ctx, async move { auth::verify(&credential).await.map(Caller).map_err(Refusal::from) })
}

fn user(ctx: Ctx<'_>) -> Result<Promise<'_>> {
    task::settled(&ctx, async { Ok::<_, Refusal>(auth::user().await?.map(Known)) })
}

struct Caller(Identity);

impl<'js> IntoJs<'js> for Caller {
    fn into_js(self, ctx: &Ctx<'js>) -> Result<Value<'js>> {
        let Identity { role, subject, email, claims } = self.0;
        let caller = Object::new(ctx.clone())?;
        let role = match role {
            Role::Anon => "anon",
            Role::Authenticated => "authenticated",
            Role::ProjectAdmin => "project_admin",
        };
        caller.set("role", role)?;
        caller.set("subject", subject)?;
        caller.set("email", email)?;
        caller.set("claims", ctx.json_parse(serde_json::Value::Object(claims).to_string())?)?;
        Ok(caller.into_value())
    }
}

struct Known(User);

impl<'js> IntoJs<'js> for Known {
    fn into_js(self, ctx: &Ctx<'js>) -> Result<Value<'js>> {
        ctx.json_parse(serde_json::to_string(&self.0).unwrap_or_default())
    }
}

impl ServiceError for Error {
    fn code(&self) -> &'static str {
        match self {
            Self::NotGranted(_) => "not-granted",
            Self::InvalidCredential => "invalid-credential",
            Self::Timeout => "timeout",
            _ => "unavailable",
        }
    }
}
