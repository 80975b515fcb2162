//! What a process takes, as Linux tells it.

use anyhow::Context as _;

/// What a process took so far.
#[derive(Clone, Copy, Debug)]
pub(super) struct Taken {
    /// seconds of CPU, in the kernel too
    pub(super) cpu: f64,
    /// resident memory, in bytes
    pub(super) resident: u64,
    /// the most there was of it
    pub(super) peak: u64,
}

/// Ticks a second, as every Linux tells them.
const TICKS: f64 = 100.0;

/// Looks at a process.
pub(super) fn look(pid: u32) -> anyhow::Result<Taken> {
    let read = |file: &str| {
        let path = format!("/proc/{pid}/{file}");
        std::fs::read_to_string(&path).with_context(|| format!("cannot read `{path}`"))
    };
    let stat = read("stat")?;
    // The name is in parentheses, and may hold anything.
    let behind = stat.rsplit_once(')').context("a process without name")?.1;
    let field = |number: usize| behind.split_whitespace().nth(number)?.parse::<f64>().ok();
    let ticks = field(11).zip(field(12)).map(|(user, kernel)| user + kernel);
    let status = read("status")?;
    let kilobytes = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.split_whitespace().find_map(|word| word.parse::<u64>().ok())
    };
    Ok(Taken {
        cpu: ticks.context("a process without times")? / TICKS,
        resident: kilobytes("VmRSS:").context("a process without memory")? * 1024,
        peak: kilobytes("VmHWM:").context("a process without memory")? * 1024,
    })
}
