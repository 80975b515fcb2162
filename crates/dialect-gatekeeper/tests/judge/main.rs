//! Templates and constraints, judged through the engine.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail, and says what")]

mod cel;
mod external;
mod library;
mod matches;
mod results;
mod reviews;
mod scene;
mod shared_libraries;
