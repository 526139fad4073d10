//! The desktop's settings by D-Bus, as `org.freedesktop.portal.Settings` of version 1 and later has them.

use zbus::blocking::{Connection, Proxy};
use zbus::zvariant::{OwnedValue, Value};

use super::Look;

const NAMESPACE: &str = "org.freedesktop.appearance";
const SCHEME: &str = "color-scheme";
const CONTRAST: &str = "contrast";

/// Tells `listen` what the desktop wants now and whenever that changes, until it returns `false`. Fails where there
/// is no such desktop. Blocks.
pub(super) fn follow(mut listen: impl FnMut(Look) -> bool) -> zbus::Result<()> {
    let settings = Proxy::new(
        &Connection::session()?,
        "org.freedesktop.portal.Desktop",
        "/org/freedesktop/portal/desktop",
        "org.freedesktop.portal.Settings",
    )?;
    // What changes while it is read is not missed.
    let changes = settings.receive_signal("SettingChanged")?;
    let mut look = Look::default();
    take(&mut look, SCHEME, read(&settings, SCHEME)?);
    if let Ok(contrast) = read(&settings, CONTRAST) {
        take(&mut look, CONTRAST, contrast);
    }
    if !listen(look) {
        return Ok(());
    }
    for change in changes {
        let body = change.body();
        let Ok((namespace, key, value)) = body.deserialize::<(&str, &str, Value<'_>)>() else {
            continue;
        };
        let before = look;
        if namespace == NAMESPACE {
            take(&mut look, key, number(&value));
        }
        if look != before && !listen(look) {
            return Ok(());
        }
    }
    Ok(())
}

/// The older method puts the value into another one.
fn read(settings: &Proxy<'_>, key: &str) -> zbus::Result<Option<u32>> {
    let value: OwnedValue = settings.call("Read", &(NAMESPACE, key))?;
    Ok(number(&value))
}

fn number(value: &Value<'_>) -> Option<u32> {
    match value {
        Value::U32(number) => Some(*number),
        Value::Value(inner) => number_in(inner),
        _ => None,
    }
}

fn number_in(value: &Value<'_>) -> Option<u32> {
    value.downcast_ref::<u32>().ok()
}

fn take(look: &mut Look, key: &str, value: Option<u32>) {
    match key {
        SCHEME => {
            look.dark = match value {
                Some(1) => Some(true),
                Some(2) => Some(false),
                Some(_) | None => None,
            }
        }
        CONTRAST => look.high_contrast = value == Some(1),
        _ => {}
    }
}
