//! Records figures that a script has found: `record SECTION JSON`.

use std::env;
use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [section, figures] = &arguments[..] else { return Err("usage: record SECTION JSON".into()) };
    lifeboat_testkit::record(section, serde_json::from_str(figures)?);
    Ok(())
}
