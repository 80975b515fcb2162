//! Rego: templates of Gatekeeper's library, evaluated and compiled, beside `regorus`.

mod nested;
mod templates;

use super::Figure;
use super::measure::{self, Contender};
use anyhow::{Context as _, anyhow, ensure};
use regorus::languages::rego::compiler::Compiler;
use regorus::rvm::RegoVM;
use sekisho_rego::ast::Version;
use sekisho_rego::builtins::Facts;
use sekisho_rego::{Known, Options, Policies, Prepared, Question, Scratch, Source};
use sekisho_value::Value;
use std::collections::BTreeMap;
use templates::{Template, templates};

/// Evaluates the first violating and the first passing sample of each template, and parses what
/// nests without end.
pub(super) fn evaluate() -> anyhow::Result<Vec<Figure>> {
    let mut figures = Vec::new();
    for template in templates()? {
        let plain = prepare(&template, None)?;
        let given =
            prepare(&template, Some(Known::at(&["parameters"], template.parameters.clone())))?;
        for (what, input) in &template.samples {
            figures.extend(evaluate_both(&template, [&plain, &given], what, input)?);
        }
    }
    figures.extend(nested::nested());
    Ok(figures)
}

/// One evaluation of ours.
fn ours(prepared: &Prepared, input: &Value) -> impl FnMut() -> anyhow::Result<usize> {
    let (data, facts) = (Value::object(), Facts::default());
    let mut scratch = Scratch::default();
    move || {
        let budget = sekisho_budget::Budget::standard();
        let question = Question { input: Some(input), ..Question::new(&data, &facts, &budget) };
        let found = prepared.evaluate(&mut scratch, &question, |found| found.and_then(|f| f.len()));
        Ok(found.map_err(|error| anyhow!("{error}"))?.unwrap_or(0))
    }
}

/// Any parameters, and parameters known when the program is made.
fn evaluate_both(
    template: &Template,
    [plain, given]: [&Prepared; 2],
    what: &str,
    input: &Value,
) -> anyhow::Result<[Figure; 2]> {
    let (mut plain, mut given) = (ours(plain, input), ours(given, input));
    let found = plain()?;
    ensure!(given()? == found, "{}: the programs differ", template.name);
    let theirs = regorus::Value::from_json_str(&input.to_json()).map_err(|e| anyhow!("{e}"))?;
    let mut engine = engine(template)?;
    let entry = template.entry.clone();
    let policy = engine.compile_with_entrypoint(&entry.as_str().into());
    let policy = policy.map_err(|error| anyhow!("{error}"))?;
    let program = Compiler::compile_from_policy(&policy, &[&entry]);
    let program = program.map_err(|error| anyhow!("{error}"))?;
    let mut machine = RegoVM::new_with_policy(policy);
    machine.load_program(program);
    machine.set_max_instructions(10_000_000);
    let mut contenders = [
        Contender::new("ours", plain),
        Contender::new("given", given),
        Contender::new("regorus-interpreter", || {
            engine.set_input(theirs.clone());
            engine.eval_rule(entry.clone()).is_ok()
        }),
        Contender::new("regorus-rvm", || {
            machine.set_input(theirs.clone());
            machine.execute().is_ok()
        }),
    ];
    let note = format!("{found} violations");
    let case = format!("{}, {what}", template.name);
    let mut plain = figure("rego", case, &mut contenders, note.clone());
    let given = plain.rivals.remove("given").unwrap_or(f64::NAN);
    let given = Figure {
        bench: "rego",
        case: format!("{}, parameters known", plain.case),
        unit: plain.unit,
        ours: given,
        rivals: plain.rivals.clone(),
        note,
    };
    Ok([plain, given])
}

/// Compiles each template.
pub(super) fn compile() -> anyhow::Result<Vec<Figure>> {
    let mut figures = Vec::new();
    for template in templates()? {
        let mut contenders = [
            Contender::new("ours", || prepare(&template, None).is_ok()),
            Contender::new("regorus-interpreter", || {
                let entry = template.entry.as_str().into();
                engine(&template).is_ok_and(|mut e| e.compile_with_entrypoint(&entry).is_ok())
            }),
            Contender::new("regorus-rvm", || {
                let entry = template.entry.as_str();
                engine(&template).is_ok_and(|mut engine| {
                    engine.compile_with_entrypoint(&entry.into()).is_ok_and(|policy| {
                        Compiler::compile_from_policy(&policy, &[entry]).is_ok()
                    })
                })
            }),
        ];
        let bytes: usize = template.texts.iter().map(String::len).sum();
        let note = format!("{bytes} bytes");
        figures.push(figure("rego-compile", template.name.clone(), &mut contenders, note));
    }
    Ok(figures)
}

fn figure(
    bench: &'static str,
    case: String,
    contenders: &mut [Contender<'_>],
    note: String,
) -> Figure {
    let mut times: BTreeMap<String, f64> = measure::compare(contenders)
        .into_iter()
        .map(|(name, seconds)| (name.to_owned(), seconds * 1e6))
        .collect();
    let ours = times.remove("ours").unwrap_or(f64::NAN);
    Figure { bench, case, unit: "µs", ours, rivals: times, note }
}

fn prepare(template: &Template, known: Option<Known>) -> anyhow::Result<Prepared> {
    let budget = sekisho_budget::Budget::standard();
    let sources = template.texts.iter().enumerate();
    let sources = sources
        .map(|(index, text)| (Source::new(&format!("{index}.rego"), text), Version::V0))
        .collect();
    let (policies, _, faults) = Policies::compile(sources, &Options::default(), &budget);
    let path: Vec<&str> = template.entry.split('.').skip(1).collect();
    let policies = policies.with_context(|| format!("{}: {faults:?}", template.name))?;
    let prepared = match known {
        Some(known) => policies.document_given(&path, known),
        None => policies.document(&path),
    };
    prepared.map_err(|faults| anyhow!("{faults:?}"))
}

fn engine(template: &Template) -> anyhow::Result<regorus::Engine> {
    let mut engine = regorus::Engine::new();
    engine.set_rego_v0(true);
    engine.set_strict_builtin_errors(false);
    for (index, text) in template.texts.iter().enumerate() {
        let added = engine.add_policy(format!("{index}.rego"), text.clone());
        added.map_err(|error| anyhow!("{error}"))?;
    }
    Ok(engine)
}
