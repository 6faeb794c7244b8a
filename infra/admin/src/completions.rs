//! `countersign completions`: what a shell completes when the Tab key is pressed.

use std::{
    error::Error,
    io::{self, Write},
};

use clap::{Args, CommandFactory, ValueEnum};
use clap_complete::Shell as Generator;

use crate::{Countersign, Done};

/// Print completions for your shell.
///
/// bash: `countersign completions bash > ~/.local/share/bash-completion/completions/countersign`;
/// zsh: `countersign completions zsh > DIRECTORY/_countersign`, with DIRECTORY in your `fpath`;
/// fish: `countersign completions fish > ~/.config/fish/completions/countersign.fish`.
/// Make missing directories first. Then open a new shell.
#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// Your shell.
    #[arg(value_enum)]
    shell: Shell,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Shell {
    Bash,
    Zsh,
    Fish,
}

impl Completions {
    pub(crate) fn run(&self) -> Result<Done, Box<dyn Error>> {
        let generator = match self.shell {
            Shell::Bash => Generator::Bash,
            Shell::Zsh => Generator::Zsh,
            Shell::Fish => Generator::Fish,
        };
        // Into memory first: the generator panics where its output can't be written.
        let mut script = Vec::new();
        clap_complete::generate(generator, &mut Countersign::command(), "countersign", &mut script);
        let mut out = io::stdout().lock();
        out.write_all(&script)?;
        out.flush()?;
        Ok(Done::Fine)
    }
}
