//! What `cargo xtask pages` needs from heavy libraries, in a program of its own that is built only when it is needed.
//!
//! `bindgen glue IN.wasm OUT_DIR NAME` writes the browser's JavaScript beside the module: `NAME.js`, `NAME_bg.wasm`.
//! `bindgen trim MODULE.wasm SCRIPT.js` takes out of the module what it exports and the script doesn't name.
//! `bindgen squeeze QUALITY FILE…` writes a `.br` and a `.gz` sibling of each file.

use std::{env, fs, io::Write, path::Path, process::ExitCode};

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
        .input_path(module)
        .out_name(name)
        .typescript(false)
        // The page names the module itself, by its hash.
        .omit_default_module_path(true)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate(out_dir)
        .map_err(|e| format!("{module}: {e:#}"))
}

/// Crates export functions for every program; what only an unused export needs goes with it.
fn trim(module: &str, script: &str) -> Result<(), String> {
    let script = fs::read_to_string(script).map_err(|e| format!("{script}: {e}"))?;
    let mut wasm = walrus::ModuleConfig::new()
        .generate_producers_section(false)
        .generate_name_section(false)
        .parse_file(module)
        .map_err(|e| format!("{module}: {e:#}"))?;
    let unused: Vec<_> =
        wasm.exports.iter().filter(|export| !script.contains(&export.name)).map(|export| export.id()).collect();
    for export in unused {
        wasm.exports.delete(export);
    }
    walrus::passes::gc::run(&mut wasm);
    wasm.emit_wasm_file(module).map_err(|e| format!("{module}: {e:#}"))
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
