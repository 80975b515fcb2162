//! What the allocator asks of the system.

use std::os::unix::process::CommandExt as _;
use std::process::Command;

/// What mimalloc reads when it starts.
const HUGE_PAGES: &str = "MIMALLOC_ALLOW_THP";

/// What Linux says of who has huge pages.
const ENABLED: &str = "/sys/kernel/mm/transparent_hugepage/enabled";

/// What Linux says of how much memory a container may have: as of cgroups of version 2, and of 1.
const ALLOWED: [&str; 2] =
    ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"];

/// How many bytes of memory the container may have that this runs in; none where nothing says so.
pub(crate) fn allowed() -> Option<usize> {
    let of = |file: &&str| std::fs::read_to_string(file).ok()?.trim().parse().ok();
    ALLOWED.iter().find_map(of)
}

/// Starts this program anew, in the same process, where its memory would have huge pages: of a
/// server they keep half as much again resident, and they make no request faster. A user's own
/// setting stays; where it cannot be started anew, it goes on as it is.
pub(crate) fn without_huge_pages() {
    if std::env::var_os(HUGE_PAGES).is_some() || !are_given_unasked() {
        return;
    }
    let mut arguments = std::env::args_os();
    let (Ok(program), Some(name)) = (std::env::current_exe(), arguments.next()) else { return };
    let _ = Command::new(program).arg0(name).args(arguments).env(HUGE_PAGES, "0").exec();
}

/// Whether who asks for no huge pages has them; mimalloc asks for none.
fn are_given_unasked() -> bool {
    std::fs::read_to_string(ENABLED).is_ok_and(|enabled| enabled.contains("[always]"))
}
