//! Errors of services, as JavaScript is told of them: an object that the layer makes an error of.

use crate::task::Reason;
use rquickjs::{Ctx, Error, IntoJs, Object, Result, Value};

/// Why a service did not do what it was asked for.
pub(super) struct Refusal {
    code: &'static str,
    status: u16,
    message: String,
    details: Vec<(&'static str, Detail)>,
}

/// More about it.
pub(super) enum Detail {
    Text(String),
    Number(u32),
}

/// An error of a service of the SDK.
pub(super) trait ServiceError: Into<wasmforge_sdk::Error> {
    /// The name of its case, in words with hyphens.
    fn code(&self) -> &'static str;

    /// What it tells beside its message.
    fn details(&self) -> Vec<(&'static str, Detail)> {
        Vec::new()
    }
}

impl<E: ServiceError> From<E> for Refusal {
    fn from(error: E) -> Self {
        let (code, details) = (error.code(), error.details());
        let error: wasmforge_sdk::Error = error.into();
        Self { code, status: error.status().as_u16(), message: error.to_string(), details }
    }
}

impl Refusal {
    /// An error that no service made.
    pub(super) fn new(code: &'static str, status: u16, message: impl Into<String>) -> Self {
        Self { code, status, message: message.into(), details: Vec::new() }
    }

    /// Throws it, from a native that does not wait.
    pub(super) fn throw(self, ctx: &Ctx<'_>) -> Error {
        match self.into_js(ctx) {
            Ok(value) => ctx.throw(value),
            Err(error) => error,
        }
    }
}

impl<'js> IntoJs<'js> for Refusal {
    fn into_js(self, ctx: &Ctx<'js>) -> Result<Value<'js>> {
        let refusal = Object::new(ctx.clone())?;
        refusal.set("code", self.code)?;
        refusal.set("status", self.status)?;
        refusal.set("message", self.message)?;
        let details = Object::new(ctx.clone())?;
        for (name, detail) in self.details {
            match detail {
                Detail::Text(text) => details.set(name, text)?,
                Detail::Number(number) => details.set(name, number)?,
            }
        }
        refusal.set("details", details)?;
        Ok(refusal.into_value())
    }
}

impl Reason for Refusal {
    fn into_value<'js>(self, ctx: &Ctx<'js>, _: &Object<'js>) -> Result<Value<'js>> {
        self.into_js(ctx)
    }
}
