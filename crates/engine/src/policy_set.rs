use crate::beside;
use crate::exceptions::{self, Exception, ExceptionUse, Exceptions, Period};
use crate::expand::Expansions;
use crate::index::Index;
use crate::unread::unread;
use sekisho_kube_model::{Gvk, Schemas, pod_template_pointer};
use sekisho_manifest::{Document, ReadOptions, SkipReason};
use sekisho_policy::{
    Action, Advice, Bundle, BundleManifest, CompileContext, CompiledMutators, CompiledPolicy,
    Dialect, Digest, Evaluate, InTurn, KindNeeded, Operation, PolicyDocument, PolicyId, Request,
    Target,
};
use sekisho_report::{Diagnostic, PolicyState, PolicyStatus, Skipped};
use sekisho_value::Pointer;
use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

/// How a policy set is built.
pub struct BuildOptions<'a> {
    /// the dialects that are there
    pub dialects: &'a [&'a dyn Dialect],
    /// tells of a kind whether it is a policy of a dialect that is not there, and which
    pub unsupported: fn(group: &str, kind: &str) -> Option<&'static str>,
    /// what is judged for
    pub target: &'a Target,
    /// unknown fields of policies are errors
    pub strict: bool,
}

/// Compiled policies, their index, and the exceptions from them.
#[derive(Debug, Default)]
pub struct PolicySet {
    policies: Vec<CompiledPolicy>,
    mutators: Vec<CompiledMutators>,
    expansions: Expansions,
    index: Index,
    exceptions: Exceptions,
    exception_documents: Vec<Document>,
    target: Target,
    states: Vec<PolicyState>,
    objects: Vec<Document>,
    advice: Vec<Advice>,
    needs: BTreeSet<KindNeeded>,
    manifest: BundleManifest,
    digest: String,
    skipped: Vec<Skipped>,
}

impl PolicySet {
    /// Compiles a bundle. What is wrong with one policy never hides the others; every diagnostic
    /// means that something the bundle asks for is not in the set.
    #[must_use]
    pub fn build(bundle: &Bundle, options: &BuildOptions<'_>) -> (Self, Vec<Diagnostic>) {
        let mut builder = Builder {
            set: Self {
                manifest: bundle.manifest().clone(),
                target: options.target.clone(),
                digest: bundle.digest().to_string(),
                ..Self::default()
            },
            exceptions: Vec::new(),
            exception_ids: HashSet::new(),
            diagnostics: Vec::new(),
        };
        let documents = builder.read(bundle);
        let documents = builder.sort_out(documents, options);
        builder.compile(&documents, options);
        builder.refuse_two_contents(&documents);
        builder.beside(&documents, options);
        builder.set.index = Index::new(&builder.set.policies);
        builder.set.exceptions = Exceptions::new(builder.exceptions);
        builder.set.states.sort_by(|a, b| a.id.cmp(&b.id));
        builder.set.states.dedup();
        (builder.set, builder.diagnostics)
    }

    /// The policies that may be about a request, in order.
    pub(crate) fn candidates(&self, request: &Request) -> impl Iterator<Item = &CompiledPolicy> {
        self.index.candidates(request).filter_map(|number| self.policies.get(number))
    }

    /// The policies that may be about a request, in order.
    pub fn asked(&self, request: &Request) -> impl Iterator<Item = &PolicyId> {
        self.candidates(request).map(|policy| &policy.id)
    }

    /// Whether a policy may be about the creation of objects of a kind, or of what would come of
    /// them.
    #[must_use]
    pub fn judges(&self, gvk: &Gvk) -> bool {
        let about = |group: &str, kind: &str| {
            let mut rules = self.policies.iter().flat_map(|policy| &policy.matcher.rules);
            rules.any(|rule| rule.matches(group, kind, Operation::Create))
        };
        about(&gvk.group, &gvk.kind)
            || pod_template_pointer(gvk).is_some() && about("", "Pod")
            || !self.expansions.0.is_empty()
    }

    /// The mutating policies, by dialect.
    pub(crate) fn mutators(&self) -> &[CompiledMutators] {
        &self.mutators
    }

    /// What tells which objects would come of others, by dialect.
    pub(crate) fn expansions(&self) -> &Expansions {
        &self.expansions
    }

    /// Takes out what tells which objects would come of others, for who judges those apart: the
    /// set judges objects alone then.
    pub fn take_expansions(&mut self) -> Expansions {
        std::mem::take(&mut self.expansions)
    }

    /// Whether there is a policy that mutates objects.
    #[must_use]
    pub fn mutates(&self) -> bool {
        !self.mutators.is_empty()
    }

    /// The policies that mutate objects and are not switched off.
    pub fn mutating(&self) -> impl Iterator<Item = &PolicyId> {
        let ids = self.mutators.iter().flat_map(|mutators| &mutators.policies);
        ids.map(|(id, _)| id).filter(|id| !self.is_off(id))
    }

    /// Whether the manifest switches a mutating policy off.
    pub(crate) fn is_off(&self, id: &PolicyId) -> bool {
        !self.manifest.actions.is_empty()
            && crate::actions::effective(self, id, id.name(), Action::Deny).0 == Action::Off
    }

    pub(crate) fn exceptions(&self) -> &Exceptions {
        &self.exceptions
    }

    /// What the set was compiled for, and is judged for.
    #[must_use]
    pub fn target(&self) -> &Target {
        &self.target
    }

    pub(crate) fn manifest(&self) -> &BundleManifest {
        &self.manifest
    }

    /// The name that people know a policy by: of one that is not known, that of its id.
    #[must_use]
    pub fn name_of(&self, id: &PolicyId) -> Arc<str> {
        let known = self.policies.iter().find(|policy| policy.id == *id);
        known.map_or_else(|| id.name().into(), |policy| Arc::clone(&policy.name))
    }

    pub(crate) fn policies(&self) -> &[CompiledPolicy] {
        &self.policies
    }

    /// Puts something around the judgement of every policy, for who counts what they do and take.
    /// It is to hand on what the policy says.
    pub fn watch(&mut self, mut around: impl FnMut(&CompiledPolicy) -> Arc<dyn Evaluate>) {
        for policy in &mut self.policies {
            policy.evaluate = around(policy);
        }
    }

    /// Whether there is no policy in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.policies.is_empty()
    }

    /// The digest of the bundle, as shown.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// The sequence number of the bundle.
    #[must_use]
    pub fn sequence(&self) -> u64 {
        self.manifest.sequence
    }

    /// Whether the namespace that an object is in, or that it is in none, decides on what is said of
    /// a request.
    #[must_use]
    pub fn goes_by_namespace(&self, request: &Request) -> bool {
        let mut policies = self.candidates(request);
        policies.any(|p| p.evaluate.goes_by_namespace() && p.matcher.matches(request))
    }

    /// Documents of the bundle that are no policies, and are known to be something else.
    #[must_use]
    pub fn skipped(&self) -> &[Skipped] {
        &self.skipped
    }

    /// As [`Self::states`], for who judges one operation alone: policies that are about others are
    /// off.
    #[must_use]
    pub fn states_for(&self, operation: Operation) -> Vec<PolicyState> {
        let mut states = self.states.clone();
        let is_about = |policy: &&CompiledPolicy| {
            let rules = &policy.matcher.rules;
            rules.iter().any(|rule| rule.operations.contains(operation))
                && policy.evaluate.operations().contains(operation)
        };
        let others = self.policies.iter().filter(|policy| !is_about(policy));
        let others: HashSet<&str> = others.map(|policy| policy.id.as_str()).collect();
        for state in states.iter_mut().filter(|state| others.contains(state.id.as_str())) {
            state.status = PolicyStatus::Off;
            let reason =
                format!("it is not about {}, and nothing else is judged here", operation.as_str());
            state.reason = Some(reason);
        }
        states
    }

    /// Every policy of the bundle and what became of it.
    #[must_use]
    pub fn states(&self) -> &[PolicyState] {
        &self.states
    }

    /// What is unwise about the policies.
    #[must_use]
    pub fn advice(&self) -> &[Advice] {
        &self.advice
    }

    /// The errors of objects that policies look up, and that say something else than an object of
    /// the same name among these documents, or those of the bundle.
    #[must_use]
    pub fn twice(&self, documents: &[Document]) -> Vec<Diagnostic> {
        beside::twice(&self.objects, documents, &self.needs)
    }

    /// The kinds whose objects the policies look up, namespaces apart.
    #[must_use]
    pub fn needs(&self) -> &BTreeSet<KindNeeded> {
        &self.needs
    }

    /// The objects of the bundle that are no policies: parameters, namespaces, CRDs. They belong
    /// in the inventory.
    #[must_use]
    pub fn objects(&self) -> &[Document] {
        &self.objects
    }

    /// Every exception with its document and what became of it.
    pub fn exception_uses(
        &self,
        now: jiff::Timestamp,
    ) -> impl Iterator<Item = (&Exception, &Document, ExceptionUse)> {
        self.exceptions.iter().zip(&self.exception_documents).map(move |(exception, document)| {
            let usage = match exception.period(now) {
                Period::Expired => ExceptionUse::Expired,
                Period::Current if !exception.is_used() => ExceptionUse::Unused,
                Period::Current | Period::Pending => ExceptionUse::InOrder,
            };
            (exception, document, usage)
        })
    }
}

struct Builder {
    set: PolicySet,
    exceptions: Vec<Exception>,
    exception_ids: HashSet<String>,
    diagnostics: Vec<Diagnostic>,
}

impl Builder {
    fn read(&mut self, bundle: &Bundle) -> Vec<Document> {
        // A PodSecurityConfiguration is one of the kinds that no API server serves.
        let options = ReadOptions { client_kinds: true, ..ReadOptions::default() };
        let mut documents = Vec::new();
        for file in bundle.files() {
            let read = sekisho_manifest::read(&file.path, &*file.bytes, &options);
            let is_empty =
                read.documents.is_empty() && read.errors.is_empty() && read.skipped.is_empty();
            self.diagnostics.extend(unread(&file.path, &file.bytes, &read.errors));
            for skipped in read.skipped {
                let (line, reason) = (skipped.line, skipped.reason.to_string());
                // What may be a policy that lacks something is never passed over.
                if matches!(skipped.reason, SkipReason::NoObject { .. } | SkipReason::Template) {
                    let message = format!("no policy: {reason}");
                    let help = "policies are read from every file of a folder: mend this one, or \
                                keep it elsewhere";
                    let place = Diagnostic::at(file.path.clone(), line, 1, message);
                    self.diagnostics.push(place.with_help(help));
                } else {
                    self.set.skipped.push(Skipped { file: file.path.clone(), line, reason });
                }
            }
            if is_empty {
                let reason = "it holds no policy".to_owned();
                self.set.skipped.push(Skipped { file: file.path.clone(), line: 1, reason });
            }
            documents.extend(read.documents);
        }
        documents
    }

    /// Keeps the policies; exceptions, objects and policies that no dialect here reads go where
    /// they belong.
    fn sort_out(&mut self, documents: Vec<Document>, options: &BuildOptions<'_>) -> Vec<Document> {
        let mut policies = Vec::new();
        for document in documents {
            let Some(gvk) = Gvk::of(&document.value) else {
                self.set.objects.push(document);
                continue;
            };
            let (group, kind) = (gvk.group.as_str(), gvk.kind.as_str());
            if options.dialects.iter().any(|dialect| dialect.reads(group, kind)) {
                policies.push(document);
            } else if group == exceptions::GROUP && kind == exceptions::KIND {
                self.exception(document);
            } else if group == exceptions::GROUP {
                let help = format!("the kinds of `{group}` are PodSecurityLevel and Exception");
                self.at(&document, format!("unknown kind `{kind}`"), Some(help));
            } else if let Some(dialect) = (options.unsupported)(group, kind) {
                self.unsupported(&document, dialect);
            } else {
                self.set.objects.push(document);
            }
        }
        policies
    }

    fn at(&mut self, document: &Document, message: String, help: Option<String>) {
        let place = document.locate(&Pointer::root().key("kind"));
        let name = document.source().name.clone();
        let diagnostic = Diagnostic::at(name, place.line, place.column, message);
        self.diagnostics.push(Diagnostic { help, ..diagnostic });
    }

    fn exception(&mut self, document: Document) {
        match exceptions::read(&document, &self.set.target) {
            Ok(exception) if !self.exception_ids.insert(exception.id.clone()) => {
                self.at(&document, format!("exception `{}` stands twice", exception.id), None);
            }
            Ok(exception) => {
                self.exceptions.push(exception);
                self.set.exception_documents.push(document);
            }
            Err(errors) => self.diagnostics.extend(errors),
        }
    }

    fn unsupported(&mut self, document: &Document, dialect: &str) {
        let kind = document.kind();
        let name = document.name().unwrap_or_default();
        let reason = format!("{dialect} policies are not supported here");
        let origin = self.set.manifest.origin(&document.source().name).to_owned();
        self.at(document, format!("{kind} `{name}`: {reason}"), None);
        self.set.states.push(PolicyState {
            id: PolicyId::new(&origin, dialect, kind, name).as_str().to_owned(),
            digest: content_digest(document).to_string(),
            status: PolicyStatus::Unsupported,
            reason: Some(reason),
        });
    }

    fn compile(&mut self, documents: &[Document], options: &BuildOptions<'_>) {
        // What is wrong with a definition is told where it is judged by.
        let (schemas, _) = Schemas::with_crds(self.set.objects.iter().map(|object| &object.value));
        let context = CompileContext {
            target: options.target,
            schemas: &schemas,
            strict: options.strict,
            workers: &InTurn,
        };
        for dialect in options.dialects {
            let own: Vec<PolicyDocument<'_>> = documents
                .iter()
                .filter(|document| {
                    Gvk::of(&document.value).is_some_and(|gvk| dialect.reads(&gvk.group, &gvk.kind))
                })
                .map(|document| PolicyDocument {
                    document,
                    digest: content_digest(document),
                    origin: self.set.manifest.origin(&document.source().name),
                })
                .collect();
            if own.is_empty() {
                continue;
            }
            let compiled = dialect.compile(&own, &context);
            self.diagnostics.extend(compiled.diagnostics);
            for (id, digest, reason) in compiled.failed {
                self.set.states.push(PolicyState {
                    id: id.as_str().to_owned(),
                    digest: digest.to_string(),
                    status: PolicyStatus::NotCompiled,
                    reason: Some(reason),
                });
            }
            self.set.states.extend(compiled.states);
            self.set.advice.extend(compiled.advice);
            self.set.needs.extend(compiled.needs);
            if let Some(mutators) = compiled.mutators {
                for (id, digest) in &mutators.policies {
                    let does = "it changes objects before they are judged";
                    self.set.states.push(self.helping_state(id, *digest, does));
                }
                self.set.mutators.push(mutators);
            }
            if let Some(expansion) = compiled.expansion {
                for (id, digest) in &expansion.policies {
                    let does = "what would come of objects is judged with them";
                    self.set.states.push(self.helping_state(id, *digest, does));
                }
                self.set.expansions.0.push(expansion);
            }
            for policy in compiled.policies {
                self.set.states.push(self.state(&policy));
                self.set.policies.push(policy);
            }
        }
    }

    /// A policy that judges nothing is in force, or off: it has nothing to deny, warn of or record.
    fn helping_state(&self, id: &PolicyId, digest: Digest, does: &str) -> PolicyState {
        let (action, reason) = crate::actions::effective(&self.set, id, id.name(), Action::Deny);
        let (status, reason) = match action {
            Action::Off => (PolicyStatus::Off, reason),
            _ => (PolicyStatus::Enforced, Some(does.to_owned())),
        };
        PolicyState { id: id.as_str().to_owned(), digest: digest.to_string(), status, reason }
    }

    fn state(&self, policy: &CompiledPolicy) -> PolicyState {
        let (action, reason) =
            crate::actions::effective(&self.set, &policy.id, &policy.name, policy.action);
        let status = match action {
            Action::Deny => PolicyStatus::Enforced,
            Action::Warn | Action::Audit => PolicyStatus::Audited,
            Action::Off => PolicyStatus::Off,
        };
        PolicyState {
            id: policy.id.as_str().to_owned(),
            digest: policy.digest.to_string(),
            status,
            reason,
        }
    }

    /// What stands beside the policies is looked up by them, and stands there once.
    fn beside(&mut self, policies: &[Document], options: &BuildOptions<'_>) {
        let Self { set, diagnostics, .. } = self;
        diagnostics.extend(beside::twice(&[], &set.objects, &set.needs));
        let names_needs = |document: &Document| {
            let Some(gvk) = Gvk::of(&document.value) else { return false };
            let mut dialects = options.dialects.iter();
            let dialect = dialects.find(|dialect| dialect.reads(&gvk.group, &gvk.kind));
            dialect.is_some_and(|dialect| dialect.names_needs())
        };
        // What does not compile may look up anything.
        let compiled = !policies.is_empty() && diagnostics.is_empty();
        if compiled && policies.iter().all(names_needs) {
            set.skipped.extend(beside::idle(&set.objects, &set.needs));
        }
    }

    /// One id with two contents is an error; the same content twice counts once.
    fn refuse_two_contents(&mut self, documents: &[Document]) {
        let mut seen: HashMap<PolicyId, Digest> = HashMap::new();
        let mut conflicts = Vec::new();
        self.set.policies.retain(|policy| match seen.entry(policy.id.clone()) {
            Entry::Vacant(entry) => {
                entry.insert(policy.digest);
                true
            }
            Entry::Occupied(entry) => {
                if *entry.get() != policy.digest {
                    conflicts.push((policy.id.clone(), policy.digest, *entry.get()));
                }
                false
            }
        });
        conflicts.sort();
        conflicts.dedup();
        if conflicts.is_empty() {
            return;
        }
        let by_digest: HashMap<Digest, &Document> =
            documents.iter().map(|document| (content_digest(document), document)).collect();
        for (id, digest, first) in conflicts {
            let first = by_digest.get(&first).map_or_else(String::new, |document| {
                let line = document.locate(&Pointer::root()).line;
                format!(", here and in `{}:{line}`", document.source().name)
            });
            let message = format!("policy `{id}` stands twice with different contents{first}");
            let help = "give them different names, or take one away";
            match by_digest.get(&digest) {
                Some(document) => self.at(document, message, Some(help.to_owned())),
                None => self.diagnostics.push(Diagnostic::general(message).with_help(help)),
            }
        }
    }
}

/// The digest of a document's content, whatever its formatting.
fn content_digest(document: &Document) -> Digest {
    Digest::of([document.value.to_json().as_bytes()])
}
