//! How object storage is reached: the variables that its own tools understand, and `-o`.

use crate::cli::Globals;
use crate::environment::variables;
use crate::place::Place;
use lifeboat_backend::{Hurry, StoreSettings};
use lifeboat_repository::PACKS;

/// Beginnings of the variables that matter to object storage. `HOME` leads to the files with profiles.
const VARIABLES: [&str; 4] = ["AWS_", "GOOGLE_", "AZURE_", "HOME"];

/// The option with further endpoints, for probes alone.
const ENDPOINTS: &str = "endpoints";
/// The option with the endpoint that is used.
const ENDPOINT: &str = "endpoint";

/// What this process was given for the storage of this place.
pub(crate) fn settings(globals: &Globals, place: &Place, hurry: &Hurry) -> StoreSettings {
    let options = place.options.iter().filter(|(name, _)| name != ENDPOINTS);
    StoreSettings {
        variables: variables(&VARIABLES),
        options: options.cloned().collect(),
        bulk: vec![PACKS.to_owned()],
        upload_limit: globals.limit_upload,
        download_limit: globals.limit_download,
        hurry: hurry.clone(),
        ..StoreSettings::default()
    }
}

/// The same for each endpoint that a probe goes through, with its name; none when only the usual one is.
pub(crate) fn endpoints(globals: &Globals, place: &Place, hurry: &Hurry) -> Vec<(String, StoreSettings)> {
    let given = place.options.iter().filter(|(name, _)| name == ENDPOINTS);
    let endpoints = given.flat_map(|(_, urls)| urls.split(',')).map(str::trim).filter(|url| !url.is_empty());
    let through = |url: &str| {
        let mut settings = settings(globals, place, hurry);
        settings.options.insert(ENDPOINT.to_owned(), url.to_owned());
        (url.to_owned(), settings)
    };
    endpoints.map(through).collect()
}

/// Reads `key=value`.
///
/// # Errors
/// Anything else; the text says what would do.
pub(crate) fn parse_option(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').filter(|(key, _)| !key.is_empty()).ok_or("write NAME=VALUE")?;
    Ok((key.to_owned(), value.to_owned()))
}
