//! An element of any kind, as one type.
//!
//! Leptos' own elements are a type for each tag, attribute and value, and a program carries what makes, changes and drops each
//! of them. The pages need a few dozen tags and attributes, so that would be a sixth of the program behind mailed links;
//! this element keeps tags and attributes as texts. `view!` can be used beside it where a page is better read as HTML.

use std::mem;

use leptos::{
    prelude::*,
    tachys::{
        html::attribute::any_attribute::AnyAttribute,
        hydration::Cursor,
        no_attrs,
        view::{Mountable, Position, PositionState, Render, RenderHtml},
    },
};
use send_wrapper::SendWrapper;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{Event, Node};

use super::{Attribute, Words};
use crate::browser;

/// An element that is being put together.
pub(crate) struct Element {
    tag: &'static str,
    attributes: Vec<(&'static str, Words)>,
    changing: Vec<(&'static str, Attribute)>,
    act: Option<(&'static str, SendWrapper<Act>)>,
    children: Vec<AnyView>,
}

type Act = Box<dyn FnMut(Event)>;

/// An empty element.
pub(crate) fn element(tag: &'static str) -> Element {
    Element { tag, attributes: Vec::new(), changing: Vec::new(), act: None, children: Vec::new() }
}

impl Element {
    /// Its class; an empty one is none.
    pub(crate) fn class(&mut self, class: impl Into<Words>) -> &mut Self {
        let class = class.into();
        self.maybe("class", (!class.is_empty()).then_some(class))
    }

    /// An attribute.
    pub(crate) fn set(&mut self, name: &'static str, value: impl Into<Words>) -> &mut Self {
        self.attributes.push((name, value.into()));
        self
    }

    /// An attribute that may be absent.
    pub(crate) fn maybe(&mut self, name: &'static str, value: Option<Words>) -> &mut Self {
        self.attributes.extend(value.map(|value| (name, value)));
        self
    }

    /// An attribute that says something by being there.
    pub(crate) fn flag(&mut self, name: &'static str, is_there: bool) -> &mut Self {
        self.maybe(name, is_there.then_some(Words::Borrowed("")))
    }

    /// An attribute that changes.
    pub(crate) fn changing(&mut self, name: &'static str, value: Attribute) -> &mut Self {
        self.changing.push((name, value));
        self
    }

    /// What it does at an event.
    pub(crate) fn on(&mut self, event: &'static str, mut act: impl FnMut(Event) + 'static) -> &mut Self {
        let owner = Owner::current().unwrap_or_default();
        self.act = Some((event, SendWrapper::new(Box::new(move |event| owner.with(|| act(event))))));
        self
    }

    /// A text in it.
    pub(crate) fn text(&mut self, text: impl Into<Words>) -> &mut Self {
        self.with(text.into().into_any())
    }

    /// Something in it.
    pub(crate) fn with(&mut self, child: AnyView) -> &mut Self {
        self.children.push(child);
        self
    }

    /// Several things in it.
    pub(crate) fn with_all(&mut self, children: Vec<AnyView>) -> &mut Self {
        self.children.extend(children);
        self
    }

    /// The element, complete.
    pub(crate) fn view(&mut self) -> AnyView {
        mem::replace(self, element("")).into_any()
    }
}

type Heard = Closure<dyn FnMut(Event)>;

/// An element in the page.
pub(crate) struct Shown {
    tag: &'static str,
    node: web_sys::Element,
    attributes: Vec<(&'static str, Words)>,
    changing: Vec<RenderEffect<()>>,
    act: Option<(&'static str, Heard)>,
    children: <Vec<AnyView> as Render>::State,
}

impl Render for Element {
    type State = Shown;

    fn build(mut self) -> Shown {
        let node = browser::document().create_element(self.tag).expect("a tag is a name");
        let mut children = mem::take(&mut self.children).build();
        children.mount(&node, None);
        let mut shown =
            Shown { tag: self.tag, node, attributes: Vec::new(), changing: Vec::new(), act: None, children };
        self.dress(&mut shown);
        shown
    }

    fn rebuild(mut self, shown: &mut Shown) {
        if self.tag == shown.tag {
            mem::take(&mut self.children).rebuild(&mut shown.children);
            self.dress(shown);
        } else {
            let mut new = self.build();
            shown.insert_before_this(&mut new);
            shown.unmount();
            *shown = new;
        }
    }
}

impl Element {
    /// Gives what is shown its attributes, and takes those from it that it should no longer have.
    fn dress(self, shown: &mut Shown) {
        let node = &shown.node;
        for (name, _) in shown.attributes.iter().filter(|old| !self.attributes.iter().any(|new| new.0 == old.0)) {
            drop(node.remove_attribute(name));
        }
        for (name, value) in self.attributes.iter().filter(|new| !shown.attributes.contains(new)) {
            drop(node.set_attribute(name, value));
        }
        shown.attributes = self.attributes;

        let follow = |(name, mut value): (&'static str, Attribute)| {
            let node = node.clone();
            RenderEffect::new(move |_| {
                drop(match value() {
                    Some(value) => node.set_attribute(name, &value),
                    None => node.remove_attribute(name),
                });
            })
        };
        shown.changing = self.changing.into_iter().map(follow).collect();

        if let Some((event, act)) = shown.act.take() {
            drop(node.remove_event_listener_with_callback(event, act.as_ref().unchecked_ref()));
        }
        shown.act = self.act.map(|(event, act)| {
            let act = Closure::wrap(act.take());
            drop(node.add_event_listener_with_callback(event, act.as_ref().unchecked_ref()));
            (event, act)
        });
    }
}

impl Mountable for Shown {
    fn unmount(&mut self) {
        self.node.remove();
    }

    fn mount(&mut self, parent: &web_sys::Element, before: Option<&Node>) {
        drop(parent.insert_before(&self.node, before));
    }

    fn insert_before_this(&self, child: &mut dyn Mountable) -> bool {
        let parent = self.node.parent_element();
        if let Some(parent) = &parent {
            child.mount(parent, Some(&self.node));
        }
        parent.is_some()
    }

    fn elements(&self) -> Vec<web_sys::Element> {
        vec![self.node.clone()]
    }
}

// What follows is asked for, but only for pages that a server draws.

no_attrs!(Element);

impl RenderHtml for Element {
    type AsyncOutput = Self;
    type Owned = Self;

    const MIN_LENGTH: usize = 0;

    fn dry_resolve(&mut self) {}

    async fn resolve(self) -> Self {
        self
    }

    fn to_html_with_buf(self, _: &mut String, _: &mut Position, _: bool, _: bool, _: Vec<AnyAttribute>) {}

    fn hydrate<const FROM_SERVER: bool>(self, _: &Cursor, _: &PositionState) -> Shown {
        self.build()
    }

    fn into_owned(self) -> Self {
        self
    }
}
