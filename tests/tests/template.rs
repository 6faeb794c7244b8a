//! `infra/template.yaml` deploys what the code is: its tables, its paths, its answers' headers, its alarms. What its roles
//! allow is another test's (`permissions.rs`), that it can be deployed at all `tests/deploy`.

use std::collections::{BTreeMap, BTreeSet};

use api::path::{ROUTES, Route};
use gateway::{
    log::DIMENSION,
    request::{EDGE, VIEWER},
    testing::mapping::ATTEMPTS,
};
use licensing::event::Event;
use serde_json::{Value, json};
use store::Table;
use tests::{
    programs::{self, root},
    schedule,
    template::{FILE, functions, list, named, resources, setting, template},
};

/// The tables of a deployment have the keys, indexes, streams and times to live that the functions count on and that the
/// tests were run on; what is kept there survives a stack that is deleted, and can be brought back to any second.
#[test]
fn each_table_is_the_one_that_the_functions_know() {
    let template = template();
    let deployed = resources(&template, "AWS::DynamoDB::Table");
    assert_eq!(deployed.len(), Table::ALL.len(), "{FILE} has as many tables as store::Table");
    for table in Table::ALL {
        let name = json!({ "Fn::Sub": format!("${{AWS::StackName}}-{}", table.as_str()) });
        let Some((resource, it)) = deployed.iter().find(|(_, it)| it["TableName"] == name) else {
            panic!("{FILE} has no table {}", table.as_str())
        };
        let schema = |partition: &str, sort: Option<&str>| {
            let mut keys = vec![json!({ "AttributeName": partition, "KeyType": "HASH" })];
            keys.extend(sort.map(|sort| json!({ "AttributeName": sort, "KeyType": "RANGE" })));
            Value::from(keys)
        };
        let (partition, sort) = table.key();
        assert_eq!(it["KeySchema"], schema(partition, sort.map(|(name, _)| name)), "{resource}: its key");

        let mut types = BTreeMap::from([(partition, 'S')]);
        types.extend(sort);
        let indexes: Vec<Value> = table
            .indexes()
            .iter()
            .map(|index| {
                types.insert(index.partition, 'S');
                types.insert(index.sort.0, index.sort.1);
                json!({
                    "IndexName": index.name,
                    "KeySchema": schema(index.partition, Some(index.sort.0)),
                    "Projection": { "ProjectionType": if index.whole { "ALL" } else { "KEYS_ONLY" } },
                })
            })
            .collect();
        assert_eq!(list(&it["GlobalSecondaryIndexes"]), indexes, "{resource}: its indexes");
        let written: BTreeMap<&str, char> = list(&it["AttributeDefinitions"])
            .iter()
            .map(|one| {
                let text = |key: &str| one[key].as_str().unwrap_or_default();
                (text("AttributeName"), text("AttributeType").chars().next().unwrap_or('?'))
            })
            .collect();
        assert_eq!(written, types, "{resource}: the types of its keys");

        let stream = if table.streams() { json!("NEW_IMAGE") } else { Value::Null };
        assert_eq!(it["StreamSpecification"]["StreamViewType"], stream, "{resource}: its stream");
        let ttl = &it["TimeToLiveSpecification"];
        assert_eq!(ttl["AttributeName"].as_str(), table.ttl(), "{resource}: its time to live");
        assert!(ttl.is_null() || ttl["Enabled"] == true, "{resource}: its time to live is on");

        assert_eq!(it["BillingMode"], "PAY_PER_REQUEST", "{resource}");
        assert_eq!(it["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"], true, "{resource}");
        assert_eq!(it["SSESpecification"]["SSEEnabled"], true, "{resource}");
        let protection = json!({ "Fn::If": ["IsProduction", true, false] });
        assert_eq!(it["DeletionProtectionEnabled"], protection, "{resource} can't be deleted in production");
        for policy in ["DeletionPolicy", "UpdateReplacePolicy"] {
            assert_eq!(template["Resources"][resource][policy], "Retain", "{resource}: {policy}");
        }
    }
}

/// SAFE-03 SAFE-04 every mail goes through configuration sets that leave the account's suppression list out, for the portal
/// decides whom mail still goes to; that track nobody; and that report all that is acted on.
#[test]
fn safe_03_mails_are_neither_stopped_nor_tracked_by_ses() {
    let template = template();
    let sets = resources(&template, "AWS::SES::ConfigurationSet");
    assert!(!sets.is_empty());
    for (set, it) in sets {
        assert_eq!(it["SuppressionOptions"], json!({ "SuppressedReasons": [] }), "{set}");
        assert_eq!(it["VdmOptions"]["DashboardOptions"], json!({ "EngagementMetrics": "DISABLED" }), "{set}");
        assert_eq!(it["TrackingOptions"], Value::Null, "{set}");
    }
    for (reports, it) in resources(&template, "AWS::SES::ConfigurationSetEventDestination") {
        let mut kinds: Vec<&str> =
            list(&it["EventDestination"]["MatchingEventTypes"]).iter().filter_map(Value::as_str).collect();
        kinds.sort_unstable();
        assert_eq!(kinds, ["BOUNCE", "COMPLAINT", "DELIVERY", "DELIVERY_DELAY", "REJECT"], "{reports}");
    }
}

/// Which of the API's routes takes a path, as an HTTP API chooses: the most exact one.
fn route_of<'t>(routes: &[(&'t str, &'t str)], path: &str) -> &'t str {
    let parts: Vec<&str> = path.split('/').collect();
    // For each part: itself counts most, one in braces less, the rest least.
    let fits = |route: &str| -> Option<Vec<u8>> {
        let mut score = Vec::new();
        let mut wanted = parts.iter();
        for part in route.split('/') {
            if part.ends_with("+}") {
                return wanted.next().is_some().then_some(score);
            }
            let here = *wanted.next()?;
            match (part == here, part.starts_with('{')) {
                (true, _) => score.push(2),
                (false, true) => score.push(1),
                (false, false) => return None,
            }
        }
        wanted.next().is_none().then_some(score)
    };
    let best = routes.iter().filter_map(|(route, function)| Some((fits(route)?, function))).max();
    best.map_or("no function", |(_, function)| function)
}

/// UI-01 a deployed portal answers each path with the function that answers it everywhere else.
#[test]
fn ui_01_every_path_goes_to_its_function() {
    let template = template();
    let programs: BTreeMap<&str, &str> =
        functions(&template).into_iter().map(|(program, name)| (name, program)).collect();
    let integrations: BTreeMap<&str, &Value> =
        resources(&template, "AWS::ApiGatewayV2::Integration").into_iter().collect();
    let callable: BTreeSet<&str> = resources(&template, "AWS::Lambda::Permission")
        .into_iter()
        .filter(|(_, it)| it["Principal"] == "apigateway.amazonaws.com" && it["Action"] == "lambda:InvokeFunction")
        .map(|(_, it)| named(&it["FunctionName"]))
        .collect();
    let mut routes = Vec::new();
    for (name, it) in resources(&template, "AWS::ApiGatewayV2::Route") {
        let path = it["RouteKey"].as_str().and_then(|key| key.strip_prefix("ANY ")).expect("functions judge methods");
        let target = it["Target"]["Fn::Sub"].as_str().unwrap_or_default();
        let integration = target.strip_prefix("integrations/${").and_then(|rest| rest.strip_suffix('}'));
        let Some(integration) = integration.and_then(|name| integrations.get(name)) else {
            panic!("{FILE}: {name} leads nowhere: {target}")
        };
        assert_eq!(integration["PayloadFormatVersion"], "2.0", "{name}");
        let function = named(&integration["IntegrationUri"]);
        assert!(callable.contains(function), "{FILE}: the API may not call {function}, to which {name} leads");
        routes.push((path, programs[function]));
    }
    for Route { path, function, .. } in ROUTES {
        assert_eq!(route_of(&routes, path), *function, "{FILE}: {path} goes to another function than in api::path");
    }
    assert_eq!(route_of(&routes, "/api/nothing/of/ours"), "show-portal", "what is no path is answered as well");
}

#[test]
fn the_most_exact_route_takes_a_path() {
    let routes = [("/api/{rest+}", "rest"), ("/api/a", "exact"), ("/api/{one}", "one"), ("/api/a/{rest+}", "below")];
    for (path, function) in [
        ("/api/a", "exact"),
        ("/api/b", "one"),
        ("/api/a/b", "below"),
        ("/api/b/c", "rest"),
        ("/api/a/b/c", "below"),
        ("/api", "no function"),
    ] {
        assert_eq!(route_of(&routes, path), function, "{path}");
    }
}

/// SAFE-05 pages and answers of a deployment say to browsers what they say on one machine, where they were tested.
#[test]
fn safe_05_browsers_are_told_the_same_as_on_one_machine() {
    let template = template();
    let policies = resources(&template, "AWS::CloudFront::ResponseHeadersPolicy");
    let [(policy, it)] = policies[..] else { panic!("{FILE} has one policy of headers") };
    let it = &it["ResponseHeadersPolicyConfig"];
    let security = &it["SecurityHeadersConfig"];
    let mut said = BTreeMap::new();
    let mut says = |name: &str, value: &Value| said.insert(name.to_owned(), value.as_str().unwrap_or("").to_owned());
    says("content-security-policy", &security["ContentSecurityPolicy"]["ContentSecurityPolicy"]);
    says("referrer-policy", &security["ReferrerPolicy"]["ReferrerPolicy"]);
    says("x-frame-options", &security["FrameOptions"]["FrameOption"]);
    assert_eq!(security["ContentTypeOptions"]["Override"], true);
    says("x-content-type-options", &json!("nosniff"));
    for custom in list(&it["CustomHeadersConfig"]["Items"]) {
        says(custom["Header"].as_str().expect("a name"), &custom["Value"]);
    }
    let here: BTreeMap<String, String> = local::portal::HEADERS
        .iter()
        .map(|(name, value)| (name.to_string(), value.to_str().expect("plain text").to_owned()))
        .collect();
    assert_eq!(said, here);
    // One machine has no TLS to insist on.
    assert_eq!(security["StrictTransportSecurity"]["AccessControlMaxAgeSec"], 63_072_000);

    let distribution = resources(&template, "AWS::CloudFront::Distribution")[0].1;
    let config = &distribution["DistributionConfig"];
    let behaviours = list(&config["CacheBehaviors"]).iter().chain([&config["DefaultCacheBehavior"]]);
    for behaviour in behaviours {
        let which = behaviour["PathPattern"].as_str().unwrap_or("everything else");
        assert_eq!(named(&behaviour["ResponseHeadersPolicyId"]), policy, "{which}");
    }
}

/// LINK-08 a mailed link opens its own small page, and so do the paths below `/manage/`; the others open the portal's.
#[test]
fn link_08_a_mailed_link_opens_its_page() {
    let template = template();
    let (_, function) = resources(&template, "AWS::CloudFront::Function")[0];
    let code = function["FunctionCode"].as_str().expect("code");
    let between = |before: &'static str| code.split(before).skip(1).filter_map(|rest| rest.split_once('\''));
    let exact = between("path === '").map(|(path, _)| path.to_owned());
    // What has a dot is a file; assets are none of these.
    let beginnings = between("path.indexOf('").filter(|(_, rest)| rest.starts_with(") === 0"));
    let in_template: BTreeSet<String> = exact.chain(beginnings.map(|(path, _)| path.to_owned() + "*")).collect();

    let source = std::fs::read_to_string(root().join("infra/xtask/src/frontend.rs")).expect("the list of pages");
    // What lies between `paths: &[` and `]`, of each entry; `/*` is every other path.
    let lists = source.split("paths: &[").skip(1).filter_map(|rest| rest.split_once(']')).map(|(list, _)| list);
    let built: BTreeSet<String> = lists
        .flat_map(|list| list.split(", "))
        .map(|path| path.trim_matches('"').to_owned())
        .filter(|path| path != "/*")
        .collect();
    assert!(built.len() > 1);
    assert_eq!(in_template, built, "{FILE}: PageOfPath names other paths than infra/xtask/src/frontend.rs");
}

/// EXP-07 somebody is told when a function fails or is not started, or when something was given up; and the guide says what
/// to do then.
#[test]
fn exp_07_every_function_and_every_dead_letter_queue_has_its_alarm_and_every_alarm_its_advice() {
    let template = template();
    let guide = std::fs::read_to_string(root().join("infra/README.md")).expect("the guide");
    let alarms = resources(&template, "AWS::CloudWatch::Alarm");
    let watched: BTreeSet<(&str, &str)> = alarms
        .iter()
        .flat_map(|(_, it)| {
            let metric = it["MetricName"].as_str().expect("a metric");
            list(&it["Dimensions"]).iter().map(move |dimension| (metric, named(&dimension["Value"])))
        })
        .collect();
    for (_, function) in functions(&template) {
        for metric in ["Errors", "Throttles"] {
            assert!(watched.contains(&(metric, function)), "{FILE}: nobody is told of {metric} of {function}");
        }
    }
    for (queue, _) in resources(&template, "AWS::SQS::Queue") {
        let metric = ("ApproximateNumberOfMessagesVisible", queue);
        assert!(watched.contains(&metric), "{FILE}: nobody is told of what lies in {queue}");
    }
    for (mapping, it) in resources(&template, "AWS::Lambda::EventSourceMapping") {
        let function = named(&it["FunctionName"]);
        assert!(
            watched.contains(&("IteratorAge", function)),
            "{FILE}: nobody is told that {function} is behind {mapping}"
        );
        assert_eq!(it["FunctionResponseTypes"], json!(["ReportBatchItemFailures"]), "{mapping}");
        assert_eq!(it["BisectBatchOnFunctionError"], true, "{mapping}");
        assert!(it["MaximumRecordAgeInSeconds"].as_i64().is_some_and(|age| age > 0), "{mapping} gives up in the end");
        assert_eq!(it["MaximumRetryAttempts"], json!(ATTEMPTS), "{mapping}: as the tests of batches have it");
    }
    let advice: Vec<&str> = guide.lines().filter(|line| line.starts_with("| *")).collect();
    for (alarm, it) in alarms {
        let name = alarm.strip_suffix("Alarm").expect("alarms are called so");
        assert!(
            advice.iter().any(|line| line.split('*').skip(1).step_by(2).any(|word| name.ends_with(word))),
            "infra/README.md, \"When an alarm goes off\", says nothing of {alarm}"
        );
        assert_eq!(it["AlarmActions"], json!([{ "Ref": "Alarms" }]), "{alarm} tells somebody");
    }
}

/// REG-05 the content network names the viewer and proves itself; whoever limits by network address believes it, and nobody
/// else holds its secret.
#[test]
fn reg_05_the_viewers_address_reaches_who_limits_by_it() {
    let template = template();
    let distribution = &template["Resources"]["Distribution"]["Properties"]["DistributionConfig"];
    let origin = list(&distribution["Origins"]).iter().find(|origin| origin["Id"] == "api").expect("the API's origin");
    let secret =
        |key: &str| json!({ "Fn::Sub": format!("{{{{resolve:secretsmanager:${{KeysSecret}}:SecretString:{key}}}}}") });
    let proof = json!([{ "HeaderName": EDGE, "HeaderValue": secret("COUNTERSIGN_EDGE_SECRET") }]);
    assert_eq!(origin["OriginCustomHeaders"], proof);

    let behaviours = list(&distribution["CacheBehaviors"]).iter().filter(|one| one["TargetOriginId"] == "api");
    for behaviour in behaviours.inspect(|one| assert_eq!(one["PathPattern"], "/api/*")) {
        let [function] = list(&behaviour["FunctionAssociations"]) else { panic!("one function names the viewer") };
        assert_eq!(function["EventType"], "viewer-request");
        let code = &template["Resources"][named(&function["FunctionARN"])]["Properties"]["FunctionCode"];
        let sets = format!("event.request.headers['{VIEWER}'] = {{ value: event.viewer.ip }};");
        assert!(code.as_str().is_some_and(|code| code.contains(&sets)), "{code}");
        let policy = &template["Resources"][named(&behaviour["OriginRequestPolicyId"])]["Properties"];
        let headers = json!({ "HeaderBehavior": "allExcept", "Headers": ["host"] });
        assert_eq!(policy["OriginRequestPolicyConfig"]["HeadersConfig"], headers, "it reaches the function");
    }
    for (program, function) in functions(&template) {
        let sources = std::fs::read_dir(root().join("functions").join(program).join("src")).expect("its sources");
        let mut texts =
            sources.map(|file| std::fs::read_to_string(file.expect("it is listed").path()).unwrap_or_default());
        let limits = texts.any(|text| text.contains(".network("));
        let held = setting(&template, function, "/Environment/Variables/COUNTERSIGN_EDGE_SECRETS");
        let expected = if limits { secret("COUNTERSIGN_EDGE_SECRETS") } else { Value::Null };
        assert_eq!(*held, expected, "{program}");
    }
}

/// Namespace, metric, dimensions with their values.
type Asked = (String, String, Vec<(String, String)>);

/// EXP-07 SAFE-01 alarms and dashboard look for metrics of the sweep and of sealing that there are, under the names that these
/// give them.
#[test]
fn exp_07_alarms_and_dashboard_name_metrics_that_are_reported() {
    let template = template();
    let mut asked: Vec<Asked> = Vec::new();
    for (_, it) in resources(&template, "AWS::CloudWatch::Alarm") {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let dimensions = list(&it["Dimensions"]).iter();
        let dimensions = dimensions.map(|one| (text(&one["Name"]), named(&one["Value"]).to_owned())).collect();
        asked.push((text(&it["Namespace"]), text(&it["MetricName"]), dimensions));
    }
    for (dashboard, it) in resources(&template, "AWS::CloudWatch::Dashboard") {
        let body = it["DashboardBody"]["Fn::Sub"].as_str().expect("text");
        let body: Value = serde_json::from_str(body).unwrap_or_else(|error| panic!("{dashboard}: {error}"));
        for widget in body["widgets"].as_array().expect("widgets") {
            let mut before: Vec<String> = Vec::new();
            for metric in widget["properties"]["metrics"].as_array().expect("metrics") {
                // A dot stands for what stands there in the line above.
                let parts = metric.as_array().expect("parts").iter().filter_map(Value::as_str).enumerate();
                let parts: Vec<String> =
                    parts.map(|(at, part)| if part == "." { before[at].clone() } else { part.to_owned() }).collect();
                let plain = |value: &str| value.trim_start_matches("${").trim_end_matches('}').to_owned();
                let dimensions = parts[2..].chunks(2).map(|pair| (pair[0].clone(), plain(&pair[1]))).collect();
                asked.push((parts[0].clone(), parts[1].clone(), dimensions));
                before = parts;
            }
        }
    }
    let own: Vec<_> = asked.iter().filter(|(namespace, ..)| !namespace.starts_with("AWS/")).collect();
    assert!(own.len() >= 3, "{own:?}");
    let reported = [expire_links::METRICS, seal_audit::METRICS, register::METRICS];
    for (namespace, metric, dimensions) in own {
        let Some(metrics) = reported.iter().find(|metrics| metrics.namespace == namespace) else {
            panic!("nothing reports metrics of {namespace}")
        };
        assert!(metrics.units.iter().any(|(name, _)| name == metric), "{namespace} has no {metric}");
        assert_eq!(*dimensions, [(DIMENSION.to_owned(), "AWS::StackName".to_owned())], "{metric}");
    }
    // Both name their deployment by what the tables' names begin with.
    let variables = &template["Globals"]["Function"]["Environment"]["Variables"];
    assert_eq!(variables["COUNTERSIGN_TABLES"], json!({ "Fn::Sub": "${AWS::StackName}-" }));
}

/// REG-05 a code does not wait behind a load's letters: the outbox's stream brings it by a mapping of its own, with as many at
/// once as the letters have or more; and the alarm about strangers' mails looks at what `register` reports.
#[test]
fn reg_05_codes_have_a_stream_mapping_of_their_own() {
    let template = template();
    let at_once = |consumer: &str| -> u64 {
        let mappings = resources(&template, "AWS::Lambda::EventSourceMapping").into_iter();
        let of = mappings.filter(|(_, it)| {
            let filters = list(&it["FilterCriteria"]["Filters"]);
            let [filter] = filters else { return false };
            let pattern: Value = serde_json::from_str(filter["Pattern"].as_str().unwrap_or_default()).expect("JSON");
            pattern["dynamodb"]["NewImage"]["consumer"]["S"] == json!([consumer])
                && named(&it["FunctionName"]) == "DeliverMailFunction"
        });
        of.map(|(_, it)| it["ParallelizationFactor"].as_u64().unwrap_or(1)).sum()
    };
    let code = Event::SignInCode {
        address: "ann@contoso.example".parse().expect("an address"),
        device: String::new(),
        generation: 1,
        mail: 1,
    };
    let (codes, letters) = (at_once(code.consumer().as_str()), at_once("mail"));
    assert!(codes >= letters && letters > 0, "{codes} and {letters}");
    let record = |consumer: &str| json!({ "eventName": "INSERT", "dynamodb": { "NewImage": { "consumer": { "S": consumer } } } });
    let takes = |consumer: &str| -> Vec<&str> {
        let mappings = local::functions::mappings().into_iter();
        mappings
            .filter(|mapping| mapping.table == Table::Outbox && (mapping.wants)(&record(consumer)))
            .map(|it| it.name)
            .collect()
    };
    assert_eq!((takes("codes"), takes("mail")), (vec!["codes"], vec!["mail"]), "on one machine as well");

    let alarm = &template["Resources"]["StrangersBudgetAlarm"]["Properties"];
    let [(budget, _)] = register::METRICS.units else { panic!("one metric") };
    assert_eq!((&alarm["Namespace"], &alarm["MetricName"]), (&json!(register::METRICS.namespace), &json!(budget)));
}

/// REG-05 SAFE-07 one address can't use up what the API takes of all together: a rate rule at the edge, as a parameter; and
/// signing in and mail have calls of their own, as parameters.
#[test]
fn reg_05_one_caller_starves_nobody() {
    let template = template();
    let distribution = resources(&template, "AWS::CloudFront::Distribution")[0].1;
    let acl = &distribution["DistributionConfig"]["WebACLId"];
    assert_eq!(*acl, json!({ "Fn::If": ["HasWebAcl", { "Ref": "WebAcl" }, { "Ref": "AWS::NoValue" }] }));
    for (function, condition, parameter) in [
        ("RegisterFunction", "ReservesSignIn", "SignInConcurrency"),
        ("DeliverMailFunction", "ReservesMail", "MailConcurrency"),
    ] {
        let reserved = &template["Resources"][function]["Properties"]["ReservedConcurrentExecutions"];
        assert_eq!(*reserved, json!({ "Fn::If": [condition, { "Ref": parameter }, { "Ref": "AWS::NoValue" }] }));
        let set = std::fs::read_to_string(root().join("samconfig.toml")).expect("the settings");
        assert!(set.contains(&format!("\"{parameter}=")), "production reserves: {parameter}");
    }
    let edge = std::fs::read_to_string(root().join("infra/edge.yaml")).expect("the rate rule");
    let edge = tests::template::read(&edge);
    let (_, acl) = resources(&edge, "AWS::WAFv2::WebACL")[0];
    assert_eq!(acl["Scope"], "CLOUDFRONT");
    let rule = &acl["Rules"][0];
    let rate = &rule["Statement"]["RateBasedStatement"];
    assert_eq!((&rate["AggregateKeyType"], &rate["Limit"]), (&json!("IP"), &json!({ "Ref": "Requests" })));
    assert_eq!(rate["ScopeDownStatement"]["ByteMatchStatement"]["SearchString"], "/api/", "pages are not held to it");
    assert_eq!(rule["Action"]["Block"]["CustomResponse"]["ResponseCode"], 429);
}

/// Every function of the workspace is deployed, and nothing else.
#[test]
fn every_function_is_deployed() {
    let template = template();
    let deployed: Vec<String> = functions(&template).into_keys().map(str::to_owned).collect();
    assert_eq!(deployed, programs::functions());
}

/// EXP-01 every schedule is one that AWS takes. Linters and the stand-in for AWS take any text.
#[test]
fn exp_01_every_schedule_is_one_that_aws_takes() {
    fn schedules<'t>(value: &'t Value, found: &mut Vec<&'t str>) {
        match value {
            Value::Array(all) => all.iter().for_each(|one| schedules(one, found)),
            Value::Object(all) => {
                for (name, value) in all {
                    match value.as_str() {
                        Some(text) if name == "ScheduleExpression" || name == "Schedule" => found.push(text),
                        _ => schedules(value, found),
                    }
                }
            }
            _ => {}
        }
    }
    let template = template();
    let mut found = Vec::new();
    schedules(&template, &mut found);
    assert!(found.len() >= 2, "the sweep and the sealing of audits run by the clock: {found:?}");
    for expression in found {
        assert_eq!(schedule::fault(expression), None, "{FILE}: {expression}");
    }
}

/// The tables and indexes of the release before, as its template had them.
const RELEASED: &str = "tests/data/released-tables.json";

/// What an update of a table may not change, by table: key, and indexes with key and projection.
type Tables = BTreeMap<String, Value>;

fn tables_of(template: &Value) -> Tables {
    let keys = |it: &Value| -> Vec<Value> {
        let types = list(&it["AttributeDefinitions"]);
        let kind =
            |name: &Value| types.iter().find(|one| one["AttributeName"] == *name).map(|one| &one["AttributeType"]);
        let with_type = |key: &Value| json!([key["AttributeName"], kind(&key["AttributeName"]), key["KeyType"]]);
        list(&it["KeySchema"]).iter().map(with_type).collect()
    };
    let mut all = Tables::new();
    for (_, it) in resources(template, "AWS::DynamoDB::Table") {
        let name = it["TableName"]["Fn::Sub"].as_str().and_then(|name| name.strip_prefix("${AWS::StackName}-"));
        let indexes: BTreeMap<&str, Value> = list(&it["GlobalSecondaryIndexes"])
            .iter()
            .map(|index| {
                let whole =
                    json!({ "AttributeDefinitions": it["AttributeDefinitions"], "KeySchema": index["KeySchema"] });
                let kept = json!({ "key": keys(&whole), "projection": index["Projection"] });
                (index["IndexName"].as_str().expect("an index has a name"), kept)
            })
            .collect();
        all.insert(name.expect("a table's name").to_owned(), json!({ "key": keys(it), "indexes": indexes }));
    }
    all
}

/// What AWS would refuse, or what would lose data, and what to do instead.
fn refused_changes(before: &Tables, after: &Tables) -> Vec<String> {
    let mut all = Vec::new();
    for (name, was) in before {
        let Some(is) = after.get(name) else {
            all.push(format!("table {name} is gone: its data would stay behind, where nobody reads them"));
            continue;
        };
        if is["key"] != was["key"] {
            all.push(format!("the key of {name} changed: CloudFormation would make an empty table in its place"));
        }
        let (was, is) = (was["indexes"].as_object().expect("indexes"), is["indexes"].as_object().expect("indexes"));
        let added = is.keys().filter(|index| !was.contains_key(*index)).count();
        let removed = was.keys().filter(|index| !is.contains_key(*index)).count();
        if added + removed > 1 {
            all.push(format!("{name}: {added} indexes are added and {removed} removed: AWS takes one in an update"));
        }
        for (index, kept) in was {
            if is.get(index).is_some_and(|now| now != kept) {
                all.push(format!(
                    "{name}: index {index} changed; AWS would have to remove it and add it in one update"
                ));
            }
        }
    }
    all
}

/// EXP-02 a deployment of the release before can be updated to this one: AWS takes one index more or less in an update of a
/// table, and no other key. The stand-in for AWS takes anything.
#[test]
fn exp_02_the_tables_of_the_release_before_can_become_these() {
    let file = root().join(RELEASED);
    let now = tables_of(&template());
    if std::env::var("COUNTERSIGN_RELEASED").as_deref() == Ok("write") {
        std::fs::write(&file, serde_json::to_string_pretty(&now).expect("plain data") + "\n").expect("it is written");
    }
    let before: Tables = serde_json::from_str(&std::fs::read_to_string(&file).expect("it is there")).expect("JSON");
    let refused = refused_changes(&before, &now);
    assert!(
        refused.is_empty(),
        "{}\n\nMake one change in one release: add an index under a new name, release that, and remove the old one with the \
         next. A table with another key is a new table under a new name. When a release is out, \
         `COUNTERSIGN_RELEASED=write cargo test --workspace --test template` notes its tables in {RELEASED}. \
         infra/README.md, \"Updating and going back\", says what operators see.",
        refused.join("\n")
    );
}

/// EXP-02 each change that AWS refuses is found, and each that it takes is none.
#[test]
fn exp_02_changes_that_aws_refuses_are_found() {
    let table = |key: &str, indexes: &[(&str, &str)]| {
        let indexes: BTreeMap<&str, Value> =
            indexes.iter().map(|(name, key)| (*name, json!({ "key": [[key, "S", "HASH"]] }))).collect();
        json!({ "key": [[key, "S", "HASH"]], "indexes": indexes })
    };
    let of = |it: Value| Tables::from([("t".to_owned(), it)]);
    let before = of(table("id", &[("a", "x"), ("b", "y")]));
    let mut with_another = before.clone();
    with_another.insert("new".into(), table("id", &[("a", "x"), ("b", "y")]));
    for fine in [
        before.clone(),
        with_another,
        of(table("id", &[("a", "x"), ("b", "y"), ("c", "z")])),
        of(table("id", &[("a", "x")])),
    ] {
        assert_eq!(refused_changes(&before, &fine), Vec::<String>::new());
    }
    for refused in [
        Tables::new(),
        of(table("other", &[("a", "x"), ("b", "y")])),
        of(table("id", &[("a", "x"), ("b", "other")])),
        of(table("id", &[("a", "x"), ("c", "z")])),
        of(table("id", &[("a", "x"), ("b", "y"), ("c", "z"), ("d", "z")])),
        of(table("id", &[])),
    ] {
        assert_eq!(refused_changes(&before, &refused).len(), 1, "{refused:?}");
    }
}
