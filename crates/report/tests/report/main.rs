//! The renderers and the baseline, on reports made by hand.

#[cfg(test)]
mod baseline;
#[cfg(test)]
mod formats;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod sample;
#[cfg(test)]
mod schema;
#[cfg(test)]
mod snapshots;
#[cfg(test)]
mod summary;
#[cfg(test)]
mod text;
