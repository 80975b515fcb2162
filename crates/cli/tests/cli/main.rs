//! The command line as users meet it: the real binary in a temporary folder.

mod bad_input;
mod check;
mod scene;
mod show;
