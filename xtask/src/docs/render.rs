//! WIT as Markdown.

use anyhow::{Context, Result};
use std::fmt::Write as _;
use wit_parser::{
    Docs, Function, FunctionKind, Handle, Interface, InterfaceId, Resolve, Type, TypeDef, TypeDefKind,
    TypeId, TypeOwner,
};

/// The first sentence of a comment, on one line.
pub(super) fn summary(docs: &Docs) -> String {
    let text = cell(docs);
    match text.find(". ") {
        Some(end) => text.get(..=end).unwrap_or_default().to_owned(),
        None => text,
    }
}

/// The section of one interface: what it is, its types, its functions.
pub(super) fn interface(resolve: &Resolve, id: InterfaceId, interface: &Interface) -> Result<String> {
    let mut section = String::new();
    let name = interface.name.as_deref().context("an interface without a name")?;
    write!(section, "\n## {name}\n\n`{}`\n", resolve.id_of(id).context("an interface of no package")?)?;
    paragraph(&mut section, &interface.docs)?;
    let types = interface.types.iter().map(|(name, id)| Ok((name, *id, definition(resolve, *id)?)));
    let types: Vec<_> = types.collect::<Result<_>>()?;
    let (used, own): (Vec<_>, Vec<_>) =
        types.into_iter().partition(|(_, _, kind)| origin(resolve, id, kind).is_some());
    for (name, _, kind) in used {
        let from = origin(resolve, id, kind).and_then(|origin| resolve.id_of(origin)).unwrap_or_default();
        write!(section, "\n`{name}` is that of `{from}`.\n")?;
    }
    for (name, id, kind) in own {
        type_section(&mut section, resolve, name, kind)?;
        let members = interface.functions.values().filter(|function| function.kind.resource() == Some(id));
        for function in members {
            function_section(&mut section, resolve, "####", function)?;
        }
    }
    for function in interface.functions.values().filter(|function| function.kind.resource().is_none()) {
        function_section(&mut section, resolve, "###", function)?;
    }
    Ok(section)
}

fn definition(resolve: &Resolve, id: TypeId) -> Result<&TypeDef> {
    resolve.types.get(id).context("a type was not kept")
}

/// The other interface that a type was taken from by `use`.
fn origin(resolve: &Resolve, here: InterfaceId, definition: &TypeDef) -> Option<InterfaceId> {
    let TypeDefKind::Type(Type::Id(original)) = definition.kind else { return None };
    match resolve.types.get(original)?.owner {
        TypeOwner::Interface(there) if there != here => Some(there),
        _ => None,
    }
}

fn type_section(section: &mut String, resolve: &Resolve, name: &str, definition: &TypeDef) -> Result<()> {
    let kind_of_type = match &definition.kind {
        TypeDefKind::Record(_)
        | TypeDefKind::Variant(_)
        | TypeDefKind::Enum(_)
        | TypeDefKind::Flags(_)
        | TypeDefKind::Resource => definition.kind.as_str(),
        _ => "type",
    };
    write!(section, "\n### {kind_of_type} `{name}`\n")?;
    paragraph(section, &definition.docs)?;
    match &definition.kind {
        TypeDefKind::Record(record) => {
            let rows = record.fields.iter().map(|f| (f.name.as_str(), Some(&f.ty), &f.docs));
            table(section, resolve, "field", rows)?;
        }
        TypeDefKind::Variant(variant) => {
            let rows = variant.cases.iter().map(|c| (c.name.as_str(), c.ty.as_ref(), &c.docs));
            table(section, resolve, "case", rows)?;
        }
        TypeDefKind::Enum(cases) => {
            let rows = cases.cases.iter().map(|c| (c.name.as_str(), None, &c.docs));
            table(section, resolve, "case", rows)?;
        }
        TypeDefKind::Flags(flags) => {
            let rows = flags.flags.iter().map(|f| (f.name.as_str(), None, &f.docs));
            table(section, resolve, "flag", rows)?;
        }
        TypeDefKind::Resource => {}
        _ => write!(section, "\n```wit\ntype {name} = {};\n```\n", kind(resolve, definition))?,
    }
    Ok(())
}

/// What a type is made of. The column of types is left out where no row has one.
fn table<'a>(
    section: &mut String,
    resolve: &Resolve,
    what: &str,
    rows: impl Iterator<Item = (&'a str, Option<&'a Type>, &'a Docs)> + Clone,
) -> Result<()> {
    let typed = rows.clone().any(|(_, ty, _)| ty.is_some());
    section.push_str(&match typed {
        true => format!("\n| {what} | type | |\n|---|---|---|\n"),
        false => format!("\n| {what} | |\n|---|---|\n"),
    });
    for (name, ty, docs) in rows {
        write!(section, "| `{name}` ")?;
        match ty {
            Some(ty) => write!(section, "| `{}` ", text(resolve, ty))?,
            None if typed => section.push_str("| "),
            None => {}
        }
        match cell(docs).as_str() {
            "" => section.push_str("| |\n"),
            meaning => writeln!(section, "| {meaning} |")?,
        }
    }
    Ok(())
}

fn function_section(section: &mut String, resolve: &Resolve, level: &str, function: &Function) -> Result<()> {
    let name = function.item_name();
    write!(section, "\n{level} `{name}`\n\n```wit\n{};\n```\n", signature(resolve, function))?;
    paragraph(section, &function.docs)
}

/// A function as WIT writes it. The handle that a method is called on goes without saying.
fn signature(resolve: &Resolve, function: &Function) -> String {
    let implied =
        usize::from(matches!(function.kind, FunctionKind::Method(_) | FunctionKind::AsyncMethod(_)));
    let params = function.params.iter().skip(implied);
    let params: Vec<_> = params.map(|p| format!("{}: {}", p.name, text(resolve, &p.ty))).collect();
    let head = match function.kind {
        FunctionKind::Constructor(_) => "constructor".to_owned(),
        FunctionKind::Static(_) => format!("{}: static func", function.item_name()),
        FunctionKind::AsyncStatic(_) => format!("{}: static async func", function.item_name()),
        _ if function.kind.is_async() => format!("{}: async func", function.item_name()),
        _ => format!("{}: func", function.item_name()),
    };
    let result = match &function.result {
        Some(_) if function.is_constructor_shorthand(resolve) => String::new(),
        Some(result) => format!(" -> {}", text(resolve, result)),
        None => String::new(),
    };
    let line = format!("{head}({}){result}", params.join(", "));
    if line.len() <= 100 || params.is_empty() {
        return line;
    }
    format!("{head}(\n    {},\n){result}", params.join(",\n    "))
}

/// A type as WIT writes it.
fn text(resolve: &Resolve, ty: &Type) -> String {
    let word = match ty {
        Type::Bool => "bool",
        Type::U8 => "u8",
        Type::U16 => "u16",
        Type::U32 => "u32",
        Type::U64 => "u64",
        Type::S8 => "s8",
        Type::S16 => "s16",
        Type::S32 => "s32",
        Type::S64 => "s64",
        Type::F32 => "f32",
        Type::F64 => "f64",
        Type::Char => "char",
        Type::String => "string",
        Type::ErrorContext => "error-context",
        Type::Id(id) => return named(resolve, *id),
    };
    word.to_owned()
}

/// A type's name, or what it is where it has none.
fn named(resolve: &Resolve, id: TypeId) -> String {
    match resolve.types.get(id) {
        Some(TypeDef { name: Some(name), .. }) => name.clone(),
        Some(definition) => kind(resolve, definition),
        None => "?".to_owned(),
    }
}

fn kind(resolve: &Resolve, definition: &TypeDef) -> String {
    let text = |ty: &Type| text(resolve, ty);
    let or_nothing = |ty: &Option<Type>| ty.as_ref().map_or_else(|| "_".to_owned(), text);
    match &definition.kind {
        TypeDefKind::Handle(Handle::Own(id)) => named(resolve, *id),
        TypeDefKind::Handle(Handle::Borrow(id)) => format!("borrow<{}>", named(resolve, *id)),
        TypeDefKind::Tuple(tuple) => {
            format!("tuple<{}>", tuple.types.iter().map(text).collect::<Vec<_>>().join(", "))
        }
        TypeDefKind::Option(ty) => format!("option<{}>", text(ty)),
        TypeDefKind::Result(result) => match (&result.ok, &result.err) {
            (None, None) => "result".to_owned(),
            (Some(ok), None) => format!("result<{}>", text(ok)),
            (ok, Some(error)) => format!("result<{}, {}>", or_nothing(ok), text(error)),
        },
        TypeDefKind::List(ty) => format!("list<{}>", text(ty)),
        TypeDefKind::FixedLengthList(ty, length) => format!("list<{}, {length}>", text(ty)),
        TypeDefKind::Map(key, value) => format!("map<{}, {}>", text(key), text(value)),
        TypeDefKind::Future(ty) => format!("future<{}>", or_nothing(ty)),
        TypeDefKind::Stream(ty) => format!("stream<{}>", or_nothing(ty)),
        TypeDefKind::Type(ty) => text(ty),
        other => other.as_str().to_owned(),
    }
}

fn paragraph(section: &mut String, docs: &Docs) -> Result<()> {
    if let Some(text) = docs.contents.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
        write!(section, "\n{text}\n")?;
    }
    Ok(())
}

/// A comment as a cell of a table.
fn cell(docs: &Docs) -> String {
    let text = docs.contents.as_deref().unwrap_or_default();
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}
