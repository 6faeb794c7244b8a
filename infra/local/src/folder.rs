//! The data folder: the database's file, the mails, how far the streams were read, the clock, and the secrets.
//!
//! Everything is written so that a process killed at any moment finds it whole again: small files are replaced at once,
//! long ones only grow.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use gateway::{App, Chance, boot::Settings};
use licensing::seal::to_text;

use crate::{Error, signed::Access};

/// What becomes of the sample data in a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sample {
    /// They are there.
    Loaded,
    /// They are loaded, or the rest of them.
    ToLoad,
    /// They are left out.
    Without,
}

/// The data folder, or what stands for it in memory.
pub struct Folder {
    path: Option<PathBuf>,
    link_keys: String,
    seal_key: String,
    webhook_keys: String,
    /// Held as long as the process lives, so that two don't write the same files; the system lets go of it by itself.
    _lock: Option<File>,
}

impl Folder {
    /// Opens the folder, and makes what is missing: itself, and the secrets.
    pub fn open(path: Option<&Path>, chance: &Chance) -> Result<Self, Error> {
        let fresh_link_keys = || format!("1:{}", to_text(&chance.bytes::<32>()));
        let fresh_seal_key = || to_text(&chance.bytes::<32>());
        let Some(path) = path else {
            return Ok(Self {
                path: None,
                link_keys: fresh_link_keys(),
                seal_key: fresh_seal_key(),
                webhook_keys: fresh_link_keys(),
                _lock: None,
            });
        };
        let failed = |error: io::Error| {
            format!("The data folder {} can't be used: {error}. Name another with --data", path.display())
        };
        // What is in it opens links and shows codes: it is this user's alone.
        fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(failed)?;
        let lock = OpenOptions::new().create(true).append(true).mode(0o600).open(path.join("lock")).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(format!(
                    "Another portal is running on the data folder {}. Stop it, or name another folder with --data",
                    path.display()
                )
                .into());
            }
            Err(TryLockError::Error(error)) => return Err(failed(error).into()),
        }
        let secret = |name: &str, fresh: &dyn Fn() -> String| -> Result<String, Error> {
            let file = path.join(name);
            match fs::read_to_string(&file) {
                Ok(text) if !text.trim().is_empty() => Ok(text.trim().to_owned()),
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed(error).into()),
                _ => {
                    let text = fresh();
                    replace(&file, text.as_bytes()).map_err(failed)?;
                    Ok(text)
                }
            }
        };
        Ok(Self {
            link_keys: secret("link-keys", &fresh_link_keys)?,
            seal_key: secret("seal-key", &fresh_seal_key)?,
            webhook_keys: secret("webhook-keys", &fresh_link_keys)?,
            path: Some(path.to_owned()),
            _lock: Some(lock),
        })
    }

    /// The keys of links and codes, as `COUNTERSIGN_LINK_KEYS` takes them.
    pub fn link_keys(&self) -> &str {
        &self.link_keys
    }

    /// The key that seals audit chains, as `COUNTERSIGN_SEAL_KEY` takes it.
    pub fn seal_key(&self) -> &str {
        &self.seal_key
    }

    /// The keys that subscribers' secrets are derived from, as `COUNTERSIGN_WEBHOOK_KEYS` takes them.
    pub fn webhook_keys(&self) -> &str {
        &self.webhook_keys
    }

    /// What programs of this machine reach the database and the mail service with.
    pub fn access(&self) -> Access {
        Access::derived(&self.link_keys)
    }

    /// The database's file.
    pub fn database(&self) -> Option<PathBuf> {
        self.file("database.sqlite")
    }

    /// The file of the mails.
    pub fn mails(&self) -> Option<PathBuf> {
        self.file("mails.jsonl")
    }

    /// The file that says how far a stream was read.
    pub fn stream(&self, name: &str) -> Option<PathBuf> {
        self.file(&format!("stream-{name}.json"))
    }

    /// Seconds by which the portal's clock is ahead.
    pub fn clock_offset(&self) -> Result<i64, Error> {
        let Some(file) = self.file("clock") else { return Ok(0) };
        match fs::read_to_string(&file) {
            Ok(text) => Ok(text
                .trim()
                .parse()
                .map_err(|_| format!("{} holds no number of seconds. Delete this file", file.display()))?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
            Err(error) => Err(error.into()),
        }
    }

    /// Keeps it for the next start.
    pub fn keep_clock_offset(&self, seconds: i64) -> Result<(), Error> {
        let Some(file) = self.file("clock") else { return Ok(()) };
        Ok(replace(&file, seconds.to_string().as_bytes())?)
    }

    /// What becomes of the sample data here, asked before the database is opened. Only a folder without a database is begun with
    /// them, which is noted first, so that a loading that was cut off goes on. Whatever was begun without them stays without: it is
    /// empty because somebody wants it to be, or holds what is theirs.
    pub fn sample(&self, wanted: bool) -> Result<Sample, Error> {
        let there = |name: &str| self.file(name).is_some_and(|file| file.exists());
        if there("sample-loaded") {
            return Ok(Sample::Loaded);
        }
        if !wanted || (there("database.sqlite") && !there("sample-begun")) {
            return Ok(Sample::Without);
        }
        if let Some(file) = self.file("sample-begun") {
            replace(&file, b"")?;
        }
        Ok(Sample::ToLoad)
    }

    /// Notes that the sample data were loaded to their end.
    pub fn set_loaded(&self) -> Result<(), Error> {
        let Some(file) = self.file("sample-loaded") else { return Ok(()) };
        Ok(replace(&file, b"")?)
    }

    /// Writes what other programs need in order to work on this database: `env` for the command line, of whose secrets it has
    /// access to the database and the one that it shows to operators (a subscriber's), and `functions.env` for a function that is started by itself, as in `cargo lambda watch`.
    pub fn keep_environment(&self, settings: &Settings, app: &App) -> Result<(), Error> {
        let (Some(file), Some(of_functions)) = (self.file("env"), self.file("functions.env")) else { return Ok(()) };
        let seals: Vec<String> = app.keys.published.iter().map(|key| to_text(key.as_bytes())).collect();
        // Where the clock was moved to, in seconds; it may be moved later as well.
        let clock = self.file("clock").map(std::path::absolute).transpose()?.unwrap_or_default();
        let access = self.access();
        let (id, secret) = access.pair();
        let lines = [
            ("AWS_ENDPOINT_URL_DYNAMODB", settings.dynamodb.clone().unwrap_or_default()),
            ("AWS_ENDPOINT_URL_SESV2", settings.ses.clone().unwrap_or_default()),
            ("AWS_ENDPOINT_URL_EVENTBRIDGE", settings.eventbridge.clone().unwrap_or_default()),
            ("AWS_REGION", settings.region.clone()),
            ("AWS_ACCESS_KEY_ID", id.into()),
            ("AWS_SECRET_ACCESS_KEY", secret.into()),
            ("COUNTERSIGN_CLOCK", clock.display().to_string()),
            ("COUNTERSIGN_MODE", "local".into()),
            ("COUNTERSIGN_BUS", settings.bus.clone().unwrap_or_default()),
            ("COUNTERSIGN_LOOPBACK", "allow".into()),
            ("COUNTERSIGN_WEBHOOK_KEYS", self.webhook_keys().into()),
            ("COUNTERSIGN_SITE", settings.site.clone()),
            ("COUNTERSIGN_TABLES", settings.tables.clone()),
            ("COUNTERSIGN_SEAL_PUBLIC", seals.join(",")),
        ];
        let text = lines.map(|(name, value)| format!("{name}={}\n", quoted(&value))).concat();
        replace(&file, text.as_bytes())?;
        let secrets = [("COUNTERSIGN_LINK_KEYS", self.link_keys()), ("COUNTERSIGN_SEAL_KEY", self.seal_key())];
        let secrets = secrets.map(|(name, value)| format!("{name}={value}\n")).concat();
        Ok(replace(&of_functions, (text + &secrets).as_bytes())?)
    }

    fn file(&self, name: &str) -> Option<PathBuf> {
        Some(self.path.as_ref()?.join(name))
    }
}

/// A value as a shell reads it back: in quotes where it holds anything that a shell would take for its own.
pub(crate) fn quoted(value: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:,@%+=".contains(c);
    if !value.is_empty() && value.chars().all(plain) {
        return value.to_owned();
    }
    format!("'{}'", value.replace('\'', r"'\''"))
}

/// Puts a file in the place of another: a reader, or the next start, sees one of the two whole.
pub(crate) fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let new = path.with_extension("new");
    let mut file = OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(&new)?;
    file.write_all(content)?;
    fs::rename(&new, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// ACT-01 a folder that was begun without the sample data never gets them, and one that was begun with them gets the rest.
    #[test]
    fn act_01_a_folder_that_was_begun_empty_stays_empty() {
        let path = std::env::temp_dir().join(format!("countersign-folder-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        let folder = |name: &str| Folder::open(Some(&path.join(name)), &Chance::system()).expect("a folder");
        let has_database = |of: &Folder| fs::write(of.database().expect("a file"), b"").expect("written");

        let empty = folder("empty");
        assert_eq!(empty.sample(false).expect("read"), Sample::Without);
        has_database(&empty);
        assert_eq!(empty.sample(true).expect("read"), Sample::Without, "not on a later start either");

        let full = folder("full");
        assert_eq!(full.sample(true).expect("read"), Sample::ToLoad);
        has_database(&full);
        assert_eq!(full.sample(true).expect("read"), Sample::ToLoad, "it was cut off");
        assert_eq!(full.sample(false).expect("read"), Sample::Without);
        full.set_loaded().expect("noted");
        assert_eq!(full.sample(true).expect("read"), Sample::Loaded);

        let memory = Folder::open(None, &Chance::system()).expect("none");
        assert_eq!(
            (memory.sample(true).expect("read"), memory.sample(false).expect("read")),
            (Sample::ToLoad, Sample::Without)
        );
        fs::remove_dir_all(&path).expect("removed");
    }
}
