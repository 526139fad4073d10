//! `#[derive(Decode)]`: how a message is made from JSON, as `shared::decode` has it. It reads the attributes that serde
//! reads for the other direction, so that both agree, and refuses those that it does not know.
//!
//! - `attributes`: what the attributes say; `fields`: structs and variants; `variants`: enums

mod attributes;
mod fields;
mod variants;

use proc_macro::TokenStream;
use proc_macro2::TokenStream as Code;
use quote::quote;
use syn::{Data, DeriveInput, Error, Fields, parse_macro_input};

use crate::attributes::Container;

/// For structs with named fields, structs of one unnamed field that stands for the whole, and enums that are tagged
/// or have no fields.
#[proc_macro_derive(Decode, attributes(serde))]
pub fn decode(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    expand(&input)
        .unwrap_or_else(Error::into_compile_error)
        .into()
}

fn expand(input: &DeriveInput) -> Result<Code, Error> {
    let container = Container::read(&input.attrs)?;
    let decode = match &input.data {
        Data::Struct(data) => match (&container.from, &data.fields) {
            (Some(from), _) => whole(
                input,
                &quote! { ::core::convert::Into::into(<#from as ::shared::decode::Decode>::decode(json)?) },
            ),
            (None, Fields::Named(named)) => {
                let body = match container.default {
                    true => fields::updated(named)?,
                    false => {
                        let fields = fields::values(named)?;
                        quote! { ::core::result::Result::Ok(Self { #fields }) }
                    }
                };
                parts(input, &body)
            }
            (None, Fields::Unnamed(unnamed)) if unnamed.unnamed.len() == 1 => whole(
                input,
                &quote! { Self(::shared::decode::Decode::decode(json)?) },
            ),
            (None, Fields::Unnamed(_) | Fields::Unit) => {
                return Err(Error::new_spanned(
                    &input.ident,
                    "one field, or named fields",
                ));
            }
        },
        Data::Enum(data) => match &container.tag {
            Some(tag) => parts(input, &variants::tagged(tag, data)?),
            None => whole(input, &variants::plain(data)?),
        },
        Data::Union(_) => return Err(Error::new_spanned(&input.ident, "no union")),
    };
    let name = &input.ident;
    Ok(quote! {
        #decode

        impl<'de> ::serde::Deserialize<'de> for #name {
            fn deserialize<D: ::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::core::result::Result<Self, D::Error> {
                ::shared::decode::deserialize(deserializer)
            }
        }
    })
}

/// Made from any JSON; `value` is an expression of `json`.
fn whole(input: &DeriveInput, value: &Code) -> Code {
    let name = &input.ident;
    quote! {
        impl ::shared::decode::Decode for #name {
            fn decode(
                json: ::shared::decode::Json<'_>,
            ) -> ::core::result::Result<Self, ::shared::decode::Error> {
                ::core::result::Result::Ok(#value)
            }
        }
    }
}

/// Made from some fields of an object.
fn parts(input: &DeriveInput, body: &Code) -> Code {
    let name = &input.ident;
    quote! {
        impl ::shared::decode::DecodeFields for #name {
            fn decode_fields(
                object: &mut ::shared::decode::Object<'_>,
            ) -> ::core::result::Result<Self, ::shared::decode::Error> {
                #body
            }
        }
    }
}
