//! What the portal on one machine says on how to use the command line with it.

mod help;

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    process::{Command, Stdio},
};

use help::Scratch;
use local::Options;

/// OPS-01 the line that the portal prints when it starts works as it stands, pasted into bash and sh, also where folders have
/// blanks and quotes in their names.
#[tokio::test]
async fn ops_01_the_line_about_the_command_line_works_when_it_is_pasted() {
    for name in ["plain", "it's a \"folder\" $HOME"] {
        let scratch = Scratch::new();
        let data = scratch.path().join(name);
        let running =
            local::start(Options { data: Some(data.clone()), ..Options::default() }).await.expect("it starts");
        // What stands beside the portal's program: it says what it was given.
        let command = data.join("countersign");
        let says = "#!/bin/sh\nprintf '%s\\n' \"$1\" \"$AWS_ENDPOINT_URL_DYNAMODB\" \"$COUNTERSIGN_TABLES\" \"$COUNTERSIGN_CLOCK\"\n";
        fs::write(&command, says).expect("a file");
        fs::set_permissions(&command, fs::Permissions::from_mode(0o755)).expect("it may be started");
        let line = local::tools_line(&data, Some(&data.join("local")));
        for shell in ["sh", "bash"] {
            let said = Command::new(shell).args(["-c", &line]).env_clear().stderr(Stdio::inherit()).output();
            let said = said.unwrap_or_else(|error| panic!("{shell}: {error}"));
            let clock = data.join("clock");
            let expected = format!("--help\n{}\n{}\n{}\n", running.dynamodb_url, local::TABLES, clock.display());
            assert_eq!(String::from_utf8_lossy(&said.stdout), expected, "{shell}: {line}");
        }
        running.stop().await;
    }
}
