//! What `sekisho gator` does with odd flags and files, beside what gator v3.23 did
//! (`tests/golden/gator-commands/record.sh`): exit codes, standard output, files that are written.

use crate::scene::{Scene, workspace};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Mutex;

/// Where another answer is meant, and why.
const OTHERWISE: &[(&str, &str)] = &[
    ("sync", "what can be asked is told on standard error"),
    ("sync other", "a word that is none is an error"),
    (
        "sync test -n needs.yaml -n syncset.yaml -n config.yaml -n known.yaml extra",
        "gator passes over what it was given",
    ),
    ("verify ''", "files that name no suite are not looked into"),
    ("verify text.yaml", "likewise"),
    ("verify list-of-pods.yaml", "likewise"),
    ("test -f in -o yaml", "results behind the first stand on one line in gator, the same YAML"),
    ("test -f in -o YAML", "likewise"),
];

/// What was done with one line.
#[derive(Clone, Debug, Default, PartialEq)]
struct Done {
    code: i32,
    out: String,
    /// the files that were written
    files: BTreeMap<String, String>,
    /// how standard error begins: it is there, and its warnings are gator's
    said: Vec<String>,
}

fn golden() -> std::path::PathBuf {
    workspace().join("tests/golden/gator-commands")
}

/// The recordings, in order.
fn recorded() -> Vec<(String, Done)> {
    let text = fs::read_to_string(golden().join("answers.txt")).unwrap();
    let mut all: Vec<(String, Done)> = Vec::new();
    let mut file = None;
    for line in text.lines() {
        if let Some(given) = line.strip_prefix("$ ") {
            all.push((given.to_owned(), Done::default()));
            file = None;
            continue;
        }
        let done = &mut all.last_mut().unwrap().1;
        if let Some(code) = line.strip_prefix("exit ") {
            done.code = code.parse().unwrap();
        } else if let Some(name) = line.strip_prefix("file ") {
            file = Some(name.to_owned());
            done.files.insert(name.to_owned(), String::new());
        } else if let Some(said) = line.strip_prefix('#') {
            done.said.push(said.to_owned());
        } else {
            let text = match &file {
                Some(file) => done.files.get_mut(file).unwrap(),
                None => &mut done.out,
            };
            match line.strip_prefix(['>', '|']) {
                Some(line) => *text += &format!("{line}\n"),
                None => assert_eq!((line, text.pop()), ("\\", Some('\n'))),
            }
        }
    }
    all
}

/// The words of a line as a shell reads them, and the file behind `<`.
fn words(line: &str) -> (Vec<String>, Option<&str>) {
    let (line, input) = match line.split_once(" < ") {
        Some((line, input)) => (line, Some(input)),
        None => (line, None),
    };
    let quoted = line.split('\'').enumerate().flat_map(|(index, part)| match index % 2 {
        1 => vec![part.to_owned()],
        _ => part.split_whitespace().map(str::to_owned).collect(),
    });
    (quoted.collect(), input)
}

/// All files below a folder, by their paths in it.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut left = vec![folder.to_owned()];
    while let Some(next) = left.pop() {
        for entry in fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => left.push(path),
                false => {
                    let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
                    found.insert(name, fs::read(&path).unwrap());
                }
            }
        }
    }
    found
}

fn ours(line: &str, given: &BTreeMap<String, Vec<u8>>) -> Done {
    let mut scene = Scene::new();
    for (name, content) in given {
        scene = scene.file(name, content);
    }
    fs::create_dir(scene.path("empty")).unwrap();
    let (words, input) = words(line);
    let args: Vec<&str> =
        std::iter::once("gator").chain(words.iter().map(String::as_str)).collect();
    let input = input.map_or(String::new(), |input| scene.read(input));
    let run = scene.run_in("", &args, &input);
    let written = files(&scene.path(""))
        .into_iter()
        .filter(|(name, content)| given.get(name) != Some(content));
    let root = scene.path("").display().to_string();
    let root = root.trim_end_matches('/');
    Done {
        code: run.code,
        out: run.out.replace(root, "W").replace(root.trim_start_matches('/'), "W"),
        files: written.map(|(name, content)| (name, String::from_utf8(content).unwrap())).collect(),
        said: run.err.lines().map(str::to_owned).collect(),
    }
}

/// The figures of a benchmark, which are never the same, and the width that they take.
fn masked(text: &str) -> String {
    const MEASURED: [&str; 14] = [
        "min",
        "max",
        "mean",
        "p50",
        "p95",
        "p99",
        "setupDuration",
        "totalDuration",
        "clientCreation",
        "templateCompilation",
        "constraintLoading",
        "dataLoading",
        "reviewsPerSecond",
        "Performance",
    ];
    let measured = |word: &str| {
        let number = word.trim_start_matches(['+', '-', '(']);
        number.starts_with(|c: char| c.is_ascii_digit())
            && ["ns", "µs", "ms", "s", "%", "/sec"].iter().any(|unit| number.ends_with(unit))
            || word.ends_with("Inf%")
    };
    let line = |line: &str| {
        let indent = line.len() - line.trim_start().len();
        let name = line.split_once(':').map(|(name, _)| name.trim_matches([' ', '-', '"']));
        if let Some(name) = name.filter(|name| MEASURED.contains(name)) {
            return format!("{:indent$}{name} MEASURED", "");
        }
        let words = line.split_whitespace().map(|word| match word {
            word if measured(word) => "MEASURED",
            word if word.starts_with("---") => "---",
            word => word,
        });
        let words: Vec<&str> = words.collect();
        let throughput = words.first() == Some(&"Throughput:");
        if throughput {
            "Throughput: MEASURED".to_owned()
        } else {
            format!("{:indent$}{}", "", words.join(" "))
        }
    };
    text.lines().map(|text| line(text) + "\n").collect()
}

/// What a pipeline sees of it.
fn seen(line: &str, done: &Done) -> Done {
    let mask = |text: &String| match line.split_whitespace().next() {
        Some("bench") => masked(text),
        Some("verify") => times(text),
        // Gator leaves open in which order results stand that have the same action and message.
        Some("test") => sorted(text),
        _ => text.clone(),
    };
    let warns = |said: &&String| said.starts_with("Warning: ") && !said.contains("Engine skipped");
    Done {
        code: done.code,
        out: mask(&done.out),
        files: done.files.iter().map(|(name, text)| (name.clone(), mask(text))).collect(),
        said: done.said.iter().filter(warns).cloned().collect(),
    }
}

fn sorted(text: &str) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    lines.join("\n")
}

/// What the tests of a suite took.
fn times(text: &str) -> String {
    let line = |line: &str| match line.rsplit_once(['\t', '(']) {
        Some((before, time))
            if time.trim_end_matches(')').ends_with('s') && time.starts_with("0.") =>
        {
            format!("{before} TIME\n")
        }
        _ => format!("{line}\n"),
    };
    text.lines().map(line).collect()
}

#[test]
fn odd_flags_and_files() {
    let given = files(&golden().join("files"));
    let recorded = recorded();
    assert!(recorded.len() >= 330, "{}", recorded.len());
    let left = Mutex::new(recorded.iter());
    let wrong = Mutex::new(String::new());
    let work = || {
        loop {
            let Some((line, gators)) = left.lock().unwrap().next() else { return };
            let done = ours(line, &given);
            let (shown, wanted) = (seen(line, &done), seen(line, gators));
            let meant = OTHERWISE.iter().any(|(meant, _)| meant == line);
            // Nobody ends with an error without a word.
            let silent = done.code != 0 && done.out.is_empty() && done.said.is_empty();
            if silent || (shown == wanted) == meant {
                *wrong.lock().unwrap() +=
                    &format!("{line}\n  ours:  {shown:?}\n  gator: {wanted:?}\n");
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(work);
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{wrong}");
}
