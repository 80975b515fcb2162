//! Asks the server to create objects, and keeps count of what it refuses.

use super::golden::{Case, strings};
use super::strip::strip;
use anyhow::{Context as _, bail};
use sekisho_testenv::{Body, Request, TestEnv};
use sekisho_value::{Map, Value, from_json};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

/// Puts questions to one server.
#[derive(Debug)]
pub(super) struct Asker<'a> {
    env: &'a TestEnv,
    asked: usize,
    accepted: usize,
    names: BTreeSet<String>,
    /// message to the cases that met it
    refused: BTreeMap<String, Vec<String>>,
}

/// What came of a question.
#[derive(Debug)]
pub(super) enum Outcome {
    Stored(Case),
    Refused,
}

impl<'a> Asker<'a> {
    pub(super) fn new(env: &'a TestEnv) -> Self {
        Self {
            env,
            asked: 0,
            accepted: 0,
            names: BTreeSet::new(),
            refused: BTreeMap::new(),
        }
    }

    /// Creates objects that the questions need, one JSON object a line; others may be there.
    pub(super) fn prepare(&self, objects: &str) -> anyhow::Result<()> {
        for line in objects.lines().filter(|line| !line.is_empty()) {
            let object = from_json(line).with_context(|| line.to_owned())?;
            let answer = self.env.admin().create(&object)?;
            if !answer.is_success() && answer.reason() != "AlreadyExists" {
                bail!("{line}: {}", answer.message());
            }
        }
        Ok(())
    }

    /// Would this object be stored, and how? `quiet` does not count a refusal.
    pub(super) fn stored(
        &mut self,
        name: &str,
        given: &Json,
        quiet: bool,
    ) -> anyhow::Result<Outcome> {
        self.asked += 1;
        let given = from_json(&given.to_string())?;
        let admin = self.env.admin();
        let path = format!("{}?dryRun=All&fieldValidation=Strict", admin.collection(&given)?);
        let request = Request { method: "POST", path: &path, body: Body::Json(&given) };
        let answer = admin.ask(&request)?;
        if answer.status == 201 {
            self.accepted += 1;
            let stored = strip(&given, &answer.body);
            let mut reply = Map::from_iter([("stored", stored)]);
            if !answer.warnings.is_empty() {
                reply.insert("warnings", strings(&answer.warnings));
            }
            let name = self.unique(name);
            let answer = Value::from(reply);
            return Ok(Outcome::Stored(Case::new(name, [("given", given), ("answer", answer)])));
        }
        if answer.message().is_empty() {
            bail!("{name}: status {}: {:?}", answer.status, answer.body);
        }
        if !quiet {
            self.refused.entry(answer.message().to_owned()).or_default().push(name.to_owned());
        }
        Ok(Outcome::Refused)
    }

    fn unique(&mut self, name: &str) -> String {
        let mut unique = name.to_owned();
        let mut count = 1;
        while !self.names.insert(unique.clone()) {
            count += 1;
            unique = format!("{name} #{count}");
        }
        unique
    }

    /// What was asked, in numbers; with `refused`, each refusal too.
    pub(super) fn report(&self, refused: bool) -> Vec<String> {
        let cases: usize = self.refused.values().map(Vec::len).sum();
        let mut lines = vec![format!(
            "{} questions, {} stored, {cases} fields or values refused by validation",
            self.asked, self.accepted
        )];
        if refused {
            for (message, names) in &self.refused {
                lines.push(format!("refused: {}: {message}", names.join("; ")));
            }
        }
        lines
    }
}
