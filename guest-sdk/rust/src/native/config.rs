//! Settings on the host: the process's environment.

use crate::config::Error;
use crate::env;

pub(crate) fn config(name: &str) -> Result<Option<String>, Error> {
    Ok(env::get(name))
}

pub(crate) fn whole_config() -> Result<Vec<(String, String)>, Error> {
    Ok(env::vars())
}
