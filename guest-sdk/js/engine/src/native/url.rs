//! `native.url`: URLs by the crate `url`, and `application/x-www-form-urlencoded`.

use rquickjs::{Array, Ctx, Function, Object, Result, function::Opt};
use url::{Origin, Position, Url, form_urlencoded, quirks};

pub(super) fn register<'js>(ctx: &Ctx<'js>, native: &Object<'js>) -> Result<()> {
    let url = Object::new(ctx.clone())?;
    url.set("parse", Function::new(ctx.clone(), parse)?)?;
    url.set("change", Function::new(ctx.clone(), change)?)?;
    url.set("parseForm", Function::new(ctx.clone(), parse_form)?)?;
    url.set("serializeForm", Function::new(ctx.clone(), serialize_form)?)?;
    native.set("url", url)
}

/// A URL's parts; nothing if it is none.
#[allow(clippy::needless_pass_by_value, reason = "arguments come by value")]
fn parse(ctx: Ctx<'_>, text: String, base: Opt<String>) -> Result<Option<Array<'_>>> {
    let url = match base.0 {
        None => Url::parse(&text),
        Some(base) => Url::parse(&base).and_then(|base| base.join(&text)),
    };
    url.ok().map(|url| parts(&ctx, &url)).transpose()
}

/// A URL's text, and the positions in it that the layer's `URL` slices it by. It is ASCII, so bytes are code units.
/// The last is the origin, unless it is made of the scheme, the host and the port.
fn parts<'js>(ctx: &Ctx<'js>, url: &Url) -> Result<Array<'js>> {
    let at = |position| url[..position].len();
    let parts = Array::new(ctx.clone())?;
    parts.set(0, url.as_str())?;
    let username = at(Position::BeforeUsername);
    let username_end = username + url.username().len();
    // After the colon. `Position` looks at bytes that a URL without a host does not have.
    let password = username_end + usize::from(url.password().is_some());
    let positions = [
        at(Position::AfterScheme) + 1,
        username,
        username_end,
        password,
        password + url.password().unwrap_or_default().len(),
        at(Position::BeforeHost),
        at(Position::AfterHost),
        at(Position::AfterPort),
        at(Position::BeforePath),
        at(Position::AfterPath),
        at(Position::AfterQuery),
    ];
    for (index, position) in positions.into_iter().enumerate() {
        parts.set(index + 1, position)?;
    }
    let plain = matches!(url.scheme(), "http" | "https" | "ws" | "wss" | "ftp");
    if !plain {
        parts.set(positions.len() + 1, origin(url))?;
    }
    Ok(parts)
}

/// As the URL standard serializes it; of `blob:` URLs only those that hold a web page's URL have one.
fn origin(url: &Url) -> String {
    match url.origin() {
        Origin::Tuple(scheme, ..)
            if url.scheme() == "blob" && !matches!(scheme.as_str(), "http" | "https") =>
        {
            "null".to_owned()
        }
        origin => origin.ascii_serialization(),
    }
}

/// Sets a part of a URL; nothing if it stays as it is.
#[allow(clippy::needless_pass_by_value, reason = "arguments come by value")]
fn change<'js>(ctx: Ctx<'js>, url: String, part: String, value: String) -> Result<Option<Array<'js>>> {
    let Ok(mut url) = Url::parse(&url) else { return Ok(None) };
    let changed = match part.as_str() {
        "protocol" => quirks::set_protocol(&mut url, &value),
        "username" => quirks::set_username(&mut url, &value),
        "password" => quirks::set_password(&mut url, &value),
        "host" => quirks::set_host(&mut url, &value),
        "hostname" => quirks::set_hostname(&mut url, &value),
        "port" => quirks::set_port(&mut url, &value),
        "pathname" => {
            quirks::set_pathname(&mut url, &value);
            Ok(())
        }
        "search" => {
            quirks::set_search(&mut url, &value);
            Ok(())
        }
        _ => {
            quirks::set_hash(&mut url, &value);
            Ok(())
        }
    };
    changed.ok().map(|()| parts(&ctx, &url)).transpose()
}

/// Names and values by turns.
#[allow(clippy::needless_pass_by_value, reason = "arguments come by value")]
fn parse_form(ctx: Ctx<'_>, query: String) -> Result<Array<'_>> {
    let list = Array::new(ctx)?;
    let strings = form_urlencoded::parse(query.as_bytes()).flat_map(|(name, value)| [name, value]);
    for (index, string) in strings.enumerate() {
        list.set(index, string.as_ref())?;
    }
    Ok(list)
}

/// The inverse of [`parse_form`].
#[allow(clippy::needless_pass_by_value, reason = "arguments come by value")]
fn serialize_form(list: Vec<String>) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for pair in list.chunks_exact(2) {
        if let [name, value] = pair {
            query.append_pair(name, value);
        }
    }
    query.finish()
}
