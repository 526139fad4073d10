//! The attributes of serde that the messages use.

use syn::meta::ParseNestedMeta;
use syn::{Attribute, Error, ExprPath, LitStr, Type};

/// Of a struct or enum.
#[derive(Default)]
pub(crate) struct Container {
    /// The field that names the variant.
    pub(crate) tag: Option<String>,
    /// Fields that are left out are those of the type's default.
    pub(crate) default: bool,
    /// What it is made from.
    pub(crate) from: Option<Type>,
}

/// What stands for a field that is left out.
#[derive(Default)]
pub(crate) enum Absent {
    /// What the type says; most refuse it.
    #[default]
    OfType,
    Default,
    /// What this function returns.
    Call(ExprPath),
}

/// Of a field.
#[derive(Default)]
pub(crate) struct Field {
    pub(crate) absent: Absent,
    /// Its own fields stand beside the others.
    pub(crate) flatten: bool,
}

impl Container {
    pub(crate) fn read(attributes: &[Attribute]) -> Result<Self, Error> {
        let mut container = Self::default();
        each(attributes, |meta| {
            match name(&meta)?.as_str() {
                "tag" => container.tag = Some(text(&meta)?.value()),
                "default" => container.default = true,
                "from" => container.from = Some(text(&meta)?.parse()?),
                // Says what is done with a single field anyway.
                "transparent" => {}
                // Only of the other direction.
                "into" => drop(text(&meta)?),
                "rename_all" if text(&meta)?.value() == "snake_case" => {}
                _ => return Err(meta.error("not known to `Decode`")),
            }
            Ok(())
        })?;
        Ok(container)
    }
}

impl Field {
    pub(crate) fn read(attributes: &[Attribute]) -> Result<Self, Error> {
        let mut field = Self::default();
        each(attributes, |meta| {
            match name(&meta)?.as_str() {
                "default" if meta.input.peek(syn::Token![=]) => {
                    field.absent = Absent::Call(text(&meta)?.parse()?);
                }
                "default" => field.absent = Absent::Default,
                "flatten" => field.flatten = true,
                // Only of the other direction.
                "skip_serializing_if" | "serialize_with" => drop(text(&meta)?),
                _ => return Err(meta.error("not known to `Decode`")),
            }
            Ok(())
        })?;
        Ok(field)
    }
}

/// Whether a variant stands for all that are not known.
pub(crate) fn is_other(attributes: &[Attribute]) -> Result<bool, Error> {
    let mut other = false;
    each(attributes, |meta| match name(&meta)?.as_str() {
        "other" => {
            other = true;
            Ok(())
        }
        _ => Err(meta.error("not known to `Decode`")),
    })?;
    Ok(other)
}

fn each(
    attributes: &[Attribute],
    mut read: impl FnMut(ParseNestedMeta<'_>) -> Result<(), Error>,
) -> Result<(), Error> {
    attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("serde"))
        .try_for_each(|attribute| attribute.parse_nested_meta(&mut read))
}

fn name(meta: &ParseNestedMeta<'_>) -> Result<String, Error> {
    match meta.path.get_ident() {
        Some(ident) => Ok(ident.to_string()),
        None => Err(meta.error("not known to `Decode`")),
    }
}

fn text(meta: &ParseNestedMeta<'_>) -> Result<LitStr, Error> {
    meta.value()?.parse()
}
