//! Requests that no page and no order system would send, made up from a seed: over all routes, each wrong in one way or
//! several. The same seed makes the same requests, so that what one of them brings about can be brought about again.

use api::path::ROUTES;
use serde_json::{Value, json};

use crate::description::{document, resolved};

/// A request as it goes over the wire.
#[derive(Debug, Clone)]
pub struct Sent {
    /// In which way it is wrong.
    pub way: &'static str,
    /// The method.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// The headers, besides those that the connection needs.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// What a request may carry that proves something, so that what is wrong with the rest is looked at too.
#[derive(Debug, Clone, Default)]
pub struct Proofs {
    /// The portal's own address.
    pub origin: String,
    /// The cookies of somebody who is signed in.
    pub cookie: String,
    /// A token of scope `load`.
    pub token: String,
    /// Tokens of mailed links.
    pub links: Vec<String>,
}

/// Makes requests, without end.
pub struct Malformed {
    proofs: Proofs,
    document: Value,
    dice: Dice,
    count: usize,
}

/// A way of being wrong: its name, and the method of [`Malformed`] that spoils a good request.
type Way = (&'static str, fn(&mut Malformed, &mut Sent));

/// The ways of being wrong.
const WAYS: &[Way] = &[
    ("method", Malformed::method),
    ("content type", Malformed::content_type),
    ("broken JSON", Malformed::broken),
    ("deep JSON", Malformed::deep),
    ("large body", Malformed::large),
    ("wrong types", Malformed::types),
    ("fields", Malformed::fields),
    ("long texts", Malformed::long_texts),
    ("strange texts", Malformed::strange_texts),
    ("encoding", Malformed::encoding),
    ("headers", Malformed::headers),
    ("cookies", Malformed::cookies),
    ("tokens", Malformed::tokens),
    ("query", Malformed::query),
    ("path parts", Malformed::parts),
    ("rows", Malformed::rows),
];

/// Texts that end early, hide something, turn round what follows, or mean something to a program on the way.
const STRANGE: &[&str] = &[
    "",
    " ",
    "\u{0}",
    "\u{7f}",
    "\u{202e}",
    "\u{feff}",
    "\u{fffe}",
    "\u{10ffff}",
    "\u{1f600}",
    "e\u{301}",
    "../../etc/passwd",
    "'; drop table people; --",
    "${jndi:ldap://host.example/a}",
    "{{7*7}}",
    "%00",
    "%",
    "#",
    "?",
    "&",
    "=",
    "~",
    "~4",
    "\\",
    "\"",
    "<script>",
    "\r\nset-cookie: a=b",
    "-1",
    "0",
    "1e400",
    "NaN",
    "9223372036854775808",
    "18446744073709551616",
    "2026-02-30",
    "9999-12-31T23:59:60Z",
    "null",
    "a@b",
    "@",
    "a@b.example@c.example",
    "enterprise/",
    "enterprise#1",
];

impl Malformed {
    /// From this seed.
    pub fn new(seed: u64, proofs: Proofs) -> Self {
        Self { proofs, document: document(), dice: Dice(seed), count: 0 }
    }

    /// A request as it should be: the example of the description, signed in in two of three cases.
    fn good(&mut self, route: usize) -> Sent {
        let route = &ROUTES[route];
        let method = self.dice.one_of(&route.methods());
        let key = method.to_lowercase();
        let operation = &self.document["paths"][route.path][&key];
        let content = &operation["requestBody"]["content"];
        let (kind, body) = if route.path == api::path::LOAD {
            ("application/jsonl", content["application/jsonl"]["example"].as_str().unwrap_or_default().to_owned())
        } else if content.is_object() {
            let schema = resolved(&self.document, &content["application/json"]["schema"]);
            let examples = schema["examples"].as_array().cloned().unwrap_or_default();
            let example = examples.get(self.dice.below(examples.len().max(1))).cloned().unwrap_or(json!({}));
            ("application/json", example.to_string())
        } else {
            ("", String::new())
        };
        let path = route.path.replace("{programme}", "enterprise").replace("{number}", "85890364");
        let path = path.replace("{product}", "DOCS-BUS").replace("{id}", "acc-1");
        let mut headers = vec![("origin".to_owned(), self.proofs.origin.clone())];
        if !kind.is_empty() {
            headers.push(("content-type".to_owned(), kind.to_owned()));
        }
        if self.dice.below(3) > 0 {
            headers.push(("cookie".to_owned(), self.proofs.cookie.clone()));
        }
        if route.path == api::path::LOAD && self.dice.below(4) > 0 {
            headers.push(("authorization".to_owned(), format!("Bearer {}", self.proofs.token)));
        }
        if route.path == api::path::CONFIRM {
            headers.push(("idempotency-key".to_owned(), format!("key-{:016x}", self.dice.next())));
        }
        Sent { way: "", method: method.to_owned(), path, headers, body: body.into_bytes() }
    }

    fn method(&mut self, sent: &mut Sent) {
        let methods =
            ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "HEAD", "get", "PROPFIND", "X", "M-SEARCH"];
        self.dice.one_of(&methods).clone_into(&mut sent.method);
    }

    fn content_type(&mut self, sent: &mut Sent) {
        let kinds = [
            "",
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "application/json; charset=utf-16",
            "APPLICATION/JSON",
            "application/json, text/html",
            "application/xml",
            "a",
            ";;;",
        ];
        let kind = self.dice.one_of(&kinds);
        set(sent, "content-type", kind);
        if self.dice.below(4) == 0 {
            sent.headers.push(("content-type".to_owned(), "text/html".to_owned()));
        }
    }

    /// Cut, doubled, or with single bytes changed.
    fn broken(&mut self, sent: &mut Sent) {
        let length = sent.body.len();
        match self.dice.below(6) {
            0 => sent.body.truncate(self.dice.below(length + 1)),
            1 => sent.body.extend(sent.body.clone()),
            2 => sent.body = b"{\"a\":01}".to_vec(),
            3 => drop(sent.body.splice(0..0, *b"\xef\xbb\xbf")),
            _ => {
                for _ in 0..=self.dice.below(4) {
                    let byte = self.dice.byte();
                    if length > 0 {
                        let at = self.dice.below(length);
                        sent.body[at] = byte;
                    } else {
                        sent.body.push(byte);
                    }
                }
            }
        }
    }

    fn deep(&mut self, sent: &mut Sent) {
        let depth = [20, 127, 128, 129, 1_000, 30_000][self.dice.below(6)];
        let (open, close) = [("[", "]"), ("{\"a\":", "}"), ("{\"target\":", "}")][self.dice.below(3)];
        sent.body = format!("{}1{}", open.repeat(depth), close.repeat(depth)).into_bytes();
    }

    fn large(&mut self, sent: &mut Sent) {
        // The longest ones are few: each is megabytes over the wire.
        let size = if self.dice.below(40) == 0 { 6 * 1024 * 1024 + 1 } else { 1 << (8 + self.dice.below(9)) };
        sent.body = match self.dice.below(4) {
            0 => vec![b' '; size],
            1 => format!("{{\"address\":\"{}\"}}", "x".repeat(size)).into_bytes(),
            2 => format!("[{}1]", "1,".repeat(size / 2)).into_bytes(),
            _ => {
                let fields = (0..size / 16).map(|number| format!("\"field-{number}\":1")).collect::<Vec<_>>();
                format!("{{{}}}", fields.join(",")).into_bytes()
            }
        };
    }

    fn types(&mut self, sent: &mut Sent) {
        let others =
            [json!(null), json!(7), json!(-1), json!(1.5), json!(1e300), json!(true), json!([]), json!({}), json!("x")];
        let other = others[self.dice.below(others.len())].clone();
        self.with_value(sent, |value, _| *value = other.clone());
    }

    fn fields(&mut self, sent: &mut Sent) {
        let Ok(mut body) = serde_json::from_slice::<Value>(&sent.body) else { return self.types(sent) };
        if let Some(fields) = body.as_object_mut() {
            let names: Vec<String> = fields.keys().cloned().collect();
            match self.dice.below(3) {
                0 if !names.is_empty() => drop(fields.remove(&names[self.dice.below(names.len())])),
                1 => drop(fields.insert("__proto__".to_owned(), json!({}))),
                _ => drop(fields.insert("x".repeat(1 + self.dice.below(300)), json!(1))),
            }
        }
        sent.body = body.to_string().into_bytes();
    }

    fn long_texts(&mut self, sent: &mut Sent) {
        let length = [199, 200, 201, 1_000, 20_000][self.dice.below(5)];
        let letter = self.dice.one_of(&["x", "\u{1f600}", "é", "9", " "]).repeat(length);
        self.with_value(sent, |value, _| *value = json!(letter));
    }

    fn strange_texts(&mut self, sent: &mut Sent) {
        let text = self.dice.one_of(STRANGE);
        self.with_value(sent, |value, before| {
            *value = json!(if before { text.to_owned() } else { format!("x{text}") });
        });
    }

    /// Not UTF-8, UTF-16, half of a surrogate pair.
    fn encoding(&mut self, sent: &mut Sent) {
        let text = String::from_utf8_lossy(&sent.body).into_owned();
        sent.body = match self.dice.below(5) {
            0 => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            1 => [b"\xfe\xff".to_vec(), text.encode_utf16().flat_map(u16::to_be_bytes).collect()].concat(),
            2 => text.replacen("\":\"", "\":\"\\ud800", 1).into_bytes(),
            3 => [sent.body.as_slice(), b"\xc3\x28\xff".as_slice()].concat(),
            _ => {
                // What says that it is compressed and is not.
                sent.headers.push(("content-encoding".to_owned(), "gzip".to_owned()));
                sent.body.clone()
            }
        };
    }

    fn headers(&mut self, sent: &mut Sent) {
        let strange = [
            ("origin", "null".to_owned()),
            ("origin", "https://evil.example".to_owned()),
            ("origin", String::new()),
            ("idempotency-key", "k".repeat(129)),
            ("idempotency-key", "\u{e9}".to_owned()),
            ("idempotency-key", String::new()),
            ("accept-language", "x".repeat(5_000)),
            ("accept", "\u{ff}".to_owned()),
            ("user-agent", "\u{202e}".repeat(300)),
            ("x-forwarded-for", "1.2.3.4, ".repeat(200)),
            ("x-countersign-network", "::::".to_owned()),
            ("x-countersign-edge", "x".repeat(500)),
            ("range", "bytes=9-1".to_owned()),
            ("expect", "x".to_owned()),
            ("if-none-match", "\"".to_owned()),
            ("sec-fetch-site", "cross-site".to_owned()),
            ("x-http-method-override", "DELETE".to_owned()),
        ];
        for _ in 0..=self.dice.below(3) {
            let (name, value) = strange[self.dice.below(strange.len())].clone();
            set(sent, name, &value);
        }
    }

    fn cookies(&mut self, sent: &mut Sent) {
        let name = "countersign-session";
        let own = self.proofs.cookie.clone();
        let value = match self.dice.below(9) {
            0 => format!("{name}="),
            1 => format!("{name}=."),
            2 => format!("{name}={}", "a.".repeat(500)),
            3 => format!("{name}=x.{}", "A".repeat(self.dice.below(6_000))),
            4 => format!("{name}=\u{ff}\u{fe}; ;;={own}"),
            5 => own.replace('.', "#"),
            6 => own.chars().rev().collect(),
            7 => format!("{own}; {own}; countersign-asked=%zz; countersign-familiar=a.b.c"),
            _ => ["=", ";", ",", "\"", "a"].map(|part| part.repeat(self.dice.below(200))).concat(),
        };
        set(sent, "cookie", &value);
    }

    /// Mailed links and bearer tokens: cut, reversed, doubled, in other letters, or of another kind.
    fn tokens(&mut self, sent: &mut Sent) {
        let whole = match self.proofs.links.len() {
            0 => "A".repeat(64),
            count => self.proofs.links[self.dice.below(count)].clone(),
        };
        let broken = match self.dice.below(8) {
            0 => whole[..self.dice.below(whole.len())].to_owned(),
            1 => whole.chars().rev().collect(),
            2 => whole.repeat(2),
            3 => whole.to_uppercase(),
            4 => "A".repeat(self.dice.below(60_000)),
            5 => format!("{whole}="),
            6 => self.dice.one_of(STRANGE).to_owned(),
            _ => {
                let mut bytes = whole.into_bytes();
                let at = self.dice.below(bytes.len());
                bytes[at] = b'A' + self.dice.byte() % 26;
                String::from_utf8_lossy(&bytes).into_owned()
            }
        };
        if sent.path.starts_with(api::path::LOAD) {
            let shown: String = broken.chars().filter(|c| !c.is_control()).take(4_000).collect();
            let scheme = self.dice.one_of(&["Bearer ", "bearer ", "Basic ", "", "Bearer  "]);
            return set(sent, "authorization", &format!("{scheme}{shown}"));
        }
        sent.body = match self.dice.below(3) {
            0 => json!({ "token": broken }),
            1 => json!({ "target": { "link": broken }, "choice": { "new": "Contoso" } }),
            _ => json!({ "request": { "link": broken }, "decision": "deny" }),
        }
        .to_string()
        .into_bytes();
    }

    fn query(&mut self, sent: &mut Sent) {
        let names = ["q", "after", "format", "state", "load", "from-row", "dry-run", "all-or-nothing", "x", ""];
        let mut pairs = Vec::new();
        for _ in 0..=self.dice.below(4) {
            let name = self.dice.one_of(&names);
            let value = match self.dice.below(6) {
                0 => api::path::value(self.dice.one_of(STRANGE)),
                1 => "%zz%".to_owned(),
                2 => "%ff%fe".to_owned(),
                3 => "9".repeat(self.dice.below(3_000)),
                4 => "+".repeat(self.dice.below(30)),
                _ => format!("{}.{}.x", self.dice.next(), self.dice.below(9)),
            };
            pairs.push(format!("{name}={value}"));
        }
        if self.dice.below(8) == 0 {
            pairs = vec!["&".repeat(self.dice.below(2_000))];
        }
        sent.path = format!("{}?{}", sent.path.split('?').next().unwrap_or_default(), pairs.join("&"));
    }

    fn parts(&mut self, sent: &mut Sent) {
        let strange = match self.dice.below(7) {
            0 => api::path::value(self.dice.one_of(STRANGE)),
            1 => api::path::part(self.dice.one_of(STRANGE)),
            2 => "%".to_owned(),
            3 => "%ff".to_owned(),
            4 => "~zz".to_owned(),
            5 => "x".repeat(self.dice.below(8_000)),
            _ => "..".to_owned(),
        };
        let mut parts: Vec<String> = sent.path.split('/').map(str::to_owned).collect();
        let at = 2 + self.dice.below(parts.len().saturating_sub(1).max(1));
        match self.dice.below(3) {
            0 => parts.insert(at.min(parts.len()), strange),
            1 => parts.truncate(self.dice.below(parts.len()).max(2)),
            _ => {
                let last = parts.len() - 1;
                parts[at.min(last)] = strange;
            }
        }
        sent.path = parts.join("/");
    }

    /// Rows for the load API, and for those that take none.
    fn rows(&mut self, sent: &mut Sent) {
        let mut body = Vec::new();
        for _ in 0..=self.dice.below(20) {
            let kind = self.dice.one_of(&[
                "product",
                "customer",
                "account",
                "agreement",
                "activation",
                "suppression",
                "order",
                "none",
            ]);
            let text = self.dice.one_of(STRANGE);
            let row = match self.dice.below(6) {
                0 => json!({ "type": kind, "id": text, "name": text, "country": text }).to_string(),
                1 => json!({ "type": kind, "programme": text, "number": [text], "contacts": { "primary": text } })
                    .to_string(),
                2 => format!("{{\"type\":\"{kind}\",\"lines\":[{}]}}", "{},".repeat(self.dice.below(200))),
                3 => format!("{{\"type\":\"{kind}\",\"id\":1,\"id\":2}}"),
                4 => "[".repeat(self.dice.below(2_000)),
                _ => text.to_owned(),
            };
            body.extend(row.into_bytes());
            body.extend(self.dice.one_of(&["\n", "\r\n", "\r", "\u{2028}", "\n\n"]).as_bytes());
        }
        sent.body = body;
    }

    /// Changes one value of a JSON body, wherever it stands; a body that is none becomes the value.
    fn with_value(&mut self, sent: &mut Sent, change: impl Fn(&mut Value, bool)) {
        let mut body: Value = serde_json::from_slice(&sent.body).unwrap_or_default();
        let mut place = &mut body;
        loop {
            let count = match &*place {
                Value::Object(fields) => fields.len(),
                Value::Array(values) => values.len(),
                _ => 0,
            };
            if count == 0 || self.dice.below(6) == 0 {
                break;
            }
            let at = self.dice.below(count);
            place = match place {
                Value::Object(fields) => fields.values_mut().nth(at).expect("there are as many"),
                Value::Array(values) => &mut values[at],
                _ => unreachable!("it has parts"),
            };
        }
        change(place, self.dice.below(2) == 0);
        sent.body = body.to_string().into_bytes();
    }
}

impl Iterator for Malformed {
    type Item = Sent;

    /// Every route in every way, again and again.
    fn next(&mut self) -> Option<Sent> {
        let (route, way) = (self.count % ROUTES.len(), self.count / ROUTES.len() % WAYS.len());
        self.count += 1;
        let mut sent = self.good(route);
        let (name, spoil) = WAYS[way];
        spoil(self, &mut sent);
        sent.way = name;
        // One in three is wrong in a second way.
        if self.dice.below(3) == 0 {
            WAYS[self.dice.below(WAYS.len())].1(self, &mut sent);
        }
        // Signing out would end what the other requests are signed in by.
        if sent.path.starts_with(api::path::SIGN_OUT) {
            sent.headers.retain(|(name, value)| name != "cookie" || !value.contains(&self.proofs.cookie));
        }
        Some(sent)
    }
}

fn set(sent: &mut Sent, name: &str, value: &str) {
    sent.headers.retain(|(other, _)| other != name);
    let value: String = value.chars().filter(|c| *c != '\r' && *c != '\n' && *c != '\0').collect();
    sent.headers.push((name.to_owned(), value));
}

/// A generator of numbers (`SplitMix64`) that is the same on every machine.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit.max(1) as u64).unwrap_or_default()
    }

    fn byte(&mut self) -> u8 {
        self.next().to_le_bytes()[0]
    }

    fn one_of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.below(all.len())]
    }
}
