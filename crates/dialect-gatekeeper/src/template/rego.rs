//! The Rego of a template.

use super::libraries::{Libraries, Library};
use super::rewrite::{self, ENTRY, Refusal, Uses, name};
use sekisho_manifest::Document;
use sekisho_policy::{Budget, Fault, Told, Watch};
use sekisho_rego::analyze::Negation;
use sekisho_rego::ast::{Module, Version};
use sekisho_rego::builtins::Release;
use sekisho_rego::{
    Coverable, Known, Location, Options, Policies, Prepared, Source, SourceId, syntax,
};
use sekisho_value::{Pointer, Value};
use std::collections::HashSet;
use std::sync::{Arc, OnceLock};

/// The Rego of a template, compiled: what all its constraints share.
#[derive(Debug)]
pub(crate) struct Rego {
    /// all of its modules
    policies: Policies,
    /// what it reads
    pub(crate) uses: Uses,
    /// where its rules `violation` stand
    rules: Vec<Location>,
    document: Document,
    /// the fields that hold the modules
    fields: Vec<Pointer>,
    texts: OnceLock<Vec<InFiles>>,
    watched: OnceLock<Option<Watched>>,
}

/// Where the lines of a module stand in the template's file.
#[derive(Debug)]
struct InFiles {
    file: Arc<str>,
    /// of the module's first line
    first: u32,
    /// the module is a block: its other lines follow
    block: bool,
}

/// The same as it is written, nothing computed before: for who wants to be told what it does.
#[derive(Debug)]
pub(crate) struct Watched {
    policies: Policies,
    pub(crate) violation: Prepared,
}

/// The path of the rule that gives violations.
const VIOLATION: [&str; 2] = [ENTRY, "violation"];

/// Steps that compiling one template may take.
const COMPILE_STEPS: u64 = 50_000_000;
/// Bytes that compiling one template may take.
const COMPILE_MEMORY: u64 = 256 << 20;

/// What compiling one template may take.
pub(super) fn budget() -> Budget<'static> {
    Budget::new(COMPILE_STEPS, COMPILE_MEMORY, None)
}

/// The texts of a template's modules: the entry's first.
pub(super) struct Code<'v> {
    texts: Vec<(&'v str, Pointer)>,
    pub(super) version: Version,
}

impl<'v> Code<'v> {
    /// The Rego of a target; `None` where it has none. The old field `rego` comes before what
    /// stands in `code`.
    pub(super) fn of(target: &'v Value, at: &Pointer) -> Result<Option<Self>, Fault> {
        if let Some(Value::String(text)) = target.get("rego").filter(|text| !is_empty(text)) {
            return Self::read(text, target, at, Version::V0).map(Some);
        }
        let at = at.key("code");
        let list = target.get("code").and_then(Value::as_array).unwrap_or_default();
        let rego = list
            .iter()
            .enumerate()
            .find(|(_, code)| code.path_str(&["engine"]).is_some_and(|engine| engine == "Rego"));
        let Some((index, code)) = rego else { return Ok(None) };
        let at = at.index(index).key("source");
        let source = code.get("source").unwrap_or(&Value::Null);
        let Some(text) = source.path_str(&["rego"]) else {
            return Err(Fault::new(at.key("rego"), "the source has no `rego`"));
        };
        let version = match source.get("version").unwrap_or(&Value::Null) {
            Value::String(version) if version == "v1" => Version::V1,
            // Gatekeeper takes every other version for v0.
            Value::String(_) | Value::Null => Version::V0,
            other => {
                let message = format!("`version` wants a string, found a {}", other.kind());
                return Err(Fault::new(at.key("version"), message));
            }
        };
        Self::read(text, source, &at, version).map(Some)
    }

    fn read(
        text: &'v str,
        holder: &'v Value,
        at: &Pointer,
        version: Version,
    ) -> Result<Self, Fault> {
        let mut texts = vec![(text, at.key("rego"))];
        let at = at.key("libs");
        match holder.get("libs") {
            None | Some(Value::Null) => {}
            Some(Value::Array(libs)) => {
                for (index, lib) in libs.iter().enumerate() {
                    let at = at.index(index);
                    let Some(text) = lib.as_str() else {
                        let message = format!("a library is a text, not a {}", lib.kind());
                        return Err(Fault::new(at, message));
                    };
                    texts.push((text, at));
                }
            }
            Some(other) => {
                let message = format!("`libs` wants a list, found a {}", other.kind());
                return Err(Fault::new(at, message));
            }
        }
        Ok(Self { texts, version })
    }

    /// The texts of its libraries.
    pub(super) fn libraries(&self) -> Vec<&'v str> {
        self.texts.iter().skip(1).map(|(text, _)| *text).collect()
    }
}

/// What the module at a place among a template's is called: as Gatekeeper calls it in messages of
/// evaluations.
pub(super) fn source(index: usize, text: &str) -> Source {
    match index.checked_sub(1) {
        None => Source::new(ENTRY, text),
        Some(library) => Source::new(&format!("libs[\"lib_{library}\"]"), text),
    }
}

/// The number of a source.
pub(super) fn source_id(index: usize) -> SourceId {
    SourceId(u16::try_from(index).unwrap_or(u16::MAX))
}

fn is_empty(text: &Value) -> bool {
    text.as_str().is_none_or(str::is_empty)
}

impl Rego {
    /// What gives the violations of a constraint with these parameters: what depends on them alone
    /// is computed here.
    ///
    /// # Errors
    /// Where it is too large.
    pub(crate) fn with_parameters(&self, parameters: Value) -> Result<Prepared, String> {
        let known = Known::at(&["parameters"], parameters);
        self.policies.document_given(&VIOLATION, known).map_err(|faults| {
            let messages: Vec<String> =
                faults.iter().map(|fault| format!("{}: {}", fault.code, fault.message)).collect();
            messages.join("; ")
        })
    }

    /// The place in the Rego that a message means, as Gatekeeper tells it: `template:12`.
    pub(crate) fn place(&self, location: Location) -> String {
        let source = self.policies.sources().get(usize::from(location.source.0));
        source.map_or_else(String::new, |source| {
            let (line, _) = source.line_column(location.span.start);
            format!("{}:{line}: ", source.name)
        })
    }

    /// Which rules give violations, for messages.
    pub(crate) fn rules(&self) -> Option<String> {
        let (file, line) = self.in_file(*self.rules.first()?)?;
        let template = self.document.name().unwrap_or_default();
        Some(match self.rules.len() {
            1 => format!("template `{template}` has its rule `violation` at `{file}:{line}`"),
            _ => format!("template `{template}` has its rules `violation` from `{file}:{line}` on"),
        })
    }

    /// The file and the line of a place.
    fn in_file(&self, place: Location) -> Option<(&Arc<str>, u32)> {
        let index = usize::from(place.source.0);
        let source = self.policies.sources().get(index)?;
        let text = self.texts.get_or_init(|| self.in_files()).get(index)?;
        let (line, _) = source.line_column(place.span.start);
        let below = u32::try_from(line).unwrap_or_default().saturating_sub(1);
        Some((&text.file, text.first.saturating_add(if text.block { below } else { 0 })))
    }

    /// What tells what it does. It prints.
    pub(crate) fn watched(&self) -> Option<&Watched> {
        let compile = || {
            let modules = self.policies.modules().cloned().collect();
            let sources = self.policies.sources().to_vec();
            let options = Options { print: true, ..options() };
            let policies = Policies::of_modules(modules, sources, &options, &budget()).ok()?;
            let violation = policies.document(&VIOLATION).ok()?;
            Some(Watched { policies, violation })
        };
        self.watched.get_or_init(compile).as_ref()
    }

    /// Tells which lines of the template's file were evaluated, and which could have been.
    pub(crate) fn tell_lines(&self, watch: &dyn Watch, evaluated: &HashSet<Location>) {
        let Some(watched) = self.watched() else { return };
        for Coverable { head, body } in watched.policies.coverable() {
            let places: Vec<Location> = body.into_iter().chain(head).collect();
            // What binds a constant runs nothing: it was reached where something behind it was.
            let reached = places.iter().rposition(|place| evaluated.contains(place));
            for (at, place) in places.iter().enumerate() {
                if let Some((file, line)) = self.in_file(*place) {
                    watch.line(file, line, reached.is_some_and(|reached| at <= reached));
                }
            }
        }
    }

    fn in_files(&self) -> Vec<InFiles> {
        let in_file = |(field, source): (&Pointer, &Source)| {
            let exact = self.document.locate_in_text(field, &source.text, 1, 1);
            let first = exact.map_or(self.document.locate(field).line, |(line, _)| line);
            let file = Arc::clone(&self.document.source().name);
            InFiles { file, first, block: exact.is_some() }
        };
        self.fields.iter().zip(self.policies.sources()).map(in_file).collect()
    }

    /// Compiles modules as Gatekeeper does. What is wrong is told where it stands in the file.
    pub(super) fn compile(
        document: &Document,
        code: &Code<'_>,
        libraries: &Libraries<'_>,
        told: &mut Told<'_>,
    ) -> Option<Self> {
        let library = libraries.of_code(code);
        // Where something is wrong, it is told as of modules that are compiled at once.
        let mut aside = Told::of(document);
        library
            .and_then(|_| Compile { document, code, library, told: &mut aside }.run())
            .or_else(|| Compile { document, code, library: None, told }.run())
    }
}

pub(super) fn options() -> Options {
    Options {
        negation: Negation::AsOpa,
        print: false,
        release: Release::V1_17,
        network: false,
        ..Options::default()
    }
}

struct Compile<'a, 'd> {
    document: &'a Document,
    code: &'a Code<'a>,
    /// its libraries, where they are compiled
    library: Option<&'a Library>,
    told: &'a mut Told<'d>,
}

/// How Gatekeeper asks for violations: with it a template is refused whose rules cannot give any.
const HOOK: &str = "package hooks\n\nviolation[{\"msg\": r.msg}] { data.template.violation[r] }\n";

/// Where a module's rules `violation` stand.
fn violation_rules(module: &Module) -> Vec<Location> {
    let rules = module.rules.iter();
    let found = rules.filter(|rule| name(&rule.head.reference) == Some("violation"));
    found.map(|rule| Location { source: module.source, span: rule.span }).collect()
}

impl Compile<'_, '_> {
    fn run(&mut self) -> Option<Rego> {
        let texts = &self.code.texts;
        let mut sources: Vec<Source> =
            texts.iter().enumerate().map(|(index, (text, _))| source(index, text)).collect();
        let parsed = if self.library.is_some() { 1 } else { texts.len() };
        let mut modules = Vec::with_capacity(parsed + 1);
        let mut all = true;
        for (index, source) in sources.iter().take(parsed).enumerate() {
            let (module, faults) = syntax::parse(source, source_id(index), self.code.version);
            all &= faults.is_empty() && module.is_some();
            self.diagnose(&sources, &faults);
            modules.extend(module);
        }
        if !all {
            return None;
        }
        let (entry, libraries) = modules.split_first_mut()?;
        let mut refusals: Vec<Refusal> = rewrite::entry(entry).into_iter().collect();
        refusals.extend(libraries.iter().filter_map(rewrite::library));
        let rules = violation_rules(entry);
        let (uses, refused) = rewrite::reads(&mut modules);
        refusals.extend(refused);
        for refusal in &refusals {
            let help = Some(refusal.help.to_owned());
            self.tell(&sources, refusal.location, refusal.message.clone(), help);
        }
        if !refusals.is_empty() {
            return None;
        }
        let uses = self.library.map_or(uses, |library| library.uses.and(uses));
        let hook = source_id(sources.len());
        let source = Source::new("hook", HOOK);
        modules.extend(syntax::parse(&source, hook, Version::V0).0);
        sources.push(source);
        let compiled = match self.library {
            Some(library) => {
                library.policies.extended(modules, sources.clone(), &options(), &budget())
            }
            None => Policies::of_modules(modules, sources.clone(), &options(), &budget()),
        };
        let compiled =
            compiled.and_then(|policies| policies.check_document(&VIOLATION).map(|()| policies));
        match compiled {
            Ok(policies) => {
                let fields = texts.iter().map(|(_, field)| field.clone()).collect();
                Some(Rego {
                    policies,
                    uses,
                    rules,
                    document: self.document.clone(),
                    fields,
                    texts: OnceLock::new(),
                    watched: OnceLock::new(),
                })
            }
            Err(faults) => {
                let (of_hook, own): (Vec<_>, Vec<_>) =
                    faults.into_iter().partition(|fault| fault.location.source == hook);
                self.diagnose(&sources, &own);
                if let (Some(fault), Some(rule)) =
                    (of_hook.first().filter(|_| own.is_empty()), rules.first())
                {
                    let message = format!(
                        "{}: `violation` is no set of objects with a `msg`: {}",
                        fault.code, fault.message
                    );
                    let help = "write rules as `violation[{\"msg\": msg}] { … }`, or `violation \
                                contains {\"msg\": msg} if { … }` in Rego v1";
                    self.tell(&sources, *rule, message, Some(help.to_owned()));
                }
                None
            }
        }
    }

    fn diagnose(&mut self, sources: &[Source], faults: &[sekisho_rego::Diagnostic]) {
        for fault in faults {
            let message = format!("{}: {}", fault.code, fault.message);
            self.tell(sources, fault.location, message, fault.help.clone());
        }
    }

    fn tell(
        &mut self,
        sources: &[Source],
        location: Location,
        message: String,
        help: Option<String>,
    ) {
        let index = usize::from(location.source.0);
        let (Some(source), Some((text, field))) = (sources.get(index), self.code.texts.get(index))
        else {
            return;
        };
        let place = source.line_column(location.span.start);
        self.told.in_text(field, text, place, &message, help);
    }
}
