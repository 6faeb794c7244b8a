//! `cargo xtask pages`: the browser's files in `target/pages`, with hashed names and compressed siblings.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    path::{Path, PathBuf},
};

use serde_json::{Value, json};

use crate::{
    Outcome,
    frontend::{Addresses, ENTRIES, Entry, folder, hex, without_comments},
    programs::{
        cargo, files_in, note, npm_packages, program, read, read_text, root, succeed, succeed_silently, timed, write,
    },
    toolchain::{Profile, Toolchain},
};

/// What wasm-opt may use: what the compiler already used. `--all-features` would make modules that browsers refuse.
const WASM_FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// What makes the modules smallest, of what was tried (see infra/DECISIONS.md). The stack lies below the data, so nothing
/// lies at the first addresses.
const WASM_PASSES: [&str; 6] = ["--flatten", "--rereloop", "--dfo", "-Oz", "--converge", "--low-memory-unused"];

/// Stands for the module's address, which is known when the module is finished.
const MODULE: &str = "{{module}}";

/// `cargo xtask pages [--quick | --release]`
pub(crate) fn run(arguments: &[&str]) -> Outcome {
    let profile = match arguments {
        [] | ["--release"] => Profile::Release,
        ["--quick"] => Profile::Quick,
        _ => return Err("Usage: cargo xtask pages [--quick | --release]".to_owned()),
    };
    build(profile)?;
    print_sizes()
}

/// Where the pages are built.
pub(crate) fn pages() -> PathBuf {
    root().join("target/pages")
}

/// Builds the pages, unless they are as they would be built.
pub(crate) fn build(profile: Profile) -> Outcome {
    check_bindgen_version()?;
    let _one_at_a_time = lock()?;
    let toolchain = Toolchain::find(profile)?;
    note(&format!("pages: compiling for the browser with {}", toolchain.story()));
    let wasm_dir = root().join("target/wasm");
    let (built, time) = timed(|| toolchain.build(profile, &folder().join("Cargo.toml"), &wasm_dir));
    built?;

    let fingerprint = fingerprint(profile, &toolchain, &wasm_dir)?;
    let stamp = root().join("target/pages.built");
    if pages().join("manifest.json").is_file() && fs::read_to_string(&stamp).is_ok_and(|built| built == fingerprint) {
        note("pages: up to date");
        return Ok(());
    }

    let (assembled, more) = timed(|| {
        let tools = Tools::get(profile)?;
        assemble(profile, &tools, &wasm_dir)
    });
    assembled?;
    write(&stamp, fingerprint.as_bytes())?;
    note(&format!("pages: built in {:.0} s, packed in {:.0} s", time.as_secs_f32(), more.as_secs_f32()));
    Ok(())
}

/// Held while the pages are built: two builds would mix their files.
fn lock() -> Outcome<File> {
    let path = root().join("target/pages.lock");
    write(&path, b"")?;
    let file = File::open(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    if file.try_lock().is_err() {
        note("pages: waiting for another build to finish");
        file.lock().map_err(|e| format!("{}: {e}", path.display()))?;
    }
    Ok(file)
}

/// The manifest of the pages as they were last built.
pub(crate) fn manifest() -> Outcome<Value> {
    let path = pages().join("manifest.json");
    serde_json::from_slice(&read(&path)?).map_err(|e| format!("{}: {e}", path.display()))
}

/// A table: what a browser loads for each page, file by file.
pub(crate) fn print_sizes() -> Outcome {
    let manifest = manifest()?;
    println!("\n  {:<38} {:>10} {:>10} {:>10}", "bytes", "plain", "gzip", "brotli");
    for entry in ENTRIES {
        let mut sums = [0; 3];
        for (file, sizes) in loads(&manifest, entry.name)? {
            println!("  {file:<38} {:>10} {:>10} {:>10}", sizes[0], sizes[1], sizes[2]);
            for (sum, size) in sums.iter_mut().zip(sizes) {
                *sum += size;
            }
        }
        let name = format!("= {}, first load", entry.name);
        println!("  {name:<38} {:>10} {:>10} {:>10}\n", sums[0], sums[1], sums[2]);
    }
    Ok(())
}

/// What a cold browser loads to start an entry: each file with its size, plain, in gzip and in brotli.
pub(crate) fn loads(manifest: &Value, entry: &str) -> Outcome<Vec<(String, [u64; 3])>> {
    let list = manifest["entries"][entry]["loads"].as_array().ok_or_else(|| format!("manifest.json has no {entry}"))?;
    let sizes = |file: &Value| {
        let file = file.as_str()?;
        let sizes = &manifest["files"][file];
        Some((file.to_owned(), [sizes["bytes"].as_u64()?, sizes["gzip"].as_u64()?, sizes["brotli"].as_u64()?]))
    };
    list.iter().map(|file| sizes(file).ok_or_else(|| format!("manifest.json says nothing about {file}"))).collect()
}

/// Sees to it that no first load has grown past what its entry allows.
///
/// # Errors
/// One that has, with both numbers.
pub(crate) fn check_first_loads() -> Outcome {
    let manifest = manifest()?;
    ENTRIES.iter().try_for_each(|entry| check_first_load(&manifest, entry))
}

fn check_first_load(manifest: &Value, entry: &Entry) -> Outcome {
    let is_release = manifest["profile"] == Profile::Release.cargo_name();
    let most = if is_release { entry.most.release } else { entry.most.quick };
    let loaded: u64 = loads(manifest, entry.name)?.iter().map(|(_, sizes)| sizes[2]).sum();
    if loaded <= most {
        return Ok(());
    }
    Err(format!(
        "the first load of {} is {loaded} bytes, and should be at most {most} (infra/xtask/src/frontend.rs)",
        entry.page
    ))
}

/// Programs that turn the compiler's modules into pages.
struct Tools {
    bindgen: PathBuf,
    npm: PathBuf,
}

impl Tools {
    fn get(profile: Profile) -> Outcome<Self> {
        let tools = root().join("target/tools");
        let bindgen = tools.join("bindgen");
        if !bindgen.join("debug/bindgen").is_file() {
            note("pages: building wasm-bindgen, once (half a minute)");
        }
        let mut build = cargo();
        build.args(["build", "--quiet", "--locked", "--manifest-path", "infra/xtask/bindgen/Cargo.toml"]);
        succeed(build.arg("--target-dir").arg(&bindgen), "building wasm-bindgen")?;

        let npm = tools.join("npm");
        if profile == Profile::Release {
            for file in ["package.json", "package-lock.json"] {
                write(&npm.join(file), &read(&root().join("infra/xtask").join(file))?)?;
            }
            npm_packages(&npm, "minifying the pages")?;
        }
        Ok(Self { bindgen: bindgen.join("debug/bindgen"), npm: npm.join("node_modules/.bin") })
    }

    /// Writes `NAME.js` and `NAME_bg.wasm`.
    fn glue(&self, module: &Path, folder: &Path, name: &str) -> Outcome {
        let mut bindgen = program(&self.bindgen);
        succeed(bindgen.arg("glue").arg(module).arg(folder).arg(name), "wasm-bindgen")
    }

    /// Takes out of a module what its script doesn't use.
    fn shrink_module(&self, module: &Path, script: &Path) -> Outcome {
        succeed(program(&self.bindgen).arg("trim").arg(module).arg(script), "trimming the module")?;
        let mut wasm_opt = program(self.npm.join("wasm-opt"));
        wasm_opt.args(WASM_PASSES).args(WASM_FEATURES).arg(module).arg("-o").arg(module);
        succeed_silently(&mut wasm_opt, "wasm-opt").map(drop)
    }

    /// Makes a script or a style sheet shorter; `bundle` also leaves out of a script what it doesn't use.
    fn shrink_text(&self, file: &Path, bundle: bool) -> Outcome {
        let mut esbuild = program(self.npm.join("esbuild"));
        esbuild.arg(file).args(["--minify", "--target=es2022,safari17.5", "--log-level=warning", "--allow-overwrite"]);
        if bundle {
            esbuild.args(["--bundle", "--format=iife"]);
        }
        esbuild.arg(format!("--outfile={}", file.display()));
        succeed_silently(&mut esbuild, "esbuild").map(drop)
    }

    /// Writes a `.br` and a `.gz` beside each file.
    fn squeeze(&self, profile: Profile, files: &[PathBuf]) -> Outcome {
        let quality = if profile == Profile::Release { "11" } else { "6" };
        succeed(program(&self.bindgen).args(["squeeze", quality]).args(files), "compressing the pages")
    }
}

/// Puts everything in a new folder, and that in the place of the old one: who serves the pages sees one or the other.
fn assemble(profile: Profile, tools: &Tools, wasm_dir: &Path) -> Outcome {
    let (frontend, new, work) = (folder(), root().join("target/pages.new"), wasm_dir.join("glue"));
    for folder in [&new, &work] {
        remove(folder)?;
        fs::create_dir_all(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    }
    let mut addresses = Addresses::default();
    let mut contents: BTreeMap<String, Vec<u8>> = BTreeMap::new();

    for file in files_in(&frontend.join("static"))? {
        let name = name_of(&file);
        let mut content = read(&file)?;
        if profile == Profile::Release && has_extension(&file, "js") {
            let smaller = work.join(&name);
            write(&smaller, &content)?;
            tools.shrink_text(&smaller, false)?;
            content = read(&smaller)?;
        }
        contents.insert(addresses.add(&format!("static/{name}"), &name, &content), content);
    }
    for file in files_in(&frontend.join("static/root"))? {
        contents.insert(format!("/{}", name_of(&file)), read(&file)?);
    }

    let css = work.join("portal.css");
    write(&css, addresses.fill(&style_sheet(&frontend)?, "frontend/styles")?.as_bytes())?;
    if profile == Profile::Release {
        tools.shrink_text(&css, false)?;
    }
    let css = read(&css)?;
    contents.insert(addresses.add("css", "portal.css", &css), css);

    for entry in &ENTRIES {
        let name = entry.name;
        tools.glue(&Toolchain::module(profile, wasm_dir, name), &work, name)?;
        let module = work.join(format!("{name}_bg.wasm"));
        let script = work.join(format!("{name}.js"));
        write(&script, with_start(&read_text(&script)?)?.as_bytes())?;
        if profile == Profile::Release {
            tools.shrink_text(&script, true)?;
            tools.shrink_module(&module, &script)?;
        }
        let module = read(&module)?;
        let address = addresses.add(&format!("{name}.wasm"), &format!("{name}.wasm"), &module);
        let script = read_text(&script)?.replace(MODULE, &address).into_bytes();
        contents.insert(address, module);
        contents.insert(addresses.add(&format!("{name}.js"), &format!("{name}.js"), &script), script);
    }

    let mut entries = serde_json::Map::new();
    for entry in &ENTRIES {
        let source = read_text(&frontend.join(entry.source))?.replace("{{entry.", &format!("{{{{{}.", entry.name));
        let page = addresses.fill(&source, &format!("frontend/{}", entry.source))?;
        let page = without_comments(&page, "<!--", "-->");
        let address = format!("/{}", entry.page);
        let mut loads = vec![address.as_str()];
        loads.extend(addresses.named_in(&page));
        entries.insert(entry.name.into(), json!({"page": address, "paths": entry.paths, "loads": loads}));
        contents.insert(address, page.into_bytes());
    }

    for (address, content) in &contents {
        write(&new.join(&address[1..]), content)?;
    }
    let shrinks: Vec<PathBuf> =
        contents.keys().filter(|address| shrinks(address)).map(|address| new.join(&address[1..])).collect();
    tools.squeeze(profile, &shrinks)?;

    let files: serde_json::Map<String, Value> = contents
        .iter()
        .map(|(address, content)| {
            let squeezed = |extension: &str| {
                let sibling = new.join(format!("{}.{extension}", &address[1..]));
                fs::metadata(sibling).map_or(content.len() as u64, |file| file.len())
            };
            let file = json!({
                "type": kind(address), "cache": cache(address),
                "bytes": content.len(), "gzip": squeezed("gz"), "brotli": squeezed("br"),
            });
            (address.clone(), file)
        })
        .collect();
    let manifest = json!({"profile": profile.cargo_name(), "entries": entries, "files": files});
    write(&new.join("manifest.json"), format!("{manifest:#}\n").as_bytes())?;

    let old = root().join("target/pages.old");
    remove(&old)?;
    if pages().exists() {
        fs::rename(pages(), &old).map_err(|e| format!("{}: {e}", pages().display()))?;
    }
    fs::rename(&new, pages()).map_err(|e| format!("{}: {e}", new.display()))?;
    remove(&old)
}

/// All style sheets, in the order of their names.
fn style_sheet(frontend: &Path) -> Outcome<String> {
    let mut css = String::new();
    for file in files_in(&frontend.join("styles"))? {
        if has_extension(&file, "css") {
            css.push_str(&read_text(&file)?);
            css.push('\n');
        }
    }
    Ok(without_comments(&css, "/*", "*/"))
}

/// The browser's script starts its module by itself: a page needs no inline script, and loads one file less.
fn with_start(glue: &str) -> Outcome<String> {
    let known = ["function __wbg_get_imports()", "function __wbg_finalize_init(instance, module)"];
    if !known.iter().all(|function| glue.contains(function)) {
        return Err("wasm-bindgen's script starts in another way than this program knows (with_start)".to_owned());
    }
    if glue.contains("./snippets/") {
        return Err("a crate of the frontend brings JavaScript of its own, which the pages don't carry yet".to_owned());
    }
    // Nothing imports the script; without its exports, what crates offer to other programs can be left out, and so can
    // the ways to load a module from elsewhere.
    let kept = glue.lines().filter(|line| !line.starts_with("if (Symbol.dispose)") && !line.starts_with("export {"));
    let kept: Vec<&str> = kept.map(|line| line.strip_prefix("export ").unwrap_or(line)).collect();
    let glue = kept.join("\n").replace("new FinalizationRegistry(", "/* @__PURE__ */ new FinalizationRegistry(");
    Ok(format!(
        "{glue}\nWebAssembly.instantiateStreaming(fetch(\"{MODULE}\"), __wbg_get_imports())\
         .then((started) => __wbg_finalize_init(started.instance, started.module));\n"
    ))
}

/// Pictures and fonts are compressed already.
fn shrinks(address: &str) -> bool {
    [".html", ".js", ".wasm", ".css", ".svg", ".txt", ".json", ".ico"].iter().any(|end| address.ends_with(end))
}

const HTML: &str = "text/html; charset=utf-8";

/// What a file is: whoever serves it says so.
fn kind(address: &str) -> &'static str {
    match address.rsplit('.').next().unwrap_or_default() {
        "html" => HTML,
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/vnd.microsoft.icon",
        "woff2" => "font/woff2",
        "json" | "webmanifest" => "application/json",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// How long browsers may keep a file. Assets carry a hash of their content in their name; pages name the assets, and are
/// always asked for.
fn cache(address: &str) -> &'static str {
    match kind(address) {
        _ if address.starts_with("/assets/") => "public, max-age=31536000, immutable",
        HTML => "no-store",
        _ => "no-cache",
    }
}

/// Everything that the pages are made of, in one hash.
fn fingerprint(profile: Profile, toolchain: &Toolchain, wasm_dir: &Path) -> Outcome<String> {
    let mut all = vec![format!("{profile:?} {}", toolchain.fingerprint())];
    let mut add = |path: &Path| {
        all.push(format!("{} {}", path.display(), hex(&read(path)?)));
        Outcome::Ok(())
    };
    for entry in &ENTRIES {
        add(&Toolchain::module(profile, wasm_dir, entry.name))?;
        add(&folder().join(entry.source))?;
    }
    for part in ["styles", "static", "static/root"] {
        files_in(&folder().join(part))?.iter().try_for_each(|file| add(file))?;
    }
    for tool in ["src/pages.rs", "src/frontend.rs", "package-lock.json", "bindgen/Cargo.lock", "bindgen/src/main.rs"] {
        add(&root().join("infra/xtask").join(tool))?;
    }
    Ok(hex(all.join("\n").as_bytes()))
}

/// The library that makes the glue must have the version of the crate that the frontend is compiled with.
fn check_bindgen_version() -> Outcome {
    let of = |lock: &str, package: &str| -> Outcome<String> {
        let text = read_text(&root().join(lock))?;
        text.split_once(&format!("name = \"{package}\"\nversion = \""))
            .and_then(|(_, rest)| rest.split_once('"'))
            .map(|(version, _)| version.to_owned())
            .ok_or_else(|| format!("{lock} has no {package}"))
    };
    let crate_version = of("Cargo.lock", "wasm-bindgen")?;
    let tool_version = of("infra/xtask/bindgen/Cargo.lock", "wasm-bindgen-cli-support")?;
    if crate_version == tool_version {
        return Ok(());
    }
    Err(format!(
        "Cargo.lock has wasm-bindgen {crate_version}, but infra/xtask/bindgen has wasm-bindgen-cli-support {tool_version}: \
         they must be equal.\nWrite `wasm-bindgen-cli-support = \"={crate_version}\"` in infra/xtask/bindgen/Cargo.toml and run \
         cargo update --manifest-path infra/xtask/bindgen/Cargo.toml -p wasm-bindgen-cli-support"
    ))
}

fn remove(folder: &Path) -> Outcome {
    match fs::remove_dir_all(folder) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(format!("{}: {e}", folder.display())),
        _ => Ok(()),
    }
}

fn has_extension(file: &Path, extension: &str) -> bool {
    file.extension().is_some_and(|own| own == extension)
}

fn name_of(file: &Path) -> String {
    file.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manifest_says_what_each_file_is_and_how_long_it_keeps() {
        let said = |address| (kind(address), cache(address));
        assert_eq!(said("/index.html"), (HTML, "no-store"));
        assert_eq!(said("/assets/a.0123.wasm"), ("application/wasm", "public, max-age=31536000, immutable"));
        assert_eq!(said("/robots.txt"), ("text/plain; charset=utf-8", "no-cache"));
    }

    #[test]
    fn a_first_load_that_grew_past_its_most_is_noticed() {
        let link = &ENTRIES[1];
        let built = |profile: Profile, module: u64| {
            let sizes = |brotli: u64| json!({"bytes": 9, "gzip": 9, "brotli": brotli});
            json!({
                "profile": profile.cargo_name(),
                "entries": {"link": {"loads": ["/link.html", "/assets/link.wasm"]}},
                "files": {"/link.html": sizes(500), "/assets/link.wasm": sizes(module), "/other": sizes(900_000)},
            })
        };
        assert_eq!(check_first_load(&built(Profile::Release, 59_500), link), Ok(()));
        let problem = check_first_load(&built(Profile::Release, 59_501), link).expect_err("it is a byte too much");
        assert!(problem.contains("link.html is 60001 bytes, and should be at most 60000"), "{problem}");
        assert_eq!(check_first_load(&built(Profile::Quick, link.most.quick - 500), link), Ok(()));
        check_first_load(&built(Profile::Quick, link.most.quick), link).expect_err("it is too much");
    }
}
