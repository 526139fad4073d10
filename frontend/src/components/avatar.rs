//! A person's picture, or their initials on their colour, which follows from their id.

use client::present::format;
use client::present::people::hue;
use shared::PersonId;
use shared::account::PresenceState;
use shared::frame::Person;
use yew::{Html, Properties, classes, component, html, use_context, use_effect_with};

use crate::profiles::Profiles;

/// The class that gives a person's colour.
pub(crate) fn hue_class(id: PersonId) -> String {
    format!("hue-{}", hue(id))
}

#[derive(PartialEq, Properties)]
pub(crate) struct AvatarProps {
    pub(crate) person: Person,
    /// `small` in lists, `large` on a card.
    #[prop_or_default]
    pub(crate) size: &'static str,
    /// Shown as a dot.
    #[prop_or_default]
    pub(crate) presence: Option<PresenceState>,
    /// Whether the picture is worth asking for where it is not known.
    #[prop_or(true)]
    pub(crate) asks: bool,
}

#[component]
pub(crate) fn Avatar(props: &AvatarProps) -> Html {
    let profiles = use_context::<Profiles>();
    let id = props.person.id;
    let picture = profiles.as_ref().and_then(|profiles| profiles.picture(id));
    use_effect_with((id, props.asks), move |(id, asks)| {
        if let Some(profiles) = profiles.filter(|_| *asks) {
            profiles.want(*id);
        }
    });
    html! {
        <span class={classes!("avatar", props.size, hue_class(id))} aria-hidden="true"
            data-initials={picture.is_none().then(|| format::initials(&props.person.name))}>
            if let Some(picture) = picture {
                <img src={picture} alt="" />
            }
            if let Some(presence) = props.presence {
                { dot(presence) }
            }
        </span>
    }
}

/// The avatar in a timeline.
pub(crate) fn avatar(person: &Person) -> Html {
    html! { <Avatar person={person.clone()} /> }
}

/// The small one of lists.
pub(crate) fn small_avatar(person: &Person, presence: Option<PresenceState>) -> Html {
    html! { <Avatar person={person.clone()} size="small" {presence} /> }
}

/// Whether somebody is there, for the eye.
pub(crate) fn dot(presence: PresenceState) -> Html {
    html! { <span class={classes!("presence", presence_class(presence))}></span> }
}

fn presence_class(presence: PresenceState) -> &'static str {
    match presence {
        PresenceState::Online => "online",
        PresenceState::Away => "away",
        PresenceState::DoNotDisturb => "busy",
        PresenceState::Offline | PresenceState::Unknown => "offline",
    }
}
