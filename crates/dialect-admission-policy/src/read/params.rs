//! `paramKind` and `paramRef`.
//!
//! Source of the rules: `validateParamKind` and `validateParamRef` of Kubernetes'
//! `admissionregistration/validation`.

use super::{Reader, names};
use crate::params::{ParamKind, ParamRef, Selected};
use sekisho_kube_model::split_api_version;
use sekisho_value::{Pointer, Value};

impl Reader<'_> {
    pub(super) fn param_kind(&mut self, value: &Value, at: &Pointer) -> ParamKind {
        let text = |key: &str| value.path_str(&[key]).unwrap_or_default();
        let (api_version, kind) = (text("apiVersion"), text("kind"));
        let version_at = at.key("apiVersion");
        let help = "it is `VERSION` or `GROUP/VERSION`";
        let (group, version) = match split_api_version(api_version) {
            _ if api_version.is_empty() => {
                self.fault(&version_at, "`apiVersion` is missing", help);
                Default::default()
            }
            None => {
                let message = format!("`{api_version}` is no API version");
                self.fault(&version_at, message, help);
                Default::default()
            }
            Some((group, version)) => {
                if !group.is_empty() && !names::is_subdomain(group) {
                    self.fault(&version_at, format!("`{group}` is no API group"), help);
                }
                if !names::is_dns1035_label(version) {
                    self.fault(&version_at, format!("`{version}` is no version"), help);
                }
                (group, version)
            }
        };
        if kind.is_empty() {
            self.fault(&at.key("kind"), "`kind` is missing", "name the kind of the parameters");
        } else if !names::is_dns1035_label(&kind.to_lowercase()) {
            let message = format!("`{kind}` is no kind");
            self.fault(&at.key("kind"), message, "letters, digits and `-`, a letter first");
        }
        let place = self.told.place(at).into();
        ParamKind { group: group.into(), version: version.into(), kind: kind.into(), place }
    }

    pub(super) fn param_ref(&mut self, value: &Value, at: &Pointer) -> ParamRef {
        let text = |key: &str| value.path_str(&[key]).unwrap_or_default();
        let (name, namespace) = (text("name"), text("namespace"));
        let selector = value.get("selector").filter(|selector| !selector.is_null());
        if !names::is_path_segment(name) {
            let help = "a name is not `.` or `..`, and has neither `/` nor `%`";
            self.fault(&at.key("name"), format!("`{name}` cannot be the name of an object"), help);
        }
        let selected = match selector {
            Some(_) if !name.is_empty() => {
                for key in ["name", "selector"] {
                    let message = "`name` and `selector` exclude each other";
                    self.fault(&at.key(key), message, "take one of them away");
                }
                Selected::Name(name.into())
            }
            Some(_) => Selected::Labels(self.selector(value, at, "selector")),
            None => {
                if name.is_empty() {
                    let message = "neither `name` nor `selector` is given";
                    self.fault(at, message, "name one parameter, or select some by their labels");
                }
                Selected::Name(name.into())
            }
        };
        const ACTIONS: [&str; 2] = ["Allow", "Deny"];
        let denies_absent = match text("parameterNotFoundAction") {
            "Deny" => true,
            "Allow" => false,
            "" => {
                let message = "`parameterNotFoundAction` is missing";
                let help = "`Deny` refuses what would be judged by parameters that are not there, \
                            `Allow` lets it through";
                self.fault(&at.key("parameterNotFoundAction"), message, help);
                true
            }
            other => {
                self.not_supported(&at.key("parameterNotFoundAction"), other, &ACTIONS);
                true
            }
        };
        let place = self.told.place(at).into();
        ParamRef { selected, namespace: namespace.into(), denies_absent, place }
    }
}
