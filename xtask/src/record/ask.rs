//! Asks the server to create objects, and keeps count of what it refuses.

use super::golden::{Case, strings};
use super::strip::strip;
use anyhow::{Context as _, bail};
use sekisho_testenv::{Answer, Body, Request, TestEnv};
use sekisho_value::{Map, Value, from_json};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

/// Nothing is stored, and what is unknown or twice is refused.
const QUERY: &str = "dryRun=All&fieldValidation=Strict";

/// Puts questions to one server.
#[derive(Debug)]
pub(super) struct Asker<'a> {
    env: &'a TestEnv,
    asked: usize,
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
        Self { env, asked: 0, names: BTreeSet::new(), refused: BTreeMap::new() }
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

    /// Would this object be stored, and how?
    pub(super) fn stored(&mut self, name: &str, given: &Json) -> anyhow::Result<Outcome> {
        let (given, answer) = self.ask(given)?;
        let answer = match answer {
            Some(answer) if answer.is_success() => answer,
            refused => {
                self.count_refusal(name, refused.as_ref())?;
                return Ok(Outcome::Refused);
            }
        };
        let mut reply = Map::from_iter([("stored", strip(&given, &answer.body))]);
        if !answer.warnings.is_empty() {
            reply.insert("warnings", strings(&answer.warnings));
        }
        let name = self.unique(name);
        let answer = Value::from(reply);
        Ok(Outcome::Stored(Case::new(name, [("given", given), ("answer", answer)])))
    }

    /// Would this object be stored? Nothing is recorded, a refusal is not counted.
    pub(super) fn accepts(&mut self, given: &Json) -> anyhow::Result<bool> {
        Ok(self.ask(given)?.1.is_some_and(|answer| answer.is_success()))
    }

    /// Would this object be stored? Nothing is recorded.
    pub(super) fn lets_through(&mut self, name: &str, given: &Json) -> anyhow::Result<bool> {
        let (_, answer) = self.ask(given)?;
        let through = answer.as_ref().is_some_and(Answer::is_success);
        if !through {
            self.count_refusal(name, answer.as_ref())?;
        }
        Ok(through)
    }

    /// Puts a text to where objects like this one are created.
    pub(super) fn text(&mut self, like: &Json, text: &str) -> anyhow::Result<Option<Answer>> {
        self.asked += 1;
        let admin = self.env.admin();
        let collection = admin.collection(&from_json(&like.to_string())?)?;
        let path = format!("{collection}?{QUERY}");
        let body = Body::Bytes { content_type: "application/json", bytes: text.as_bytes() };
        self.send(&Request { method: "POST", path: &path, body })
    }

    fn ask(&mut self, given: &Json) -> anyhow::Result<(Value, Option<Answer>)> {
        self.asked += 1;
        let given = from_json(&given.to_string())?;
        let path = format!("{}?{QUERY}", self.env.admin().collection(&given)?);
        let body = Body::Json(&given);
        let answer = self.send(&Request { method: "POST", path: &path, body })?;
        Ok((given, answer))
    }

    /// No answer is an answer too: a handler that panics closes the connection.
    fn send(&self, request: &Request<'_>) -> anyhow::Result<Option<Answer>> {
        let admin = self.env.admin();
        match admin.ask(request) {
            Ok(answer) => Ok(Some(answer)),
            Err(error) => {
                admin.get("/readyz").context(error)?;
                Ok(None)
            }
        }
    }

    fn count_refusal(&mut self, name: &str, answer: Option<&Answer>) -> anyhow::Result<()> {
        let message = match answer {
            Some(answer) if answer.message().is_empty() => {
                bail!("{name}: status {}: {:?}", answer.status, answer.body)
            }
            Some(answer) => answer.message(),
            None => "no answer: the server closed the connection",
        };
        self.refused.entry(message.to_owned()).or_default().push(name.to_owned());
        Ok(())
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
            "{} questions, {cases} fields or values refused by validation",
            self.asked
        )];
        if refused {
            for (message, names) in &self.refused {
                lines.push(format!("refused: {}: {message:?}", names.join("; ")));
            }
        }
        lines
    }
}
