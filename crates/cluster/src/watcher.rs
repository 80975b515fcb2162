//! Keeps the copy of one kind: asks what the reflector says, and puts in what comes.

use crate::cache::Cache;
use crate::lines::Lines;
use crate::list::{PAGE, escaped, list_path};
use crate::reflector::{Ask, Change, Reflector};
use crate::{Client, Error};
use http_body_util::BodyExt as _;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a watch is asked to last, in seconds, and by how much more some are, so that they do
/// not all end at once.
const WATCH: (u64, u64) = (240, 120);
/// How much longer nothing may come before the connection is given up.
const SLACK: Duration = Duration::from_secs(20);
/// A watch that ends sooner did not end as it should.
const SHORT: Duration = Duration::from_secs(1);

/// Which objects of a kind are wanted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Selection {
    /// in one namespace
    pub(crate) namespace: Option<String>,
    /// of one name
    pub(crate) name: Option<String>,
}

/// Keeps a copy until the future is dropped.
pub(crate) async fn keep(client: Client, cache: Arc<Cache>, selection: Selection) {
    let mut path = cache.resource.path(selection.namespace.as_deref());
    if let Some(name) = &selection.name {
        path = format!("{path}?fieldSelector=metadata.name%3D{}", escaped(name));
    }
    let mut reflector = Reflector::new();
    let mut page = PAGE;
    loop {
        let asked = match reflector.ask() {
            Ask::List { resume, paged } => {
                let limit = paged.then_some(page);
                list(&client, &list_path(&path, limit, resume.as_deref()), &mut reflector, &cache)
                    .await
            }
            Ask::Watch { from } => watch(&client, &path, &from, &mut reflector, &cache).await,
        };
        if let Err(error) = asked {
            if matches!(error, Error::TooMuch(_)) {
                page = (page / 10).max(1);
            }
            let wait = reflector.failed(&error, chance());
            // That a version is too old is no fault: the list comes anew.
            if !error.is_gone() {
                cache.failed(error);
            }
            tokio::time::sleep(wait).await;
        }
    }
}

async fn list(
    client: &Client,
    path: &str,
    reflector: &mut Reflector,
    cache: &Cache,
) -> Result<(), Error> {
    let page = client.get(path).await?;
    match reflector.page(page)? {
        Some(all) => {
            // Only once: what does not fit must not be asked for again and again.
            cache.replace(all).inspect_err(|_| *reflector = Reflector::new())
        }
        None => Ok(()),
    }
}

async fn watch(
    client: &Client,
    path: &str,
    from: &str,
    reflector: &mut Reflector,
    cache: &Cache,
) -> Result<(), Error> {
    let (least, more) = WATCH;
    let seconds = least + chance() % more;
    let joint = if path.contains('?') { "&" } else { "?" };
    let from = escaped(from);
    let asked = format!(
        "{path}{joint}watch=1&allowWatchBookmarks=true&resourceVersion={from}&timeoutSeconds={seconds}"
    );
    let began = Instant::now();
    let mut stream = client.stream(&asked).await?;
    cache.heard();
    let silence = Duration::from_secs(seconds) + SLACK;
    let mut lines = Lines::default();
    let mut nothing = true;
    loop {
        let frame = tokio::time::timeout(silence, stream.frame()).await;
        let frame = frame.map_err(|_| Error::Lost(format!("nothing came for {silence:?}")))?;
        let Some(frame) = frame else { break };
        let frame = frame.map_err(|error| Error::Lost(crate::client::told(&error)))?;
        let Ok(data) = frame.into_data() else { continue };
        lines.push(&data)?;
        while let Some(line) = lines.pop() {
            nothing = false;
            match reflector.line(&line)? {
                Change::Put(object) => cache.put(object)?,
                Change::Removed(object) => cache.remove(&object),
                Change::Bookmark => cache.heard(),
            }
        }
    }
    if nothing && began.elapsed() < SHORT {
        return Err(Error::Lost("the watch ended at once".to_owned()));
    }
    Ok(())
}

/// A random number, for waits.
pub(crate) fn chance() -> u64 {
    RandomState::new().hash_one(0)
}
