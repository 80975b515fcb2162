//! Reads single files, never more than there should be of one.

use std::error::Error;
use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

/// The largest file that is read, in bytes. What a file needs in memory is a small multiple of it.
const MAX_FILE: u64 = 512 << 20;

/// How long somebody has to begin to write to a pipe that was given by name.
const PATIENCE: Duration = Duration::from_secs(10);

/// Reads a file, or a pipe as `<(command)` names one, up to 512 MiB. Devices and sockets are
/// refused: some of them never end, others never begin.
///
/// # Errors
/// What is wrong, in the words of the system where it says so.
pub fn read_file(path: &Path) -> Result<Vec<u8>, String> {
    let metadata = std::fs::metadata(path).map_err(|error| reason(&error))?;
    if metadata.is_dir() {
        return Err("is a folder, not a file".to_owned());
    }
    if !is_readable(&metadata) {
        return Err("is neither a file nor a pipe".to_owned());
    }
    let file = if metadata.is_file() {
        File::open(path).map_err(|error| reason(&error))?
    } else {
        open_pipe(path)?
    };
    read_opened(file, &metadata)
}

/// As [`read_file`], of what its folder says is a file: it is opened, and nothing asked before.
///
/// # Errors
/// What is wrong, in the words of the system where it says so.
pub fn read_listed_file(path: &Path) -> Result<Vec<u8>, String> {
    let file = File::open(path).map_err(|error| reason(&error))?;
    match file.metadata() {
        Ok(metadata) if metadata.is_file() => read_opened(file, &metadata),
        // Something else stands there by now.
        _ => read_file(path),
    }
}

fn read_opened(file: File, metadata: &Metadata) -> Result<Vec<u8>, String> {
    if metadata.len() > MAX_FILE {
        return Err(too_large());
    }
    read_to_end(file, usize::try_from(metadata.len()).unwrap_or_default())
}

/// Reads a text that nothing says the length of, up to 512 MiB.
///
/// # Errors
/// What is wrong, in the words of the system where it says so.
pub fn read_stream(stream: impl Read) -> Result<Vec<u8>, String> {
    read_to_end(stream, 0)
}

fn read_to_end(stream: impl Read, expected: usize) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::with_capacity(expected + 1);
    stream.take(MAX_FILE + 1).read_to_end(&mut bytes).map_err(|error| reason(&error))?;
    if bytes.len() as u64 > MAX_FILE { Err(too_large()) } else { Ok(bytes) }
}

fn too_large() -> String {
    format!("larger than {} MiB", MAX_FILE >> 20)
}

/// Opening a pipe waits for somebody who writes, perhaps for ever.
fn open_pipe(path: &Path) -> Result<File, String> {
    let (sender, receiver) = mpsc::channel();
    let path = path.to_path_buf();
    std::thread::spawn(move || sender.send(File::open(path)));
    match receiver.recv_timeout(PATIENCE) {
        Ok(opened) => opened.map_err(|error| reason(&error)),
        Err(_) => Err("a pipe that nothing writes to".to_owned()),
    }
}

/// Whether something is a file, or a pipe.
pub(crate) fn is_readable(metadata: &Metadata) -> bool {
    metadata.is_file() || is_pipe(metadata)
}

#[cfg(unix)]
fn is_pipe(metadata: &Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt as _;
    metadata.file_type().is_fifo()
}

#[cfg(not(unix))]
fn is_pipe(_: &Metadata) -> bool {
    false
}

/// What the system says, without the path, which stands elsewhere, and Rust's `(os error 2)`.
pub(crate) fn reason(error: &io::Error) -> String {
    let mut innermost = error;
    let mut source: Option<&(dyn Error + 'static)> =
        error.get_ref().map(|inner| -> &(dyn Error + 'static) { inner });
    while let Some(inner) = source {
        innermost = inner.downcast_ref().unwrap_or(innermost);
        source = inner.source();
    }
    let text = innermost.to_string();
    let plain = text.split(" (os error").next().unwrap_or_default();
    let mut chars = plain.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}
