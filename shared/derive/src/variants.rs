//! Enums, whose variants are found in a list of their names.

use proc_macro2::{Literal, TokenStream as Code};
use quote::quote;
use syn::{DataEnum, Error, Fields, Ident};

use crate::attributes::is_other;
use crate::fields;

/// Variants that the field `tag` of an object names.
pub(crate) fn tagged(tag: &str, data: &DataEnum) -> Result<Code, Error> {
    let (names, arms) = arms(data, |variant, fields| {
        Ok(match fields {
            Fields::Unit => quote! { Self::#variant },
            Fields::Unnamed(unnamed) if unnamed.unnamed.len() == 1 => {
                quote! { Self::#variant(::shared::decode::DecodeFields::decode_fields(object)?) }
            }
            Fields::Unnamed(_) => return Err(Error::new_spanned(variant, "more than one field")),
            Fields::Named(named) => {
                let fields = fields::values(named)?;
                quote! { Self::#variant { #fields } }
            }
        })
    })?;
    Ok(quote! {
        const NAMES: &[&str] = &[#names];
        ::core::result::Result::Ok(match object.variant(#tag, NAMES)? { #arms })
    })
}

/// Variants without fields, which a text names.
pub(crate) fn plain(data: &DataEnum) -> Result<Code, Error> {
    let (names, arms) = arms(data, |variant, fields| match fields {
        Fields::Unit => Ok(quote! { Self::#variant }),
        Fields::Named(_) | Fields::Unnamed(_) => {
            Err(Error::new_spanned(variant, "fields need a tag"))
        }
    })?;
    Ok(quote! {{
        const NAMES: &[&str] = &[#names];
        match ::shared::decode::variant(&json, NAMES)? { #arms }
    }})
}

/// The names on the wire, and for each index in them what it stands for; the index after them stands for whatever is
/// not among them.
fn arms(
    data: &DataEnum,
    value: impl Fn(&Ident, &Fields) -> Result<Code, Error>,
) -> Result<(Code, Code), Error> {
    let (mut names, mut arms) = (Code::new(), Code::new());
    let mut other = quote! {
        return ::core::result::Result::Err(::shared::decode::unknown_variant(NAMES))
    };
    let mut index = 0;
    for variant in &data.variants {
        let value = value(&variant.ident, &variant.fields)?;
        if is_other(&variant.attrs)? {
            other = value;
            continue;
        }
        let (name, number) = (wire_name(&variant.ident), Literal::usize_unsuffixed(index));
        names.extend(quote! { #name, });
        arms.extend(quote! { #number => #value, });
        index += 1;
    }
    arms.extend(quote! { _ => #other, });
    Ok((names, arms))
}

/// `RoomJoined` is `room_joined`.
fn wire_name(variant: &Ident) -> String {
    let mut name = String::new();
    for letter in variant.to_string().chars() {
        if letter.is_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.extend(letter.to_lowercase());
    }
    name
}
