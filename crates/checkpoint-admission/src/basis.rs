//! What requests are judged by, built from files.

use sekisho_engine::{BuildOptions, MemoryInventory, PolicySet};
use sekisho_kube_model::{Created, Schemas};
use sekisho_manifest::Document;
use sekisho_policy::{Bundle, Inventory};
use sekisho_report::Diagnostic;
use sekisho_value::{Pointer, Value};

/// What requests are judged by: a policy set and what it looks at.
pub struct Basis {
    /// the policies
    pub set: PolicySet,
    /// the schemas of the API server
    pub schemas: Schemas,
    /// the objects known beside the one that is judged
    pub inventory: Box<dyn Inventory>,
}

impl Basis {
    /// Compiles a bundle, with objects that are known beside what is judged. Those that the
    /// policies come with (namespaces, parameters, definitions of custom resources) are known too.
    ///
    /// # Errors
    /// Everything that is wrong with the bundle or the objects: a server goes on with what it has
    /// rather than by half of what was meant.
    pub fn build(
        bundle: &Bundle,
        options: &BuildOptions<'_>,
        objects: &[Document],
    ) -> Result<Self, Vec<Diagnostic>> {
        let (set, mut diagnostics) = PolicySet::build(bundle, options);
        if diagnostics.is_empty() && set.is_empty() && !set.mutates() {
            let message = "there is no policy in what was given";
            let help = "a server without a policy would let everything through";
            diagnostics.push(Diagnostic::general(message).with_help(help));
        }
        let known: Vec<&Document> = set.objects().iter().chain(objects).collect();
        let definitions: Vec<&&Document> =
            known.iter().filter(|d| d.kind() == "CustomResourceDefinition").collect();
        let (schemas, problems) = Schemas::with_crds(definitions.iter().map(|d| &d.value));
        for (index, problem) in problems {
            let document = definitions.get(index);
            diagnostics.extend(document.map(|d| at(d, &problem.pointer, &problem.message)));
        }
        let mut inventory = MemoryInventory::new();
        let (objects, wrong) = stored(known.into_iter(), &schemas);
        diagnostics.extend(wrong);
        objects.into_iter().for_each(|object| inventory.insert(object));
        if diagnostics.is_empty() {
            Ok(Self { set, schemas, inventory: Box::new(inventory) })
        } else {
            Err(diagnostics)
        }
    }
}

/// Documents as the API server would store them, and what is wrong with the others.
pub(crate) fn stored<'d>(
    documents: impl Iterator<Item = &'d Document>,
    schemas: &Schemas,
) -> (Vec<Value>, Vec<Diagnostic>) {
    let (mut objects, mut diagnostics) = (Vec::new(), Vec::new());
    for document in documents {
        let Created { decoded, .. } = schemas.create(&document.value, "default");
        if decoded.is_readable() {
            objects.push(decoded.object);
            continue;
        }
        let problems = decoded.problems.iter();
        diagnostics.extend(problems.map(|p| at(document, &p.pointer, &p.message)));
    }
    (objects, diagnostics)
}

fn at(document: &Document, pointer: &Pointer, message: &str) -> Diagnostic {
    let place = document.locate(pointer);
    Diagnostic::at(document.source().name.clone(), place.line, place.column, message.to_owned())
}
