//! The bearer token, renewed in time.

use crate::Error;
use crate::config::{Token, read};
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// How often a token's file is read again.
const FILE: Duration = Duration::from_secs(60);
/// How long before its end a token is not used any more.
const EARLY: Duration = Duration::from_secs(30);
/// How long a token holds whose program does not say.
const UNTOLD: Duration = Duration::from_secs(600);

/// A token as it is told, and until when it holds.
pub(super) struct Credential {
    source: Token,
    known: Mutex<Option<(String, Instant)>>,
}

impl Credential {
    pub(super) fn new(source: Token) -> Self {
        Self { source, known: Mutex::new(None) }
    }

    /// What stands behind `Authorization:`; none where nothing does.
    pub(super) async fn header(&self) -> Result<Option<String>, Error> {
        match &self.source {
            Token::None => return Ok(None),
            Token::Header(header) => return Ok(Some(header.clone())),
            Token::File(_) | Token::Exec(_) => {}
        }
        let mut known = self.known.lock().await;
        let now = Instant::now();
        if let Some((header, until)) = &*known
            && now < *until
        {
            return Ok(Some(header.clone()));
        }
        let (token, holds) = match &self.source {
            Token::File(path) => (String::from_utf8_lossy(&read(path)?).trim().to_owned(), FILE),
            Token::Exec(exec) => {
                let exec = exec.clone();
                let run = move || exec.run(jiff::Timestamp::now());
                let told = tokio::task::spawn_blocking(run).await;
                let told = told.map_err(|error| Error::Credentials(error.to_string()))??;
                (told.token, told.for_how_long.map_or(UNTOLD, |left| left.saturating_sub(EARLY)))
            }
            Token::None | Token::Header(_) => return Ok(None),
        };
        let header = format!("Bearer {token}");
        *known = Some((header.clone(), now + holds));
        Ok(Some(header))
    }

    /// Forgets a token that was not taken.
    pub(super) async fn forget(&self) {
        *self.known.lock().await = None;
    }
}
