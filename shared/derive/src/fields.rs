//! Named fields, taken out of an object one after another.

use proc_macro2::TokenStream as Code;
use quote::quote;
use syn::{Error, FieldsNamed, Ident};

use crate::attributes::{Absent, Field};

/// `name: value, …`, each value an expression of `object` that may return an error.
pub(crate) fn values(fields: &FieldsNamed) -> Result<Code, Error> {
    let fields = fields.named.iter().map(|field| {
        let ident = &field.ident;
        let Field { absent, flatten } = Field::read(&field.attrs)?;
        if flatten {
            return Ok(quote! { #ident: ::shared::decode::DecodeFields::decode_fields(object)?, });
        }
        let name = name(ident.as_ref());
        Ok(match absent {
            Absent::OfType => quote! { #ident: object.field(#name)?, },
            Absent::Default => {
                quote! { #ident: object.field_or(#name, ::core::default::Default::default)?, }
            }
            Absent::Call(path) => quote! { #ident: object.field_or(#name, #path)?, },
        })
    });
    fields.collect()
}

/// The type's default, with the fields that are there in place of its own.
pub(crate) fn updated(fields: &FieldsNamed) -> Result<Code, Error> {
    let fields = fields.named.iter().map(|field| {
        let (ident, attributes) = (&field.ident, Field::read(&field.attrs)?);
        match attributes {
            Field {
                absent: Absent::OfType,
                flatten: false,
            } => {}
            Field { .. } => {
                return Err(Error::new_spanned(
                    ident,
                    "the type's default stands for it",
                ));
            }
        }
        let name = name(ident.as_ref());
        Ok(quote! { object.update(#name, &mut value.#ident)?; })
    });
    let fields: Code = fields.collect::<Result<_, Error>>()?;
    Ok(quote! {
        let mut value = Self::default();
        #fields
        ::core::result::Result::Ok(value)
    })
}

/// As it is on the wire.
fn name(ident: Option<&Ident>) -> String {
    ident
        .map(ToString::to_string)
        .unwrap_or_default()
        .trim_start_matches("r#")
        .to_owned()
}
