//! Compiles event_loop.cc with the target's C++ compiler, which heddle-cargo sets.
use std::env;
use std::path::Path;
use std::process::Command;

fn run(command: &mut Command) {
    let status = command.status().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    assert!(status.success(), "{command:?}: {status}");
}

fn main() {
    let out = env::var("OUT_DIR").unwrap();
    let object = Path::new(&out).join("event_loop.o");
    let variable = format!("CXX_{}", env::var("TARGET").unwrap().replace('-', "_"));
    let compiler = env::var(variable).unwrap_or_else(|_| "c++".into());
    run(Command::new(compiler).args(["-std=c++20", "-O1", "-g", "-fPIC", "-c", "event_loop.cc", "-o"]).arg(&object));
    run(Command::new("ar").arg("crs").arg(Path::new(&out).join("libevent_loop.a")).arg(&object));
    println!("cargo:rustc-link-search=native={out}");
    println!("cargo:rustc-link-lib=static=event_loop");
    println!("cargo:rerun-if-changed=event_loop.cc");
}
