//! Reading a file line by line: never more of it in memory than one chunk and one row.

use std::{
    fs::File,
    io::{self, IsTerminal, Read},
    path::Path,
    time::Duration,
};

use flate2::read::MultiGzDecoder;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use licensing::import::{Envelope, HEAD, Line, Lines};

/// How much is read at once.
const CHUNK: usize = 256 * 1024;

/// Shorter files are done before anybody could read a progress bar.
const WORTH_A_BAR: u64 = 16 * 1024 * 1024;

/// A file of lines, or standard input.
pub(crate) struct Input {
    bytes: Box<dyn Read + Send>,
    bar: ProgressBar,
    envelope: Option<Envelope>,
}

impl Input {
    /// Opens a file, unpacked if it is packed by gzip; `-` is standard input.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let (mut bytes, length): (Box<dyn Read + Send>, _) = if path.as_os_str() == "-" {
            (Box::new(io::stdin()), None)
        } else {
            let file = File::open(path)?;
            let about = file.metadata()?;
            if about.is_dir() {
                return Err(io::ErrorKind::IsADirectory.into());
            }
            let length = about.is_file().then_some(about.len());
            (Box::new(file), length)
        };
        let (mut head, mut bar) = (head_of(&mut bytes)?, bar(length));
        if Envelope::of(&head) == Some(Envelope::Gzip) {
            // Its length says nothing about how far the reading is.
            bar = ProgressBar::hidden();
            bytes = Box::new(MultiGzDecoder::new(io::Cursor::new(head).chain(bytes)));
            head = head_of(&mut bytes)?;
        }
        let envelope = Envelope::of(&head);
        Ok(Self { bytes: Box::new(io::Cursor::new(head).chain(bytes)), bar, envelope })
    }

    /// What it is, if it is no JSON lines.
    pub(crate) const fn envelope(&self) -> Option<Envelope> {
        self.envelope
    }

    /// Hands over every line that isn't blank, and returns how many lines there were.
    pub(crate) fn each_line(mut self, mut take: impl FnMut(&Line<'_>) -> io::Result<()>) -> io::Result<u64> {
        let mut lines = Lines::new();
        let mut buffer = vec![0; CHUNK];
        loop {
            let length = match self.bytes.read(&mut buffer) {
                Ok(0) => break,
                Ok(length) => length,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            let mut chunk = &buffer[..length];
            while let Some(line) = lines.next(&mut chunk) {
                take(&line)?;
            }
            self.bar.inc(length as u64);
        }
        if let Some(line) = lines.last() {
            take(&line)?;
        }
        self.bar.finish_and_clear();
        Ok(lines.row())
    }
}

/// As much of a file as tells what it is.
fn head_of(bytes: &mut dyn Read) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    bytes.take(HEAD as u64).read_to_end(&mut head)?;
    Ok(head)
}

/// A bar is for people who wait: on a terminal, unless the results go to that terminal too and show the progress.
fn bar(length: Option<u64>) -> ProgressBar {
    let seen = io::stderr().is_terminal() && !io::stdout().is_terminal();
    if !seen || length.is_some_and(|length| length < WORTH_A_BAR) {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::with_draw_target(length, ProgressDrawTarget::stderr());
    let template = match length {
        Some(_) => "{wide_bar} {percent}%  {bytes} of {total_bytes}, {eta} left",
        None => "{spinner} {bytes} in {elapsed}",
    };
    bar.set_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}
