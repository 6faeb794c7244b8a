//! OPS-06: a portal with data in it goes from an older release to this one, back, and forth again, while people, operators
//! and the clock go on with it.
//!
//! `upgrade FOLDER FOLDER`: where the programs of the older and of this release are.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, ExitCode, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use bench::{Error, database::Folder, figures::Figures};
use serde_json::{Value, json};
use tests::wire;

/// Whose pages are looked at, of the sample data: managers of online services, and others who are named.
const PEOPLE: [&str; 4] =
    ["yan.g@robotics10.example", "bo.r@robotics0.example", "max.v@robotics0.example", "chi.n@robotics0.example"];

/// Programs start, and streams are read to their end, within so many tenths of a second.
const PATIENCE: usize = 1200;

fn main() -> ExitCode {
    bench::run(measure())
}

async fn measure() -> Result<Figures, Error> {
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [older, newer] = arguments.as_slice() else { return Err("upgrade FOLDER FOLDER".into()) };
    let folder = Folder::new()?;
    let mut walk = Walk {
        figures: Figures::of("a portal's data, from the older release to this one, back, and forth again:"),
        data: folder.file("data"),
        policy: folder.file("policy.json"),
        newer: newer.clone(),
        folder,
        browsers: PEOPLE.iter().map(|address| Browser::new(address)).collect(),
        files: Vec::new(),
    };

    // This release writes for the older one as well, while one wants to be able to go back.
    fs::write(&walk.policy, json!({ "stored": { "for_release_before": true } }).to_string())?;
    let mut last = walk.stay("1, the older", older, Facts::new(), 0).await?;
    for (nth, (name, programs)) in
        [("2, this one", newer), ("3, the older again", older), ("4, this one again", newer)].into_iter().enumerate()
    {
        last = walk.stay(name, programs, last, nth + 1).await?;
    }
    Ok(walk.figures)
}

/// What people read of what is stored: where, and what it says.
type Facts = BTreeMap<String, String>;

struct Walk {
    figures: Figures,
    folder: Folder,
    data: PathBuf,
    browsers: Vec<Browser>,
    /// This release's programs, and the policy by which they run.
    newer: PathBuf,
    policy: PathBuf,
    /// What was loaded so far.
    files: Vec<PathBuf>,
}

impl Walk {
    /// One release runs on the data for a while: first everything is as it was left, then everybody does something.
    async fn stay(&mut self, name: &str, programs: &Path, left: Facts, nth: usize) -> Result<Facts, Error> {
        let policy = (programs == self.newer).then_some(self.policy.as_path());
        let portal = Portal::start(programs, &self.data, policy).await?;
        if nth > 0 {
            let found = self.facts(&portal).await?;
            let differ: Vec<String> = left
                .iter()
                .filter(|(place, said)| found.get(*place) != Some(said))
                .map(|(place, said)| format!("{place}: {said} → {:?}", found.get(place)))
                .collect();
            differ.iter().take(5).for_each(|line| println!("    {line}"));
            self.figures.note(&format!("{name}: facts as they were left"), left.len() - differ.len());
            self.figures.exactly(&format!("{name}: facts that changed or went"), count(differ.len()), 0.0, "");
        }

        let signed_out = self.sign_in(&portal).await?;
        // The first time nobody has a session yet.
        let expected = if nth == 0 { PEOPLE.len() } else { 0 };
        self.figures.exactly(&format!("{name}: people who had to sign in"), count(signed_out), count(expected), "");

        let operator = portal.countersign(&["mint-operator", &format!("walk-{nth}")], None)?;
        let operator = operator.out.trim().to_owned();
        if programs == self.newer {
            let done = portal.countersign(&["upgrade"], Some(&operator))?;
            if done.code != 0 {
                return Err(format!("{name}: countersign upgrade failed: {}", done.error).into());
            }
        }
        for file in &self.files {
            let done = portal.countersign(&["import", &text(file)], Some(&operator))?;
            // A refused row is refused again.
            let other = done.out.lines().filter(|line| line.contains("\"outcome\"")).count();
            self.figures.exactly(&format!("{name}: order lines that were taken a second time"), count(other), 0.0, "");
        }
        let file = self.folder.file(&format!("rows-{nth}.jsonl"));
        let rows = portal.countersign(&["sample", "--seed", &(100 + nth).to_string(), "--lines", "60"], None)?;
        fs::write(&file, rows.out)?;
        let done = portal.countersign(&["import", &text(&file)], Some(&operator))?;
        if !matches!(done.code, 0 | 1) {
            return Err(format!("{name}: the import failed: {}", done.error).into());
        }
        self.files.push(file);
        portal.settle().await?;

        let activated = self.activate(&portal).await?;
        self.figures.at_least(&format!("{name}: activated by people"), count(activated), 1.0, "");
        // Reminders, ends, and what a sweep has to do.
        let moved = portal.mailbox("POST", "/api/clock", &json!({ "forward": 20 * 24 * 3600 })).await;
        if moved.status != 200 {
            return Err(format!("{name}: the clock can't be moved: {}", moved.status).into());
        }
        portal.settle().await?;
        // Sessions ended meanwhile.
        self.sign_in(&portal).await?;
        let facts = self.facts(&portal).await?;
        self.figures.note(&format!("{name}: facts that are left"), facts.len());

        let given_up = portal.mailbox("GET", "/api/given-up", &Value::Null).await.json();
        let given_up = given_up["records"].as_array().ok_or("the mailbox lists no records")?.len();
        self.figures.exactly(&format!("{name}: records that no function could take"), count(given_up), 0.0, "");
        let unsound = self.audit(&portal, programs).await?;
        self.figures.exactly(&format!("{name}: audits that are not sound"), count(unsound), 0.0, "");
        let errors = portal.stop()?;
        errors.iter().take(5).for_each(|line| println!("    {line}"));
        self.figures.exactly(&format!("{name}: errors in the log"), count(errors.len()), 0.0, "");
        self.figures.note(&format!("{name}: items stored"), self.items()?);
        Ok(facts)
    }

    /// Whoever has no session any more signs in with a mailed code; how many had to.
    async fn sign_in(&mut self, portal: &Portal) -> Result<usize, Error> {
        let mut signed_out = 0;
        for browser in &mut self.browsers {
            if browser.get(portal, "/api/me").await.status == 200 {
                continue;
            }
            signed_out += 1;
            let newest = portal.mailbox("GET", "/api/mails?limit=1", &Value::Null).await.json();
            let newest = newest["mails"][0]["number"].as_u64().unwrap_or_default();
            let address = browser.address;
            let asked = browser.post(portal, "/api/sign-in/ask", &json!({ "address": address })).await;
            expect(&asked, 200, "asking for a code")?;
            let code = portal.code(address, newest).await?;
            let answer = browser.post(portal, "/api/sign-in", &json!({ "address": address, "code": code })).await;
            expect(&answer, 200, "signing in")?;
            let country = browser.post(portal, "/api/me/country", &json!({ "country": "DE" })).await;
            // It was confirmed before.
            if !matches!(country.status, 200 | 204 | 409 | 422) {
                return Err(format!("confirming the country: {}", country.status).into());
            }
        }
        Ok(signed_out)
    }

    /// Each activates one thing that waits for it, on a new account or on one that there is.
    async fn activate(&mut self, portal: &Portal) -> Result<usize, Error> {
        let mut activated = 0;
        for browser in &mut self.browsers {
            let page = browser.get(portal, "/api/activations?state=invited").await;
            expect(&page, 200, "the list of activations")?;
            for row in page.json()["rows"].as_array().into_iter().flatten().take(3) {
                let target = json!({ "portal": { "licence": row["licence"], "product": row["product"] } });
                let seen = browser.post(portal, "/api/activations/preview", &json!({ "target": target })).await;
                if seen.status != 200 {
                    println!("    a preview: {} {}", seen.status, String::from_utf8_lossy(&seen.body));
                    continue;
                }
                let seen = seen.json();
                let choice = match seen["accounts"][0]["id"].as_str() {
                    Some(id) => json!({ "existing": id }),
                    None => json!({ "new": seen["new_account_name"] }),
                };
                let body = json!({ "target": target, "choice": choice });
                let answer = browser.post(portal, "/api/activations/confirm", &body).await;
                if answer.status == 200 {
                    activated += 1;
                    break;
                }
                println!("    a confirmation: {} {}", answer.status, String::from_utf8_lossy(&answer.body));
            }
        }
        portal.settle().await?;
        Ok(activated)
    }

    /// What people read.
    async fn facts(&mut self, portal: &Portal) -> Result<Facts, Error> {
        let mut facts = Facts::new();
        let mut details = BTreeSet::new();
        for browser in &mut self.browsers {
            let who = browser.address;
            let me = browser.get(portal, "/api/me").await;
            expect(&me, 200, "a person's profile, with the session of before")?;
            let me = me.json();
            for name in ["country", "profile"] {
                facts.insert(format!("{who}: {name}"), me[name].to_string());
            }
            let addresses = me["addresses"].as_array().ok_or("a person has addresses")?;
            let addresses: Vec<String> = addresses.iter().map(|one| one["address"].to_string()).collect();
            facts.insert(format!("{who}: addresses"), addresses.join(" "));
            for (list, state) in [("/api/activations", true), ("/api/me/licences", false)] {
                let mut path = list.to_owned();
                loop {
                    let page = browser.get(portal, &path).await;
                    expect(&page, 200, &path)?;
                    let page = page.json();
                    let rows = page["rows"].as_array().or(page["licences"].as_array());
                    for row in rows.into_iter().flatten() {
                        let place = format!("{who}: {list} {} {}", row["licence"], row["product"]);
                        // A product's name is left out: 99497f1 shows the one that was stored, later releases the one that counts now.
                        // Whether a licence runs is shown by this release only.
                        let said = if state {
                            ["state", "account_name", "quantity", "customer_name", "roles"]
                        } else {
                            ["starts", "ends", "listed", "customer_name", "roles"]
                        };
                        let said: Vec<String> = said.map(|name| row[name].to_string()).into();
                        facts.insert(place, said.join(" "));
                        if state && let Some(path) = path_of(row) {
                            details.insert((who, path));
                        }
                    }
                    match page["next"].as_str() {
                        Some(next) => path = format!("{list}?after={next}"),
                        None => break,
                    }
                }
            }
        }
        for (who, path) in details {
            let browser = self.browsers.iter_mut().find(|browser| browser.address == who).expect("one of them");
            let one = browser.get(portal, &path).await;
            expect(&one, 200, &path)?;
            let mut one = one.json();
            // Its product's name is left out as it is in lists; that there is one is not.
            let name = one["row"].as_object_mut().and_then(|row| row.remove("product_name"));
            if name.as_ref().and_then(Value::as_str).is_none_or(str::is_empty) {
                return Err(format!("{path} names no product: {one}").into());
            }
            let said = ["row", "kind", "to", "mailed_at", "expires_at", "activated_at", "activated_by", "undo_until"];
            if one["row"].is_null() || one["kind"].is_null() {
                return Err(format!("{path} says nothing: {one}").into());
            }
            facts.insert(format!("{who}: {path}"), said.map(|name| one[name].to_string()).join(" "));
        }
        Ok(facts)
    }

    /// Exports the audits of what a person sees, and has them checked.
    async fn audit(&mut self, portal: &Portal, programs: &Path) -> Result<usize, Error> {
        let browser = &mut self.browsers[0];
        let page = browser.get(portal, "/api/activations").await.json();
        let mut paths: BTreeSet<String> = page["rows"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|row| {
                let licence = &row["licence"];
                let (programme, number) = (licence["programme"].as_str()?, licence["number"].as_str()?);
                Some(format!("/api/audit/licence/{programme}/{number}?format=jsonl"))
            })
            .collect();
        paths.insert("/api/audit/me?format=jsonl".into());
        let mut unsound = 0;
        for path in paths {
            let export = browser.get(portal, &path).await;
            expect(&export, 200, &path)?;
            let file = self.folder.file("audit.jsonl");
            fs::write(&file, &export.body)?;
            let checked = Command::new(programs.join("countersign"))
                .args(["audit", "verify", &text(&file)])
                .envs(portal.environment()?)
                .output()?;
            if checked.status.code() != Some(0) {
                println!("    {path}: {}", String::from_utf8_lossy(&checked.stdout).trim());
                unsound += 1;
            }
        }
        Ok(unsound)
    }

    /// How many items stand in the database's file.
    fn items(&self) -> Result<usize, Error> {
        Ok(bench::raw::items(&self.data.join("database.sqlite"))?.len())
    }
}

fn path_of(row: &Value) -> Option<String> {
    let licence = &row["licence"];
    let (programme, number) = (licence["programme"].as_str()?, licence["number"].as_str()?);
    Some(format!("/api/activations/{programme}/{number}/{}", row["product"].as_str()?))
}

fn expect(answer: &wire::Answer, status: u16, what: &str) -> Result<(), Error> {
    if answer.status == status {
        return Ok(());
    }
    Err(format!("{what}: {} {}", answer.status, String::from_utf8_lossy(&answer.body)).into())
}

fn text(path: &Path) -> String {
    path.display().to_string()
}

#[expect(clippy::cast_precision_loss, reason = "small")]
fn count(number: usize) -> f64 {
    number as f64
}

/// A person's browser.
struct Browser {
    address: &'static str,
    cookies: BTreeMap<String, String>,
    asked: u32,
}

impl Browser {
    fn new(address: &'static str) -> Self {
        Self { address, cookies: BTreeMap::new(), asked: 0 }
    }

    async fn get(&mut self, portal: &Portal, path: &str) -> wire::Answer {
        self.ask(portal, "GET", path, b"").await
    }

    async fn post(&mut self, portal: &Portal, path: &str, body: &Value) -> wire::Answer {
        self.ask(portal, "POST", path, body.to_string().as_bytes()).await
    }

    async fn ask(&mut self, portal: &Portal, method: &str, path: &str, body: &[u8]) -> wire::Answer {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let cookies = cookies.join("; ");
        // Each request is a new one.
        self.asked += 1;
        let key = format!("walk-{}-{}-{}", self.address, portal.child.id(), self.asked);
        let mut headers = vec![("content-type", "application/json"), ("origin", portal.url.as_str())];
        headers.push(("idempotency-key", &key));
        if !cookies.is_empty() {
            headers.push(("cookie", &cookies));
        }
        let answer = wire::ask(&portal.url, method, path, &headers, body).await;
        for cookie in answer.headers("set-cookie") {
            let Some((name, rest)) = cookie.split_once('=') else { continue };
            match rest.split(';').next() {
                Some("") | None => self.cookies.remove(name),
                Some(value) => self.cookies.insert(name.to_owned(), value.to_owned()),
            };
        }
        answer
    }
}

/// A release's portal that runs on the data.
struct Portal {
    child: Child,
    url: String,
    mailbox: String,
    programs: PathBuf,
    data: PathBuf,
    /// By which this release runs.
    policy: Option<PathBuf>,
    /// What it says and logs.
    lines: Arc<Mutex<Vec<String>>>,
}

/// What a command said.
struct Said {
    code: i32,
    out: String,
    error: String,
}

impl Portal {
    async fn start(programs: &Path, data: &Path, policy: Option<&Path>) -> Result<Self, Error> {
        let program = programs.join("local");
        let first = !data.exists();
        let mut child = Command::new(&program)
            .args(["--port", "0", "--data"])
            .arg(data)
            .args(policy.iter().flat_map(|policy| [Path::new("--policy"), policy]))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{}: {error}", program.display()))?;
        let lines = Arc::new(Mutex::new(Vec::new()));
        read(child.stdout.take().ok_or("its output is piped")?, &lines);
        read(child.stderr.take().ok_or("its output is piped")?, &lines);
        let mut portal = Self {
            child,
            url: String::new(),
            mailbox: String::new(),
            programs: programs.to_owned(),
            data: data.to_owned(),
            policy: policy.map(Path::to_owned),
            lines,
        };
        let said = |portal: &Self, what: &str| {
            let lines = portal.lines.lock().expect("nobody panics with it");
            lines.iter().find_map(|line| line.trim().strip_prefix(what).map(|rest| rest.trim().to_owned()))
        };
        for _ in 0..PATIENCE {
            let is_loaded = !first || said(&portal, "sample data:").is_some();
            if let (Some(url), Some(mailbox), true) = (said(&portal, "portal "), said(&portal, "mailbox "), is_loaded) {
                url.clone_into(&mut portal.url);
                portal.mailbox = mailbox.split(' ').next().unwrap_or_default().to_owned();
                portal.settle().await?;
                return Ok(portal);
            }
            if let Some(status) = portal.child.try_wait()? {
                let lines = portal.lines.lock().expect("nobody panics with it").join("\n");
                return Err(format!("{} ended: {status}\n{lines}", program.display()).into());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Err(format!("{} does not start", program.display()).into())
    }

    async fn mailbox(&self, method: &str, path: &str, body: &Value) -> wire::Answer {
        let headers = [("content-type", "application/json"), ("origin", self.mailbox.as_str())];
        let body = if body.is_null() { String::new() } else { body.to_string() };
        wire::ask(&self.mailbox, method, path, &headers, body.as_bytes()).await
    }

    /// Waits until streams and functions have nothing to do.
    async fn settle(&self) -> Result<(), Error> {
        // It answers after a while in any case, and a machine may be busy.
        for _ in 0..20 {
            if self.mailbox("POST", "/api/settle", &json!({})).await.status < 300 {
                return Ok(());
            }
        }
        Err("streams and functions do not come to rest".into())
    }

    /// The code that was mailed to an address after that mail.
    async fn code(&self, address: &str, after: u64) -> Result<String, Error> {
        for _ in 0..PATIENCE {
            let path = format!("/api/mails?to={address}&after={after}");
            let found = self.mailbox("GET", &path, &Value::Null).await.json();
            let codes = found["mails"].as_array().into_iter().flatten().filter_map(|mail| mail["code"].as_str());
            if let Some(code) = codes.into_iter().next() {
                return Ok(code.to_owned());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Err(format!("no code came to {address}").into())
    }

    /// What programs of this machine need.
    fn environment(&self) -> Result<Vec<(String, String)>, Error> {
        let text = fs::read_to_string(self.data.join("env"))?;
        let pairs = text.lines().filter_map(|line| line.split_once('='));
        Ok(pairs.map(|(name, value)| (name.to_owned(), value.trim_matches('\'').to_owned())).collect())
    }

    /// The operators' command line of this release.
    fn countersign(&self, arguments: &[&str], operator: Option<&str>) -> Result<Said, Error> {
        let mut command = Command::new(self.programs.join("countersign"));
        command.args(arguments).envs(self.environment()?);
        if let Some(policy) = &self.policy {
            command.env("COUNTERSIGN_POLICY", fs::read_to_string(policy)?);
            command.args(arguments.first().filter(|name| **name == "import").map(|_| "--policy"));
            command.args(arguments.first().filter(|name| **name == "import").map(|_| policy));
        }
        command.envs(operator.map(|secret| ("COUNTERSIGN_OPERATOR", secret)));
        let output = command.output()?;
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Ok(Said { code: output.status.code().unwrap_or(-1), out: text(output.stdout), error: text(output.stderr) })
    }

    /// Stops it in order; the errors that it logged.
    fn stop(mut self) -> Result<Vec<String>, Error> {
        let stopped = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status()?;
        if !stopped.success() {
            return Err("the portal can't be stopped".into());
        }
        self.child.wait()?;
        let lines = self.lines.lock().expect("nobody panics with it");
        let is_error =
            |line: &&String| line.to_lowercase().contains("\"level\":\"error\"") || line.contains("panicked");
        Ok(lines.iter().filter(is_error).cloned().collect())
    }
}

impl Drop for Portal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Keeps what a program writes, on a thread of its own.
fn read(from: impl std::io::Read + Send + 'static, to: &Arc<Mutex<Vec<String>>>) {
    let to = Arc::clone(to);
    thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            to.lock().expect("nobody panics with it").push(line);
        }
    });
}
