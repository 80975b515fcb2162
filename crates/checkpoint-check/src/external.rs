//! What providers of external data answer, from files: nothing is asked over the network.

use crate::file::read_file;
use sekisho_engine::{MemoryInventory, ProviderAnswers};
use sekisho_policy::{Digest, Inventory, InventoryKey};
use sekisho_report::Diagnostic;
use sekisho_value::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// What providers of external data answer, as files say it.
#[derive(Default)]
pub struct Answers {
    all: Vec<ProviderAnswers>,
    /// what is wrong with the files
    pub errors: Vec<Diagnostic>,
    /// of the contents of all files; empty where there is none
    pub revision: String,
}

impl Answers {
    /// Reads files that hold one document each.
    #[must_use]
    pub fn read(paths: &[PathBuf]) -> Self {
        let mut answers = Self::default();
        let mut contents = Vec::new();
        let mut seen = BTreeSet::new();
        for path in paths {
            match read(path) {
                Ok((bytes, one)) => {
                    if !seen.insert(one.provider.clone()) {
                        let message =
                            format!("the answers of provider `{}` stand twice", one.provider);
                        let file = path.display().to_string();
                        answers.errors.push(Diagnostic::file(file, message));
                    }
                    contents.push(bytes);
                    answers.all.push(one);
                }
                Err(error) => answers.errors.push(error),
            }
        }
        if !contents.is_empty() {
            answers.revision = Digest::of(contents.iter().map(Vec::as_slice)).to_string();
        }
        answers
    }

    /// An inventory that has them, too.
    #[must_use]
    pub fn over(&self, inventory: Box<dyn Inventory>) -> Box<dyn Inventory> {
        let mut answers = MemoryInventory::new();
        self.fill(&mut answers);
        Box::new(Answered { inventory, answers: answers.external() })
    }

    /// Gives them to policies.
    pub(crate) fn fill(&self, inventory: &mut MemoryInventory) {
        for one in &self.all {
            inventory.insert_provider(one);
        }
    }
}

/// Another inventory, with the answers of providers.
struct Answered {
    inventory: Box<dyn Inventory>,
    answers: Value,
}

impl Inventory for Answered {
    fn get(&self, key: &InventoryKey) -> Option<Value> {
        self.inventory.get(key)
    }

    fn list(&self, range: &InventoryKey) -> Vec<Value> {
        self.inventory.list(range)
    }

    fn is_complete(&self) -> bool {
        self.inventory.is_complete()
    }

    fn beneath(&self) -> Option<&dyn Inventory> {
        Some(self.inventory.as_ref())
    }

    fn external(&self) -> Value {
        self.answers.clone()
    }
}

fn read(path: &Path) -> Result<(Vec<u8>, ProviderAnswers), Diagnostic> {
    let name = path.display().to_string();
    let bytes = read_file(path).map_err(|message| Diagnostic::file(name.clone(), message))?;
    let document = sekisho_manifest::read_document(&name, bytes.as_slice())
        .map_err(|error| Diagnostic::at(name.clone(), error.line, error.column, error.message))?;
    let read = ProviderAnswers::read(&document.value).map_err(|(pointer, message)| {
        let place = document.locate(&pointer);
        Diagnostic::at(name.clone(), place.line, place.column, message)
    })?;
    Ok((bytes, read))
}
