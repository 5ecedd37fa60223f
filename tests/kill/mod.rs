//! The built program, interrupted, terminated and killed while it works.
//!
//! What it proves: whatever ends a run, what was reported is there and comes back identical, the repository is sound and opens
//! with every password that it has to, no file of a restore is half there, and the next run goes on. Kills are made at random
//! moments of the whole run (`LIFEBOAT_KILLS` says how many, `just kills 1000` makes a thousand).

mod backups;
mod beside;
mod ended;
mod held;
mod inits;
mod killer;
mod passwords;
mod prunes;
mod restores;
mod world;
