//! How object storage is reached: the variables that its own tools understand, and `-o`.

use crate::cli::Globals;
use crate::environment::variables;
use lifeboat_backend::StoreSettings;
use lifeboat_repository::PACKS;

/// Beginnings of the variables that matter to object storage. `HOME` leads to the files with profiles.
const VARIABLES: [&str; 4] = ["AWS_", "GOOGLE_", "AZURE_", "HOME"];

/// What this process was given.
pub(crate) fn settings(globals: &Globals) -> StoreSettings {
    StoreSettings {
        variables: variables(&VARIABLES),
        options: globals.option.iter().cloned().collect(),
        bulk: vec![PACKS.to_owned()],
        upload_limit: globals.limit_upload,
        download_limit: globals.limit_download,
        ..StoreSettings::default()
    }
}

/// Reads `key=value`.
///
/// # Errors
/// Anything else; the text says what would do.
pub(crate) fn parse_option(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').filter(|(key, _)| !key.is_empty()).ok_or("write NAME=VALUE")?;
    Ok((key.to_owned(), value.to_owned()))
}
