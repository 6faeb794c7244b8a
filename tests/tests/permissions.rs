//! Each function's role in `infra/template.yaml` allows what the function does, and nothing else (SAFE-05).
//!
//! What it asks of the database and of SES was noted while its tests ran (`gateway::testing::permissions`); what else a
//! role must allow follows from how the function is deployed: its stream, its dead letters, its log, its settings.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    path::PathBuf,
};

use gateway::testing::permissions::{self, FOLDER};
use serde_json::{Value, json};
use tests::template::{FILE, LIKE, Permission, allowed, functions, list, named, resources, setting, template, thing};

/// Who may do what, and why: the test in which it was seen, or the part of the template that needs it.
type Reasons = BTreeMap<Permission, String>;

/// The operators' command line: the package whose use is noted, and the policy that its users have.
const OPERATORS: (&str, &str) = ("countersign-admin", "OperatorsPolicy");

/// The command line loads files with the code of this function, whose tests go where its own do not: what the function does
/// when others write at the same time.
const LOADER: &str = "load-orders";

/// The one function that seals.
const SEALER: &str = "seal-audit";

/// How what opens a function's connection is told from other reads of its table.
const CERTAIN_KEY: &str = " where the key is ";

/// What holds permissions: a function with its role, or the operators with their policy.
struct Holder<'t> {
    /// Whose use is noted.
    package: &'t str,
    /// The role or policy.
    name: &'t str,
    documents: Vec<&'t Value>,
    /// The function's resource.
    function: Option<&'t str>,
}

fn holders(template: &Value) -> Vec<Holder<'_>> {
    let mut all = Vec::new();
    for (package, function) in functions(template) {
        let name = named(setting(template, function, "/Role"));
        let role = &template["Resources"][name]["Properties"];
        assert!(role["ManagedPolicyArns"].is_null(), "{FILE}: {name} says itself what it allows");
        let documents = list(&role["Policies"]).iter().map(|policy| &policy["PolicyDocument"]).collect();
        all.push(Holder { package, name, documents, function: Some(function) });
    }
    let (package, name) = OPERATORS;
    for (found, policy) in resources(template, "AWS::IAM::ManagedPolicy") {
        assert_eq!(found, name, "{FILE}: only the operators' policy stands by itself");
        all.push(Holder { package, name, documents: vec![&policy["PolicyDocument"]], function: None });
    }
    all
}

impl Holder<'_> {
    fn allowed(&self, template: &Value) -> BTreeMap<Permission, BTreeSet<String>> {
        self.documents.iter().flat_map(|document| allowed(template, document)).collect()
    }

    /// What it needs because of how it is deployed.
    fn by_rule(&self, template: &Value, sends_mail: bool) -> Reasons {
        let mut needed = Reasons::new();
        let Some(function) = self.function else { return needed };
        let mut needs =
            |action: &str, on: String, why: &str| needed.insert(Permission::new(action, on), why.to_owned());
        let log = named(setting(template, function, "/LoggingConfig/LogGroup")).to_owned();
        for action in ["logs:CreateLogStream", "logs:PutLogEvents"] {
            needs(action, log.clone(), "LoggingConfig");
        }
        let key = setting(template, function, "/KmsKeyArn");
        if !key.is_null() {
            needs("kms:Decrypt", thing(template, key), "KmsKeyArn: Lambda decrypts the settings in the role's name");
        }
        for (mapping, it) in resources(template, "AWS::Lambda::EventSourceMapping") {
            if named(&it["FunctionName"]) != function {
                continue;
            }
            let stream = thing(template, &it["EventSourceArn"]);
            for action in ["DescribeStream", "GetRecords", "GetShardIterator", "ListStreams"] {
                needs(&format!("dynamodb:{action}"), stream.clone(), mapping);
            }
            needs("sqs:SendMessage", thing(template, &it["DestinationConfig"]["OnFailure"]["Destination"]), mapping);
        }
        let bus = setting(template, function, "/Environment/Variables/COUNTERSIGN_BUS");
        if !bus.is_null() {
            needs("events:PutEvents", named(bus).to_owned(), "COUNTERSIGN_BUS");
        }
        if sends_mail {
            let ses = |what: &str| format!("arn:${{AWS::Partition}}:ses:${{AWS::Region}}:${{AWS::AccountId}}:{what}");
            needs("ses:SendEmail", ses("identity/${MailIdentity}"), "it sends mails");
            let set = named(setting(template, function, "/Environment/Variables/COUNTERSIGN_MAIL_SET"));
            if !set.is_empty() {
                needs("ses:SendEmail", ses(&format!("configuration-set/${{{set}}}")), "COUNTERSIGN_MAIL_SET");
            }
        }
        needed
    }
}

/// What was noted, by package: what, and the test in which it was seen first.
fn noted(lines: &str) -> BTreeMap<String, Reasons> {
    let mut all: BTreeMap<String, Reasons> = BTreeMap::new();
    for line in lines.lines() {
        let [package, action, on, test] = line.split('\t').collect::<Vec<_>>()[..] else { panic!("{FOLDER}: {line}") };
        all.entry(package.to_owned()).or_default().entry(Permission::new(action, on)).or_insert(test.to_owned());
    }
    all
}

/// Where what is allowed and what is used differ, in words for who has to mend it.
fn differences(template: &Value, used: &BTreeMap<String, Reasons>) -> Vec<String> {
    let mut all = Vec::new();
    for holder in holders(template) {
        let Holder { package, name, .. } = &holder;
        let Some(noted) = used.get(*package) else {
            all.push(format!(
                "{package}: nothing was noted; run its tests with {FOLDER} set, as `cargo xtask test` does"
            ));
            continue;
        };
        let loader = if *package == OPERATORS.0 { used.get(LOADER) } else { None };
        let loads = loader.into_iter().flatten().filter(|(permission, _)| !permission.on.contains(CERTAIN_KEY));
        let noted: Reasons = noted.iter().chain(loads).map(|(p, test)| (p.clone(), test.clone())).collect();
        let sends_mail = noted.keys().any(|permission| permission.action == "ses:SendEmail");
        let mut needed = holder.by_rule(template, sends_mail);
        needed.extend(
            noted.iter().filter(|(p, _)| p.action.starts_with("dynamodb:")).map(|(p, test)| (p.clone(), test.clone())),
        );
        let allowed = holder.allowed(template);
        for (Permission { action, on }, why) in &needed {
            // A permission for all keys is one for a certain key.
            let table = on.split(CERTAIN_KEY).next().unwrap_or(on);
            if [on, table].iter().all(|on| !allowed.contains_key(&Permission::new(action, *on))) {
                all.push(format!(
                    "{package} needs {action} on {on} (seen in: {why}), which {name} does not allow. Add it to {FILE}. If it \
                     is only that test's set-up, let the test do it by `bench.store`."
                ));
            }
        }
        for (Permission { action, on }, statements) in &allowed {
            if !needed.contains_key(&Permission::new(action, on)) {
                all.push(format!(
                    "{name} allows {action} on {on} (statement {statements:?}), which no test of {package} was seen to \
                     need. Write the missing test, or remove it from {FILE}."
                ));
            } else if statements.len() > 1 {
                all.push(format!("{name} allows {action} on {on} in several statements: {statements:?}"));
            }
        }
    }
    all
}

/// SAFE-05 who may do what, as it is seen when somebody changes it.
#[test]
fn safe_05_who_may_do_what() {
    let template = template();
    assert!(holders(&template).iter().any(|holder| holder.name == OPERATORS.1), "operators have a policy");
    let mut text = String::new();
    for holder in holders(&template) {
        writeln!(text, "{}", holder.package).expect("text takes text");
        let mut things: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for permission in holder.allowed(&template).into_keys() {
            things.entry(permission.action).or_default().push(permission.on);
        }
        for (action, on) in things {
            writeln!(text, "  {action}: {}", on.join(", ")).expect("text takes text");
        }
    }
    insta::assert_snapshot!(text);
}

/// SAFE-05 each role allows what was seen being used while all tests ran, and nothing else; and no statement of a role could
/// be taken away without this test seeing it.
#[test]
#[ignore = "compares what all other tests were seen to use: `cargo xtask test` runs it after them"]
fn safe_05_roles_allow_what_is_used_and_nothing_else() {
    let folder = PathBuf::from(std::env::var_os(FOLDER).unwrap_or_else(|| panic!("{FOLDER} names the folder")));
    let files = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let lines: String = files
        .map(|file| std::fs::read_to_string(file.expect("it is listed").path()).expect("it can be read"))
        .collect();
    let (template, used) = (template(), noted(&lines));
    let found = differences(&template, &used);
    assert!(found.is_empty(), "what is allowed and what is used differ:\n\n{}\n", found.join("\n"));

    let mut removed = 0;
    for (place, statements) in documents(&template) {
        for number in 0..statements {
            let mut less = template.clone();
            let gone = less.pointer_mut(&place).and_then(Value::as_array_mut).expect("statements").remove(number);
            assert!(!differences(&less, &used).is_empty(), "{place} without {gone} is still enough");
            removed += 1;
        }
    }
    assert!(removed >= holders(&template).len(), "{removed} statements");
}

/// Where the holders' statements stand in the template, and how many they are.
fn documents(template: &Value) -> Vec<(String, usize)> {
    let mut all = Vec::new();
    for holder in holders(template) {
        let policies = template["Resources"][holder.name]["Properties"]["Policies"].as_array().map_or(0, Vec::len);
        let places = match holder.function {
            Some(_) => (0..policies).map(|number| format!("Policies/{number}/PolicyDocument")).collect(),
            None => vec!["PolicyDocument".to_owned()],
        };
        for place in places {
            let place = format!("/Resources/{}/Properties/{place}/Statement", holder.name);
            let statements = template.pointer(&place).and_then(Value::as_array).expect("a list of statements").len();
            all.push((place, statements));
        }
    }
    all
}

/// A template of one function, whose role has these statements besides the one for its log.
fn small(statements: &[Value]) -> Value {
    let log = json!({ "Sid": "Log", "Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": { "Fn::GetAtt": "Log.Arn" } });
    let all = [statements, &[log]].concat();
    json!({ "Resources": {
        "PeopleTable": { "Type": "AWS::DynamoDB::Table", "Properties": {
            "TableName": { "Fn::Sub": "${AWS::StackName}-people" } } },
        "MarksTable": { "Type": "AWS::DynamoDB::Table", "Properties": {
            "TableName": { "Fn::Sub": "${AWS::StackName}-marks" } } },
        "Function": { "Type": "AWS::Serverless::Function",
            "Metadata": { "BuildProperties": { "Binary": "register" } },
            "Properties": { "Role": { "Fn::GetAtt": "Role.Arn" }, "LoggingConfig": { "LogGroup": { "Ref": "Log" } } } },
        "Role": { "Type": "AWS::IAM::Role", "Properties": {
            "Policies": [{ "PolicyDocument": { "Statement": all } }] } },
    } })
}

fn statement(action: &str, resource: Value) -> Value {
    json!({ "Sid": action, "Effect": "Allow", "Action": format!("dynamodb:{action}"), "Resource": resource })
}

/// SAFE-05 a difference in either direction is found, and named so that one knows what to do.
#[test]
fn safe_05_a_difference_in_either_direction_is_named() {
    let used = noted(
        "register\tdynamodb:GetItem\tpeople\tone_test\nregister\tdynamodb:Query\tpeople/due\tanother_test\n\
         register\tdynamodb:BatchGetItem\tmarks where the key is prime\ta_start\nshow-portal\tdynamodb:Scan\tpeople\tx",
    );
    let get = || statement("GetItem", json!([{ "Fn::GetAtt": "PeopleTable.Arn" }]));
    let query = || statement("Query", json!({ "Fn::Sub": "${PeopleTable.Arn}/index/due" }));
    let mut prime = statement("BatchGetItem", json!({ "Fn::GetAtt": "MarksTable.Arn" }));
    prime["Sid"] = "OpenTheConnection".into();
    let whole = prime.clone();
    prime["Condition"] = json!({ "ForAllValues:StringEquals": { "dynamodb:LeadingKeys": ["prime"] } });
    let found = |statements: &[Value]| differences(&small(statements), &used);

    assert_eq!(found(&[get(), query(), prime.clone()]), Vec::<String>::new());
    for (statements, said) in [
        (vec![query(), prime.clone()], "register needs dynamodb:GetItem on people (seen in: one_test)"),
        (vec![get(), prime.clone()], "register needs dynamodb:Query on people/due (seen in: another_test)"),
        (
            vec![get(), query()],
            "register needs dynamodb:BatchGetItem on marks where the key is prime (seen in: a_start)",
        ),
        (vec![get(), query(), whole], "Role allows dynamodb:BatchGetItem on marks (statement {\"OpenTheConnection\"})"),
        (vec![get(), query(), prime.clone(), get_all()], "Role allows dynamodb:GetItem on \"*\""),
        (
            vec![get(), query(), prime.clone(), statement("PutItem", json!({ "Fn::GetAtt": "PeopleTable.Arn" }))],
            "Role allows dynamodb:PutItem on people",
        ),
    ] {
        let found = found(&statements);
        assert!(found.len() == 1 && found[0].starts_with(said), "{said}: {found:?}");
    }
}

/// SAFE-01 SAFE-05 seals are written by `seal-audit` alone, which writes nothing else of the audit but that a chain is sealed;
/// entries are put by those who change something, and by nobody changed or deleted. Operators are no exception.
#[test]
fn safe_01_only_seal_audit_writes_seals() {
    assert_eq!(LIKE, permissions::LIKE, "what is noted and what is allowed are compared as text");
    let template = template();
    for holder in holders(&template) {
        let package = holder.package;
        let of_audit: Vec<Permission> =
            holder.allowed(&template).into_keys().filter(|permission| permission.on.starts_with("audit")).collect();
        for Permission { action, on } in of_audit {
            if ["dynamodb:BatchGetItem", "dynamodb:Query"].contains(&action.as_str()) {
                continue;
            }
            let kind = on.strip_prefix("audit").and_then(|on| on.strip_prefix(LIKE));
            let chains = ["licence#*", "profile#*", "account#*", "operators"];
            let may = match (action.as_str(), kind) {
                ("dynamodb:PutItem", Some(kind)) => package != SEALER && chains.contains(&kind),
                ("dynamodb:UpdateItem", Some(kind)) => {
                    package == SEALER && [&chains[..], &["seal#*", "finding#*"]].concat().contains(&kind)
                }
                _ => false,
            };
            assert!(may, "{FILE}: {} allows {action} on {on}", holder.name);
        }
        if package == SEALER {
            let statements = holder.documents.iter().flat_map(|document| list(&document["Statement"]));
            let of_chains = statements.filter(|statement| statement["Action"] == "dynamodb:UpdateItem");
            let attributes: Vec<&Value> = of_chains
                .filter(|statement| statement.to_string().contains("licence#*"))
                .map(|statement| &statement["Condition"]["ForAllValues:StringEquals"]["dynamodb:Attributes"])
                .collect();
            assert_eq!(attributes, [&json!(["chain", "seq", "newest", "unsealed"])], "no entry, and no head's hash");
        }
    }
}

fn get_all() -> Value {
    let mut all = statement("GetItem", json!("*"));
    all["Sid"] = "Everything".into();
    all
}
