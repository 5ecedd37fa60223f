//! Parts a test needs and a machine may lack. CI must not skip: there an absent part is a failure.

use std::env;
use std::path::Path;

/// Whether `program` is on `PATH`.
///
/// When it is not: prints why the test is skipped and returns false, or panics where the environment variable `CI`
/// is set. Both name the Debian package to install.
pub fn needs(program: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    if env::split_paths(&path).any(|directory| directory.join(program).is_file()) {
        return true;
    }
    let reason = format!("{program} is not installed (apt-get install {})", debian_package(program));
    assert!(env::var_os("CI").is_none(), "a test cannot run in CI: {reason}");
    skip(&reason);
    false
}

/// Whether the test runs as root; prints why it is skipped when not.
pub fn needs_root() -> bool {
    let root = rustix::process::geteuid().is_root();
    if !root {
        skip("it has to run as root");
    }
    root
}

/// The package of a program, which is where Debian's name differs from the program's.
fn debian_package(program: &str) -> &str {
    let name = Path::new(program).file_name().and_then(|name| name.to_str()).unwrap_or(program);
    match name {
        "getfattr" | "setfattr" => "attr",
        "getfacl" | "setfacl" => "acl",
        "chattr" | "lsattr" | "mkfs.ext4" => "e2fsprogs",
        "btrfs" | "mkfs.btrfs" => "btrfs-progs",
        "mkfs.exfat" => "exfatprogs",
        "mount.exfat-fuse" => "exfat-fuse",
        "promtool" => "prometheus",
        "pg_amcheck" => "postgresql",
        "losetup" | "mount" | "umount" => "mount",
        _ => name,
    }
}

/// Says that a test is skipped and why.
#[expect(clippy::print_stderr, reason = "a skipped test says so where the test's own output goes")]
pub fn skip(reason: &str) {
    eprintln!("SKIPPED test: {reason}");
}
