//! What `cargo xtask pages` needs from heavy libraries, in a program of its own that is built only when it is needed.
//!
//! `bindgen glue IN.wasm OUT_DIR NAME` writes the browser's JavaScript beside the module: `NAME.js`, `NAME_bg.wasm`.
//! `bindgen trim MODULE.wasm SCRIPT.js` takes out of the module what the script doesn't use, and gives what they call each
//! other by short names.
//! `bindgen squeeze QUALITY FILE…` writes a `.br` and a `.gz` sibling of each file.

use std::{collections::HashMap, env, fs, io::Write, path::Path, process::ExitCode};

use walrus::{
    FunctionBuilder, FunctionId, FunctionKind, LocalFunction, Module,
    ir::{self, InstrSeqId, Visitor},
};

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match arguments.as_slice() {
        ["glue", module, out_dir, name] => glue(module, out_dir, name),
        ["trim", module, script] => trim(module, script),
        ["squeeze", quality, files @ ..] => files.iter().try_for_each(|file| squeeze(file, quality)),
        _ => Err("usage: bindgen glue IN.wasm OUT_DIR NAME | trim MODULE SCRIPT | squeeze QUALITY FILE…".to_owned()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("bindgen: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn glue(module: &str, out_dir: &str, name: &str) -> Result<(), String> {
    let mut bindgen = wasm_bindgen_cli_support::Bindgen::new();
    bindgen
        .web(true)
        .map_err(|e| e.to_string())?
        .input_bytes(name, without_last_words(module)?)
        .out_name(name)
        .typescript(false)
        // The page names the module itself, by its hash.
        .omit_default_module_path(true)
        .encode_into(wasm_bindgen_cli_support::EncodeInto::Always)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate(out_dir)
        .map_err(|e| format!("{module}: {e:#}"))
}

/// What is only called to say why the program stops: nobody hears it in a browser. A std that was built for this stops at
/// once already; the one that comes with a compiler doesn't.
const LAST_WORDS: [&str; 12] = [
    "core::panicking::",
    "core::option::expect_failed",
    "core::option::unwrap_failed",
    "core::result::unwrap_failed",
    "core::cell::panic_already",
    "core::str::slice_error_fail",
    "core::slice::index::slice_",
    "alloc::raw_vec::handle_error",
    "alloc::alloc::handle_alloc_error",
    "std::panicking::",
    "std::process::abort",
    "__rustc::rust_begin_unwind",
];

/// Makes these functions stop the program at once, and takes out what they alone used.
///
/// The compiler merges functions that do the same under the name of one of them, so a name is not enough: only what never
/// returns anyway is cut.
fn without_last_words(file: &str) -> Result<Vec<u8>, String> {
    let mut module = Module::from_file(file).map_err(|e| format!("{file}: {e:#}"))?;
    let last_words = module.funcs.iter_local().filter_map(|(id, body)| {
        let name = module.funcs.get(id).name.as_deref().unwrap_or_default();
        let name = format!("{:#}", rustc_demangle::demangle(name));
        (LAST_WORDS.iter().any(|start| name.starts_with(start)) && never_returns(body)).then_some(id)
    });
    let stopping: Vec<FunctionId> = last_words.collect();
    for id in stopping {
        let kind = module.types.get(module.funcs.get(id).ty());
        let (params, results) = (kind.params().to_vec(), kind.results().to_vec());
        let arguments = params.iter().map(|kind| module.locals.add(*kind)).collect();
        let mut body = FunctionBuilder::new(&mut module.types, &params, &results);
        body.func_body().unreachable();
        module.funcs.get_mut(id).kind = FunctionKind::Local(body.local_func(arguments));
    }
    walrus::passes::gc::run(&mut module);
    Ok(module.emit_wasm())
}

/// Whether a function ends by stopping the program, and has no other way out.
fn never_returns(body: &LocalFunction) -> bool {
    struct WaysOut(InstrSeqId, bool);
    impl Visitor<'_> for WaysOut {
        fn visit_return(&mut self, _: &ir::Return) {
            self.1 = true;
        }

        /// A branch to the function's own block leaves it.
        fn visit_instr_seq_id(&mut self, id: &InstrSeqId) {
            self.1 |= *id == self.0;
        }
    }
    let entry = body.entry_block();
    let mut ways_out = WaysOut(entry, false);
    ir::dfs_in_order(&mut ways_out, body, entry);
    let last = body.block(entry).instrs.last();
    !ways_out.1 && last.is_some_and(|(last, _)| matches!(last, ir::Instr::Unreachable(_)))
}

/// Crates export functions for every program; what only an unused export needs goes with it. What is left is called by names
/// that are longer than the code around them.
fn trim(module: &str, script: &str) -> Result<(), String> {
    let text = fs::read_to_string(script).map_err(|e| format!("{script}: {e}"))?;
    let mut wasm = walrus::ModuleConfig::new()
        .generate_producers_section(false)
        .generate_name_section(false)
        .parse_file(module)
        .map_err(|e| format!("{module}: {e:#}"))?;
    let unused: Vec<_> =
        wasm.exports.iter().filter(|export| !text.contains(&export.name)).map(|export| export.id()).collect();
    for export in unused {
        wasm.exports.delete(export);
    }
    walrus::passes::gc::run(&mut wasm);

    let mut short = HashMap::new();
    let mut shorten = |name: &mut String| {
        let next = short.len();
        name.clone_from(short.entry(name.clone()).or_insert_with(|| short_name(next)));
    };
    wasm.imports.iter_mut().for_each(|import| shorten(&mut import.name));
    wasm.exports.iter_mut().for_each(|export| shorten(&mut export.name));
    let file = wasm.imports.iter().next().map_or_else(String::new, |import| import.module.clone());
    wasm.imports.iter_mut().for_each(|import| import.module = "m".to_owned());
    wasm.emit_wasm_file(module).map_err(|e| format!("{module}: {e:#}"))?;
    fs::write(script, with_short_names(&text.replace(&file, "m"), &short)).map_err(|e| format!("{script}: {e}"))
}

/// `a`, `b` … `z`, `ba`, `bb` …
fn short_name(number: usize) -> String {
    let digit = |place: usize| char::from(b"abcdefghijklmnopqrstuvwxyz"[place]);
    if number < 26 { digit(number).to_string() } else { short_name(number / 26) + &digit(number % 26).to_string() }
}

/// The names in a script, each as a whole.
fn with_short_names(script: &str, short: &HashMap<String, String>) -> String {
    let mut renamed = String::with_capacity(script.len());
    let mut rest = script;
    while let Some(start) = rest.find(is_of_name) {
        let (before, from) = rest.split_at(start);
        let (name, behind) = from.split_at(from.find(|c| !is_of_name(c)).unwrap_or(from.len()));
        renamed.push_str(before);
        renamed.push_str(short.get(name).map_or(name, String::as_str));
        rest = behind;
    }
    renamed + rest
}

fn is_of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '$'
}

fn squeeze(file: &str, quality: &str) -> Result<(), String> {
    let quality: u32 = quality.parse().map_err(|_| format!("not a quality from 0 to 11: {quality}"))?;
    let plain = fs::read(file).map_err(|e| format!("{file}: {e}"))?;

    let mut brotli = brotli::CompressorWriter::new(Vec::new(), 1 << 16, quality, 24);
    brotli.write_all(&plain).map_err(|e| format!("{file}: {e}"))?;
    write(&format!("{file}.br"), &brotli.into_inner())?;

    let level = flate2::Compression::new(quality.min(9));
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), level);
    gzip.write_all(&plain).map_err(|e| format!("{file}: {e}"))?;
    write(&format!("{file}.gz"), &gzip.finish().map_err(|e| format!("{file}: {e}"))?)
}

fn write(file: &str, bytes: &[u8]) -> Result<(), String> {
    fs::write(Path::new(file), bytes).map_err(|e| format!("{file}: {e}"))
}
